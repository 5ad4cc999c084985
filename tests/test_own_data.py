"""Own data: how their study is named, where it is written, and what is refused."""

import errno
import json
import os
import re
import shutil
import sys

import pandas as pd
import pytest
from terminal import call, own_folders, refused, sales, studies

from mmm import paths
from mmm.errors import StudyError
from mmm.run import options, own_data
from mmm.study.load import load_study

__all__ = ["own_folders", "sales", "studies"]  # fixtures


def test_init_writes_a_study_once(capsys, studies, sales):
    code, out, _ = call(capsys, "--init", "mine", "--data", sales)
    assert code == 0
    assert "tv_spend" in out
    assert "python run_all.py --study mine" in out
    assert (studies / "mine" / "Weekly Sales.csv").read_bytes() == sales.read_bytes()
    before = (studies / "mine" / "study.toml").read_bytes()
    assert "exists already" in refused(capsys, "--init", "mine", "--data", sales)
    assert (studies / "mine" / "study.toml").read_bytes() == before


@pytest.mark.parametrize("name", ["", ".", "..", "../x", "a/b", "a\\b", "a.b", " ", "-x"])
def test_init_refuses_a_name_that_is_no_folder_name(capsys, studies, sales, name):
    assert "Use letters, digits" in refused(capsys, f"--init={name}", "--data", sales)
    assert not list(studies.iterdir())


def test_init_and_data_refuse_a_missing_file(capsys, studies, tmp_path):
    assert "no such file" in refused(capsys, "--init", "mine", "--data", tmp_path / "no.csv")
    assert "no such file" in refused(capsys, "--data", tmp_path / "no.csv")
    assert not list(studies.iterdir())
    assert not (tmp_path / "outputs").exists()


def test_own_data_run_from_guess_to_report(capsys, sales, tmp_path):
    code, out, _ = call(capsys, "--data", sales, "--only", 1, "--output", tmp_path / "mine")
    folder = tmp_path / "mine" / "weekly_sales"
    assert code == 0
    assert "--init weekly_sales --data" in out
    assert out.splitlines()[-1] == str(folder / "report.html")
    assert (folder / "report.html").is_file()
    assert (folder / "data" / "Weekly Sales.csv").read_bytes() == sales.read_bytes()
    assert (folder / "data" / "weekly.csv").is_file()
    assert options.find_study("weekly_sales", tmp_path / "mine") == folder / "data" / "study.toml"


def test_own_data_named_like_a_result_or_a_study_collides_with_neither(tmp_path, sales):
    assert own_data.slug(paths.DEFAULT_STUDY) == f"{paths.DEFAULT_STUDY}_own"
    csv = sales.rename(tmp_path / "weekly.csv")
    written = own_data.own_study(csv, tmp_path / "outputs", quiet=True)
    assert sorted(path.name for path in written.parent.iterdir()) == [
        "own_data_weekly.csv",
        "study.toml",
    ]


@pytest.mark.parametrize(
    ("name", "study"),
    [
        ("sales.2024.csv", "sales_2024"),
        ("sales.2025.CSV.gz", "sales_2025"),
        (".hidden.csv", "hidden"),
        ("Q1 & Q2.parquet", "q1_q2"),
        ("no_ending", "no_ending"),
    ],
)
def test_own_data_is_named_like_its_file_without_the_ending(name, study):
    assert own_data.slug(own_data.stem_of(name)) == study


def test_files_whose_letters_are_lost_have_studies_of_their_own():
    names = [
        "\u00c4\u00d6\u00dc",
        "AOU",
        "\u65e5\u672c",
        "\u4e2d\u56fd",
        "\udcff",
        "\udcfe",
        "!",
        "?",
    ]
    names += ["x" * 300 + end for end in "yz"]
    made = [own_data.slug(name) for name in names]
    assert len(set(made)) == len(made)
    for name in made:
        assert re.fullmatch(r"[a-z0-9][a-z0-9_]{0,63}", name)  # --init takes it


def test_the_results_of_one_data_file_are_not_replaced_by_those_of_another(
    capsys, sales, tmp_path
):
    out = tmp_path / "out"
    study = own_data.own_study(sales, tmp_path, quiet=True)
    shutil.copytree(study.parent, out / "weekly_sales" / "data")
    other = sales.with_name("weekly-sales.csv")
    shutil.copy(sales, other)
    for more in ((), ("--dry-run",)):
        code, _, err = call(capsys, "--data", other, "-q", "--output", out, *more)
        assert code == 2
        for words in ("'Weekly Sales.csv'", "'weekly-sales.csv'", "--output DIR", "--init NAME"):
            assert words in err
    assert call(capsys, "--data", sales, "-q", "--output", out, "--dry-run")[0] == 0
    (out / "weekly_sales" / "data" / "study.toml").write_text("schema = 99", "utf-8")
    assert call(capsys, "--data", other, "-q", "--output", out, "--dry-run")[0] == 0


@pytest.mark.parametrize("name", ["study.toml", "Study.TOML", "weekly.csv", "regions.csv"])
def test_data_named_like_a_file_of_the_study_are_kept_beside_it(capsys, studies, sales, name):
    csv = sales.rename(sales.with_name(name))
    assert call(capsys, "--init", "mine", "--data", csv)[0] == 0
    copy = studies / "mine" / f"own_data_{name}"
    assert copy.read_bytes() == csv.read_bytes()
    assert load_study(studies / "mine" / "study.toml").data_file == copy


@pytest.mark.skipif(sys.platform != "linux", reason="names are UTF-8 elsewhere")
@pytest.mark.parametrize("name", [b"\xff.csv", b"\xfe.csv", b"x" * 250 + b".csv"])
def test_a_file_name_that_cannot_be_written_gets_a_safe_copy(capsys, studies, sales, name):
    csv = sales.rename(sales.with_name(os.fsdecode(name)))
    assert call(capsys, "--data", csv, "--dry-run")[0] == 0
    assert call(capsys, "--init", "mine", "--data", csv)[0] == 0
    copy = load_study(studies / "mine" / "study.toml").data_file
    assert re.fullmatch(r"own_data_[0-9a-f]{6}\.csv", copy.name)
    assert copy.read_bytes() == csv.read_bytes()


def test_a_full_disk_leaves_no_half_of_a_study(capsys, studies, sales, monkeypatch):
    write = own_data.write_bytes

    def fail(path, content):
        if path.name == "study.toml":
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return write(path, content)

    monkeypatch.setattr(own_data, "write_bytes", fail)
    for words in (("--init", "mine", "--data", sales), ("--data", sales)):
        code, _, err = call(capsys, *words)
        assert code == 4
        assert re.match(r"Error: \S+: cannot be read or written .*Free some space", err)
    assert not list(studies.iterdir())


# --- questions, corrections and JSON ---------------------------------------------------------

UNCLEAR = {"tv_spend": "TV", "search_spend": "Search", "revenue": "blob"}


@pytest.fixture
def unclear(sales):
    """Return the file with names that say neither the outcome nor which column is spend."""
    pd.read_csv(sales).round().astype({"tv_spend": int, "search_spend": int}).rename(
        columns=UNCLEAR
    ).to_csv(sales, index=False)
    return sales


def found_in(capsys, *words):
    """Return exit code and the one JSON object on standard output."""
    code, out, err = call(capsys, *words, "--dry-run", "--json")
    assert err == ""
    return code, json.loads(out)


def test_json_says_what_each_column_is_taken_for(capsys, sales):
    code, found = found_in(capsys, "--data", sales)
    assert code == 0
    assert found == {
        "columns": {
            "week": column("date", "all values read as %Y-%m-%d"),
            "revenue": column("kpi", "its name says so"),
            "tv_spend": column("spend", "its name says spend", "tv"),
            "search_spend": column("spend", "its name says spend", "search"),
        },
        "kpi": "revenue",
        "frequency": "week",
        "layout": "wide",
        "channels": {"tv": "tv_spend", "search": "search_spend"},
        "questions": [],
        "problems": [],
    }


def column(role, why, channel=None):
    return {"role": role, "channel": channel, "certainty": "certain", "why": why}


def test_json_names_problems_and_ends_with_two(capsys, unclear, tmp_path):
    code, found = found_in(capsys, "--data", unclear)
    assert (code, found["kpi"]) == (2, None)
    assert found["columns"]["TV"]["role"] is None
    assert found["columns"]["TV"]["certainty"] == "asked"
    assert {question["column"] for question in found["questions"]} == {"TV", "Search", "blob"}
    assert all(problem.keys() == {"column", "text", "remedy"} for problem in found["problems"])
    code, found = found_in(capsys, "--data", tmp_path / "no.csv")
    assert (code, found["columns"], len(found["problems"])) == (2, {}, 1)


def test_json_names_the_column_of_a_check_that_fails(capsys, sales):
    table = pd.read_csv(sales)
    table.assign(radio_spend=2 * table["tv_spend"]).to_csv(sales, index=False)
    code, found = found_in(capsys, "--data", sales)
    (problem,) = found["problems"]
    assert (code, problem["column"]) == (2, "tv_spend")
    assert "repeated spend" in problem["text"]
    assert 'accept = ["repeated spend"]' in problem["remedy"]


def test_json_is_alone_on_standard_output_whatever_the_names(capsys, sales):
    table = pd.read_csv(sales).rename(columns={"tv_spend": '広告 "TV" \x1b]0; spend'})
    table.to_csv(sales, index=False)
    _, found = found_in(capsys, "--data", sales)
    assert '広告 "TV" \x1b]0; spend' in found["columns"]


def test_words_on_the_command_line_go_before_the_guess(capsys, studies, unclear):
    words = ["--data", unclear, "--kpi", "blob", "--spend", "TV", "--spend", "Search"]
    words += ["--margin", 0.4]
    code, found = found_in(capsys, *words)
    assert (code, found["kpi"], found["channels"]) == (0, "blob", {"tv": "TV", "search": "Search"})
    assert call(capsys, "--init", "mine", *words, "--value-per-unit", 12.5)[0] == 0
    study = load_study(studies / "mine" / "study.toml")
    assert (study.margin, study.data.kpi_type, study.data.value_per_unit) == (0.4, "units", 12.5)


@pytest.mark.parametrize(
    "words",
    [
        ("--kpi", "revenue"),
        ("--spend", "a"),
        ("--market", "a=b"),
        ("--region", "a"),
        ("--population", "a"),
        ("--sum-regions",),
        ("--margin", "0.3"),
        ("--json", "--dry-run"),
    ],
)
def test_words_about_a_data_file_need_one(capsys, words):
    assert "--data" in refused(capsys, *words)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--region", "a", "--sum-regions"), "--sum-regions and --region contradict"),
        (("--region", "a", "--market", "a=b"), "--market and --region contradict"),
        (("--population", "a", "--sum-regions"), "it excludes --sum-regions"),
    ],
)
def test_regions_have_one_use(capsys, sales, words, said):
    assert said in refused(capsys, "--data", sales, *words)


@pytest.mark.parametrize(
    "words", [("--market", "North"), ("--margin", "35"), ("--value-per-unit", "0")]
)
def test_values_that_mean_nothing_are_refused(capsys, sales, words):
    refused(capsys, "--data", sales, *words)


def test_init_always_writes_a_draft_with_the_lines_to_fill_in(capsys, studies, unclear):
    code, out, _ = call(capsys, "--init", "mine", "--data", unclear)
    assert code == 0
    assert "Fill in what it asks for" in out
    path = studies / "mine" / "study.toml"
    text = path.read_text("utf-8")
    assert '# kpi = "..."  # FILL IN the column of the outcome' in text
    assert "# QUESTION: 'TV': " in text
    with pytest.raises(StudyError, match=r"data\.kpi: required, but missing"):
        load_study(path)
    filled = text.replace('# kpi = "..."', 'kpi = "blob"').replace(
        "# [channels.tv]", "[channels.tv]"
    )
    filled = filled.replace('# label = "TV"', 'label = "TV"').replace(
        '# spend = "..."', 'spend = "TV"'
    )
    path.write_text(filled, "utf-8")
    study = load_study(path)
    assert (study.data.kpi, study.channels["tv"].spend) == ("blob", "TV")
    assert {question.column for question in study.questions} == {"TV", "Search", "blob"}


def test_a_run_starts_with_open_questions_but_not_without_an_outcome(capsys, sales, tmp_path):
    pd.read_csv(sales).assign(blob=range(104)).to_csv(sales, index=False)
    code, out, _ = call(capsys, "--data", sales, "--dry-run")
    assert code == 0
    assert "Questions:\n  1. 'blob': " in out
    pd.read_csv(sales).drop(columns="revenue").to_csv(sales, index=False)
    message = refused(capsys, "--data", sales, "--dry-run")
    assert "Say --kpi COLUMN" in message
    assert "--init weekly_sales --data" in message


def test_a_study_may_accept_a_check_that_fails_by_its_name(capsys, studies, sales):
    table = pd.read_csv(sales)
    table.assign(price=table["revenue"] * 2).to_csv(sales, index=False)
    assert call(capsys, "--init", "mine", "--data", sales, "--control", "price")[0] == 0
    message = refused(capsys, "--study", "mine", "--dry-run")
    assert "'price': it explains the KPI almost alone" in message
    path = studies / "mine" / "study.toml"
    text = path.read_text("utf-8")
    path.write_text(f'{text}\n[checks]\naccept = ["controls"]\n', "utf-8")
    assert call(capsys, "--study", "mine", "--dry-run")[0] == 0
    path.write_text(f'{text}\n[checks]\naccept = ["control"]\n', "utf-8")
    assert "there is no check 'control'" in refused(capsys, "--study", "mine", "--dry-run")
