"""Reading strangers' tables: separators, number formats, encodings and containers."""

import gzip
from decimal import Decimal

import pandas as pd
import pyarrow as pa
import pytest

from mmm.data import encoding
from mmm.data.files import read_table
from mmm.errors import DataError

EXPECTED = pd.DataFrame({"week": ["2024-01-01", "2024-01-08"], "spend": [1200.5, 80.25]})

ZIPPED = gzip.compress(b"PAR1", mtime=0)  # a clock in a name would part the workers


def written(tmp_path, content, name="table.csv"):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


@pytest.mark.parametrize(
    "text",
    [
        "week,spend\n2024-01-01,1200.5\n2024-01-08,80.25\n",
        "week;spend\n2024-01-01;1200,5\n2024-01-08;80,25\n",
        "week;spend\n2024-01-01;1.200,5\n2024-01-08;80,25\n",
        "week\tspend\n2024-01-01\t1,200.5\n2024-01-08\t80.25\n",
        'week|spend\n2024-01-01|"$1,200.5"\n2024-01-08|$80.25\n',
        'week,spend\n2024-01-01,"€ 1.200,50"\n2024-01-08,"€ 80,25"\n',
        'week,spend\n2024-01-01,"1 200,50"\n2024-01-08,"80,25"\n',
        "week,spend\r\n2024-01-01,1200.5\r\n2024-01-08,80.25\r\n",
    ],
)
def test_reads_the_same_table_however_it_is_written(tmp_path, text):
    pd.testing.assert_frame_equal(read_table(written(tmp_path, text)), EXPECTED)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_reads_byte_order_marks_and_names_in_any_script(tmp_path, encoding):
    text = "woche,ausgaben für Fernsehen 📺\n2024-01-01,3\n2024-01-08,4\n"
    table = read_table(written(tmp_path, text.encode(encoding)))
    assert list(table.columns) == ["woche", "ausgaben für Fernsehen 📺"]


def test_reads_gzip_and_parquet(tmp_path):
    text = EXPECTED.to_csv(index=False)
    zipped = written(tmp_path, gzip.compress(text.encode()), "table.csv.gz")
    pd.testing.assert_frame_equal(read_table(zipped), EXPECTED)
    EXPECTED.to_parquet(tmp_path / "table.parquet")
    pd.testing.assert_frame_equal(read_table(tmp_path / "table.parquet"), EXPECTED)


WEEKS = pd.to_datetime(EXPECTED["week"])


@pytest.mark.parametrize(
    "table",
    [
        EXPECTED.assign(spend=["$1,200.5", "$ 80.25"]),
        EXPECTED.assign(spend=[Decimal("1200.5"), Decimal("80.25")]),
        EXPECTED.assign(spend=pd.Categorical(["1200.5", "80.25"])),
        EXPECTED.set_index("week"),
        EXPECTED.set_index("week", append=True),
        EXPECTED.set_index(pd.Index([5, 7])),
    ],
)
def test_parquet_reads_like_a_csv_file(tmp_path, table):
    table.to_parquet(tmp_path / "table.parquet")
    pd.testing.assert_frame_equal(read_table(tmp_path / "table.parquet"), EXPECTED)


@pytest.mark.parametrize(
    ("table", "name"),
    [
        (EXPECTED.assign(week=WEEKS.dt.tz_localize("Europe/Berlin")), "week"),
        (EXPECTED.assign(week=WEEKS.dt.to_period("W-SUN")), "week"),
        (EXPECTED[["spend"]].set_index(pd.DatetimeIndex(WEEKS.tolist())), "date"),
        (EXPECTED[["spend"]].set_index(pd.DatetimeIndex(WEEKS, name="on")), "on"),
        (EXPECTED[["spend"]].set_axis(WEEKS.tolist()).rename(columns={"spend": "date"}), "index"),
    ],
)
def test_dates_of_parquet_have_no_zone_and_are_a_column(tmp_path, table, name):
    table.to_parquet(tmp_path / "table.parquet")
    read = read_table(tmp_path / "table.parquet")
    assert list(read) == [name, table.columns[-1]]
    assert read[name].tolist() == WEEKS.tolist()


def test_levels_of_names_are_joined_and_must_stay_apart(tmp_path):
    path = tmp_path / "table.parquet"
    levels = [("week", ""), ("spend", "tv")]
    EXPECTED.set_axis(pd.MultiIndex.from_tuples(levels), axis=1).to_parquet(path)
    assert list(read_table(path)) == ["week", "spend_tv"]
    levels = [("a", "b_c"), ("a_b", "c")]
    EXPECTED.set_axis(pd.MultiIndex.from_tuples(levels), axis=1).to_parquet(path)
    with pytest.raises(DataError, match="'a_b_c' appears twice"):
        read_table(path)


@pytest.mark.parametrize("value", [[1, 2], {"a": 1}, b"1"])
def test_nested_columns_of_parquet_become_text_and_are_named(tmp_path, value):
    EXPECTED.assign(more=[value, None]).to_parquet(tmp_path / "table.parquet")
    read = read_table(tmp_path / "table.parquet")
    assert read.attrs["nested"] == ["more"]
    assert read["more"].notna().tolist() == [True, False]
    assert pd.api.types.is_string_dtype(read["more"].dropna())


def test_a_parquet_file_with_a_type_that_pandas_does_not_know_is_refused(tmp_path):
    lists = pd.ArrowDtype(pa.list_(pa.int64()))
    EXPECTED.assign(more=pd.array([[1], [2]], dtype=lists)).to_parquet(tmp_path / "table.parquet")
    with pytest.raises(DataError, match=r"table\.parquet: cannot be read .*not understood.*CSV"):
        read_table(tmp_path / "table.parquet")


def test_dates_of_eight_digits_stay_whole(tmp_path):
    table = read_table(written(tmp_path, "week,tv\n20240101,1\n20240108,2\n"))
    assert table["week"].tolist() == [20240101, 20240108]


@pytest.mark.parametrize(
    ("content", "name", "message"),
    [
        (b"", "a.csv", "empty"),
        (b"  \n\n", "a.csv", "empty"),
        (b"week,spend\n", "a.csv", "no rows"),
        (b"week,spend,spend\n1,2,3\n", "a.csv", "'spend' appears twice"),
        (b"\xe4\xf6\xfc,\xff\n1,2\n", "a.csv", "not UTF-8 text; it could be cp1251"),
        (b'[{"week": 1}]', "a.csv", "JSON"),
        (b"<html>Sign in</html>", "a.csv", "a web page"),
        (b"\x1f\x8bnonsense", "a.csv.gz", "gzip"),
        (b"PAR1 but no more", "a.parquet", "parquet"),
        (b"PAR1 but no more", "a.csv", "a.csv: not a CSV but a parquet file. Give it the ending"),
        (ZIPPED, "a.parquet.gz", "unzip it first. Inside is .* a parquet file"),
        (b"a,b\n1,2\n1,2,3,4\n", "a.csv", "cannot be read as CSV"),
        (b'week,"tv\n' + b"2024-01-01,1\n" * 12_000, "a.csv", "line 1: a quote .* Close"),
        (b'\nweek,"tv' + b"a" * 200_000, "a.csv", "line 2: a quote is opened"),
        (b"week," + b"a" * 200_000 + b"\n1,2\n", "a.csv", "more than 131,072 .* Shorten"),
        (b"\n\nweek,tv,tv\n1,2,3\n", "a.csv", "'tv' appears twice"),
    ],
)
def test_refuses_what_is_not_a_table(tmp_path, content, name, message):
    with pytest.raises(DataError, match=message):
        read_table(written(tmp_path, content, name))


def test_a_line_may_be_longer_than_one_field(tmp_path):
    names = [f"name_of_column_{n:06d}" for n in range(7000)]
    lines = [separator.join(row) for separator in ",;" for row in (names, ["1"] * len(names))]
    for first in (0, 2):
        text = "\n".join(lines[first : first + 2])
        assert list(read_table(written(tmp_path, text)).columns) == names


# --- encodings and size --------------------------------------------------------------------

LETTERS = "woche;ausgaben für TV;dépenses télé\n2024-01-01;3;4\n2024-01-08;5;6\n"


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ("utf-8", []),
        ("utf-8-sig", []),
        ("utf-16", []),
        ("utf-32", []),
        ("utf-16-le", ["UTF-16-LE"]),
        ("utf-16-be", ["UTF-16-BE"]),
        ("cp1252", ["cp1252"]),
        ("mac_roman", ["mac_roman"]),
        ("cp850", ["cp850"]),
    ],
)
def test_the_encoding_is_found_and_said_where_it_is_not_utf_8(tmp_path, form, said):
    table = read_table(written(tmp_path, LETTERS.encode(form)))
    assert list(table) == ["woche", "ausgaben für TV", "dépenses télé"]
    assert [word for word in said if word in " ".join(table.attrs["notes"])] == said
    assert len(table.attrs["notes"]) == len(said)


def test_letters_that_several_encodings_read_are_refused_with_their_names(tmp_path):
    path = written(tmp_path, "неделя;расходы;выручка\n2024-01-01;3;4\n".encode("cp1251"))
    with pytest.raises(DataError, match=r"could be cp1251 or koi8_r\. Save it as 'CSV UTF-8'"):
        read_table(path)


def test_a_gzip_bomb_and_a_huge_file_are_refused_by_name(tmp_path, monkeypatch):
    monkeypatch.setattr(encoding, "LARGEST_FILE", 3 * encoding.MIB)
    monkeypatch.setattr(encoding, "CHUNK", encoding.MIB // 4)
    bomb = written(tmp_path, gzip.compress(b"2024-01-01,1\n" * 300_000), "bomb.csv.gz")
    with pytest.raises(DataError, match=r"bomb\.csv\.gz: unpacked, the gzip file has more than 3"):
        read_table(bomb)
    with pytest.raises(DataError, match=r"big\.csv: the file has more than 3 MiB"):
        read_table(written(tmp_path, b"1" * (4 * encoding.MIB), "big.csv"))
    with pytest.raises(DataError, match=r"big\.parquet: the file has more than 3 MiB"):
        read_table(written(tmp_path, b"1" * (4 * encoding.MIB), "big.parquet"))


# --- rows ----------------------------------------------------------------------------------

HEAD = "week,tv,revenue\n2024-01-01,3,9\n2024-01-08,4,8\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (HEAD + "2024-01-15,5", r"line 4 has 2 of 3 values .*'2024-01-15, 5'.* looks cut"),
        (HEAD.replace(",9", ""), r"line 2 has 2 of 3 values.*Complete that line"),
        ("Sales 2024\n" + HEAD, r"line 1 \('Sales 2024'\) looks like a title .* Delete line 1\."),
        ("Sales 2024,,\n,,\n" + HEAD, r"the header, which is line 3\. Delete lines 1 to 2\."),
        ("sep=;\n" + "Umsatz 2024\n" + HEAD.replace(",", ";"), "line 2 .* which is line 3"),
        (HEAD.replace(",", " "), "the columns are separated by blanks. Save the file with commas"),
        (HEAD.replace(",", "~"), "the columns are separated by tildes"),
        (HEAD + "Total,7,17\n", "column 'week': line 4 has 'Total' .* a row of totals. Delete"),
        (HEAD + "Summe:,7,17\n", "line 4 has 'Summe:'"),
        (HEAD + ",7,17\n", "column 'week': line 4 has no date beside its numbers"),
        ("w;tv;r\nKW 1/2024;1;2\nKW 2/2024;1;2\nGesamt;2;4\n", "line 4 has 'Gesamt'"),
    ],
)
def test_lines_that_do_not_belong_to_the_table_are_named(tmp_path, text, message):
    with pytest.raises(DataError, match=message):
        read_table(written(tmp_path, text))


@pytest.mark.parametrize(
    "text",
    [
        "sep=;\n" + HEAD.replace(",", ";"),
        HEAD.replace("revenue", "revenue,,").replace("9", "9,,").replace("8\n", "8,,\n"),
        HEAD + "\n,,\n\n",
        HEAD.replace("\n", "\n\n"),
        HEAD.replace("week", '"week"').replace("3", '"3"'),
    ],
)
def test_empty_lines_and_columns_and_a_declared_separator_change_nothing(tmp_path, text):
    table = read_table(written(tmp_path, text))
    assert table.to_dict("list") == {
        "week": ["2024-01-01", "2024-01-08"],
        "tv": [3, 4],
        "revenue": [9, 8],
    }


def test_a_channel_may_be_called_like_a_missing_value_or_a_total(tmp_path):
    text = "week,channel,spend\n2024-01-01,NA,3\n2024-01-01,Total,4\n2024-01-08,null,5\n"
    assert read_table(written(tmp_path, text))["channel"].tolist() == ["NA", "Total", "null"]


def test_a_line_separator_in_a_name_is_no_end_of_line(tmp_path):
    assert list(read_table(written(tmp_path, "week;a\u2028b\n1;2\n"))) == ["week", "a\u2028b"]
