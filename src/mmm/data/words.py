"""Column names as words, and words as concepts of the vocabulary."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from mmm.data.vocabulary import BRANDS, CONCEPTS, CURRENCY_WORDS

#: Scripts that write words without spaces.
UNSPACED = "\u1100-\u11ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"
SYMBOLS = "$€£¥₹\u2600-\u27bf\U0001f000-\U0001faff"
TOKEN = re.compile(rf"[{UNSPACED}]+|[^\W\d_{UNSPACED}]+|\d+|[{SYMBOLS}]")
UPPER, LOWER = "A-ZÀ-ÞА-ЯЁ", "a-zß-ÿа-яё"
CAPITALS = re.compile(rf"(?<=[{LOWER}])(?=[{UPPER}])|(?<=[{UPPER}])(?=[{UPPER}][{LOWER}]{{2}})")
#: Words too short to be looked for inside of others, except these.
SHORT = frozenset(("tv", "ad", "ads", "ctv", "ooh", "fb", "yt"))
LINKS = ("", "s", "es", "n")


@lru_cache(maxsize=65536)
def fold(text: str) -> str:
    """Return text in lower case without accents; umlauts are equal however they are written.

    Examples
    --------
    >>> fold("Verkäufe"), fold("VERKAEUFE"), fold("Dépenses")
    ('verkaufe', 'verkaufe', 'depenses')
    """
    plain = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(c for c in plain if unicodedata.category(c) != "Mn")
    plain = unicodedata.normalize("NFC", plain).translate(str.maketrans("øłđıæœ", "oldiao"))
    return re.sub(r"([aou])e", r"\1", plain)


def split(name: str) -> list[str]:
    """Split a name into words: at signs, digits, scripts, capitals and inside of compounds.

    Examples
    --------
    >>> split("TVSpend"), split("x8_Influencer"), split("tvspend"), split("Radiokosten")
    (['TV', 'Spend'], ['x', '8', 'Influencer'], ['tv', 'spend'], ['Radio', 'kosten'])
    """
    tokens = [part for token in TOKEN.findall(name) for part in CAPITALS.split(token)]
    return [part for token in tokens for part in _compound(token)]


def _compound(token: str) -> list[str]:
    folded = fold(token)
    if len(folded) < 5 or len(folded) != len(token) or _is_known(folded):
        return [token]
    lengths = _cut(folded, 3)
    parts, at = [], 0
    for length in lengths or ():
        parts.append(token[at : at + length])
        at += length
    return parts or [token]


def _cut(word: str, most: int) -> tuple[int, ...]:
    """Return the lengths of the known words that make up a word; none where they do not."""
    if _is_part(word):
        return (len(word),)
    if most == 1:
        return ()
    for at in range(len(word) - 2, 1, -1):
        for link in LINKS:
            first = word[:at].removesuffix(link) if link else word[:at]
            if (
                word[:at].endswith(link)
                and _is_part(first)
                and (rest := _cut(word[at:], most - 1))
            ):
                return (at, *rest)
    return ()


def _is_part(word: str) -> bool:
    return word in SHORT or (len(word) >= 4 and word in _literals())


def _is_known(word: str) -> bool:
    return any(pattern.search(word) for pattern in _patterns().values())


@lru_cache(maxsize=1)
def _literals() -> frozenset[str]:
    words = (w for texts in CONCEPTS.values() for text in texts.values() for w in text.split())
    return frozenset(fold(word) for word in words if "_" not in word and "*" not in word)


def _regex(term: str) -> str:
    word = re.escape(fold(term)).replace(r"\*", r"\S*").replace("_", " ?")
    word = re.sub(r"(?<=[a-z])(?=\d)", " ?", word)
    return word if re.search(f"[{UNSPACED}]", term) else rf"(?<!\S){word}(?!\S)"


@lru_cache(maxsize=1)
def _patterns() -> dict[str, re.Pattern[str]]:
    """Return one pattern a concept; its longer terms are tried first."""
    found = {}
    for concept, texts in CONCEPTS.items():
        terms = sorted({t for text in texts.values() for t in text.split()}, key=len, reverse=True)
        found[concept] = re.compile("|".join(map(_regex, terms)))
    return found


@dataclass(frozen=True, slots=True)
class Name:
    """A column's name in words.

    Attributes
    ----------
    text : str
        The name as it is.
    words : tuple of str
        Its words, as they are written.
    concepts : dict of str to frozenset of int
        Positions of the words of each concept in it.
    """

    text: str
    words: tuple[str, ...]
    concepts: dict[str, frozenset[int]]

    def says(self, *concepts: str) -> bool:
        """Tell whether the name has a word of any of these concepts."""
        return any(concept in self.concepts for concept in concepts)

    def only(self, *concepts: str) -> bool:
        """Tell whether every word belongs to one of these concepts, or is a number."""
        known = set().union(*(self.concepts.get(concept, ()) for concept in concepts))
        return bool(known) and all(
            i in known or word.isdigit() or is_currency(word) for i, word in enumerate(self.words)
        )

    def without(self, *concepts: str) -> list[str]:
        """Return the words that belong to none of these concepts."""
        known = set().union(*(self.concepts.get(concept, ()) for concept in concepts))
        return [word for i, word in enumerate(self.words) if i not in known]

    @property
    def unknown(self) -> list[str]:
        """Words that belong to no concept."""
        return [w for w in self.without(*self.concepts) if not (w.isdigit() or is_currency(w))]


def is_currency(word: str) -> bool:
    """Tell whether a word names a currency, or how an amount is written."""
    return fold(word) in _currency_words() or word in "$€£¥₹"


@lru_cache(maxsize=1)
def _currency_words() -> frozenset[str]:
    return frozenset(map(fold, CURRENCY_WORDS.split()))


@lru_cache(maxsize=8192)
def read_name(text: str) -> Name:
    """Find the concepts in a column's name; a longer term hides the shorter ones within it.

    Examples
    --------
    >>> sorted(read_name("conversion_rate").concepts), sorted(read_name("テレビ広告費").concepts)
    (['ratio'], ['medium', 'spend'])
    """
    words = [part for word in split(text) for part in _pieces(word)]
    starts = [0]
    for word in words:
        starts.append(starts[-1] + len(fold(word)) + 1)
    concepts: dict[str, frozenset[int]] = {}
    for start, end, concept in _matches(" ".join(map(fold, words))):
        inside = {i for i in range(len(words)) if start < starts[i + 1] - 1 and starts[i] < end}
        concepts[concept] = concepts.get(concept, frozenset()) | inside
    return Name(text, tuple(words), concepts)


def _matches(joined: str) -> list[tuple[int, int, str]]:
    """Return the places of concepts in folded words; longer terms hide those within them."""
    found = [
        (match.start(), match.end(), concept)
        for concept, pattern in _patterns().items()
        for match in pattern.finditer(joined)
    ]
    return [
        (start, end, concept)
        for start, end, concept in found
        if not any(s <= start and end <= e and e - s > end - start for s, e, _ in found)
    ]


def _pieces(word: str) -> list[str]:
    """Cut a word of a script without spaces where its terms begin and end."""
    if not re.fullmatch(f"[{UNSPACED}]+", word) or len(fold(word)) != len(word):
        return [word]
    cuts = sorted({0, len(word), *(at for s, e, _ in _matches(fold(word)) for at in (s, e))})
    inner = {at for s, e, _ in _matches(fold(word)) for at in range(s + 1, e)}
    cuts = [at for at in cuts if at not in inner]  # a term cut in two would not be found again
    return [word[a:b] for a, b in pairwise(cuts)]


def capitalized(word: str) -> str:
    """Give a word of small letters the capitals of a name; others keep their own.

    Examples
    --------
    >>> capitalized("tv"), capitalized("tiktok"), capitalized("UAC"), capitalized("radio")
    ('TV', 'TikTok', 'UAC', 'Radio')
    """
    if word != word.lower():
        return word
    brands = {brand.lower(): brand for brand in BRANDS.split()}
    return brands.get(word, word[:1].upper() + word[1:])
