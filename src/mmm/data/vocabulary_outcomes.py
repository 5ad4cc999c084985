"""Words of outcomes, and of what is computed from them."""

#: Outcomes in money.
MONEY_KPI = {
    "en": """
        revenue revenues turnover gmv gms nmv billings proceeds receipts takings mrr arr
        conversion_value conversions_value purchase_value sales_value sales_amount sales_revenue
        dollar_sales income premiums gross_bookings net_bookings
    """,
    "de nl": "umsatz umsatze umsatzerlose erlos erlose omzet opbrengst einnahmen",
    "fr es pt it": """
        chiffre_d_affaires chiffre_affaires ca_ttc ca_ht ca_net ca recettes revenus ingreso
        ingresos facturacion receita receitas faturamento fatturato ricavi ricavo incasso incassi
        valor_ventas valor_vendas
    """,
    "sv da no fi": """
        omsattning omsatning omsetning intakt intakter liikevaihto indtagter inntekter
    """,
    "pl cs tr hu ro id vi": """
        przychod przychody obrot obroty trzby trzba obrat ciro cirosu gelir gelirler hasilat
        arbevetel bevetel venituri venit pendapatan omset omzet doanh_thu
    """,
    "ru uk el": "выручк* доход* оборот* виручк* дохід εσοδα τζιρος",
    "ja": "売上 売上高 売上金額 売り上げ 収益",
    "zh": "销售额 收入 营收 营业额 成交额 銷售額 營收",
    "ko": "매출 매출액 수익",
    "other": "uriage vol_value vente_en_valeur",
}

#: Outcomes in money or in pieces.
SALES_KPI = {
    "en": "sales sale sold",
    "de nl": "verkauf verkaufe verkaufs verkoop verkopen",
    "fr es pt it": "vente ventes venta ventas venda vendas vendita vendite",
    "sv da no fi": "forsaljning forsaljningen salg myynti",
    "pl cs tr hu ro id": """
        sprzedaz sprzedazy prodej prodeje satis satislar ertekesites eladas vanzari penjualan
    """,
    "ru uk el": "продаж* πωλησ*",
    "ja zh ko": "販売 销售 銷售 판매",
}

#: Outcomes in pieces.
UNITS_KPI = {
    "en": """
        conversion conversions order orders transaction transactions purchase purchases unit units
        install installs download downloads signup signups sign_up sign_ups registration
        registrations subscription subscriptions subs booking bookings reservation reservations
        customers quantity qty quantity_sold units_sold volume volumes application applications
        activation activations policies contracts new_customers acquisitions ftd deposits trials
        trial tickets_sold policies_sold admissions enrollments enrolments donations donors
        prescriptions trx nrx cases_sold checkouts_completed first_purchases item_sold items_sold
        buyers shipments deliveries_orders scheduled_appointments appointments
    """,
    "de nl": """
        absatz absatzmenge bestellung bestellungen auftrag auftrage auftragseingang neukunden
        kunden stuck stuckzahl menge abschluss abschlusse anmeldungen buchungen vertrage
        verkaufsmenge installationen abos conversie conversies bestelling aankoop aankopen
        aanmeldingen boekingen klanten afzet stuks aantal_verkocht registrierungen
    """,
    "fr es pt it": """
        commande commandes achat achats inscription inscriptions unites contrats quantite quantites
        telechargements abonnements pedido pedidos conversiones compra compras registros reservas
        reserva clientes unidad unidades altas descargas conversoes cadastros unidade contratos
        quantidade cantidad instalacoes assinaturas ordine ordini conversioni acquisto acquisti
        iscrizioni prenotazioni clienti unita contratti quantita installazioni nuovi_clienti
        volume_vendas volumen
    """,
    "sv da no fi": """
        bestallning bestallningar ordrar ordre konverteringar konvertering registreringar bokningar
        kunder nya_kunder bestillinger bestilling konverteringer kob tilaukset tilaus konversiot
        asiakkaat ostot kpl prenumerationer
    """,
    "pl cs tr hu ro id": """
        zamowienia zamowien zamowienie konwersje konwersja zakupy zakup rejestracje rezerwacje
        klienci klientow sztuki sztuk objednavky objednavka konverze nakupy registrace zakaznici
        siparis siparisler siparis_sayisi donusum donusumler musteri musteriler adet rezervasyon
        kayit abone rendeles rendelesek comenzi pesanan pelanggan indirme
    """,
    "ru uk": """
        заказ* конверси* покупк* регистрац* клиент* установк* брон* штук* замовлен* объем_продаж
        количество_продаж
    """,
    "ja": """
        注文 注文数 注文件数 コンバージョン 購入 購入数 登録 登録者 予約 顧客 新規顧客 インストール
        販売数 販売数量 数量 会員 成約 契約 申込 ダウンロード 受注
    """,
    "zh": "订单 转化 购买 注册 预订 客户 销量 下载 安装 新客 成交量 訂單",
    "ko": "주문 전환 구매 가입 예약 고객 설치 판매량 판매수량 다운로드 신규고객",
    "other": """
        vol tilausten bestellingen ordrer ordren bestillingar bestillinger pezzi pezzi_venduti
        copies konverz* konwersj* konverter* conversi* donusum* tilauks* objednav* zamowie*
        siparis* chuumon chumon compra* encomendas conv konv don transakcj* transactions* anmeld*
        sales_units einheiten enheter enheder kappaletta accounts_opened clients_new tickets_sold
        new_accounts cliente customer contract_signed tickets clients
    """,
}

#: What comes before or after the sale; the outcome only where there is no better one.
LATE_KPI = {
    "en": """
        profit profits ebit ebitda margin gross_margin earnings lead leads mql mqls sql sqls
        opportunities quotes quote inquiries enquiries test_drives demo_requests refund refunds
        return returns cancellations churn churned repeat_purchases profit_margin
    """,
    "de nl": """
        gewinn deckungsbeitrag ertrag rohertrag marge anfragen probefahrten retouren storno stornos
        winst offertes aanvragen
    """,
    "fr es pt it": """
        benefice benefices marge devis prospects retours beneficio beneficios lucro margem utile
        utili margine margen ganancia prospectos leads cotizaciones devoluciones devolucoes
        contatti_lead richieste preventivi resi
    """,
    "sv da no fi": """
        vinst resultat overskudd overskud dackningsbidrag kate voitto liidit returer offert
        offerter
    """,
    "pl cs tr ru": """
        zysk marza zisk marze kar karlilik leady прибыл* марж* лид лиды лидов заявк* возврат* iade
    """,
    "ja zh ko": """
        利益 粗利 リード 問い合わせ 資料請求 返品 利润 毛利 线索 退货 이익 리드 문의 반품 순이익
    """,
    "other": """
        result results ergebnis ergebnisse resultat resultats resultado resultados risultato
        risultati resultaten resultater tulokset wynik wyniki vysledky sonuc sonuclar результат*
        結果 结果 결과 arari tackningsbidrag daekningsbidrag dekningsbidrag bidrag pipeline
        pipeline_value nettogewinn overskott
    """,
}

#: Names that say that a column is the outcome, whatever it counts.
EXPLICIT_KPI = {
    "en": "kpi outcome response dependent dependent_variable dep_var zielgroesse",
}

#: People on the site, in the app or the shop.
VISITS = {
    "en": """
        session sessions visit visits visitor visitors traffic pageview pageviews page_view
        page_views users dau mau wau website_clicks site_clicks web_visits footfall store_visits
        foot_traffic calls add_to_cart add_to_carts checkouts checkout product_views
        landing_page_views
    """,
    "de nl": """
        besuch besuche besucher sitzung sitzungen seitenaufrufe bezoek bezoeken bezoekers sessies
        verkeer websitebesuche websitebesucher frequenz_filiale websitetraffic
    """,
    "fr es pt it": """
        visite visites visiteurs trafic visitas visitantes sesion sesiones trafico sessao sessoes
        acessos trafego visitatori sessioni traffico afluencia ingressi
    """,
    "sv da no fi": """
        besok besokare sessioner trafik besog besoksantal kaynnit kavijat istunnot sidvisningar
    """,
    "pl cs tr": """
        wizyty wizyt sesje odwiedziny ruch navstevy navstevnost relace ziyaret ziyaretci oturum
        oturumlar
    """,
    "ru uk": "визит* сесси* посещени* посетител* трафик* відвідув*",
    "ja zh ko": """
        訪問 訪問者 セッション アクセス数 来店 来店数 来客 ページビュー 流量 访问 访客 会话 浏览量
        客流 방문 방문자 세션 트래픽 유입
    """,
    "other": """
        webbesok webbesog websitebezoek webseitenbesuche sivustokaynnit site_ziyaretleri
        ziyaretleri landing_page landingsside landing landings navstev* odwiedzin* wizyt* kaynn*
        besuch* besok* besog* ziyaret* dpv add_to_cart anadir_al_carrito carrito panier
        warenkorb_hinzu koszyk* sepet* winkelwagen carrello carrinho checkout_initiated
        initiated_checkout adds_to_cart cart_adds cart_add cart carts direct_clicks direct_sessions
        direct_visits direct_traffic
    """,
}

#: What people know of and think of the brand: advertising moves it.
BRAND = {
    "en": """
        brand branded awareness consideration recall favorability favourability nps brand_equity
        purchase_intent intent sentiment ad_recall brand_lift buzz top_of_mind mentions
        share_of_search
    """,
    "de nl": """
        marke marken bekanntheit markenbekanntheit markenwahrnehmung erwagung naamsbekendheid
        merkbekendheid
    """,
    "fr es pt it": """
        notoriete marque notoriedad marca conocimiento notoriedade notorieta iscritti_newsletter
    """,
    "sv da no fi": "kannedom varumarke varumarkes kendskab kjennskap tunnettuus",
    "pl cs tr": "swiadomosc marki znajomosc znalost znacky bilinirlik farkindalik marka",
    "ru uk": "узнаваемост* осведомлен* бренд* знани*",
    "ja zh ko": "認知 認知度 ブランド 想起 知名度 品牌 인지도 브랜드",
    "other": "指名 指名検索 markensuche merkzoekopdrachten brand_search_volume brand_searches",
}

#: Numbers of pieces rather than money.
COUNT = {
    "en": "unit units qty quantity volume volumes count number no num nr pieces pcs items",
    "other": """
        anzahl menge stuck stuckzahl aantal nombre quantite unites numero cantidad unidades
        quantidade quantita unita antal lkm kpl liczba ilosc sztuk pocet kusu adet sayisi miktar
        количеств* шт штук* объем* 件数 数量 数 个数 수량 건수 수 量
    """,
}

#: Words that make money of the units they stand beside.
VALUE = {
    "all": """
        value values wert werte valeur valor valore waarde conversiewaarde varde vaerdi verdi arvo
        wartosc hodnota deger degeri ценност* 価値 金額 金额 额 가치 금액
    """,
}

#: Sums of other columns.
TOTAL = {
    "en": "total totals sum overall all combined grand_total tot",
    "other": """
        gesamt summe insgesamt totaal totale totali totales tous suma ogolem celkem toplam всего
        итого общи* общая 合計 総 全体 总 总计 합계 총 kaikki yhteensa totalt samlet jumlah razem
        lacznie w_sumie i_alt ialt celkovy celkova celkove celkovych alle zusammen общий goukei
        gokei
    """,
}

AVERAGE = {
    "all": """
        average avg mean median durchschnitt durchschnitts durchschnittlich moyen moyenne promedio
        medio media_de gemiddeld gemiddelde snitt snitts gennemsnit gennemsnits gjennomsnitt keski
        keskimaarainen sredni srednia prumer prumerna ortalama средн* 平均 평균 heikin
    """,
}

#: Words that make a ratio of what they stand beside.
SHARE = {
    "all": """
        share shares_of rate rates ratio percent pct percentage prozent anteil quote rang rank
        position taux tasa taxa tasso aandeel andel osuus udzial podil oran orani доля коэффициент
        率 比率 割合 占比 순위 비율 position_rank index score indice indeks 指数 지수 idx scores
    """,
}

#: Ratios of spend, exposure and outcome, and what is measured per person.
RATIO = {
    "en": """
        cpc cpm cpa cpl cac cpv cpt cpp cpo ecpm ecpc roas roi mroi romi acos tacos ctr cvr cr vtr
        aov arpu arppu ltv clv conversion_rate conv_rate click_rate click_through_rate open_rate
        bounce_rate engagement_rate response_rate return_rate completion_rate view_rate cost_per
        per_click per_order per_conversion per_install per_lead per_customer per_user per_visit
        per_session average_order_value avg_order_value basket_size average_basket order_value
        basket_value frequency freq avg_frequency reach sov share_of_voice share_of_market
        market_share share_of_spend sos som voice_share retention_rate churn_rate cost_share
        add_to_cart_rate quality_score viewability average_spend avg_spend basket_spend spend_per
    """,
    "de nl": """
        marktanteil reichweite kontaktfrequenz frequenz warenkorb warenkorbwert bestellwert
        konversionsrate klickrate bereik frequentie marktaandeel conversieratio kosten_pro
        kosten_per werbedruckanteil bestelwaarde orderwaarde
    """,
    "fr es pt it": """
        couverture frequence repetition taux_de_conversion taux_de_clic taux_conversion
        part_de_marche part_de_voix panier_moyen cout_par ticket_medio ticket_promedio alcance
        frecuencia frequencia tasa_de_conversion tasa_conversion taxa_de_conversao taxa_conversao
        cuota_de_mercado participacao_de_mercado coste_por costo_por custo_por copertura frequenza
        tasso_di_conversione tasso_conversione quota_di_mercato costo_per scontrino_medio
        valor_medio cobertura fatia_de_mercado precio_por_clic cuota_mercado
    """,
    "sv da no fi": """
        rackvidd frekvens marknadsandel markedsandel konverteringsgrad konverteringsfrekvens
        raekkevidde rekkevidde dekning peitto markkinaosuus snittordervarde ordervarde kostnad_per
        tavoittavuus
    """,
    "pl cs tr": """
        zasieg czestotliwosc wspolczynnik udzial_w_rynku konwersja_procent koszt_na dosah frekvence
        podil_na_trhu erisim frekans siklik pazar_payi donusum_orani tiklama_orani maliyet_basina
        tiklama_basina sepet_tutari ortalama_sepet
    """,
    "ru uk": """
        охват* частот* доля_рынка доля_голоса средний_чек коэффициент* конверсия_процент цена_клика
        стоимость_клика охоплен*
    """,
    "ja": """
        リーチ フリークエンシー 頻度 成約率 転換率 クリック率 コンバージョン率 市場シェア シェア率
        客単価 クリック単価 獲得単価 単価広告
    """,
    "zh": "到达率 频次 触达 转化率 点击率 市场份额 客单价 获客成本 点击成本 千次",
    "ko": "도달 빈도 전환율 클릭률 시장점유율 점유율 객단가 단가",
    "other": """
        return_on_ad_spend return_on_investment retour_sur retorno_sobre retorno_de retorno_del
        ritorno ecpi ecpa ecpl average_position avg_position average_cpc lifetime_value
        average_value valor_promedio valeur_moyenne arpdau retained retention hook_rate rank
        ranking position share_percent snittorder vctr глубина отказы отказов
    """,
}

#: A column of an earlier week or year.
LAGGED = {
    "en": """
        lag lagged lag1 lag2 prev previous prior last_year last_week last_month ly py yago year_ago
        week_ago yoy wow t_1 ago prior_year
    """,
    "other": """
        vorjahr vorjahres vorwoche vormonat vj annee_precedente semaine_precedente n_1 ano_anterior
        ano_pasado semana_anterior semana_passada anno_precedente settimana_precedente vorig_jaar
        vorige_week foregaende forra_aret edellinen poprzedni* ubiegl* predchozi lonsky gecen_yil
        onceki прошл* предыдущ* 前年 昨年 前週 先週 去年 上周 上年 同期 전년 전주 작년 sidste_ar
        forrige_ar i_fjor fjor viime_vuosi viime_vuonna edellis* letztes_jahr letzten_jahres
        annee_derniere an_dernier l_an_dernier anno_scorso ano_passado rok_temu zeszly_rok zeszlego
        zeszlym minuly_rok minuleho lonske loni gecen_sene gecen foregaende_ar vorig* ubiegly*
        прошлогодн* zennen sakunen 前年同期 同比
    """,
}

#: A figure that somebody hoped for or computed.
PLANNED = {
    "en": """
        target targets goal goals forecast forecasts forecasted plan planned budgeted expected
        projected projection quota estimate estimated
    """,
    "other": """
        ziel ziele zielwert soll prognose plan planumsatz objectif objectifs prevision previsions
        objetivo objetivos pronostico previsao orcado obiettivo obiettivi previsione previsto doel
        doelstelling prognos mal tavoite ennuste cel prognoza cil predikce hedef tahmin план*
        прогноз* цель 目標 予測 予定 计划 预测 目标 목표 예측 계획
    """,
}

DERIVED = {
    "en": """
        contribution contributions predicted prediction predictions pred fitted residual residuals
        yhat adstock adstocked saturated saturation latent intercept decomp decomposition log ln
        init trend baseline seasonality season_index detrended normalized standardized scaled
        zscore incremental
    """,
    "other": "incr base_units base_sales base_volume incremental_units decayed",
}

#: The site or the app, for compounds.
SITE = {
    "all": """
        web website webseite webseiten webshop webbplats websted nettside site homepage hemsida
        sivusto sito sitio app online 웹사이트 サイト 网站
    """,
}
