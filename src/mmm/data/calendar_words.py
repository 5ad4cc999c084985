"""Words of the calendar in seven languages: months, weeks, and what column names say of dates."""

from __future__ import annotations

import re
import unicodedata

ENGLISH = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
#: Full names of the months in German, French, Spanish, Italian, Portuguese and Dutch.
LONG_NAMES = (
    "januar jänner februar märz april mai juni juli august september oktober november dezember",
    "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre "
    "dicembre",
    "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
    "januari februari maart april mei juni juli augustus september oktober november december",
)
#: First letters, without accents, by which a shortened month is known.
SHORT_NAMES = (
    ("jan", "jän", "ene", "gen", "janv"),
    ("feb", "fev", "fevr", "febr"),
    ("mar", "mär", "mrz", "maer", "mrt", "maa", "märz"),
    ("apr", "avr", "abr"),
    ("may", "mai", "mag", "mei"),
    ("jun", "juin", "giu"),
    ("jul", "juil", "lug"),
    ("aug", "aou", "ago", "août"),
    ("sep", "sept", "set", "sett"),
    ("oct", "okt", "ott", "out"),
    ("nov",),
    ("dec", "dez", "dic"),
)
WEEK_MARKS = (
    "calendar week|kalenderwoche|settimana|semaine|semana|woche|week|sett|sem|cw|kw|wk|w|s|v"
)


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


#: Words of a column's name that say what its values are.
DATE_WORDS = _set(
    "date dates datum data fecha day days tag jour dia día giorno dag time timestamp zeit period "
    "periode période periodo período month months monat mois mes mês mese maand dt ds wk week "
    "weeks woche kw kalenderwoche semaine semana settimana cw year quarter jahr quartal"
)
WEEK_WORDS = _set(
    "week weeks woche kw kalenderwoche semaine semana settimana wk cw isoweek weeknum weekno "
    "weeknumber sem sett"
)
MONTH_WORDS = _set("month months monat mois mes mês mese maand")
YEAR_WORDS = _set("year years yr jahr année annee an año ano anno jaar isoyear")

LAST_DAY = re.compile(
    r"\b(week|wk|period)s? ?(ending|ended)\b|\b(week|wk|period) end\b|"
    r"^w e$|\bw e date\b|\bwe (date|dt)\b|\beow\b|"
    r"\bend of (the )?(week|period)\b|\bend ?(date|dt)\b|"
    r"\bdate end\b|\b(woche|kw) (endend|endet|ende|bis)\b|\bende der (woche|kw)\b|\benddatum\b|"
    r"\bsemaine (se )?(terminant|finissant|terminee)\b|\bdate (de )?fin\b|"
    r"\bsemana (que )?(termina(da|ndo)?|finaliza(da)?|encerrada)\b|\bfecha (de )?fin(al)?\b|"
    r"\bdata (de )?(fim|fine|final)\b|\bsettimana (che )?(termina(nte)?|al)\b|"
    r"\bfine (della|di) settimana\b|\bweek (eindigend|einde)\b|\beinde (van de )?week\b|"
    r"\beinddatum\b"
)
#: Names that mean the weekend as well as the end of a week.
UNSURE_END = re.compile(
    r"\b(week ?ends?|wochenende|fin de semaine|fin de semana|fim de semana|"
    r"fine settimana|weekeinde)\b"
)


def bare(word: str) -> str:
    """Return a word in lower case, without accents and the point of a shortened word."""
    letters = unicodedata.normalize("NFKD", word.casefold())
    return "".join(c for c in letters if not unicodedata.combining(c)).rstrip(".")


LONG_MONTHS = {name.lower(): number for number, name in enumerate(ENGLISH)}
for _language in LONG_NAMES:
    _names = [name for name in _language.split() if name != "jänner"]
    LONG_MONTHS |= {bare(name): number for number, name in enumerate(_names)}
LONG_MONTHS |= {"janner": 0, "setiembre": 8, "maerz": 2}
ALL_MONTHS = LONG_MONTHS | {
    bare(name): number for number, names in enumerate(SHORT_NAMES) for name in names
}
#: A word with the point that shortens it, but not one that separates it from a number.
WORD = re.compile(r"[^\W\d_]+(?:\.(?=[\s,/.-]|$))?")
#: Spanish and Portuguese dates have it around the month.
OF = re.compile(r" de(?= )", re.IGNORECASE)


def in_english(text: str, *, long: bool) -> str:
    """Put the name of a month into English, whole or its first three letters.

    Examples
    --------
    >>> in_english("3 févr. 2022", long=False), in_english("3 de marzo de 2022", long=True)
    ('3 Feb 2022', '3 March 2022')
    """
    months = LONG_MONTHS if long else ALL_MONTHS

    def english(match: re.Match[str]) -> str:
        number = months.get(bare(match[0]))
        if number is None:
            return match[0]
        return ENGLISH[number] if long else ENGLISH[number][:3]

    return WORD.sub(english, OF.sub("", text))


def name_words(name: object) -> list[str]:
    """Split a column's name into words in lower case, at capitals too.

    Examples
    --------
    >>> name_words("WeekEnding_date"), name_words("Holiday")
    (['week', 'ending', 'date'], ['holiday'])
    """
    cut = re.sub(r"(?<=[a-zà-ÿ])(?=[A-Z])", " ", str(name))
    return [word.casefold() for word in re.findall(r"[^\W\d_]+", cut)]


def names_dates(name: object) -> bool:
    """Tell whether a column's name says that it holds dates."""
    return bool(DATE_WORDS & set(name_words(name)))


def labels_last_day(name: object) -> bool:
    """Tell whether a date column's name says that it holds the last day of each week.

    Examples
    --------
    >>> [labels_last_day(name) for name in ("week_ending", "W/E", "week", "Wochenende")]
    [True, True, False, False]
    """
    return bool(LAST_DAY.search(_spoken(name)))


def may_label_last_day(name: object) -> bool:
    """Tell whether a name may mean the end of a week, or a weekend."""
    return not labels_last_day(name) and bool(UNSURE_END.search(_spoken(name)))


def _spoken(name: object) -> str:
    return " ".join(bare(word) for word in name_words(name))


def is_like_date(cell: str, name: object = "") -> bool:
    """Tell whether a cell reads like a date, a week, a month or a quarter; a number does not.

    Examples
    --------
    >>> [is_like_date(cell) for cell in ("03.01.22", "KW 1/2022", "Jan-20", "12.5", "26668")]
    [True, True, True, False, False]
    """
    if not cell or len(cell) > 40 or not re.search(r"\d", cell):
        return False
    words = [bare(word) for word in WORD.findall(cell)]
    if words:
        marks = {*WEEK_MARKS.split("|"), "q", "t", "z", "h", "utc", "gmt", "quartal", "de", "of"}
        return all(word in ALL_MONTHS or word in marks for word in words)
    groups = re.findall(r"\d+", cell)
    if any(len(group) == 3 for group in groups[:3]):  # thousands
        return False
    if len(groups) == 1:
        is_day = re.fullmatch(r"(19|20)\d\d(0[1-9]|1[0-2])[0-3]\d", cell)
        is_part = re.fullmatch(r"(19|20)\d\d([0-5]\d)?", cell)
        return bool(is_day) or (names_dates(name) and bool(is_part))
    if len(groups) == 2 and re.search(r"[.,]", cell):
        return bool(re.fullmatch(r"(0[1-9]|1[0-2])\.(19|20)\d\d|(19|20)\d\d\.[0-5]\d", cell))
    return bool(re.fullmatch(r"\d{1,4}([-/. ]+\d{1,4}){1,2}([T ,]+[\d:.,+ -]+)?", cell))
