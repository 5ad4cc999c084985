"""Words of drivers other than media, and of time and place."""

#: Other companies, and the market as a whole.
RIVAL = {
    "en": """
        competitor competitors competition competitive compet comp rival rivals industry
        category_sales category_demand market_size market_volume market_sales total_market
        market_demand
    """,
    "de nl": """
        wettbewerb wettbewerber wettbewerbs mitbewerb* konkurrenz konkurrenten konkurrent branchen
        concurrentie concurrent concurrenten
    """,
    "fr es pt it": """
        concurrence concurrents concurrentiel* competencia competidor competidores concorrencia
        concorrente concorrentes concorrenza concorrenti sector_total mercado_total
    """,
    "sv da no fi": "konkurrenter konkurrens konkurrence kilpailija kilpailijat kilpailu* bransch",
    "pl cs tr hu ro id": """
        konkurencja konkurencji konkurenci konkurence konkurent rakip rakipler sektor versenytars*
        concurenta pesaing
    """,
    "ru uk": "конкурент* отрасл*",
    "ja zh ko": "競合 他社 業界 竞争 竞品 对手 行业 競爭 경쟁 경쟁사 업계",
    "other": """
        competid* competit* concurren* concorren* konkurren* konkuren* kilpailij* wettbewerb*
        mitbewerb* rakip* конкурент* rakib* rivali rivales rywal* kyougou kyogo kilpailu*
    """,
}

#: How much people look for something.
INTEREST = {
    "en": """
        google_trends google_trend gtrends gtrend trends_index search_interest search_index
        search_trend search_trends search_volume search_volumes searches queries query_volume sqv
        gqv search_queries category_search search_demand generic_search_volume
    """,
    "de nl": "suchinteresse suchvolumen suchanfragen suchindex zoekvolume zoekinteresse",
    "fr es pt it": """
        volume_de_recherche volumen_de_busqueda volumen_busqueda interes_de_busqueda busquedas
        buscas volume_de_busca volume_di_ricerca interesse_di_ricerca recherches tendances_google
        tendance_google
    """,
    "other": """
        sokvolym sokintresse hakuvolyymi wyszukiwania wolumen_wyszukiwan vyhledavani arama_hacmi
        arama_ilgisi запросы поисковые_запросы グーグルトレンド 検索数 検索ボリューム 検索量
        検索指数 搜索指数 百度指数 搜索量 검색량 검색지수
    """,
}

PRICE = {
    "en": "price prices pricing asp rrp msrp",
    "other": """
        preis preise prix precio precios preco precos prezzo prezzi prijs prijzen pris priser hinta
        hinnat cena ceny fiyat fiyati цен* ціна harga gia 価格 単価 价格 售价 單價 價格 가격 판매가
        listenpreis verkaufspreis preisindex kakaku heikin_kakaku preisniveau prisindeks prisindex
        prijsindex hinta* prisniva prisniveau cena* ценов* цену
    """,
}

PROMOTION = {
    "en": """
        promo promos promotion promotions promotional discount discounts discounted markdown
        markdowns mrkdn deal deals offer offers coupon coupons voucher vouchers rebate rebates bogo
        clearance giveaway cashback tpr display_promo flash_sale trade
    """,
    "de nl": """
        aktion aktionen aktions angebot angebote rabatt rabatte gutschein gutscheine schlussverkauf
        sonderangebot actie acties aanbieding aanbiedingen korting kortingen promotie promoties
        rabattaktion verkaufsaktion
    """,
    "fr es pt it": """
        remise remises solde soldes reduction reductions descuento descuentos oferta ofertas
        promocion promociones rebaja rebajas promocao promocoes desconto descontos liquidacao
        sconto sconti saldi offerta offerte promozione promozioni cupon cupones
    """,
    "sv da no fi": """
        kampanj kampanjer rea erbjudande rabatter tilbud kampanje udsalg salg_kampanje alennus
        alennukset tarjous tarjoukset kampanja kampagnetilbud
    """,
    "pl cs tr": """
        promocja promocje promocji rabat rabaty znizka znizki wyprzedaz sleva slevy akce indirim
        indirimi kampanya kampanyasi firsat promosyon
    """,
    "ru uk": "акци* скидк* промо* распродаж* знижк*",
    "ja": "キャンペーン セール 割引 値引 値引率 特売 クーポン ポイント販促 販促",
    "zh": "促销 折扣 优惠 打折 满减 大促 促銷",
    "ko": "프로모션 할인 행사 쿠폰 판촉",
    "other": """
        kyanpeen waribiki kampanjat alennuskampanja aktionspreis pos_display tilbudsaktivitet
    """,
}

HOLIDAY = {
    "en": """
        holiday holidays hldy xmas christmas easter black_friday cyber_monday thanksgiving ramadan
        eid diwali new_year valentine valentines mothers_day fathers_day halloween prime_day
        singles_day super_bowl school_break vacation vacations back_to_school bank_holiday
        labor_day memorial_day independence_day payday lunar_new_year
    """,
    "de nl": """
        feiertag feiertage ferien schulferien weihnachten weihnacht ostern pfingsten silvester
        karneval muttertag feestdag feestdagen vakantie vakanties schoolvakantie kerst pasen
        sinterklaas koningsdag
    """,
    "fr es pt it": """
        jour_ferie jours_feries ferie feries vacances noel paques rentree fetes fete festivo
        festivos navidad vacaciones feriado feriados semana_santa natal ferias carnaval pascoa
        festivita festivi natale pasqua ferragosto vacanze festa reyes dia_de_la_madre dia_das_maes
        volta_as_aulas
    """,
    "sv da no fi": """
        helgdag helgdagar helg jul julen pask semester helligdag helligdage helligdager paske
        juhlapyha pyhapaiva pyhapaivat joulu paasiainen lomat loma
    """,
    "pl cs tr hu ro": """
        swieto swieta wielkanoc boze_narodzenie ferie svatek svatky vanoce velikonoce prazdniny
        tatil resmi_tatil bayram bayrami ramazan yilbasi unnep karacsony sarbatoare
    """,
    "ru uk": "праздник* праздничн* выходн* новый_год свят*",
    "ja zh ko": """
        祝日 休日 祝祭日 連休 お盆 正月 年末年始 假日 节日 春节 节假日 国庆 双十一 공휴일 휴일 명절
        설날 추석 연휴 双11 假期 ゴールデンウィーク
    """,
    "other": "shukujitsu kyujitsu helligdag* juhlapyh* swiat* svatk* tatil* bayram* праздн*",
}

EVENT = {
    "en": """
        event events launch launched strike lockdown lockdowns covid covid19 pandemic corona outage
        outlier dummy flag crisis recall_event rebranding relaunch world_cup olympics euro_cup
        election stockout stockouts shutdown closure
    """,
    "other": """
        ereignis ereignisse sonderereignis streik evenement evenements confinement evento eventos
        huelga lanzamiento lancamento greve eventi sciopero lancio evenementen lancering handelse
        handelser lansering hendelse tapahtuma wydarzenie wydarzenia udalost etkinlik lansman
        событи* карантин* локдаун* イベント 発売 緊急事態 事件 疫情 发布 이벤트 출시 코로나 コロナ
        pandemia
    """,
}

WEATHER = {
    "en": """
        temperature temp temperatures rain rainfall precipitation snow snowfall sun sunshine sunny
        wind humidity weather degrees heating_degree_days cloud storm heatwave celsius fahrenheit
        pollen
    """,
    "other": """
        temperatur regen niederschlag sonne sonnenstunden wetter schnee neerslag weer temperatuur
        pluie meteo ensoleillement temperatura lluvia precipitacion clima tiempo chuva precipitacao
        pioggia sole neve nederbord vader nedbor vaer vejr lampotila sade saa opady pogoda deszcz
        teplota srazky pocasi sicaklik yagis yagmur hava температур* осадк* погод* 気温 降水 降水量
        天気 天候 最高気温 平均気温 气温 温度 降雨 天气 기온 강수량 날씨 온도 kion temperaturen
        lampotila* temperatury teploty sicaklig* yagis* sademaara regnmangde solskinstimer
        soltimmar nedborsmangd
    """,
}

MACRO = {
    "en": """
        gdp unemployment inflation consumer_confidence cci confidence interest_rate interest_rates
        exchange_rate fx_rate fx gas_price oil_price fuel_price disposable_income household
        household_income stock_index dow sp500 nasdaq dax ftse economy economic macro mobility
        housing mortgage_rate vix consumer_sentiment consumer_index wage_index umcsent ppi
        savings_rate stringency consumer_spending consumer_expenditure household_spending
        household_spend government_spending retail_sales_index
    """,
    "other": """
        arbeitslosigkeit arbeitslosenquote bip konsumklima verbraucherpreise zinsen leitzins
        inflationsrate werkloosheid consumentenvertrouwen chomage pib ipc moral_menages
        confiance_menages desempleo paro tipo_de_cambio confianza_consumidor inflacion inflacao
        desemprego ipca dolar cambio selic inflazione disoccupazione fiducia_consumatori
        arbetsloshet kpi_index tyottomyys bezrobocie inflacja inflace nezamestnanost enflasyon
        issizlik tufe faiz usd_try kur guven_endeksi безработиц* инфляц* курс* ввп 失業率 景気 為替
        消費者物価 失业率 通胀 汇率 消费者信心 실업률 물가 환율 소비자심리 consumer_price
        consumer_prices consumer_price_index confianza moral luottamus guven guveni konjunktur
        konjunkturindex konjunkturbarometer konsumentforbrug konsumentfortroende vertrauen fiducia
        duvera duvery zaufanie koniunktura доверие доверия kuluttajien_luottamus forbrugertillid
        tillid clima_consumo employment jobless housing_starts retail_index bdi
    """,
}

DISTRIBUTION = {
    "en": """
        distribution acv tdp tdps stores store_count number_of_stores num_stores doors shelf
        facings availability oos out_of_stock in_stock stock inventory listing listings assortment
        sku skus outlets branches_open opening_hours product_count supply capacity lead_time
        delivery_time sites locations_count
    """,
    "other": """
        distribution distributionsgrad filialen filialzahl lagerbestand verfugbarkeit sortiment
        distributie winkels voorraad distribution_numerique magasins points_de_vente rupture
        rupture_de_stock distribucion tiendas inventario existencias distribuicao lojas estoque
        ruptura distribuzione negozi punti_vendita scorte butiker lager butikker jakelu myymalat
        dystrybucja sklepy zapasy distribuce prodejny sklad dagitim magaza_sayisi stok дистрибуц*
        магазин* остатк* налич* 店舗数 在庫 配荷 配荷率 门店数 库存 铺货 매장수 재고
    """,
}

CONTROL = {
    "en": "control ctrl covariate exogenous",
    "other": "kontroll kontrolle controle controllo",
}

REGION = {
    "en": """
        region regions state states country countries market markets geo geography dma city cities
        store stores shop branch outlet area province county territory district zone location site
        zip zipcode postal postcode metro nation place msa fsa
    """,
    "other": """
        bundesland land stadt filiale gebiet gebiete markt pays ville departement magasin regione
        citta negozio paese pais estado ciudad provincia tienda regiao cidade loja uf mercado
        provincie regio winkel stad lan kommun fylke kommune butik butikk alue kunta maa
        wojewodztwo miasto sklep kraj mesto bolge sehir il magaza ulke регион* город* област*
        магазин стран* рынок 地域 都道府県 店舗 エリア 地区 省 城市 省份 门店 区域 지역 도시 매장
        시도 국가 国 oblast megye judet
    """,
}

POPULATION = {
    "all": """
        population pop households inhabitants residents einwohner bevolkerung einwohnerzahl
        haushalte inwoners bevolking habitants poblacion habitantes populacao popolazione abitanti
        befolkning invanare invanere vakiluku asukasluku ludnosc obyvatele populace nufus
        населени* 人口 인구
    """,
}

DATE = {
    "en": """
        date dates day days time timestamp period dt ds week weeks wk week_start week_of month
        months year years weekly daily monthly yearweek isoweek week_commencing wc w_c
    """,
    "other": """
        datum tag tage woche wochen kw kalenderwoche zeitraum monat jahr zeit jour semaine mois
        annee periode fecha dia dias semana mes ano periodo data giorno settimana mese anno dag
        week maand jaar dato vecka manad ar uke uge maned paiva paivamaara viikko kuukausi vuosi
        dzien tydzien miesiac rok den tyden mesic tarih gun hafta ay yil дата* недел* день месяц*
        год период* 日付 日 週 月 年 年月日 日期 周 时间 날짜 주 월 년 일자 주차 het tanggal minggu
        ngay tuan luna saptamana start begin starts beginn anfang debut debut_des inicio inizio
        poczatek zacatek baslangic начало 開始 开始 시작 hizuke shuu
    """,
}

ENDING = {
    "en": "end ending ended we week_ending week_end to until finish",
    "other": """
        ende endend bis fin final fim fine einde eind slut loppu koniec konec bitis конец 終了 结束
        종료
    """,
}

CALENDAR = {
    "en": """
        year yr month quarter qtr prd period week_no week_nr week_number weeknum weekno week_num
        wk_nbr yr_nbr qtr_nbr wk_in_yr_nbr wk nbr day dayofyear day_of_year day_of_week weekday dow
        isoweek index id idx t row rownum row_number unnamed fiscal_week fiscal_year fiscal_period
        iso_week iso_year season time_index obs observation counter sequence level
    """,
    "other": """
        jahr monat quartal wochentag kalenderwoche kw jahreswoche annee mois trimestre jour_semaine
        ano mes dia_semana anno mese giorno jaar maand kwartaal ar manad kvartal vuosi kuukausi rok
        miesiac kwartal mesic ctvrtleti yil ay ceyrek год месяц квартал 年 月 四半期 季度 曜日 星期
        년 월 분기 요일 nummer nr lfd numero no semana_do_ano n_semana num_semana numero_semana
        viikkonumero veckonummer week week_of_year woche semaine semana settimana vecka uke uge
        viikko tydzien tyden hafta неделя день 週 周 주차 주
    """,
}

IDENTITY = {
    "all": """
        key hash index url name currency_code note notes comment comments_text description label
    """,
    "other": "",
}

#: Numbers that only name something.
IDENTIFIER = {
    "all": """
        id ids uuid guid code sku_code identifier identifiant identificador identificativo
        identifikator* identyfikator идентификатор* 識別 编号 번호 kennung kimlik kimligi tunnus
    """,
}
