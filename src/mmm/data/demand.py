"""Which drivers stand for demand, judged by their names."""

from __future__ import annotations

from collections.abc import Iterable

from mmm.data.words import fold, read_name

#: Words of demand and of the market as a whole.
WORDS = frozenset(
    """
    demand market category industry
    nachfrage markt kategorie branche vraag categorie
    demande marche demanda mercado categoria domanda mercato
    efterfragan marknad kategori etterspørsel marked kysynta markkina
    popyt rynek kategoria poptavka trh talep pazar kereslet piac cerere piata permintaan pasar
    спрос рынок 需要 市場 需求 市场 수요 시장
    """.split()
)
#: Concepts of names that speak of somebody's own sales, or of money spent.
OTHERS = ("brand", "spend", "price", "medium", "promotion", "macro")

#: Markets of another kind.
FINANCE = frozenset("stock share labour labor financial housing aktien bourse".split())


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
    if name.says(*OTHERS) or FINANCE & {fold(word) for word in name.words}:
        return False
    return name.says("interest") or any(fold(word) in WORDS for word in name.words)
