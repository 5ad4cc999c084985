"""Batch scoring: same numbers as the service, rows and columns in errors, whole files only."""

import gzip
import os

import pandas as pd
import pytest
from numpy.testing import assert_allclose
from services import CLASSIC

from mmm.errors import DataError, UsageError
from mmm.serve import create_app
from mmm.serve.batch import ADDED, score_file
from mmm.serve.loading import load_service

links = pytest.mark.skipif(os.name == "nt", reason="Windows has no pipes, and links need rights")


@pytest.fixture(scope="module")
def pooled(pooled_folder):
    return load_service(pooled_folder).predictor


@pytest.fixture
def rows(pooled_folder):
    table = pd.read_csv(pooled_folder.parent / "tables" / "panel_literal_fitted.csv", dtype=str)
    return table.rename(columns={"fitted": "expected"})


@pytest.fixture
def source(rows, tmp_path):
    path = tmp_path / "in.csv"
    rows.to_csv(path, index=False)
    return path


def test_rows_of_the_table_get_its_values(pooled, source, tmp_path, rows):
    target = tmp_path / "out.csv"
    assert score_file(pooled, source, target, chunk=100) == len(rows)
    table = pd.read_csv(target)
    assert_allclose(table["predicted_revenue"], table["expected"], rtol=1e-9)
    assert (table["predicted_low"] < table["predicted_revenue"]).all()
    assert (table["predicted_high"] > table["predicted_revenue"]).all()
    own = pd.read_csv(target, dtype=str, keep_default_na=False)[list(rows.columns)]
    pd.testing.assert_frame_equal(own, rows)


def test_a_row_gets_what_the_service_answers(pooled, pooled_folder, tmp_path):
    extreme = CLASSIC | {"GOOGLE_PMAX_SPEND": 1e11, "year": 2030}
    source, target = tmp_path / "in.csv", tmp_path / "out.csv"
    pd.DataFrame([CLASSIC, extreme]).assign(id=["007", "a, b"]).to_csv(source, index=False)
    score_file(pooled, source, target)
    table = pd.read_csv(target, keep_default_na=False, dtype={"id": str})
    answers = (
        create_app(pooled_folder).test_client().post("/predict", json=[CLASSIC, extreme]).json
    )
    for i, answer in enumerate(answers):
        flagged = "; ".join(item["field"] for item in answer["extrapolation"])
        assert table["extrapolated"][i] == flagged
        expected = [answer["predicted_revenue"], *list(answer["interval"].values())[1:]]
        assert_allclose(table.loc[i, list(ADDED[:3])].astype(float), expected, rtol=1e-9)
    assert table["id"].tolist() == ["007", "a, b"]


def test_the_size_of_the_chunks_does_not_matter(pooled, source, tmp_path):
    score_file(pooled, source, tmp_path / "one.csv", chunk=64)
    score_file(pooled, source, tmp_path / "two.csv", chunk=10_000)
    one, two = (pd.read_csv(tmp_path / f"{name}.csv") for name in ("one", "two"))
    assert_allclose(one["predicted_revenue"], two["predicted_revenue"], rtol=1e-12)


def test_gzipped_files_and_byte_order_marks_are_read(pooled, source, tmp_path):
    zipped = tmp_path / "in.csv.gz"
    zipped.write_bytes(gzip.compress(b"\xef\xbb\xbf" + source.read_bytes()))
    told = []
    score_file(pooled, zipped, tmp_path / "out.csv", progress=told.append, chunk=100)
    assert sum(told) == zipped.stat().st_size
    score_file(pooled, source, tmp_path / "plain.csv", chunk=100)
    assert (tmp_path / "out.csv").read_bytes() == (tmp_path / "plain.csv").read_bytes()


def test_a_target_that_ends_in_gz_is_gzipped(pooled, source, tmp_path):
    for name in ("plain.csv", "one.csv.gz", "two.csv.gz"):
        score_file(pooled, source, tmp_path / name, chunk=100)
    zipped = (tmp_path / "one.csv.gz").read_bytes()
    assert gzip.decompress(zipped) == (tmp_path / "plain.csv").read_bytes()
    assert zipped == (tmp_path / "two.csv.gz").read_bytes()


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("EMAIL_CLICKS", "", "is empty"),
        ("EMAIL_CLICKS", "1,000", "'1,000' cannot be used"),
        ("EMAIL_CLICKS", "-1", "from 0 to"),
        ("EMAIL_CLICKS", "nan", "'nan' cannot be used"),
        ("EMAIL_CLICKS", "inf", "'inf' cannot be used"),
        ("month", "13", "a whole number from 1 to 12"),
        ("month", "1.5", "a whole number"),
    ],
)
def test_a_wrong_value_is_named_with_row_and_column(
    pooled, source, tmp_path, rows, column, value, message
):
    rows.loc[150, column] = value
    rows.to_csv(source, index=False)
    target = tmp_path / "out.csv"
    target.write_text("what was there before")
    with pytest.raises(DataError, match=f"data row 151, column '{column}': .*{message}"):
        score_file(pooled, source, target, chunk=100)
    assert target.read_text() == "what was there before"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.csv", "out.csv"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "not a readable CSV"),
        (b"a,b\n", "needs 12 column"),
        (b"a,b\n1,2\n", "needs 12 column"),
        (b"a,b\n1,2,3,4\n", "not a readable CSV"),
        (b"\xff\xfe\x00", "UTF-8|readable"),
        (b'a,b\n"1,2\n', "not a readable CSV|needs 12"),
    ],
)
def test_unreadable_files_are_refused(pooled, tmp_path, content, message):
    source = tmp_path / "in.csv"
    source.write_bytes(content)
    with pytest.raises(DataError, match=message):
        score_file(pooled, source, tmp_path / "out.csv")
    assert not (tmp_path / "out.csv").exists()


def test_a_header_alone_is_refused(pooled, tmp_path):
    source = tmp_path / "in.csv"
    source.write_text(",".join(CLASSIC) + "\n")
    with pytest.raises(DataError, match="no rows"):
        score_file(pooled, source, tmp_path / "out.csv")


def test_a_header_alone_is_refused_by_a_weekly_model(weekly_folder, simulation, tmp_path):
    source = tmp_path / "in.csv"
    simulation.frame.head(0).to_csv(source, index=False)
    with pytest.raises(DataError, match=r"no rows\. There is nothing to score"):
        score_file(load_service(weekly_folder).predictor, source, tmp_path / "out.csv")


@pytest.mark.parametrize("again", ["EMAIL_CLICKS", "note", " EMAIL_CLICKS"])
@pytest.mark.parametrize("ending", ["csv", "csv.gz"])
def test_a_column_that_appears_twice_is_refused(pooled, tmp_path, rows, again, ending):
    source = tmp_path / f"in.{ending}"
    table = rows.assign(note="x")
    table.insert(0, "first", "1")
    table.columns = [again if name == "first" else name for name in table.columns]
    table.to_csv(source, index=False)
    with pytest.raises(DataError, match=rf"in\.{ending}: column '{again.strip()}' appears twice"):
        score_file(pooled, source, tmp_path / "out.csv")


def test_columns_that_would_be_overwritten_are_refused(pooled, tmp_path, rows):
    source = tmp_path / "in.csv"
    rows.assign(predicted_low=1).to_csv(source, index=False)
    with pytest.raises(DataError, match="'predicted_low' already"):
        score_file(pooled, source, tmp_path / "out.csv")


def test_paths_that_cannot_be_used_are_refused(pooled, source, tmp_path):
    with pytest.raises(UsageError, match="no such file"):
        score_file(pooled, tmp_path / "no.csv", tmp_path / "out.csv")
    with pytest.raises(UsageError, match="input itself"):
        score_file(pooled, source, source)
    with pytest.raises(UsageError, match="folder that exists"):
        score_file(pooled, source, tmp_path / "no" / "out.csv")
    with pytest.raises(UsageError, match="folder that exists"):
        score_file(pooled, source, tmp_path)


@links
@pytest.mark.parametrize("exists", [True, False])
def test_a_link_is_followed_and_stays_a_link(pooled, source, tmp_path, exists):
    (tmp_path / "elsewhere").mkdir()
    real, link = tmp_path / "elsewhere" / "real.csv", tmp_path / "out.csv"
    if exists:
        real.write_text("what was there before")
    link.symlink_to(real)
    score_file(pooled, source, link)
    assert link.is_symlink()
    assert list(pd.read_csv(real).columns[-4:]) == list(ADDED)
    assert [path.name for path in real.parent.iterdir()] == ["real.csv"]


@links
def test_what_is_no_regular_file_is_not_replaced(pooled, source, tmp_path):
    pipe, link, loop = (tmp_path / name for name in ("pipe", "link", "loop"))
    os.mkfifo(pipe)
    link.symlink_to(pipe)
    loop.symlink_to(loop)
    for target in (pipe, link, loop):
        with pytest.raises(UsageError, match=r"not a regular file.*name a file"):
            score_file(pooled, source, target)
    assert pipe.is_fifo()
    assert link.is_symlink()
    assert loop.is_symlink()


@links
def test_a_pipe_is_no_source(pooled, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(UsageError, match=r"pipe: not a regular file.*Save the data"):
        score_file(pooled, tmp_path / "pipe", tmp_path / "out.csv")


def test_weeks_are_scored_with_their_carryover(weekly_folder, simulation, tmp_path):
    source, target = tmp_path / "in.csv", tmp_path / "out.csv"
    simulation.frame.to_csv(source, index=False, date_format="%Y-%m-%d")
    predictor = load_service(weekly_folder).predictor
    score_file(predictor, source, target)
    fitted = pd.read_csv(weekly_folder.parent / "tables" / "fitted_weeks.csv")["fitted"]
    table = pd.read_csv(target)
    assert_allclose(table["predicted_revenue"], fitted, rtol=1e-9)
    assert table["extrapolated"].isna().all()


@pytest.mark.parametrize(
    ("row", "value", "message"),
    [
        (7, "2022-99-99", "data row 8, column 'week'"),
        (7, "2031-01-06", "data row 8, column 'week': 2031-01-06 does not follow"),
        (0, "2021-01-04", "data row 1, column 'week'"),
    ],
)
def test_wrong_weeks_are_named_with_row_and_column(
    weekly_folder, simulation, tmp_path, row, value, message
):
    frame = simulation.frame.assign(week=simulation.frame["week"].astype(str).str[:10])
    frame.loc[row, "week"] = value
    frame.to_csv(tmp_path / "in.csv", index=False)
    with pytest.raises(DataError, match=message):
        score_file(
            load_service(weekly_folder).predictor, tmp_path / "in.csv", tmp_path / "out.csv"
        )
