"""Malformed data files: a good table of weeks with one thing broken, and what must be said."""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from collections.abc import Callable

import numpy as np
import pandas as pd

WEEKS = 104
Broken = dict[str, tuple[bytes, str]]


def good_table() -> pd.DataFrame:
    """Return the table that every file is a broken copy of."""
    random = np.random.default_rng(2)
    return pd.DataFrame(
        {
            "week": pd.date_range("2023-01-02", periods=WEEKS, freq="7D").strftime("%Y-%m-%d"),
            "revenue": random.normal(1000, 40, WEEKS).round(2),
            "tv_spend": random.uniform(10, 90, WEEKS).round(2),
            "search_spend": random.uniform(5, 30, WEEKS).round(2),
        }
    )


def written(table: pd.DataFrame, encoding: str = "utf-8") -> bytes:
    """Return a table as CSV."""
    return table.to_csv(index=False).encode(encoding)


def with_value(column: str, row: int, value: object) -> bytes:
    """Return the good table with one value replaced."""
    table = good_table()
    table[column] = table[column].astype(object)
    table.loc[row, column] = value
    return written(table)


def with_dates(dates: object) -> bytes:
    """Return the good table with other dates."""
    return written(good_table().assign(week=dates))


def files() -> Broken:
    """Return what is not a table of text at all, or is cut, or is in another encoding."""
    good = written(good_table())
    cyrillic = written(good_table().rename(columns={"tv_spend": "тв_spend"}), "cp1251")
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as zipped:
        zipped.writestr(zipfile.ZipInfo("sales.csv"), good)
    parquet = io.BytesIO()
    good_table().to_parquet(parquet)
    nul = good.replace(b"2023-02-06", b"2023-02\x0006", 1)
    rows = json.dumps(good_table().head(40).to_dict("records"), indent=1).encode()
    return {
        "empty": (b"", "empty"),
        "blank lines only": (b"\n\n  \n", "empty"),
        "byte order mark only": (b"\xef\xbb\xbf", "empty"),
        "an encoding that is not sure": (cyrillic, "not UTF-8 text; it could be"),
        "cp1252 euro sign alone": (good + b"\x80", "line 106 has 1 of 4 values"),
        "half a utf-16 character": (good.decode().encode("utf-16")[:-1], "UTF-8"),
        "nul bytes": (nul, "line 7"),
        "random bytes": (bytes(np.random.default_rng(0).integers(0, 256, 4000, "u1")), "UTF-8"),
        "an image": (b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "UTF-8"),
        "a spreadsheet or zip": (archive.getvalue(), "spreadsheet"),
        "a parquet file named csv": (parquet.getvalue(), "parquet"),
        "a gzip file cut short": (gzip.compress(good, mtime=0)[:-30], "gzip"),
        "gzip of nothing": (gzip.compress(b"", mtime=0), "empty"),
        "gzip of an image": (gzip.compress(b"\x89PNG\xff\xfe" * 50, mtime=0), "UTF-8"),
        "an html page": (b"<!DOCTYPE html><html><body>Sign in</body></html>", "a web page"),
        "json": (rows, "JSON"),
        "an old workbook": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "name it .xls"),
        "cut in the last line": (good.rstrip()[:-22], "the download looks cut"),
    }


def shapes() -> Broken:
    """Return tables with the wrong lines, columns or quotes."""
    table = good_table()
    text = written(table).decode()
    head, *lines = text.splitlines()

    def joined(*parts: str) -> bytes:
        return ("\n".join(parts) + "\n").encode()

    total = f"Total,{table['revenue'].sum():.2f},{table['tv_spend'].sum():.2f},100"
    return {
        "header only": (joined(head), "no rows"),
        "header and blank lines": (joined(head, "", "", ""), "no rows"),
        "one row": (joined(head, lines[0]), "never varies"),
        "twenty rows": (joined(head, *lines[:20]), "fewer than"),
        "no header": (joined(*lines), "not names"),
        "one column": (joined("week", *[line.split(",")[0] for line in lines]), "outcome"),
        "only separators": (joined(",,,", ",,,", ",,,"), "no names"),
        "a short row": (
            joined(head, *lines[:9], "2023-03-06,5", *lines[10:]),
            "line 11 has 2 of 4",
        ),
        "a title beside empty cells": (joined("Report,,,", head, *lines), "Delete line 1"),
        "a total without a word": (joined(head, *lines, ",1,2,3"), "no date beside its numbers"),
        "rows too long": (joined(head, *lines, "2025-01-06,1,2,3,4,5,6"), "cannot be read"),
        "every row too long": (joined(head, *[line + ",9" for line in lines]), "more values"),
        "an open quote": (joined(head, *lines[:50], '"2023-12-25,5,5,5', *lines[51:]), "quote"),
        "a column twice": (text.replace("search_spend", "tv_spend", 1).encode(), "twice"),
        "a column twice but for blanks": (
            text.replace("search_spend", " tv_spend ", 1).encode(),
            "twice",
        ),
        "the header again in the middle": (joined(head, *lines[:50], head, *lines[50:]), "week"),
        "a row of totals": (joined(head, *lines, total), "'Total'"),
        "a row of units": (joined(head, "date,USD,USD,USD", *lines), "'date'"),
        "a title above the header": (
            joined("Sales report 2023", "", head, *lines),
            "above the header",
        ),
        "a footnote": (joined(head, *lines, "Source: finance"), "'Source: finance'"),
        "words instead of separators": (text.replace(",", " and ").encode(), "by blanks"),
        "no date column": (written(table.drop(columns="week")), "no column holds dates"),
        "no outcome": (written(table.drop(columns="revenue")), "outcome"),
        "no spend": (written(table[["week", "revenue"]]), "media spend"),
        "more channels than weeks can tell": (
            written(table.assign(**{f"c{i}_spend": table["tv_spend"] + i for i in range(40)})),
            "fewer than",
        ),
    }


def dates() -> Broken:
    """Return tables whose dates are wrong, unreadable, ambiguous or not weekly."""
    table = good_table()
    weeks = pd.to_datetime(table["week"])
    day = pd.Timedelta(days=1)
    swapped = pd.date_range("2023-01-01", periods=12, freq="MS").repeat(9)[:WEEKS]
    last = table["week"].iloc[-1]
    return {
        "a word for a date": (with_value("week", 7, "soon"), "'soon'"),
        "another format in one row": (with_value("week", 9, "06/03/2023"), "'06/03/2023'"),
        "a date that does not exist": (with_value("week", 5, "2023-02-30"), "'2023-02-30'"),
        "an empty date": (with_value("week", 5, None), "row 6"),
        "a date of another century": (with_value("week", 103, "9999-12-27"), "'9999-12-27' in"),
        "a date before all calendars": (
            with_value("week", 0, "0001-01-01"),
            "'0001-01-01' in data",
        ),
        "a date twice": (written(pd.concat([table, table.tail(1)])), "repeat a date"),
        "all dates the same": (with_dates("2023-01-02"), "repeat a date"),
        "a week missing": (written(table.drop(index=40)), "1 week(s) missing"),
        "ten weeks missing": (written(table.drop(index=range(40, 50))), "10 week(s) missing"),
        "a date off by a day": (with_value("week", 50, "2023-12-19"), "2023-12-1"),
        "ten days apart": (with_dates((weeks[0] + 10 * day * table.index).astype(str)), "not 7"),
        "two weeks apart": (with_dates((weeks[0] + 14 * day * table.index).astype(str)), "not 7"),
        "too few days": (with_dates((weeks[0] + day * table.index).astype(str)), "fewer than"),
        "day or month first": (with_dates(swapped.strftime("%d/%m/%Y")), "swapped"),
        "serial numbers": (with_dates(range(44928, 44928 + 7 * WEEKS, 7)), "first '44928'"),
        "seconds since 1970": (with_dates(weeks.astype("int64") // 10**9), "no column"),
        "years only": (with_dates(weeks.dt.year), "first '2023'"),
        "times of day": (with_dates("12:30"), "first '12:30'"),
        "names of days": (with_dates(weeks.dt.strftime("%A")), "first 'Monday'"),
        "two years in one column": (
            with_dates(table["week"] + " to " + last),
            "first '2023-01-02 to",
        ),
    }


def periods() -> Broken:
    """Return tables with months, years, or weeks that no year has."""
    table = good_table()
    weeks = pd.to_datetime(table["week"])
    monthly = pd.date_range("2015-01-01", periods=WEEKS, freq="MS")
    return {
        "months": (with_dates(monthly.strftime("%Y-%m-%d")), "the data are monthly"),
        "months as numbers": (with_dates(monthly.strftime("%m.%Y")), "the data are monthly"),
        "months in German": (
            with_dates(["Mai 20", "Juni 20"] * (WEEKS // 2)),
            "the data are monthly",
        ),
        "years": (with_dates(range(1900, 1900 + WEEKS)), "the data are yearly"),
        "weeks or months": (
            written(
                table.head(12).assign(week=range(202301, 202313)).rename(columns={"week": "t"})
            ),
            "as weeks or as months",
        ),
        "a week that a year does not have": (
            with_dates(weeks.dt.strftime("%G-W%V").replace("2023-W52", "2023-W53")),
            "first '2023-W53' in data row 52",
        ),
        "year and week that name no week": (
            written(table.assign(year=2023, week=weeks.dt.isocalendar().week.replace(9, 54))),
            "first '2023-W54' in data row 9",
        ),
        "months by name": (
            written(table.assign(week=weeks.dt.strftime("%b %Y")).rename(columns={"week": "at"})),
            "column 'at': the data are monthly (first 'Jan 2023')",
        ),
    }


def numbers() -> Broken:
    """Return tables whose spend or outcome is not a usable number."""
    table = good_table()
    broken = {
        "text": "a lot",
        "two points": "5.1.7",
        "a spreadsheet error": "#REF!",
        "a division by zero": "#DIV/0!",
        "a question mark": "?",
        "an accountant's minus": "(500)",
        "a unit": "5 k",
        "hexadecimal": "0x1F",
        "a date": "2023-01-02",
        "a formula": "=SUM(B2:B9)",
        "a script": "<script>alert(1)</script>",
        "roman": "XII",
    }
    found: Broken = {}
    for column, what in (("tv_spend", "spend"), ("revenue", "outcome")):
        for name, value in broken.items():
            found[f"{what}: {name}"] = (with_value(column, 3, value), value)
        found[f"{what}: infinite"] = (with_value(column, 3, "inf"), "inf")
        found[f"{what}: beyond all numbers"] = (with_value(column, 3, "1e400"), "inf")
    found |= {
        "spend: negative": (with_value("tv_spend", 5, -3.0), "negative"),
        "spend: minus infinite": (with_value("tv_spend", 5, "-inf"), "inf"),
        "spend: absurdly large": (with_value("tv_spend", 5, 1e300), "1e+300"),
        "outcome: a gap": (with_value("revenue", 11, None), "is empty"),
        "outcome: always empty": (written(table.assign(revenue=None)), "empty"),
        "outcome: always the same": (written(table.assign(revenue=5)), "never varies"),
        "outcome: always zero": (written(table.assign(revenue=0)), "never varies"),
        "outcome: absurdly large": (with_value("revenue", 5, 1e300), "1e+300"),
    }
    return found


def conventions() -> Broken:
    """Return tables whose numbers have two units, two conventions, or leave theirs open."""
    table = good_table()
    two_currencies = table["tv_spend"].map("${:.2f}".format).where(table.index != 7, "€5")
    return {
        "spend: two currencies": (
            written(table.assign(tv_spend=two_currencies)),
            "'€5' (line 9, column 'tv_spend')",
        ),
        "spend: per cent and plain": (with_value("tv_spend", 3, "12%"), "'12%' (line 5"),
        "spend: an error among empty cells": (with_value("tv_spend", 3, "#N/A"), "line 5"),
        "point or comma": (
            written(table[["week"]].assign(revenue="2.468", tv_spend="1.234")),
            "'2.468' (line 2, column 'revenue') can be read as 2.468 or as 2,468",
        ),
        "point and comma": (
            written(table.assign(revenue="1.234,5")),
            "the numbers contradict each other",
        ),
    }


GROUPS: dict[str, Callable[[], Broken]] = {
    "files": files,
    "shapes": shapes,
    "dates": dates,
    "periods": periods,
    "numbers": numbers,
    "conventions": conventions,
}


def corpus() -> Broken:
    """Return all malformed files: name -> content, and what the error must say."""
    return {
        f"{group}: {name}": item for group, make in GROUPS.items() for name, item in make().items()
    }
