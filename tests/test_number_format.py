"""Numbers are read by one convention a file, exactly, or refused: never as another number."""

import csv
import io
from decimal import Decimal

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from refusals import refusal, says

from mmm.data.files import read_table
from mmm.data.number_format import one_currency, read_number, refuse_truth_values
from mmm.errors import DataError


@pytest.fixture
def read(tmp_path):
    """Read columns of text, written with semicolons and a column of text."""

    def _read(**columns):
        path = tmp_path / "own.csv"
        pd.DataFrame(columns).assign(text="z").to_csv(path, sep=";", index=False)
        return read_table(path)

    return _read


@pytest.mark.parametrize(
    ("columns", "numbers"),
    [
        ({"a": ["2.468.580", "1.000"], "b": ["26.668", "980"]}, [26668, 980]),
        ({"a": ["12,5", "3,25"], "b": ["26.668", "980"]}, [26668, 980]),
        ({"a": ["0,123", "0,5"], "b": ["1.126", "2.000"]}, [1126, 2000]),
        ({"a": ["1,234.5", "12"], "b": ["465,080", "980"]}, [465080, 980]),
        ({"a": ["12.5", "3"], "b": ["26.668", "980"]}, [26.668, 980]),
        ({"a": ["1234,5", "3"], "b": ["26.668", "-1.980"]}, [26668, -1980]),
        ({"b": ["0.123", "1.456"]}, [0.123, 1.456]),
        ({"b": ["0,123", "1,456"]}, [0.123, 1.456]),
        ({"b": ["4,65,080", "1,234"]}, [465080, 1234]),
        ({"b": ["465'080", "1’234.5"]}, [465080, 1234.5]),
        ({"b": ["1 234", "12 345,5"]}, [1234, 12345.5]),
        ({"b": ["1\u202f234", "12\xa0345\u2009678"]}, [1234, 12345678]),
        ({"b": ["$1,200.50", "-$3"]}, [1200.5, -3]),
        ({"b": ["1.200,50 €", "3 EUR"]}, [1200.5, 3]),
        ({"b": ["1e3", "2.5E-1"]}, [1000, 0.25]),
        ({"b": ["+5", "−7"]}, [5, -7]),
        ({"b": ["0.1", "0.30000000000000004"]}, [0.1, 0.1 + 0.2]),
    ],
)
def test_the_whole_file_decides_what_point_and_comma_mean(read, columns, numbers):
    assert read(**columns)["b"].tolist() == numbers


def test_what_was_decided_is_said_with_the_cell_that_decides(read):
    notes = read(Umsatz=["2.468.580", "2.500.000"], tv=["26.668", "980"]).attrs["notes"]
    said = "Numbers: decimal comma, groups by point (from '2.468.580' in column 'Umsatz')."
    assert notes == [said]
    assert read(a=["1.5", "2"], b=["3", "4"]).attrs["notes"] == []


@pytest.mark.parametrize(
    ("column", "both"),
    [(["26.668", "980"], "26.668 or as 26,668"), (["465,080", "1"], "465,080 or as 465.08")],
)
def test_a_column_that_fits_two_readings_is_refused_with_both(read, column, both):
    message = refusal(lambda: read(week=["2024-01-01", "2024-01-08"], tv=column))
    says(message, "own.csv", repr(column[0]), "line 2, column 'tv'", both, "Save that column")


def test_cells_that_contradict_each_other_are_both_named(read):
    message = refusal(lambda: read(a=["1,5", "2"], b=["3", "4.25"]))
    says(message, "'4.25' (line 3, column 'b')", "'1,5' (line 2, column 'a')", "in one way")


@pytest.mark.parametrize(
    ("column", "shown"),
    [
        (["$11262", "€1291"], "'$11262' (line 2, column 'tv') and '€1291' (line 3"),
        (["11 EUR", "12 USD"], "'11 EUR'"),
        (["12%", "12"], "'12%'"),
    ],
)
def test_two_units_in_a_column_are_refused(read, column, shown):
    says(refusal(lambda: read(tv=column, n=["1", "2"])), "column 'tv' holds two units", shown)


def test_units_are_kept_for_the_guess(read):
    table = read(tv=["$5", "$6"], eur=["5 €", "6 EUR"], share=["5 %", "6%"], n=["1", "2"])
    assert table.attrs["units"] == {"tv": "USD", "eur": "EUR", "share": "%"}
    assert one_currency(table.attrs["units"], ["tv", "share", "n"], "own.csv") == "USD"
    message = refusal(lambda: one_currency(table.attrs["units"], ["tv", "eur"], "own.csv"))
    says(message, "different currencies", "'tv' in USD, 'eur' in EUR")


ERROR_WORDS = """
#N/A #REF! #DIV/0! #VALUE! #NAME? #NUM! null NULL NaN nan NA N/A n/a None nil - -- ? inf
"""


@pytest.mark.parametrize("word", ERROR_WORDS.split())
def test_error_words_among_numbers_are_refused_and_are_text_among_text(read, word):
    message = refusal(lambda: read(tv=["5", word, "7"], n=["1", "2", "3"]))
    says(message, "own.csv, line 3, column 'tv'", repr(word), "leave the cell empty")
    assert read(tv=["a", word, "c"], n=["1", "2", "3"])["tv"].tolist() == ["a", word, "c"]


def test_empty_cells_are_missing(read):
    table = read(tv=["5", None, "7"], texts=["a", None, "c"], none=[None] * 3, n=["1", "2", "3"])
    assert table["tv"].isna().tolist() == table["texts"].isna().tolist() == [False, True, False]
    assert table["none"].isna().all()
    assert table["n"].dtype == "int64"


def test_true_and_false_are_no_amounts(read):
    table = read(on=["True", "FALSE"], n=["1", "2"])
    assert table["on"].tolist() == [True, False]
    says(refusal(refuse_truth_values, table, ["n", "on"], "own.csv"), "'on'", "true and false")


@pytest.mark.parametrize(
    "text", ["1,20,0", "5 k", "(500)", "5-", "1.5.7", "0x1F", "1_000", "5,", "$"]
)
def test_other_text_is_no_number(text):
    assert read_number(text) is None


def test_months_and_weeks_are_no_decimals(read):
    assert read(month=["01.2020", "02.2020"], n=["1", "2"])["month"].tolist() == [
        "01.2020",
        "02.2020",
    ]


# --- any table in any convention -------------------------------------------------------------

GROUPS = {
    "": "",
    ",": ",",
    ".": ".",
    "'": "'",
    "’": "’",
    " ": " ",
    "nbsp": "\xa0",
    "thin": "\u2009",
}
AMOUNTS = st.decimals(-(10**9), 10**9, places=3).map(lambda value: value.normalize())
WHOLE = st.integers(-(10**7), 10**7).map(Decimal)
SMALL = st.decimals(-20, 2000, places=2)
TEXTS = st.sampled_from(["NA", "été", "Brand; TV", "a,b", "null", 'say "hi"', "x|y", "Größe"])


def grouped(digits: str, sign: str, *, indian: bool) -> str:
    """Return whole digits in groups."""
    first, last = (digits[:-3], digits[-3:]) if len(digits) > 3 else ("", digits)
    size, groups = (2 if indian else 3), []
    while first:
        first, group = first[:-size], first[-size:]
        groups.insert(0, group)
    return sign.join([*groups, last])


def spelled(value: Decimal, decimal: str, group: str, *, indian: bool) -> str:
    whole, _, rest = f"{abs(value):f}".partition(".")
    digits = grouped(whole, group, indian=indian) if group else whole
    return ("-" if value < 0 else "") + digits + (decimal + rest if rest else "")


@st.composite
def files(draw):
    """Return the columns of a clean table, and its bytes in some convention."""
    rows = draw(st.integers(3, 12))
    amounts = draw(st.sampled_from([AMOUNTS, WHOLE, SMALL]))
    columns = {
        f"n{i}": draw(st.lists(st.none() | amounts, min_size=rows, max_size=rows))
        for i in range(3)
    }
    texts = draw(st.lists(TEXTS, min_size=rows, max_size=rows))
    decimal = draw(st.sampled_from(".,"))
    group = draw(st.sampled_from([sign for sign in GROUPS.values() if sign != decimal]))
    indian = group == "," and draw(st.booleans())
    unit = draw(st.sampled_from(["{}", "{}", "$ {}", "€{}", "{} EUR", "{} €", "{}%"]))
    codec = draw(st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"]))
    if codec == "cp1252" and group == GROUPS["thin"]:  # which it does not have
        group = GROUPS["nbsp"]
    quoting = draw(st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]))
    out = io.StringIO()
    writer = csv.writer(out, delimiter=draw(st.sampled_from(",;\t|")), quoting=quoting)
    writer.writerow(["week", *columns, "größe"])
    weeks = pd.date_range("2024-01-01", periods=rows, freq="7D").strftime("%Y-%m-%d")
    for row, week in enumerate(weeks):
        cells = []
        for values in columns.values():
            value = values[row]
            text = "" if value is None else spelled(value, decimal, group, indian=indian)
            cells.append(unit.format(text) if text else "")
        writer.writerow([week, *cells, texts[row]])
    return columns, texts, out.getvalue().encode(codec)


@settings(
    max_examples=150,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(made=files())
def test_a_clean_table_in_any_convention_is_read_or_refused_never_misread(made, tmp_path):
    columns, texts, content = made
    path = tmp_path / "any.csv"
    path.write_bytes(content)
    try:
        table = read_table(path)
    except DataError:
        return
    for name, values in columns.items():
        expected = [None if value is None else float(value) for value in values]
        got = [None if pd.isna(value) else float(value) for value in table[name]]
        assert got == expected
    assert table["größe"].tolist() == texts
