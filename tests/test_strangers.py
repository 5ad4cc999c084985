"""Files of strangers: reports of what they can tell, refusal or distrust where they cannot."""

import tomllib
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from mmm.data.clean import clean
from mmm.data.files import read_table
from mmm.data.guess import guess_roles
from mmm.data.quality import audit
from mmm.data.study_draft import to_toml
from mmm.decide.recommend import MoreMoney
from mmm.errors import DataError
from mmm.findings import Finding
from mmm.run import cli
from mmm.run.pipeline import STAGES
from mmm.show.summary import _not_yet
from mmm.store import Store
from mmm.study.load import parse_study


def test_a_failed_check_goes_before_the_answer_and_holds_the_money():
    failed = [Finding("explained variation", "FAIL", "the fit explains 5 %.", "Look for drivers.")]
    advice = [{"title": title, "text": title} for title in ("Shift", "Add", "Test")]
    told = _not_yet(SimpleNamespace(failed=failed, more=MoreMoney, less=None), advice)
    assert told[0]["text"] == "Look for drivers."
    assert "No new money" in told[1]["title"]
    assert told[2] == advice[2]


@pytest.mark.thorough
def test_pure_noise_is_called_noise(shared_data, tmp_path, capfd, monkeypatch):
    monkeypatch.setattr(cli.signal, "signal", lambda *_: None)
    source = shared_data / "reference" / "seed000_marketing_weekly_spend.csv.gz"
    table = pd.read_csv(source).head(2700)  # enough weeks to be implausible
    folder = tmp_path / "noise"
    folder.mkdir()
    path = folder / "noise.csv"
    table.to_csv(path, index=False)
    words = ["--output", str(tmp_path / "out"), "--quick", "--model", "ridge"]
    with pytest.raises(SystemExit) as caught:
        cli.main(["--data", str(path), *words])
    assert caught.value.code == 2
    assert "the check 'dates' fails" in capfd.readouterr().err
    toml = f'{to_toml(guess_roles(path), "noise")}\n[checks]\naccept = ["dates"]\n'
    (folder / "study.toml").write_text(toml, "utf-8")
    with pytest.raises(SystemExit) as caught:
        cli.main(["--study", str(folder), *words])
    assert caught.value.code in (0, None)
    summary = Store(tmp_path / "out" / "noise").read_json("reports/summary.json")
    assert "cannot carry a decision" in summary["headline"]
    move, more, *_ = (advice["title"] for advice in summary["recommendations"])
    assert "Do not move money" in move
    assert "No new money" in more
    distrust = " ".join(summary["distrust"])
    assert "FAIL: the fit explains too little" in distrust
    assert "FAIL: the dates are not plausible" in distrust
    assert "over 50 years" in distrust
    assert "weeks are negative" in distrust
    assert "no more than by chance" in distrust
    assert capfd.readouterr().out


def own_study(table, folder):
    table.to_csv(folder / "mix.csv", index=False)
    text = to_toml(guess_roles(folder / "mix.csv"), "mix")
    return parse_study(tomllib.loads(text), text=text, name="mix", folder=folder)


def test_a_cross_section_with_invented_dates_is_refused(shared_data, tmp_path):
    table = pd.read_csv(shared_data / "classic" / "mediamix_sales.csv")

    def dated(date_format):
        dates = pd.to_datetime(table["Time"], format=date_format)
        return table.assign(Time=dates.dt.strftime("%Y-%m-%d"))

    study = own_study(dated("%m/%d/%Y"), tmp_path)
    with pytest.raises(DataError, match="daily spacing"):
        clean(read_table(study.data_file), study)
    dated("%d/%m/%Y").to_csv(tmp_path / "months.csv", index=False)
    (problem,) = guess_roles(tmp_path / "months.csv").problems
    assert "the data are monthly" in problem.text


def test_a_cross_section_with_weekly_dates_is_flagged(shared_data, tmp_path):
    table = pd.read_csv(shared_data / "classic" / "mediamix_sales.csv")
    weeks = pd.date_range("2001-01-01", periods=len(table), freq="7D").strftime("%Y-%m-%d")
    study = own_study(table.assign(Time=weeks), tmp_path)
    findings = audit(clean(read_table(study.data_file), study), study)
    found = {finding.check: finding for finding in findings}["order in time"]
    assert found.status == "REVIEW"
    assert "cross-section" in found.remedy


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("file", "channels"),
    [
        ("robyn/dt_simulated_weekly.csv", ["tv", "ooh", "print", "search", "facebook"]),
        ("meridian/national_all_channels.csv", [f"channel{i}" for i in range(5)]),
    ],
)
def test_a_strangers_file_becomes_a_report(
    shared_data, tmp_path, capfd, monkeypatch, file, channels
):
    monkeypatch.setattr(cli.signal, "signal", lambda *_: None)
    with pytest.raises(SystemExit) as caught:
        cli.main(["--data", str(shared_data / file), "--output", str(tmp_path), "--quick"])
    assert caught.value.code in (0, None)
    report = capfd.readouterr().out.splitlines()[-1]
    store = Store(tmp_path / next(tmp_path.iterdir()).name)
    assert report == str(store.path("report.html"))
    assert len(list(store.path("notebooks").glob("*.ipynb"))) == len(STAGES)
    table = store.read_table("tables/returns.csv")
    assert sorted(table["channel"]) == sorted(channels)
    assert np.isfinite(table[["roi", "mroi"]]).all(axis=None)
    summary = store.read_json("reports/summary.json")
    assert summary["headline"]
    assert len(summary["recommendations"]) == 3
