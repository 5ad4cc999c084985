"""Workbooks: the sheet with the data is found or asked for, and errors are no empty cells."""

import datetime as dt
import tomllib

import pandas as pd
import pytest
from refusals import refusal, says
from workbooks import UNCOMPUTED, error, write_ods, write_xlsx

from mmm.data.clean import clean
from mmm.data.encoding import LARGEST_FILE
from mmm.data.files import read_table
from mmm.data.guess import guess_roles
from mmm.data.study_draft import to_toml
from mmm.study.load import parse_study

WEEKS = [dt.date(2023, 1, 2) + dt.timedelta(weeks=n) for n in range(30)]
HEADER = ["week", "tv_spend", "search_spend", "revenue"]
DATA = [HEADER, *([week, 10 + n, 7.25 * n, 1000 + 3 * n] for n, week in enumerate(WEEKS))]
NOTES = [["Prepared by"], ["Ada"]]


def with_cell(value, row=5, column=1):
    rows = [list(cells) for cells in DATA]
    rows[row - 1][column] = value
    return rows


@pytest.fixture
def path(tmp_path):
    return tmp_path / "sales.xlsx"


def test_dates_whole_numbers_and_decimals_are_what_they_are(path):
    table = read_table(write_xlsx(path, {"Data": DATA}))
    assert table["week"].tolist() == [pd.Timestamp(week) for week in WEEKS]
    assert table["tv_spend"].tolist() == [row[1] for row in DATA[1:]]
    assert table["search_spend"].tolist() == [row[2] for row in DATA[1:]]
    assert table.attrs["notes"] == []


def test_the_only_sheet_that_looks_like_the_data_is_read_and_named(path):
    table = read_table(write_xlsx(path, {"Read me": NOTES, "Data": DATA}))
    assert len(table) == len(WEEKS)
    assert table.attrs["sheet"] == "Data"
    assert "sheet 'Data' was read" in table.attrs["notes"][0]


def test_several_sheets_that_fit_are_asked_about(path):
    write_xlsx(path, {"2023": DATA, "old": DATA, "Read me": NOTES})
    says(refusal(read_table, path), "sales.xlsx: several sheets", "'2023', 'old'", "sheet =")
    assert len(read_table(path, "old")) == len(WEEKS)
    says(refusal(read_table, path, "new"), "no sheet 'new'", "'2023', 'old'", "Correct `sheet`")


def test_a_hidden_copy_is_no_second_sheet(path):
    assert len(read_table(write_xlsx(path, {"Data": DATA, "copy": DATA}, hidden=["copy"]))) == 30


def test_no_sheet_with_data_is_said(path):
    write_xlsx(path, {"Read me": NOTES, "More": NOTES})
    says(refusal(read_table, path), "no sheet of 'Read me', 'More'", "a column of dates")


def test_the_guess_writes_the_sheet_and_the_study_reads_it(path):
    write_xlsx(path, {"Read me": NOTES, "Data": DATA})

    text = to_toml(guess_roles(path), "x")
    assert 'sheet = "Data"' in text
    study = parse_study(tomllib.loads(text), text=text, name="x", folder=path.parent)
    assert len(clean(read_table(path, study.data.sheet), study)) == 30


@pytest.mark.parametrize("word", ["#N/A", "#REF!", "#DIV/0!"])
def test_an_error_among_numbers_is_refused_and_no_empty_cell(path, word):
    write_xlsx(path, {"Data": with_cell(error(word))})
    message = refusal(read_table, path)
    says(message, "sheet 'Data', row 5, column 'tv_spend'", repr(word), "leave the cell empty")


def test_an_error_among_text_is_text_and_an_empty_cell_is_missing(path):
    rows = [[*cells, "spring"] for cells in with_cell(None)]
    rows[0][-1], rows[3][-1] = "season", error("#N/A")
    table = read_table(write_xlsx(path, {"Data": rows}))
    assert table["season"].tolist()[:3] == ["spring", "spring", "#N/A"]
    assert table["tv_spend"].isna().tolist() == [n == 3 for n in range(30)]


def test_a_formula_that_was_never_computed_is_refused(path):
    write_xlsx(path, {"Data": with_cell(UNCOMPUTED)})
    says(refusal(read_table, path), "cell B5", "never computed", "save it")


def test_a_title_and_a_total_are_named_by_their_row(path):
    write_xlsx(path, {"Data": [[], ["Sales report"], *DATA]})
    says(refusal(read_table, path), "row 2 ('Sales report')", "header, which is row 3", "Delete")
    write_xlsx(path, {"Data": [*DATA, ["Total", 1, 2, 3]]})
    says(refusal(read_table, path), "column 'week'", "row 32 has 'Total'", "Delete it")


def test_numbers_that_are_text_are_read_like_those_of_a_csv_file(path):
    rows = with_cell("1.234,5")
    assert read_table(write_xlsx(path, {"Data": rows}))["tv_spend"][3] == 1234.5
    says(
        refusal(read_table, write_xlsx(path, {"Data": with_cell("1.234")})),
        "'1.234' (row 5",
        "1,234",
    )


def test_other_workbooks_are_read_unless_a_gap_may_hide_an_error(tmp_path):
    path = tmp_path / "sales.ods"
    rows = [[str(cells[0]), *cells[1:]] for cells in DATA]
    assert read_table(write_ods(path, rows))["revenue"].tolist() == [c[3] for c in DATA[1:]]
    rows[4][1] = None
    message = refusal(read_table, write_ods(path, rows))
    says(message, "sales.ods, sheet 'Data', column 'tv_spend': row 5 is empty", "Save it as .xlsx")


@pytest.mark.parametrize("content", [b"", b"week,tv\n1,2\n", b"PK\x03\x04 cut"])
def test_what_is_no_workbook_is_said(path, content):
    path.write_bytes(content)
    says(refusal(read_table, path), "sales.xlsx: cannot be read as a workbook", "CSV UTF-8")


def test_a_workbook_called_csv_is_told_its_name(tmp_path):
    path = write_xlsx(tmp_path / "sales.csv", {"Data": DATA})
    says(refusal(read_table, path), "sales.csv: not a CSV but a workbook", "name it .xlsx")


def test_a_workbook_that_unpacks_to_too_much_is_refused(path, monkeypatch):
    assert LARGEST_FILE > 1e8
    monkeypatch.setattr("mmm.data.excel.LARGEST_FILE", 1000)
    says(refusal(read_table, write_xlsx(path, {"Data": DATA})), "unpacked, the workbook has more")
