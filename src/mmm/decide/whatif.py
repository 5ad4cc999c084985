"""What the report's sliders compute with: the fixed draws of the model of record as plain data.

The page evaluates the same formula as :meth:`mmm.decide.returns.Plan.revenue` with the same
draws, so that it agrees with the notebooks at every setting, not only at stored ones. Per draw it
needs the lag weights, the form and the parameters of the curve and the size of each channel; per
week the media of the window and of the weeks around it. A channel of a regional model has these
media per head in each region, and the region's size: its heads and its effect per draw.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from mmm.arrays import Array
from mmm.data.weekly import WeeklyData
from mmm.decide.plan import YEAR, Plan
from mmm.decide.returns import mroi
from mmm.decide.scenarios import ScenarioResult
from mmm.model.additive import AdditiveModel
from mmm.model.response import ChannelResponse
from mmm.model.split import RegionSplit
from mmm.study.forms import SATURATIONS
from mmm.study.schema import Add, Multiply, Scenario, Shift

WHATIF_SCHEMA = 4

#: Bytes that regions may add to the page; bytes of a number in it; fewest draws that the sliders
#: have, however many regions there are.
ROOM, NUMBER, LEAST_DRAWS = 3_000_000, 8 * 4 / 3, 50


@dataclass(frozen=True)
class PresetPlan:
    """A plan that the page offers to apply."""

    name: str  #: What its button says.
    #: Shape (n_channels,): factor on each channel's spend in the window; None where the plan is
    #: not of that form (other weeks, another weekly pattern): the page names it and does not offer
    #: it.
    multipliers: Array | None


def scenario_offers(
    scenarios: Sequence[Scenario], results: Sequence[ScenarioResult], plan: Plan
) -> list[PresetPlan]:
    """Return the stored scenarios as offers.

    Parameters
    ----------
    scenarios : sequence of Scenario
        As written in the study file.
    results : sequence of ScenarioResult
        What they change, in the same order.
    plan : Plan
        The plan that the sliders turn up and down.

    Returns
    -------
    list of PresetPlan
        With multipliers where the scenario scales the plan's own weeks in their pattern.
    """
    offers = []
    for scenario, result in zip(scenarios, results, strict=True):
        scales = isinstance(scenario, Multiply | Shift | Add) and result.weeks.equals(plan.weeks)
        share = result.spend_by_channel / np.where(plan.total_spend > 0, plan.total_spend, 1.0)
        offers.append(PresetPlan(result.name, 1 + share if scales else None))
    return offers


def export(
    plan: Plan, weekly: WeeklyData, *, offers: Sequence[PresetPlan], revenue: float
) -> dict[str, Any]:
    """Return everything the page needs to evaluate any plan.

    Parameters
    ----------
    plan : Plan
        The current plan of the model of record.
    weekly : WeeklyData
        The weeks it was made from.
    offers : sequence of PresetPlan
        Plans to apply by a button, in the order of the buttons.
    revenue : float
        Mean fitted revenue of the window, the base of percent changes; currency.

    Returns
    -------
    dict
        JSON-ready. Arrays are base64 of little-endian 64-bit floats, row by row. Draws are all
        those of the model, or evenly spaced ones where many regions would make the page too
        large; `all_draws` is how many the model has. `mroi` has all of them.
    """
    media, inside, start = _window_media(plan.model, weekly, len(plan.weeks))
    returns = mroi(plan)
    all_draws, kept = plan.model.n_draws, exported_draws(plan.model, len(plan.value))
    if kept < all_draws:
        plan = plan.take(np.linspace(0, all_draws - 1, kept).round().astype(int))
    return {
        "schema": WHATIF_SCHEMA,
        "draws": kept,
        "all_draws": all_draws,
        "weeks": len(plan.weeks),
        "revenue": revenue,
        "value": pack(plan.value),
        "channels": [
            _channel(plan, c, media[:, c], inside[:, 0], start, returns)
            for c in range(len(plan.channels))
        ],
        "pairs": [
            {"channels": list(pair), "gamma": pack(plan.model.gamma[:, p])}
            for p, pair in enumerate(plan.model.pairs)
        ],
        "offers": [
            {"name": offer.name, "multipliers": list(map(float, offer.multipliers))}
            for offer in offers
            if offer.multipliers is not None
        ],
        "unavailable": [offer.name for offer in offers if offer.multipliers is None],
    }


def exported_draws(model: AdditiveModel, n_weeks: int) -> int:
    """Return how many draws the page gets: all, or fewer where regions would make it too large.

    Parameters
    ----------
    model : AdditiveModel
        The model of record.
    n_weeks : int
        Weeks that the sliders evaluate.
    """
    pieces = [
        (len(response.regions.names), n_weeks + response.max_lag)
        for response in model.responses
        if response.regions is not None
    ]
    if not pieces:
        return model.n_draws
    media = sum(regions * weeks for regions, weeks in pieces)
    effects = sum(regions for regions, _ in pieces)
    fitting = int((ROOM / NUMBER - media) // effects)
    return min(model.n_draws, max(fitting, LEAST_DRAWS))


def _window_media(
    model: AdditiveModel, weekly: WeeklyData, window_weeks: int
) -> tuple[Array, Array, int]:
    """Return the media of all weeks and of the tail, a flag of the window, and its first week."""
    n_weeks, year = len(weekly), min(YEAR, len(weekly))
    tail = np.arange(max(response.max_lag for response in model.responses)) % year
    rows = np.concatenate([np.arange(n_weeks), n_weeks - year + tail])
    start = n_weeks - window_weeks
    inside = np.zeros((len(rows), 1))
    inside[start:n_weeks] = 1.0
    return weekly.media.to_numpy(float)[rows], inside, start


def _channel(
    plan: Plan, c: int, media: Array, inside: Array, start: int, mroi: Array
) -> dict[str, Any]:
    response = plan.model.responses[c]
    weights = response.weights
    kinds = list(dict.fromkeys(saturation for _, saturation in response.forms))
    kind_of_form = np.array([kinds.index(saturation) for _, saturation in response.forms])
    return {
        "name": response.name,
        "spend": float(plan.total_spend[c]),
        "highest": float(plan.spend.iloc[:, c].max()),
        "seen": float(plan.peak.iloc[c]),
        "curves": [
            {
                "saturation": kind,
                "parameters": [
                    pack(response.parameters[name]) for name in SATURATIONS[kind].parameter_names
                ],
            }
            for kind in kinds
        ],
        "curve": pack(kind_of_form[response.form_of_draws]),
        "beta": pack(response.beta),
        "mroi": pack(mroi[:, c]),
        "lags": weights.shape[1] - 1,
        "weights": pack(weights),
        **_media(response, media, inside, start, weights.shape[1] - 1),
    }


def _media(
    response: ChannelResponse, media: Array, inside: Array, start: int, lags: int
) -> dict[str, Any]:
    """Return the media from `lags` weeks before the window on."""
    history = np.concatenate([np.zeros(lags), response.history])[-lags:] if lags else np.zeros(0)
    if response.regions is not None:
        return {
            "regions": _regions(response.regions, np.concatenate([history, media]), start, lags)
        }

    def from_window_on(series: Array, before: Array) -> Array:
        return np.concatenate([before, series])[start:]

    return {
        "outside": pack(from_window_on(media * (1 - inside), history)),
        "inside": pack(from_window_on(media * inside, np.zeros(lags))),
    }


def _regions(split: RegionSplit, media: Array, start: int, lags: int) -> dict[str, Any]:
    """Return the regions of a channel; `media` begin `lags` weeks before the data.

    The window's own media are the weeks after the first `lags` ones, so that one series is
    enough: the page scales those of them that lie in the window.
    """
    return {
        "heads": pack(split.heads),
        "effect": pack(split.effect),
        "media": pack(split.spread(media, -lags)[:, start:]),
    }


def pack(values: ArrayLike) -> str:
    """Write numbers as base64 of little-endian 64-bit floats.

    Examples
    --------
    >>> pack([1.0])
    'AAAAAAAA8D8='
    """
    return base64.b64encode(np.ascontiguousarray(values, dtype="<f8").tobytes()).decode("ascii")
