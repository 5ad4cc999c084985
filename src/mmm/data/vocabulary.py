"""What the words of column names mean: concepts of marketing data in many languages.

Each concept has words by language, in lower case and without accents; ``ae``, ``oe`` and ``ue``
may stand for umlauts. ``_`` joins the words of a term, with or without a space in the name;
``*`` at the end stands for any ending. Japanese, Chinese and Korean terms match inside a word.
"""

from __future__ import annotations

from mmm.data import vocabulary_drivers as drivers
from mmm.data import vocabulary_media as media
from mmm.data import vocabulary_outcomes as outcomes

CONCEPTS: dict[str, dict[str, str]] = {
    "spend": media.SPEND,
    "cost": media.COST,
    "medium": media.MEDIUM,
    "advertising": media.ADVERTISING,
    "exposure": media.EXPOSURE,
    "owned": media.OWNED,
    "organic": media.ORGANIC,
    "interest": drivers.INTEREST,
    "rival": drivers.RIVAL,
    "brand": outcomes.BRAND,
    "visits": outcomes.VISITS,
    "money kpi": outcomes.MONEY_KPI,
    "sales kpi": outcomes.SALES_KPI,
    "units kpi": outcomes.UNITS_KPI,
    "late kpi": outcomes.LATE_KPI,
    "explicit kpi": outcomes.EXPLICIT_KPI,
    "count": outcomes.COUNT,
    "total": outcomes.TOTAL,
    "ratio": outcomes.RATIO,
    "unit cost": media.UNIT_COST,
    "goods": media.GOODS,
    "lagged": outcomes.LAGGED,
    "planned": outcomes.PLANNED,
    "derived": outcomes.DERIVED,
    "engagement": media.ENGAGEMENT,
    "share": outcomes.SHARE,
    "value": outcomes.VALUE,
    "average": outcomes.AVERAGE,
    "site": outcomes.SITE,
    "price": drivers.PRICE,
    "promotion": drivers.PROMOTION,
    "holiday": drivers.HOLIDAY,
    "event": drivers.EVENT,
    "weather": drivers.WEATHER,
    "macro": drivers.MACRO,
    "distribution": drivers.DISTRIBUTION,
    "control": drivers.CONTROL,
    "region": drivers.REGION,
    "channel": media.CHANNEL,
    "campaign": media.CAMPAIGN,
    "population": drivers.POPULATION,
    "date": drivers.DATE,
    "ending": drivers.ENDING,
    "calendar": drivers.CALENDAR,
    "identity": drivers.IDENTITY,
    "identifier": drivers.IDENTIFIER,
}

#: Words of currencies, and of names that say only how a number is written.
CURRENCY_WORDS = (
    "usd eur gbp jpy chf cad aud sek nok dkk pln brl inr cny krw try mxn czk huf rub euro euros "
    "dollar dollars pound pounds yen local lc lcy k mio mln m tsd metrics micros betrag montant "
    "importe importo bedrag kwota tutar belop summa net netto gross brutto nett incl excl vat tax "
    "btw mwst tva iva moms alv kdv 원 원화 円 元 万 千 포함 税込 税抜"
)
#: Capitals of names that a header writes in small letters.
BRANDS = (
    "TV CTV OTT OOH DOOH SEM SEA SEO PPC PR DM FSI NPP BVOD VOD UAC GDN DSP DV360 YouTube TikTok "
    "LinkedIn AppLovin PMax WhatsApp VK CRM SMS PLA B2B ASA ID IG FB"
)
