"""Words of media, and of money and numbers spent on them."""

#: Money for media, in a word that means nothing else.
SPEND = {
    "en": """
        spend spends spending spendings spent adspend adspends adex expenditure expenditures outlay
        investment investments invest invested amount_spent
    """,
    "de": "ausgabe ausgaben werbeausgaben spendings",
    "fr": "depense depenses investissement investissements",
    "es": "gasto gastos inversion inversiones",
    "pt": "gasto gastos investimento investimentos verba verbas despesa despesas",
    "it": "spesa spese investimento investimenti",
    "nl": "uitgave uitgaven besteding bestedingen investering investeringen",
    "sv da no": "utgift utgifter udgift udgifter investering investeringar spend annonsspend",
    "fi": "panostus panostukset menot kulutus",
    "pl cs": "wydatek wydatki wydatkow naklady vydaje vydaj investice",
    "tr": "harcama harcamasi harcamalari harcamalar yatirim yatirimi",
    "ru uk": "расход* затрат* инвестици* витрат* трат*",
    "hu ro id vi el": "koltes kiadas kiadasok cheltuieli cheltuiala belanja chi_tieu δαπαν*",
    "ja": "出稿額 出稿金額 出稿費 広告費 広告宣伝費 支出 投資額",
    "zh": "花费 支出 消耗 投放 投入 广告费 廣告費 花費",
    "ko": "지출 광고비 집행액 집행금액 매체비",
    "other": """
        ausgegeben ausgegebener depense_montant montant_depense gastado importe_gastado gasto_total
        valor_usado valor_gasto importo_speso speso besteed wydana wydano harcanan belop_brukt
        belop_brugt spenderat spenderet kaytetty utrata utraty utracena 消化金額 koukokuhi kokokuhi
    """,
}

#: Money for media or for anything else: a medium, or a sibling, must tell.
COST = {
    "en": """
        cost costs budget budgets fee fees commission commissions expense expenses investiment
        net_cost gross_cost
    """,
    "de": "kosten kost budget aufwand aufwendung aufwendungen investition investitionen provision",
    "fr": "cout couts budget frais",
    "es": "coste costes costo costos presupuesto",
    "pt": "custo custos orcamento",
    "it": "costo costi",
    "nl": "kosten budget",
    "sv da no": "kostnad kostnader kostnaden omkostning omkostninger budget",
    "fi": "kustannus kustannukset kulut kulu budjetti",
    "pl cs": "koszt koszty kosztow budzet naklad rozpocet",
    "tr": "maliyet maliyeti maliyetleri butce butcesi gider gideri",
    "ru uk": "стоимост* бюджет* вартіст* издержк*",
    "hu ro id vi el": "koltseg koltsegek costuri buget biaya anggaran chi_phi κοστ* costurile",
    "ja": "費 費用 コスト 予算 経費",
    "zh": "费用 成本 预算 費用 預算",
    "ko": "비용 예산",
    "other": "kulut medieforbrug forbrug mediekostnad mediakosten 费",
}

#: Paid media, networks and sellers of them.
MEDIUM = {
    "broadcast": """
        tv television televisions televisie televisivo televisiva fernsehen fernseh tele televisao
        televisione telewizja telewizj* televize televizyon televiisio телевидени* тв тв* open_tv
        pay_tv linear_tv catv cable_tv broadcast broadcaster satellite radio radios rundfunk
        hoerfunk ραδιοφων* радио* radyo rozhlas radioreklame audio digital_audio streaming podcast
        podcasts spotify deezer pandora soundcloud vod bvod svod avod youtube you_tube yt ctv ott
        connected_tv addressable_tv hulu netflix disney_plus roku twitch
    """,
    "print": """
        print press presse prensa imprensa stampa pers prasa tisk basin пресс* newspaper newspapers
        zeitung zeitungen periodico periodicos jornal jornais giornale giornali krant kranten
        dagspress tidning tidningar avis aviser sanomaleh* gazete газет* gazeta magazine magazines
        zeitschrift zeitschriften revista revistas riviste rivista tijdschrift* aikakausleh* dergi
        журнал* inserts beilage beilagen fsi fsis coupons_fsi catalog catalogs catalogue catalogues
        katalog kataloge prospekt prospekte flugblatt flyer flyers leaflet leaflets circular
        circulars flyposting folders handzettel brosur brochure brochures prospectus folheto
        folhetos panfleto panfletos folleto folletos volantini volantino depliant ulotka ulotki
        gazetka letak letaky el_ilani листовк* direct_mail direct_mailing mailing mailings
        direct_marketing dm postal_mail postwurf briefkasten correo_directo mala_direta courrier
        publipostage
    """,
    "outdoor": """
        ooh dooh outdoor out_of_home billboard billboards plakat plakate plakatwerbung
        aussenwerbung affichage affiche affiches exteriores valla vallas via_publica outdoors
        affissioni affissione esterna buitenreclame abri* utomhus utendors udendors ulkomain*
        billbord* outdoorowa bilbord* acikhava acik_hava наружк* наружн* transit airport cinema
        cinemas kino kinos bio sinema cine cines кино в_кино elokuva bioscoop
    """,
    "digital": """
        search paid_search ppc sem sea adwords ad_words google google_ads google_adwords gads uac
        pmax p_max performance_max dv360 dv_360 gdn shopping pla plas bing microsoft_ads yahoo
        yandex яндекс* baidu naver kakao suchmaschine* suchmaschinenwerbung social social_media
        paid_social soziale_medien redes_sociais redes_sociales reseaux_sociaux sosyal_medya
        соцсет* социальн* facebook fb face_book instagram insta ig meta tiktok tik_tok snapchat
        pinterest linkedin linked_in twitter reddit quora threads vk vkontakte line_ads wechat
        weibo douyin xiaohongshu kuaishou kakaotalk whatsapp_ads discord_ads display displays
        banner banners banery programmatic programatica programatico programmatique programmatik
        dsp rtb native video videos online_video olv preroll video_ads reels retargeting
        remarketing prospecting affiliate affiliates affiliation affiliati afiliados afiliacion
        influencer influencers influenceurs influenciadores influencery criteo taboola outbrain
        rtbhouse rtb_house trade_desk the_trade_desk ttd applovin app_lovin unity unity_ads
        ironsource iron_source vungle chartboost moloco mintegral liftoff apple_search_ads
        apple_ads amazon amazon_ads amz_ads walmart_connect retail_media instacart mercado_ads
        price_comparison preisvergleich idealo comparadores allegro_ads seznam sklik zbozi heureka
        marketplace_ads mobile_ads in_app app_ads discovery demand_gen
    """,
    "other": """
        sponsorship sponsorships sponsoring sponsor sponsors patrocinio patrocinios
        sponsorizzazion* sponsoring* telemarketing call_center_ads product_placement experiential
        public_relations trade_show trade_shows messe messen fieldforce sampling npp fsi
        content_syndication syndication capterra g2 webinar_ads buzoneo gazetki gazetka dagblad
        dagbladen dagblade dagblader biograf biografen tilbudsavis tilbudsaviser direktreklam
        direkt direktwerbung suoramarkkinointi suoramainonta some sosiaalinen_media таргет блогер*
        инфлюенсер* terebi rajio shinbun zasshi okugai orikomi chirashi doga テレビcm cm drtv
        infomercial advertorial advertorials metro_ads tramway bus_ads taxi autobus wobbler
        podcast* cinemat* radia radiu telewizj* prasow* outdoorow* telewizyj* gazetk* ulotk*
        internet online_ads web_ads webtv newsprint supplements snap wideo sociala_medier sociala
        sociale_medier soziale sociale_media snapchat_ads exterior folder inserts_print
    """,
    "ja": """
        テレビ ラジオ 新聞 雑誌 検索広告 リスティング ディスプレイ 動画 バナー 交通広告 屋外 チラシ
        折込 折り込み ユーチューブ フェイスブック インスタ ツイッター アフィリエイト
        インフルエンサー ダイレクトメール グーグル ヤフー 映画館 タクシー広告 ソーシャル 屋外広告
        デジタル広告
    """,
    "zh": """
        电视 广播 电台 报纸 杂志 搜索 社交 展示广告 视频 户外 电梯 抖音 微信 微博 百度 小红书 快手
        淘宝 直播 网红 达人 影院 传单 楼宇 地铁 信息流 頭條 头条 電視 戶外 報紙
    """,
    "ko": """
        텔레비전 티비 라디오 신문 잡지 검색 소셜 배너 동영상 옥외 네이버 카카오 구글 페이스북
        인스타 유튜브 인플루언서 전단 극장 디스플레이
    """,
    "search": """
        sok sogning soge zoek zoeken haku hakusana such suche recherche recherches_payantes
        busqueda busca ricerca wyszukiwarka wyszukiwark* vyhledavac* vyhledavani arama поиск*
        контекст* контекстн* referencement_payant referencement kensaku zoekadvertenties
        search_engine
    """,
    "sponsor": """
        sponsor* sponzor* sponsring parrainage patrocini* patrocin* спонсор* 協賛 タイアップ 赞助
        협찬 endorsement endorsements ambassador
    """,
}

#: Advertising in general.
ADVERTISING = {
    "en": """
        ad ads advert adverts advertisement advertising adv marketing mkt mktg mkting media paid
        campaigns
    """,
    "de nl": """
        werbung werbe anzeigen anzeige werbemittel reclame adverteren advertenties advertentie
        mediaeinsatz
    """,
    "fr es pt it": """
        publicite publicitaire publicitaires pub pubs publicidad publicitario publicitaria
        publicidade anuncio anuncios pubblicita pubblicitari pubblicitaria pubblicitarie annunci
        midia medios medias mezzi mercadotecnia annonces propaganda
    """,
    "sv da no fi": """
        reklam reklame annons annonser annonsering annonce annoncering mainos mainonta mainonnan
        markkinointi marknadsforing markedsforing annoncer annonserna annoncerne mainos* reklam*
        sokannonser sokannonsering
    """,
    "pl cs tr hu ro id": """
        reklama reklamy reklamowe reklamowy reklamni reklam reklami reklamlari pazarlama tanitim
        hirdetes publicitate iklan pemasaran quang_cao
    """,
    "ru uk el": "реклам* маркетинг* медиа διαφημ*",
    "ja zh ko": "広告 宣伝 マーケティング 广告 廣告 营销 推广 市场推广 광고 마케팅",
}

#: What was seen or heard of a medium.
EXPOSURE = {
    "en": """
        impression impressions imp imps impr click clicks grp grps trp trps gtrp rating_points view
        views circulation insertions spots plays completions thruplays listens viewable
        ad_exposures exposures
    """,
    "de nl": """
        impressionen klick klicks kontakte einblendungen werbedruck auflage auflagen schaltungen
        vertoningen weergaven kliks klikken oplage sichtkontakte spotanzahl
    """,
    "fr es pt it": """
        clic clics impresiones impressoes cliques impressioni visualizzazioni visualizaciones
        visualizacoes vistas vues affichages diffusions contatti
    """,
    "sv da no fi": """
        visningar visninger klikk klik klickar exponeringar exponering eksponeringer nayttokerrat
        naytot klikkaukset klikit
    """,
    "pl cs tr hu ro id": """
        wyswietlenia wyswietlen odslony klikniecia klikniec imprese zobrazeni kliknuti prokliky
        gosterim gosterimi gosterimler tiklama tiklamalar tiklanma izlenme megjelenes kattintas
        afisari tayangan klik
    """,
    "ru uk": "показ показы показов показо* клик клики кликов клік* покази просмотр*",
    "ja": "インプレッション 表示回数 クリック 視聴 再生回数 視聴率 出稿量 再生数",
    "zh": "曝光 展示量 展示次数 点击 播放量 展现 點擊",
    "ko": "노출 클릭 조회수 시청률 재생수",
    "other": """
        ots link_click link_clicks linkklikken linkklick reproducciones reproducoes riproduzioni
        lectures odtworzenia impactos impatti contacten kontaktit kontakter baglanti_tiklamalari
        tiklam* 收视点 收视率 시청 gosterim* wyswietlen* klikniec* proklik* zobrazen* klikkauks*
        nayttokert* imprensions thruplay contacts interaktionen interaktions interactions
        interaction thru_play thru_plays
    """,
}

#: Media that a company owns: sent or posted, not bought.
OWNED = {
    "en": """
        email emails e_mail e_mails mail mails newsletter newsletters sms push pushes
        push_notification push_notifications notifications crm post posts blog blogs tweets stories
        organic_social organic_posts owned
    """,
    "de nl": "rundschreiben beitrage nieuwsbrief nieuwsbrieven berichten mailversand",
    "fr es pt it": """
        publications infolettre correo correos boletin boletines publicaciones postagens
        publicacoes notificacoes notificaciones lettre_info envios_email dem
    """,
    "sv da no fi": "nyhetsbrev nyhedsbrev uutiskirje inlagg opslag",
    "pl cs tr ru": """
        wpisy prispevky eposta e_posta bulten gonderi рассылк* рассылок пост постов пуш* уведомлен*
    """,
    "ja zh ko": """
        メルマガ メール メール配信 プッシュ 投稿 邮件 短信 推送 公众号 이메일 메일 문자 푸시 게시물
    """,
    "other": "webinar webinars utskickade verzonden",
}

#: What happened without being paid for.
ORGANIC = {
    "en": "organic seo unpaid earned natural referral referrals word_of_mouth wom",
    "all": """
        organisch* organique* organico organica organicos organicas organiczn* organik органическ*
        naturel オーガニック 自然検索 自然流量 자연 자연유입 오가닉 自然搜索
    """,
}

#: What people do with an advertisement or a page of the brand.
ENGAGEMENT = {
    "all": """
        follower followers follows subscribers fans likes like reactions reaction engagement
        engagements comments shares saves social_actions actions viral abonnenten volgers abonnes
        suscriptores seguidores inscritos seguaci foljare folgere takipci подписчик* フォロワー
        粉丝 팔로워 구독자 beitragsreaktionen reaktionen reacciones reacoes reazioni reakcje
        reacties kommentare messaging messages mesajlasma conversations app_store_rank follows_page
        interazione interazioni
    """,
}

CHANNEL = {
    "en": """
        channel channels medium media platform platforms source publisher network vehicle partner
        tactic touchpoint ad_type ads_type media_type channel_name ad_platform ad_network
        advertiser_channel type ad_channel supplier traffic_source ad_source ad_format
    """,
    "other": """
        kanal kanale werbekanal werbetrager mediengattung canal canaux canales canais support
        levier regie soporte meio midia veiculo mezzo canale canali kanaal kanalen medietyp
        media_kanal kanava medietype kanaly medio medya mecra источник* канал* площадк* медиаканал*
        チャネル チャンネル 媒体 メディア 渠道 平台 채널 매체 plateforme plataforma piattaforma
        platforma platform
    """,
}

CAMPAIGN = {
    "en": """
        campaign campaigns campaign_name ad_group adgroup adset ad_set ad_name creative placement
        flight line_item insertion_order
    """,
    "other": """
        kampagne kampagnen anzeigengruppe werbemittel campagne campagnes campana campanas campanha
        campanhas campagna campagne_nome kampanj kampanje kampanja kampania kampanie kampan kampane
        kampanya кампани* キャンペーン名 キャンペーン 広告グループ 广告系列 广告计划 活动名称
        캠페인 campagnenaam kampagnenname kampanii kampan* nom_de_la_campagne nombre_de_la_campana
        nombre_del_anuncio nombre_anuncio nome_da_campanha anzeigenname anzeigengruppenname
        reklam_seti reklam_adi kampanya* название_кампании advertentie_naam advertentieset
        adset_name ad_set_name zestaw_reklam annonsgrupp annonsenavn annonssett
    """,
}

#: What costs are for when they are not for media.
UNIT_COST = {
    "en": """
        shipping fulfillment fulfilment freight postage delivery logistics handling packaging goods
        unit production manufacturing labor labour wage wages salary salaries payroll staff
        personnel rent overhead material materials raw procurement returns warranty processing
        payment warehouse storage sold sales import tariff energy fuel electricity it software
        hosting capex opex fixed variable cogs operating operations administrative admin
        maintenance
    """,
    "de nl": """
        versand fracht waren wareneinsatz herstell herstellung herstellungs produktion produktions
        personal miete stuck einkauf einkaufs logistik verpackung lager material energie fix
        variable verzend verzending vracht inkoop personeel personeels huur logistiek productie
        verpakking verzendkosten lohn lieferung transport betriebs verwaltung
    """,
    "fr es pt it": """
        livraison transport transports expedition marchandises loyer salaires salariaux emballage
        logistique production envio envios flete mercancia mercancias logistica alquiler nomina
        produccion personal embalaje frete mercadoria mercadorias aluguel folha producao spedizione
        spedizioni trasporto merci affitto personale produzione imballaggio unitario unitaire
        produit producto produto vendas_custo materia
    """,
    "sv da no fi": """
        frakt lon loner hyra inkop varu varukostnad produktion fragt vareforbrug husleje
        varekostnad rahti toimitus palkka palkat vuokra valmistus leverans
    """,
    "pl cs tr": """
        wysylka wysylki dostawa dostawy transportu towar towarow wynagrodzenia czynsz produkcji
        logistyka doprava dopravy mzdy najem vyroba zbozi kargo nakliye uretim personel kira
        lojistik urun birim
    """,
    "ru uk": "доставк* логистик* себестоимост* зарплат* аренд* производств* товар*",
    "ja": "送料 原価 仕入 人件費 家賃 物流 配送 製造 材料費 梱包",
    "zh": "运费 物流 货物 人工 租金 生产 采购 销货 单位成本 仓储",
    "ko": "배송 물류 원가 인건비 임대 생산 매입 단위",
    "other": """
        port frais_de_port affranchissement expedic* envio* logist* doprav* przesylk* przesyl*
        dostaw* toimitus* kuljetus* frakt* forsendelse porto kargo* nakliy* spediz*
    """,
}

#: Costs that say by themselves that they are not media.
GOODS = {
    "all": """
        cogs cost_of_goods cost_of_sales cost_of_revenue unit_cost unit_costs wareneinsatz
        stuckkosten materialkosten versandkosten personalkosten prime_cost landed_cost
        себестоимост* 原価 送料 运费 원가 배송비 kostprijs kostpris varekostnad custo_mercadoria
        cmv cmp_cost frais_de_port frais_de_livraison gastos_de_envio spese_di_spedizione
        custos_de_envio verzendkosten fraktkostnad koszty_wysylki
    """,
}
