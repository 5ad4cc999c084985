"""The simulated twin has the size and the traps of the published panel, and a known truth."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from panels import FOCUS, load, panel_study, small_study

from mmm.data.clean import clean
from mmm.data.weekly import weekly_data
from mmm.decide.returns import current_plan, roi_series
from mmm.errors import StudyError
from mmm.panel.cleaning import focus_table, series_table, used_channels, weekly_panel
from mmm.panel.corrected import compare, fit_corrected, true_averages
from mmm.panel.pooled import fit_as_published
from mmm.panel.population import TERRITORIES
from mmm.panel.schema import COLUMNS, CURRENCY, DATE, ROLL_UP, SERIES
from mmm.panel.series import beside_truth, channel_summary, series_returns
from mmm.panel.twin import simulate_twin
from mmm.store import to_json
from mmm.study.panel import TwinSpec


@pytest.fixture(scope="module")
def study():
    return panel_study()


@pytest.fixture(scope="module")
def twin(study):
    return simulate_twin(study)


@pytest.fixture(scope="module")
def path(twin, tmp_path_factory):
    file = tmp_path_factory.mktemp("twin") / "conjura_mmm_data.csv"
    file.write_bytes(twin.csv)
    return file


@pytest.fixture(scope="module")
def panel(path, study):
    return load(path, study)


def test_the_twin_has_the_schema_and_size_of_the_published_file(twin, panel):
    assert twin.csv[:2000].decode().splitlines()[0].split(",") == list(COLUMNS)
    assert len(COLUMNS) == 50
    assert len(panel.frame) == 132_759
    assert panel.frame[SERIES].nunique() == 143
    assert panel.frame[CURRENCY].nunique() == 14
    assert panel.frame[DATE].min() == pd.Timestamp("2019-07-01")
    assert panel.frame[DATE].max() == pd.Timestamp("2024-06-30")


def test_each_series_has_consecutive_days_and_the_published_minimum(panel):
    series = series_table(panel.frame)
    assert ((series["last"] - series["first"]).dt.days + 1 == series["days"]).all()
    assert series["days"].min() >= 449


def test_currencies_differ_widely_in_scale(panel):
    typical = panel.frame.groupby(CURRENCY, observed=True)["revenue"].median()
    assert typical.max() > 200 * typical.min()


def test_channels_that_a_brand_does_not_use_are_empty(path, panel):
    unused = ~used_channels(panel)
    assert unused.to_numpy().mean() > 0.1
    raw = pd.read_csv(path, usecols=[SERIES, "META_INSTAGRAM_SPEND"])
    without = unused.index[unused["META_INSTAGRAM"]]
    assert raw.loc[raw[SERIES].isin(without), "META_INSTAGRAM_SPEND"].isna().all()


def test_a_roll_up_contains_its_countries(panel):
    series = series_table(panel.frame)
    rolled = series[series["roll_up"]]
    assert len(rolled) > 5
    assert (rolled["territory"] == ROLL_UP).all()
    rate = {currency: value for _, currency, value, _ in TERRITORIES}
    dollars = panel.frame["revenue"] / panel.frame[CURRENCY].astype(str).map(rate)
    total = dollars.groupby(panel.frame[SERIES].astype(str)).sum()
    for row in rolled.itertuples():
        own = series[(series["brand"] == row.brand) & ~series["roll_up"]]["series"]
        assert total[own].sum() < total[row.series]


def test_the_same_seed_gives_the_same_bytes_and_another_one_does_not():
    small = small_study()
    first, again = simulate_twin(small), simulate_twin(small)
    assert first.csv == again.csv
    assert to_json(first.truth) == to_json(again.truth)
    assert simulate_twin(small.model_copy(update={"seed": 1})).csv != first.csv


def test_the_truth_is_plain_json_for_every_series_and_used_channel(twin, panel):
    truth = json.loads(to_json(twin.truth))
    used = used_channels(panel)
    assert truth.keys() == set(used.index)
    for name, row in truth.items():
        kept = {c for c in row["channels"] if c in used.columns}
        assert kept == set(used.columns[used.loc[name]])
        assert all(np.isfinite(own["roi"]) and own["roi"] > 0 for own in row["channels"].values())


def test_weekly_aggregates_follow_the_true_model_of_the_focus_series(twin, panel, study):
    weekly = weekly_data(clean(focus_table(panel, study), study), study)
    expected = twin.focus.predict(weekly)[0]
    gap = weekly.kpi - expected
    assert abs(gap.mean()) < 3 * twin.focus.noise[0] / np.sqrt(len(gap))
    assert gap.std() == pytest.approx(twin.focus.noise[0], rel=0.2)


def test_the_stored_roi_is_that_of_the_true_model(twin, panel, study):
    weekly = weekly_data(clean(focus_table(panel, study), study), study)
    own = roi_series(current_plan(twin.focus, weekly))
    stored = twin.truth[FOCUS]["channels"]
    for name, channel in study.channels.items():
        truth = stored[channel.spend.removesuffix("_SPEND")]["roi"]
        assert own[name] == pytest.approx(truth, rel=1e-3)


def test_the_true_roi_of_a_roll_up_lies_between_those_of_its_markets(twin, panel):
    series = series_table(panel.frame).set_index("series")
    name = series.index[series["roll_up"]][0]
    countries = series[(series["brand"] == series.loc[name, "brand"]) & ~series["roll_up"]].index
    channels = twin.truth[name]["channels"]
    assert set(channels) >= {c for s in countries for c in twin.truth[s]["channels"]}


def test_the_honest_pooled_regression_is_near_the_truth_and_the_literal_is_not(twin, panel, study):
    literal, honest = fit_as_published(panel, study.panel), fit_corrected(panel, study.panel)
    table = compare(literal, honest, panel).join(true_averages(twin.truth, panel), on="channel")
    off = {v: (table[v] / table["true_mroi"] - 1).abs() for v in ("literal", "honest")}
    assert off["honest"].max() < 0.35
    assert off["literal"].min() > 1.0
    assert literal.beaten_by
    assert not honest.beaten_by


def test_per_series_models_rank_the_channels_as_the_truth_does(twin, panel, study):
    names = weekly_panel(panel)[SERIES].astype(str).value_counts().index[:16]
    part = replace(panel, frame=panel.frame[panel.frame[SERIES].isin(names)])
    table = beside_truth(series_returns(part, study), twin.truth)
    known = table[table["reason"] == ""]
    assert np.median(np.abs(known["roi"] / known["true_roi"] - 1)) < 0.3
    summary = channel_summary(table).set_index("channel")
    assert summary["median_roi"].idxmin() == summary["median_true_roi"].idxmin()
    assert summary.loc["META_FACEBOOK", "within_half"] > 0.6


def test_a_size_that_no_panel_can_have_is_refused():
    with pytest.raises(ValueError, match="between"):
        TwinSpec(series=20, rows=100)


def test_a_study_without_twin_is_not_simulated():
    with pytest.raises(StudyError, match=r"panel\.twin"):
        simulate_twin(panel_study(twin=None))


def test_a_currency_that_the_twin_does_not_know_is_refused():
    with pytest.raises(StudyError, match="no series in XXX"):
        simulate_twin(small_study().model_copy(update={"currency": "XXX"}))
