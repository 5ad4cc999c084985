"""The sliders' export holds all that the revenue of any plan needs, to the last digit."""

import base64
import json
from dataclasses import replace

import numpy as np
import pytest
from regional import split_model, split_weeks

from mmm.decide import whatif
from mmm.decide.returns import current_plan, mroi
from mmm.decide.whatif import PresetPlan, export, exported_draws, pack
from mmm.model.split import RegionSplit
from mmm.model.transforms import carry_over, saturate
from mmm.store import to_json

OFFERS = [PresetPlan("Half", np.full(3, 0.5)), PresetPlan("Other weeks", None)]


def regional_plan(model, weekly):
    """Return the plan of a model of three regions, and their weeks."""
    split = split_weeks(weekly)
    effect = np.random.default_rng(3).uniform(0.5, 1.5, (model.n_draws, 3))
    return current_plan(split_model(model, split, effect), split, window_weeks=52), split


@pytest.fixture(scope="module", params=["model", "mixed", "regional model", "regional mixed"])
def exported(request, weekly):
    *regional, name = request.param.split()
    model = request.getfixturevalue(name)
    if regional:
        plan, weekly = regional_plan(model, weekly)
    else:
        plan = current_plan(model, weekly, window_weeks=52)
    return plan, export(plan, weekly, offers=OFFERS, revenue=1e6)


def unpack(text):
    """Read what the export packs, as the page does."""
    return np.frombuffer(base64.b64decode(text), dtype="<f8")


def shares(channel, factor, draws, weeks):
    """Return the saturated share of a channel, shape (n_draws, n_evaluated)."""
    regions, lags = channel.get("regions"), channel["lags"]
    if regions is None:
        media = unpack(channel["outside"]) + factor * unpack(channel["inside"])
        return curve_of(channel, media, draws)
    heads = unpack(regions["heads"])
    media, effect = (unpack(regions[name]).copy() for name in ("media", "effect"))
    media = media.reshape(len(heads), -1)
    media[:, lags : lags + weeks] *= factor
    sizes = heads * effect.reshape(draws, -1)
    return sum(sizes[:, [r]] * curve_of(channel, media[r], draws) for r in range(len(heads)))


def curve_of(channel, media, draws):
    weights = unpack(channel["weights"]).reshape(draws, -1)
    level = carry_over(media, weights)[:, channel["lags"] :]
    every = [
        saturate(curve["saturation"], level, *map(unpack, curve["parameters"]))
        for curve in channel["curves"]
    ]
    return np.choose(unpack(channel["curve"]).astype(int)[:, np.newaxis], every)


def revenue(content, multipliers):
    """Evaluate a plan from the export alone, as the page does."""
    draws, value = content["draws"], unpack(content["value"])
    curves, total = [], np.zeros(draws)
    for channel, factor in zip(content["channels"], multipliers, strict=True):
        curves.append(shares(channel, factor, draws, content["weeks"]))
        total += unpack(channel["beta"]) * (curves[-1] @ value)
    for pair in content["pairs"]:
        i, j = pair["channels"]
        total += unpack(pair["gamma"]) * ((curves[i] * curves[j]) @ value)
    return total


@pytest.mark.parametrize("multipliers", [(1, 1, 1), (0, 0, 0), (0.3, 1.7, 2.4), (1, 0, 5)])
def test_export_gives_the_revenue_of_the_plan(exported, multipliers):
    plan, content = exported
    np.testing.assert_allclose(
        revenue(content, multipliers), plan.revenue(multipliers), rtol=1e-11
    )


def test_export_survives_json(exported):
    plan, content = exported
    again = json.loads(to_json(content))
    np.testing.assert_array_equal(revenue(again, (1, 2, 3)), revenue(content, (1, 2, 3)))
    assert [c["spend"] for c in again["channels"]] == plan.total_spend.tolist()
    assert [c["name"] for c in again["channels"]] == plan.channels


def test_only_plans_of_multipliers_are_offered(exported):
    content = exported[1]
    assert content["offers"] == [{"name": "Half", "multipliers": [0.5, 0.5, 0.5]}]
    assert content["unavailable"] == ["Other weeks"]


def test_packed_numbers_come_back_exactly(rng):
    values = rng.normal(size=(3, 4))
    np.testing.assert_array_equal(unpack(pack(values)), values.ravel())


def test_a_national_export_has_no_regions(model, weekly):
    plan = current_plan(model, weekly, window_weeks=52)
    content = export(plan, weekly, offers=OFFERS, revenue=1e6)
    assert all("regions" not in channel for channel in content["channels"])
    assert content["draws"] == content["all_draws"] == model.n_draws


def many_regions(model, weekly, count):
    """Return the model with as many regions, each with its own share of every week."""
    rng = np.random.default_rng(count)
    names, heads = tuple(map(str, range(count))), rng.dirichlet(np.full(count, 5.0))
    effect = rng.uniform(0.5, 1.5, (model.n_draws, count))
    responses = []
    for c, response in enumerate(model.responses):
        bought = rng.dirichlet(np.full(count, 5.0), len(weekly)).T
        media = bought * weekly.media.to_numpy(float)[:, c]
        split = RegionSplit.of(names, heads, media, effect)
        responses.append(replace(response, regions=split))
    return replace(model, responses=tuple(responses), pairs=(), gamma=model.gamma[:, :0])


def test_many_regions_get_fewer_draws_and_the_page_stays_small(model, weekly):
    several = model.take(np.resize(np.arange(model.n_draws), 400))
    full = exported_draws(many_regions(several, weekly, 40), 60)
    assert full == 400
    crowded = many_regions(several, weekly, 300)
    plan = current_plan(crowded, weekly, window_weeks=52)
    content = export(plan, weekly, offers=OFFERS, revenue=1e6)
    kept = np.linspace(0, 399, content["draws"]).round().astype(int)
    assert whatif.LEAST_DRAWS < content["draws"] < content["all_draws"] == 400
    factors = np.array([0.4, 1.0, 2.0])
    np.testing.assert_allclose(revenue(content, factors), plan.revenue(factors)[kept], rtol=1e-11)
    regions = sum(len(to_json(channel["regions"])) for channel in content["channels"])
    assert 0.9 * whatif.ROOM < regions < 1.01 * whatif.ROOM
    every = [unpack(channel["mroi"]) for channel in content["channels"]]
    np.testing.assert_array_equal(np.stack(every, axis=1), mroi(plan))
    assert exported_draws(many_regions(several, weekly, 3000), 60) == whatif.LEAST_DRAWS
