"""A whole run of the default study, and of all: the numbers agree everywhere."""

import json
import signal
from dataclasses import replace

import browser
import numpy as np
import pandas as pd
import pytest
from command_line import STUDY
from studies import assert_same_numbers

from mmm import decide, paths
from mmm.data.weekly import weekly_data
from mmm.decide import returns
from mmm.model.additive import AdditiveModel
from mmm.model.simulate import simulate, truth_json
from mmm.run import cli
from mmm.run.pipeline import Settings, prepare
from mmm.run.runner import execute
from mmm.show.measures import stands_out
from mmm.store import Store, sha256, to_json
from mmm.study.load import load_study

DEFAULT = paths.data_folder() / paths.DEFAULT_STUDY / "study.toml"
STUDIES = sorted(path.parent.name for path in paths.data_folder().glob("*/study.toml"))
#: The default study is run in the default tier, all of them in the thorough one.
every_study = pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=() if name == paths.DEFAULT_STUDY else pytest.mark.thorough)
        for name in STUDIES
    ],
)


@pytest.fixture(scope="session")
def portfolio(once):
    """Return the results of all studies of the project, run by one command."""

    def make(output):
        handler = signal.getsignal(signal.SIGTERM)
        with pytest.raises(SystemExit) as caught:
            cli.main(["--all", "--quiet", "--output", str(output)])
        signal.signal(signal.SIGTERM, handler)
        assert caught.value.code in (0, None)

    return once("portfolio", make)


@pytest.fixture(scope="session")
def default_run(once):
    """Return the store of the default study."""
    folder = once("default_run", lambda folder: execute(prepare(DEFAULT, output=folder)))
    return Store(folder / paths.DEFAULT_STUDY)


@pytest.fixture
def store(request, name):
    """Return the store of one of the studies."""
    if name == paths.DEFAULT_STUDY:
        return request.getfixturevalue("default_run")
    return Store(request.getfixturevalue("portfolio") / name)


@pytest.mark.thorough
def test_all_runs_six_studies_and_their_index(portfolio):
    assert len(STUDIES) == 6
    index = (portfolio / "index.html").read_text("utf-8")
    for name in STUDIES:
        assert (portfolio / name / "report.html").is_file()
        assert f'href="{name}/report.html"' in index
        assert load_study(paths.data_folder() / name / "study.toml").title in index
    assert index.count("<img") == len(STUDIES)
    assert 'alt=""' not in index
    assert "http://" not in index.replace("http://www.w3.org", "")


def test_every_figure_stands_between_its_title_and_its_caption(default_run):
    around = []
    for path in default_run.path("notebooks").glob("*.ipynb"):
        for cell in json.loads(path.read_text("utf-8"))["cells"]:
            shown = cell.get("outputs", [])
            for above, drawn, below in zip(shown, shown[1:], shown[2:], strict=False):
                words = drawn["metadata"].get("image/svg+xml")
                if words is None:
                    continue
                titles, captions = (s["data"]["text/markdown"] for s in (above, below))
                assert "".join(titles) == f"**{words['title']}**"
                assert "".join(captions) == words["caption"]
                around.append(words["name"])
    stored = {path.stem for path in default_run.path("figures").glob("*.svg")}
    assert sorted(around) == sorted(stored - {"headline"})


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_the_report_is_accessible_and_offline(default_run, scheme, width):
    with browser.chromium() as chromium:
        assert_accessible(chromium, default_run.path("report.html"), scheme, width)


@pytest.mark.thorough
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_the_portfolio_is_accessible_and_offline(portfolio, scheme, width):
    with browser.chromium() as chromium:
        assert_accessible(chromium, portfolio / "index.html", scheme, width)


def assert_accessible(chromium, page, scheme, width):
    with browser.visit(chromium, page, width=width, color_scheme=scheme) as seen:
        assert seen.requests == [page.as_uri()]
        assert seen.complaints == []
        assert seen.overflow() <= 0
        assert seen.violations() == []


@every_study
def test_no_report_exceeds_five_megabytes_or_names_the_machine(store, name):
    report = store.path("report.html")
    assert report.stat().st_size < 5_000_000
    text = report.read_text("utf-8")
    assert str(paths.project_root()) not in text
    assert str(store.folder.parent) not in text


@every_study
def test_each_headline_agrees_with_the_truth(store, name):
    found = store.read_table("tables/returns.csv").set_index("channel")
    roi, low, high = found["roi"], found["roi_low"], found["roi_high"]
    study = load_study(paths.data_folder() / name / "study.toml")
    weekly = weekly_data(store.read_table("data/weekly.csv"), study)
    truth = AdditiveModel.from_json(store.read_json("data/truth.json"))
    true_plan = returns.current_plan(truth, weekly, window_weeks=study.window_weeks)
    true_roi = returns.roi_series(true_plan)
    first, last = true_roi.idxmax(), true_roi.idxmin()
    assert roi.idxmax() == first if stands_out(low, roi) else high[first] >= roi.max()
    assert roi.idxmin() == last if stands_out(-high, -roi) else low[last] <= roi.min()
    headline = store.read_json("reports/summary.json")["headline"]
    assert study.labels[roi.idxmax()] in headline
    assert study.labels[roi.idxmin()] in headline
    table = store.read_table("tables/scenarios.csv").set_index("scenario")
    for result in decide.evaluate_all(truth, weekly, study):
        change = table.loc[result.name, "revenue_change"]
        assert np.sign(change) == np.sign(result.revenue_change[0])


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
    committed = (DEFAULT.parent / study.data.file).read_bytes()
    assert default_run.path(f"data/{study.data.file}").read_bytes() == committed
    made = to_json(truth_json(simulate(study)))
    assert default_run.path("data/truth.json").read_bytes() == made.encode()
    assert_same_numbers(json.loads(made), json.loads((DEFAULT.parent / "truth.json").read_bytes()))


def test_contributions_add_up_to_the_fitted_outcome(default_run, model, weekly):
    parts = returns.contributions(model, weekly)
    fitted = model.predict(weekly)
    np.testing.assert_allclose(parts.fitted, fitted, rtol=1e-9)
    table = default_run.read_table("tables/channel_contributions.csv")
    assert table["contribution"].sum() == pytest.approx(fitted.mean(axis=0)[-52:].sum(), rel=1e-9)


def test_roi_is_the_same_in_table_curve_and_optimizer(default_run, plan, study):
    table = default_run.read_table("tables/returns.csv").set_index("channel")
    curves = default_run.read_table("tables/response_curves.csv")
    today = curves[curves["multiplier"] == 1].set_index("channel")
    spend = plan.total_spend
    for c, name in enumerate(study.channel_names):
        direct = float(np.median(plan.incremental([c]))) / spend[c]
        assert table.loc[name, "roi"] == pytest.approx(direct, rel=1e-9)
        assert today.loc[name, "revenue"] / spend[c] == pytest.approx(direct, rel=1e-9)
    optimal = decide.optimize(
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
    assert len(certificate) == 10  # one about the group of digital channels, one about movement
    digital = table.set_index("channel")["recommended_spend"].drop("tv").sum()
    assert digital <= 0.7 * table["recommended_spend"].sum() + 0.05


def test_the_figure_of_the_first_screen_is_among_the_results(default_run):
    assert "figures/headline.svg" in default_run.read_json("manifest.json")["outputs"]
    assert default_run.path("figures/headline.svg").is_file()


def test_future_weeks_are_planned_and_regret_is_told(default_run):
    forecast = default_run.read_table("tables/forecast_1.csv")
    assert len(forecast) == 13
    assert (forecast["low"] < forecast["high"]).all()
    regret = default_run.read_table("tables/regret.csv").set_index("plan")
    assert regret["share_of_possible"]["Optimum"] > 0.5
    frontier = default_run.read_table("tables/frontier.csv")
    assert frontier["is_today"].sum() == 1
    report = default_run.read_text("report.html")
    assert "all 9 lines PASS" in report  # the certificate of the future plan


def test_the_truth_stands_beside_the_estimates(default_run):
    curves = default_run.read_table("tables/curve_parameters.csv")
    assert {"retention", "half saturation", "slope"} == set(curves["parameter"])
    assert curves["truth"].notna().all()
    contributions = default_run.read_table("tables/channel_contributions.csv")
    assert contributions["true_contribution"].notna().all()
    report = default_run.read_text("report.html")
    assert "true roi" in report
    assert "the truth is" in report


def test_the_story_of_the_case_holds_in_the_truth(default_run, weekly, study):
    truth = AdditiveModel.from_json(default_run.read_json("data/truth.json"))
    true_plan = returns.current_plan(truth, weekly, window_weeks=study.window_weeks)
    true_roi = returns.roi_series(true_plan)
    assert true_roi[["search", "social", "display", "digital_video"]].between(1.9, 2.7).all()
    assert 1.3 < true_roi["tv"] < 1.8
    assert true_roi["ecommerce_display"] < 1
    assert (returns.mroi(true_plan)[0] < true_roi.to_numpy()).all()  # diminishing returns


def test_every_roi_has_an_interval_and_most_hold_the_truth(default_run, weekly, study):
    table = default_run.read_table("tables/returns.csv").set_index("channel")
    truth = AdditiveModel.from_json(default_run.read_json("data/truth.json"))
    true_plan = returns.current_plan(truth, weekly, window_weeks=study.window_weeks)
    true_roi = returns.roi_series(true_plan)
    inside = (table["roi_low"] <= true_roi) & (true_roi <= table["roi_high"])
    assert inside.sum() >= 5
    assert (table["roi_low"] < table["roi"]).all()
    assert (table["roi"] < table["roi_high"]).all()
    scores = default_run.read_table("tables/predictive_scores.csv").set_index("model")
    assert scores["crps"].idxmin() == "Bayesian MMM"
    assert scores.loc["Bayesian MMM", "coverage"] >= 0.6


def test_the_ridge_is_the_fast_path_without_intervals(quick_run):
    store = Store(quick_run / STUDY)
    table = store.read_table("tables/returns.csv")
    assert table[["roi_low", "roi_high"]].isna().all(axis=None)
    assert np.isfinite(table["roi"]).all()
    assert not store.path("tables/bayes_diagnostics.csv").exists()
    assert "point estimates" in store.read_text("report.html")


def test_summary_names_both_ends_of_the_order_and_the_reallocation(default_run):
    text = default_run.read_text("reports/summary_insights.txt")
    assert text.startswith("Highest: Social")
    assert "Lowest: Ecommerce Display" in text
    assert "Recommended reallocation: Move" in text


def test_the_model_summary_stands_beside_naive_forecasts(default_run):
    table = default_run.read_table("tables/model_summary.csv").set_index("model")
    assert {"OLS", "Ridge", "Bayesian MMM", "Lasso", "ElasticNet", "Random Forest"} <= set(
        table.index
    )
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


@pytest.mark.thorough
def test_the_stock_engine_makes_the_same_bytes_again(default_run, tmp_path):
    again = execute(prepare(DEFAULT, output=tmp_path), Settings(engine="nbclient"))
    first = default_run.read_json("manifest.json")["outputs"]
    second = Store(again.folder).read_json("manifest.json")["outputs"]
    assert first == second


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
