"""Which drivers stand for demand, judged by their names."""

from __future__ import annotations

from collections.abc import Iterable

from mmm.data.words import Name, fold, read_name

#: Words of demand, and of the market as a whole.
DEMAND = """
    demand nachfrage vraag demande demanda domanda efterfragan etterspørsel kysynta popyt poptavka
    talep kereslet cerere permintaan спрос 需要 需求 수요
"""
MARKET = """
    market category industry markt kategorie branche categorie marche mercado categoria mercato
    marknad kategori marked markkina rynek kategoria trh pazar piac piata pasar рынок
    市場 市场 시장
"""
#: Words of a measure. Without one, demand may be what people ordered: an outcome, which
#: advertising moves.
MEASURE = "index indices idx indicator score trend trends indeks indice indicateur indicador"
#: Concepts of names that speak of somebody's own sales, or of money spent.
OTHERS = ("brand", "spend", "price", "medium", "promotion", "macro")
#: Markets of another kind.
FINANCE = "stock share labour labor financial housing aktien bourse"


def demand_proxies(controls: Iterable[str]) -> list[str]:
    """Return the controls whose names say demand, market, category or search interest.

    Parameters
    ----------
    controls : iterable of str
        Columns that are drivers already. A name is likely right, never certain: what is in the
        column may be something else.

    Examples
    --------
    >>> demand_proxies(["promo", "demand_index", "google_trends", "market_price"])
    ['demand_index', 'google_trends']
    """
    return [column for column in controls if _stands_for_demand(column)]


def _stands_for_demand(column: str) -> bool:
    name = read_name(column)
    if name.says(*OTHERS) or _has(name, FINANCE):
        return False
    return name.says("interest") or _has(name, DEMAND, MARKET)


def measures_demand(name: Name) -> bool:
    """Tell whether a name says an index of demand, or demand of a whole market.

    Examples
    --------
    >>> [measures_demand(read_name(n)) for n in ("demand_index", "category demand", "demand")]
    [True, True, False]
    """
    return _has(name, DEMAND) and _has(name, MEASURE, MARKET) and not name.says(*OTHERS)


def _has(name: Name, *lists: str) -> bool:
    return any(fold(word) in words.split() for words in lists for word in name.words)
