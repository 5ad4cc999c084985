"""A whole run of the default study and of strangers' files: the numbers agree everywhere."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from mmm import cli, optimization, paths, returns
from mmm.data import weekly_data
from mmm.models.base import AdditiveModel
from mmm.pipeline import Settings, run_study
from mmm.simulate import simulate, truth_json
from mmm.store import Store, sha256, to_json
from mmm.study import load_study

DEFAULT = paths.data_folder() / paths.DEFAULT_STUDY / "study.toml"


@pytest.fixture(scope="session")
def default_run(tmp_path_factory):
    """Return the store of one complete run of the default study."""
    output = tmp_path_factory.mktemp("default")
    return Store(run_study(DEFAULT, output=output).folder)


@pytest.fixture(scope="session")
def study():
    return load_study(DEFAULT)


@pytest.fixture(scope="session")
def weekly(default_run, study):
    return weekly_data(default_run.read_table("data/weekly.csv"), study)


@pytest.fixture(scope="session")
def model(default_run):
    return AdditiveModel.from_json(default_run.read_json("models/model.json"))


@pytest.fixture(scope="session")
def plan(model, weekly, study):
    return returns.current_plan(model, weekly, window_weeks=study.window_weeks)


def test_the_committed_data_are_what_notebook_01_makes(default_run, study):
    for name in (study.data.file, "truth.json"):
        committed = (DEFAULT.parent / name).read_bytes()
        assert default_run.path(f"data/{name}").read_bytes() == committed
    assert to_json(truth_json(simulate(study))).encode() == committed


def test_contributions_add_up_to_the_fitted_outcome(default_run, model, weekly):
    parts = returns.contributions(model, weekly)
    fitted = model.predict(weekly.media.to_numpy(), weekly.weeks, weekly.controls)
    np.testing.assert_allclose(parts.fitted, fitted, rtol=1e-9)
    table = default_run.read_table("tables/channel_contributions.csv")
    assert table["contribution"].sum() == pytest.approx(fitted[0, -52:].sum(), rel=1e-9)


def test_roi_is_the_same_in_table_curve_and_optimizer(default_run, plan, study):
    table = default_run.read_table("tables/returns.csv").set_index("channel")
    curves = default_run.read_table("tables/response_curves.csv")
    today = curves[curves["multiplier"] == 1].set_index("channel")
    spend = plan.total_spend
    for c, name in enumerate(study.channel_names):
        direct = float(np.median(plan.incremental([c]))) / spend[c]
        assert table.loc[name, "roi"] == pytest.approx(direct, rel=1e-9)
        assert today.loc[name, "revenue"] / spend[c] == pytest.approx(direct, rel=1e-9)
    optimal = optimization.optimize(
        plan, [(1.0, 1.0)] * len(spend), rng=np.random.default_rng(0), starts=2
    )
    np.testing.assert_allclose(optimal.best.spend, spend, atol=0.01)
    np.testing.assert_allclose(optimal.best.gain, 0, atol=1.0)


def test_the_plan_keeps_its_promises(default_run, study):
    table = default_run.read_table("tables/budget_recommendations.csv")
    assert round(table["recommended_spend"].sum(), 2) == round(table["current_spend"].sum(), 2)
    assert (table["recommended_spend"] >= table["lower_bound"] - 0.01).all()
    assert (table["recommended_spend"] <= table["upper_bound"] + 0.01).all()
    certificate = default_run.read_table("tables/certificate.csv")
    assert set(certificate["status"]) == {"PASS"}
    assert len(certificate) == 7


def test_the_truth_stands_beside_the_estimates(default_run):
    curves = default_run.read_table("tables/curve_parameters.csv")
    assert {"retention", "half saturation", "slope"} == set(curves["parameter"])
    assert curves["truth"].notna().all()
    contributions = default_run.read_table("tables/channel_contributions.csv")
    assert contributions["true_contribution"].notna().all()
    report = default_run.read_text("report.html")
    assert "true roi" in report
    assert "the truth is" in report


def test_best_and_worst_channel_and_every_scenario_agree_with_the_truth(
    default_run, weekly, study, plan
):
    truth = AdditiveModel.from_json(default_run.read_json("data/truth.json"))
    true_plan = returns.current_plan(truth, weekly, window_weeks=study.window_weeks)
    true_roi = returns.roi_series(true_plan)
    estimated = returns.roi_series(plan)
    assert estimated.idxmax() == true_roi.idxmax() == "search"
    assert estimated.idxmin() == true_roi.idxmin() == "ecommerce_display"


def test_the_story_of_the_case_holds_in_the_truth(default_run, weekly, study):
    truth = AdditiveModel.from_json(default_run.read_json("data/truth.json"))
    true_plan = returns.current_plan(truth, weekly, window_weeks=study.window_weeks)
    true_roi = returns.roi_series(true_plan)
    assert true_roi[["search", "social", "display", "digital_video"]].between(1.9, 2.7).all()
    assert 1.3 < true_roi["tv"] < 1.8
    assert true_roi["ecommerce_display"] < 1
    assert (returns.mroi(true_plan)[0] < true_roi.to_numpy()).all()  # diminishing returns


def test_summary_names_top_channel_underperformer_and_reallocation(default_run):
    text = default_run.read_text("reports/summary_insights.txt")
    assert text.startswith("Top channel: Search")
    assert "Underperformer: Ecommerce Display" in text
    assert "Recommended reallocation: Take" in text


def test_the_model_summary_stands_beside_naive_forecasts(default_run):
    table = default_run.read_table("tables/model_summary.csv").set_index("model")
    assert {"OLS", "Ridge", "Lasso", "ElasticNet", "Random Forest"} <= set(table.index)
    assert set(table.index[table["kind"] == "naive"]) == {"last 4 weeks", "same week last year"}
    columns = ["holdout_rmse", "holdout_mape", "holdout_r2"]
    assert table[columns].notna().all(axis=None)


def test_every_figure_file_is_in_the_report_with_alt_text(default_run):
    report = default_run.read_text("report.html")
    names = [path.stem for path in default_run.path("figures").iterdir()]
    assert len(names) >= 20
    assert all(f'id="fig-{name}"' in report for name in names)
    assert report.count("<img") >= len(names)
    assert 'alt=""' not in report


def test_the_manifest_hashes_every_output_and_names_no_machine(default_run):
    manifest = default_run.read_json("manifest.json")
    assert set(manifest["outputs"]) == set(default_run.files())
    for name, digest in manifest["outputs"].items():
        assert sha256(default_run.path(name)) == digest
    text = json.dumps(manifest) + default_run.read_text("report.html")
    assert str(paths.project_root()) not in text
    assert str(default_run.folder.parent) not in text


def test_the_stock_engine_makes_the_same_bytes_again(default_run, tmp_path):
    again = run_study(DEFAULT, output=tmp_path, settings=Settings(engine="nbclient"))
    first = default_run.read_json("manifest.json")["outputs"]
    second = Store(again.folder).read_json("manifest.json")["outputs"]
    assert first == second


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
    assert len(list(store.path("notebooks").glob("*.ipynb"))) == 7
    table = store.read_table("tables/returns.csv")
    assert sorted(table["channel"]) == sorted(channels)
    assert np.isfinite(table[["roi", "mroi"]]).all(axis=None)
    summary = store.read_json("reports/summary.json")
    assert summary["headline"]
    assert len(summary["recommendations"]) == 3


def test_money_is_money_whatever_the_currency(study, model, weekly):
    """Restating spend and outcome in cents leaves every ROI as it is."""
    cents = replace(
        weekly,
        kpi=weekly.kpi * 100,
        spend=weekly.spend * 100,
    )
    dearer = replace(
        model,
        responses=tuple(replace(r, beta=r.beta * 100) for r in model.responses),
        gamma=model.gamma * 100,
    )
    before = returns.roi_series(returns.current_plan(model, weekly, window_weeks=52))
    after = returns.roi_series(returns.current_plan(dearer, cents, window_weeks=52))
    pd.testing.assert_series_equal(before, after, rtol=1e-12)
