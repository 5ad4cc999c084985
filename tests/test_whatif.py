"""The sliders' export holds all that the revenue of any plan needs, to the last digit."""

import base64
import json

import numpy as np
import pytest

from mmm.decide.returns import current_plan
from mmm.decide.whatif import PresetPlan, export, pack
from mmm.model.transforms import carry_over, saturate
from mmm.store import to_json


@pytest.fixture(scope="module", params=["model", "mixed"])
def exported(request, weekly):
    plan = current_plan(request.getfixturevalue(request.param), weekly, window_weeks=52)
    offers = [PresetPlan("Half", np.full(3, 0.5)), PresetPlan("Other weeks", None)]
    return plan, export(plan, weekly, offers=offers, revenue=1e6)


def unpack(text):
    """Read what the export packs, as the page does."""
    return np.frombuffer(base64.b64decode(text), dtype="<f8")


def revenue(content, multipliers):
    """Evaluate a plan from the export alone, as the page does."""
    draws, value = content["draws"], unpack(content["value"])
    curves, total = [], np.zeros(draws)
    for channel, factor in zip(content["channels"], multipliers, strict=True):
        media = unpack(channel["outside"]) + factor * unpack(channel["inside"])
        weights = unpack(channel["weights"]).reshape(draws, -1)
        level = carry_over(media, weights)[:, channel["lags"] :]
        shares = [
            saturate(curve["saturation"], level, *map(unpack, curve["parameters"]))
            for curve in channel["curves"]
        ]
        curves.append(np.choose(unpack(channel["curve"]).astype(int)[:, np.newaxis], shares))
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
