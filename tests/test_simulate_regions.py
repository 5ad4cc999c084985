"""The regional study: regions that add up to the nation, and one pause drawn by lot."""

import re
import tomllib
from functools import cache

import numpy as np
import pytest
import tomlkit
from numpy.testing import assert_allclose

from mmm import paths
from mmm.data.weekly import weekly_data
from mmm.decide.returns import current_plan, roi_series
from mmm.errors import StudyError
from mmm.model.additive import AdditiveModel
from mmm.model.simulate import simulate, truth_json
from mmm.store import to_json
from mmm.study.load import load_study, parse_study

FOLDER = paths.data_folder() / "regional_rollout"
STUDY = load_study(FOLDER / "study.toml")
PROCESS = STUDY.simulate
REGIONS = PROCESS.regions


@cache
def simulation(seed=STUDY.seed):
    return simulate(STUDY.model_copy(update={"seed": seed}))


def by_region(column, found=None):
    """Return a column as (region, week)."""
    frame = (found or simulation()).frame
    return frame.pivot_table(index="region", columns="week", values=column).to_numpy()


def per_head(channel):
    spend = by_region(STUDY.channels[channel].spend)
    return spend / by_region("population")


def test_the_same_seed_gives_the_same_bytes():
    one, two = simulation(), simulate(STUDY)
    assert one.frame.to_csv(index=False) == two.frame.to_csv(index=False)
    assert to_json(truth_json(one)) == to_json(truth_json(two))
    assert one.frame.to_csv() != simulation(STUDY.seed + 1).frame.to_csv()


def test_there_is_a_row_for_every_region_and_week():
    frame = simulation().frame
    assert list(frame)[:3] == [STUDY.data.date, STUDY.data.region, STUDY.data.population]
    assert len(frame) == len(REGIONS.names) * PROCESS.weeks
    assert not frame.duplicated(["week", "region"]).any()
    assert set(frame["region"]) == set(REGIONS.names)
    assert (frame.groupby("region")["population"].nunique() == 1).all()


def test_the_true_nation_is_the_sum_of_its_regions():
    found = simulation()
    weekly = weekly_data(found.national, STUDY)
    expected = found.truth.predict(weekly)[0]
    assert_allclose(found.regional.sum(axis=0), expected, rtol=1e-12)
    assert_allclose(weekly.kpi, expected + found.noise, atol=0.005 * len(REGIONS.names) + 1e-6)
    sums = found.frame.groupby("week")[list(found.national.columns[1:])].sum()
    assert_allclose(sums, found.national.iloc[:, 1:], rtol=1e-12)


def test_effects_of_regions_average_to_that_of_the_nation():
    for response in simulation().truth.responses:
        split = response.regions
        assert_allclose(split.heads.sum(), 1)
        assert_allclose(split.effect @ split.heads, [1])
        assert_allclose(split.share.sum(axis=1), np.ones(PROCESS.weeks))
        assert split.effect.std() > 0.05


def test_the_true_roi_is_the_one_asked_for():
    found = simulation()
    weekly = weekly_data(found.national, STUDY)
    inside = found.truth.media_effect(weekly.media.to_numpy(float)).channels[0].sum(axis=0)
    wanted = [channel.roi for channel in PROCESS.channels.values()]
    assert_allclose(inside / weekly.spend.sum(), wanted)
    roi = roi_series(current_plan(found.truth, weekly, window_weeks=STUDY.window_weeks))
    assert roi.min() > 0
    assert roi.max() > 2 * roi.min()


def test_the_truth_explains_about_nine_tenths_of_the_nation():
    found = simulation()
    share = found.noise.var() / found.national["revenue"].var()
    assert 0.87 < 1 - share < 0.93


@pytest.mark.parametrize("seed", [STUDY.seed, 2, 3])
def test_one_channel_is_off_in_regions_drawn_by_lot(seed):
    found, pause = simulation(seed), REGIONS.pause
    spend = by_region(STUDY.channels[pause.channel].spend, found)
    weeks = slice(pause.first_week, pause.first_week + pause.weeks)
    off = spend == 0
    assert off.sum() == pause.regions * pause.weeks
    names = np.sort(REGIONS.names)[off[:, weeks].all(axis=1)]
    told = found.truth.info["pause"]
    assert set(names) == set(told["regions"])
    assert told == pause.model_dump() | {"regions": told["regions"]}


def test_another_seed_draws_other_regions():
    drawn = {tuple(simulation(seed).truth.info["pause"]["regions"]) for seed in (1, 2, 3)}
    assert len(drawn) > 1


def test_national_spend_is_the_same_per_head_everywhere():
    level = per_head("tv")
    assert_allclose(level, np.broadcast_to(level.mean(axis=0), level.shape), atol=1e-8)
    assert (per_head("radio").std(axis=0) > 0).any()


def test_spend_follows_demand_only_where_it_is_asked_to():
    """Correlate spend per head with the regions' baseline per head, week by week."""
    found = simulation()
    media = found.truth.media_effect(weekly_data(found.national, STUDY).media.to_numpy(float))
    assert media.total.min() >= 0
    revenue = by_region("revenue") / by_region("population")
    ratio = revenue / revenue.mean(axis=1, keepdims=True) / revenue.mean(axis=0)
    linked = {}
    for name in ("search", "online_video"):
        level = np.log(np.maximum(per_head(name), 1e-9))
        dark = per_head(name).max(axis=0) == 0
        linked[name] = np.corrcoef(
            (level - level.mean(axis=0))[:, ~dark].ravel(), np.log(ratio)[:, ~dark].ravel()
        )[0, 1]
    assert linked["search"] > linked["online_video"] + 0.1


def test_the_truth_is_stored_and_read_back():
    truth = simulation().truth
    copy = AdditiveModel.from_json(truth_json(simulation()))
    assert copy.to_json() == truth.to_json()
    assert copy.info["pause"] == truth.info["pause"]
    for one, two in zip(copy.responses, truth.responses, strict=True):
        assert one.regions.names == REGIONS.names
        assert_allclose(one.regions.effect, two.regions.effect, rtol=0)


def read(change):
    """Read the study with its [simulate] table changed."""
    raw = tomllib.loads((FOLDER / "study.toml").read_text("utf-8"))
    change(raw["simulate"])
    return parse_study(raw, text=tomlkit.dumps(raw), name="rollout", folder=FOLDER)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda s: s["regions"]["pause"].update(regions=10), "at least one must go on"),
        (lambda s: s["regions"]["pause"].update(channel="tv"), "'tv' is bought nationally"),
        (lambda s: s["regions"]["pause"].update(channel="tvv"), "'tvv' is unknown"),
        (lambda s: s["regions"]["pause"].update(first_week=99), "ends after the 104 weeks"),
        (lambda s: s["regions"].update(names=["A", "A"]), "a name of its own"),
        (lambda s: s.update(synergy_share=0.1), "without synergy"),
        (lambda s: s.pop("regions"), "need a [simulate.regions] table"),
        (lambda s: s["regions"].update(popualtion=3), "did you mean 'population'"),
    ],
)
def test_a_process_that_cannot_be_is_refused_by_name(change, message):
    with pytest.raises(StudyError, match=re.escape(message)):
        read(change)
