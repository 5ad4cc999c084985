"""The part of a column's name that says which channel it is about."""

from __future__ import annotations

import re
import unicodedata

from mmm.data.words import Name, is_currency, read_name

#: Concepts of words that say what a column measures, not of which channel.
MEASURES = ("spend", "cost", "exposure", "count", "total")
MARKS = re.compile(r"_[SIP]$|^mds?p_|^mdip_")


def core(name: str) -> list[str]:
    """Return the words of a name that say which channel it is; all where none does.

    Examples
    --------
    >>> core("Kosten_TV"), core("google_uac_spend"), core("TV Spend (USD)"), core("x8_Influencer")
    (['TV'], ['google', 'uac'], ['TV'], ['Influencer'])
    """
    bare = re.sub(r"^[a-z]\d+_(?=\D)", "", MARKS.sub("", name))
    said = read_name(bare)
    measured = {i for concept in MEASURES for i in said.concepts.get(concept, ())}
    media = {i for concept in ("medium", "owned") for i in said.concepts.get(concept, ())}
    kept = _written(said, {i for i in range(len(said.words)) if i not in measured - media})
    return kept or _written(said, set(range(len(said.words)))) or [name]


def one_spelling(text: str) -> str:
    """Return a name of a region or series in one way: composed letters, single blanks.

    Examples
    --------
    >>> one_spelling(" St.  Louis ")
    'St. Louis'
    """
    return " ".join(unicodedata.normalize("NFC", text).split())


def _written(said: Name, keep: set[int]) -> list[str]:
    """Return words as the header writes them: `LinkedIn` is one word, not two."""
    words: list[str] = []
    at = end = 0
    for i, word in enumerate(said.words):
        start = said.text.index(word, at)
        at = start + len(word)
        if i not in keep or is_currency(word):
            continue
        if words and start == end and (i - 1) in keep:
            words[-1] += word
        else:
            words.append(word)
        end = at
    return words
