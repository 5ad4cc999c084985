"""The spend of many series as one plan of cells, each a channel of one series, in one currency."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from mmm.arrays import Array, Mask
from mmm.data.weekly import WeeklyData
from mmm.decide.plan import Plan, current_plan
from mmm.errors import DataError, StudyError
from mmm.formatting import listing
from mmm.model.additive import AdditiveModel


@dataclass(frozen=True)
class Portfolio:
    """The spend of all series as one plan of cells, in one currency."""

    #: One row per cell: series, channel, currency, rate (units of the common currency per unit).
    cells: pd.DataFrame
    currency: str  #: The common currency.
    spend: Array  #: Shape (n_cells,): spend of the window, common currency.
    plans: tuple[Plan, ...]  #: One per series, in its own currency.
    place: tuple[
        tuple[int, int], ...
    ]  #: Per cell: position of its plan, and of its channel there.

    def revenue(self, cell: int, multiplier: float) -> tuple[Array, Array]:
        """Return a cell's revenue and its slope by the multiplier, per draw, common currency."""
        plan, c = self.plans[self.place[cell][0]], self.place[cell][1]
        response, flight = plan.model.responses[c], plan.flight[c]
        curve, slope = response.curve_with_slope(plan.rest[c] + multiplier * flight, flight)
        size = response.beta * float(self.cells["rate"].iloc[cell])
        return size * (curve @ plan.value), size * (slope @ plan.value)

    def marginal(self, multipliers: Array, chosen: Mask) -> Array:
        """Return the mean return of the next unit of money of the chosen cells."""
        places = np.flatnonzero(chosen).tolist()
        slopes = np.array([self.revenue(i, multipliers[i])[1].mean() for i in places])
        return np.asarray(slopes / self.spend[chosen])

    def evaluate(self, multipliers: Array) -> tuple[Array, Array]:
        """Return the revenue of all cells per draw, and the mean return of each one's next unit.

        `multipliers`, shape (n_cells,): factors on today's spend.
        """
        found = [self.revenue(i, m) for i, m in enumerate(multipliers)]
        slope = np.array([s.mean() for _, s in found])
        return np.sum([r for r, _ in found], axis=0), slope / self.spend


def portfolio_of(
    models: Mapping[str, AdditiveModel],
    weekly: Mapping[str, WeeklyData],
    currencies: Mapping[str, str],
    fx: Mapping[str, float],
    *,
    currency: str,
    window_weeks: int,
) -> Portfolio:
    """Gather the channels of all series that were bought in their last weeks.

    Parameters
    ----------
    models : mapping of str to AdditiveModel
        Models of the series, as many draws each.
    weekly : mapping of str to WeeklyData
        Their weeks.
    currencies : mapping of str to str
        Currency of each series.
    fx : mapping of str to float
        Units of the common currency per unit of each other one.
    currency : str
        The common currency.
    window_weeks : int
        Last weeks of each series that the budget is about (0: all).

    Raises
    ------
    DataError
        If the rate of a currency is missing.
    StudyError
        If a model has synergy: its channels cannot be split apart.
    """
    rates = fx_rates([currencies[name] for name in models], fx, currency)
    rows, place, spend = [], [], []
    plans: list[Plan] = []
    for name, model in models.items():
        if model.pairs:
            raise StudyError(
                f"series {name!r} has synergy between channels: one budget over all series needs "
                f"channels that add up. Remove [[synergy]]."
            )
        plan, own = current_plan(model, weekly[name], window_weeks=window_weeks), currencies[name]
        for c in np.flatnonzero(plan.total_spend > 0).tolist():
            rows.append((name, plan.channels[c], own, rates[own]))
            place.append((len(plans), c))
            spend.append(plan.total_spend[c] * rates[own])
        plans.append(plan)
    cells = pd.DataFrame(rows, columns=["series", "channel", "currency", "rate"])
    return Portfolio(cells, currency, np.array(spend), tuple(plans), tuple(place))


def fx_rates(used: list[str], fx: Mapping[str, float], currency: str) -> dict[str, float]:
    """Return the rate of every currency that is used; that of the common one is one.

    Raises
    ------
    DataError
        If a rate is missing, or the common currency has one that is not one.
    """
    if fx.get(currency, 1.0) != 1.0:
        raise DataError(
            f"the common currency {currency} has the rate {fx[currency]:g} to itself. Remove it "
            f"from the table fx."
        )
    known = {**fx, currency: 1.0}
    missing = [name for name in dict.fromkeys(used) if name not in known]
    if missing:
        raise DataError(
            f"no exchange rate for {listing(missing)}: amounts of several currencies have no sum. "
            f"Give the units of {currency} per unit under fx, e.g. {missing[0]} = 0.8."
        )
    return {name: known[name] for name in dict.fromkeys(used)}
