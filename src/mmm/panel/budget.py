"""One budget over all series and their channels, in one currency.

Each cell, a channel of one series, has a response of its own over the last weeks of that series.
Cells share nothing but the total, so a price of money splits it: every cell takes what is worth
more than the price, and the price is the one at which the total is spent. The value of the best
response to a price bounds every plan from above (Lagrangian duality), so the plan is shown to be
best among all plans, not among those that were tried.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.polynomial import chebyshev
from scipy.optimize import minimize

from mmm.arrays import Array, Mask
from mmm.decide.limits import CENT, project, to_cents
from mmm.decide.returns import SURE, chance_of_gain
from mmm.decide.search import STATIONARY
from mmm.errors import InfeasibleError
from mmm.findings import Finding, graded
from mmm.formatting import chance, money, plural
from mmm.panel.cells import Portfolio

#: Points of a cell's curve between its bounds: learned at so many, looked up at so many.
LEARNED, GRID = 11, 121
#: Halvings of an interval, and steps on the exact curves at the end.
HALVINGS, POLISH = 60, 6
#: Share of the bounds' width within which a cell is at its bound; departure from equal marginal
#: returns at which no further step is taken.
ROOM, SETTLED = 1e-4, 1e-8
#: Cells that move by more than this share of their bounds' width at one price jump there; up to
#: so many cells are also climbed from several starts, where a jump may matter.
JUMP, FEW = 1e-3, 80
#: Room, as a share of the gain, between a plan and what no plan can exceed: curves between their
#: learned points are exact to about a tenth of it.
GAP = 1e-3


@dataclass(frozen=True)
class PortfolioPlan:
    """A split of the budget over the cells, and the proof that there is none better."""

    spend: Array  #: Shape (n_cells,): common currency, to the cent.
    low: Array  #: Shape (n_cells,): bounds, common currency.
    high: Array
    budget: float  #: Its total.
    #: What the next unit of money earns where a cell is free to move; where none is, the price at
    #: which every cell stays at its bound.
    price: float
    marginal: Array  #: Shape (n_cells,): what it earns in each cell.
    free: Mask  #: Shape (n_cells,): cells that are at no bound.
    residual: float  #: Largest departure from equal marginal returns, as a share of the price.
    gain: Array  #: Shape (n_draws,): revenue against today's plan.
    #: Mean gains: of the best plan that could exist, and of simple rules within the bounds.
    bound: float
    by_roi: float
    equal: float


def best_budget(
    portfolio: Portfolio, *, max_change: float, held: Mask, budget: float | None = None
) -> PortfolioPlan:
    """Split a total over all cells so that the expected revenue is largest.

    Parameters
    ----------
    portfolio : Portfolio
        The cells.
    max_change : float
        How far a cell may move, as a share of its spend.
    held : ndarray, shape (n_cells,)
        Cells that stay as they are.
    budget : float, optional
        The total, common currency; today's if not given.

    Raises
    ------
    InfeasibleError
        If the bounds cannot add up to the budget.
    """
    today, unit = np.ones(len(held)), np.where(held, 0.0, max_change)
    low, high = np.maximum(today - unit, 0.0), today + unit
    total = round(float(portfolio.spend.sum() if budget is None else budget), 2)
    least, most = low @ portfolio.spend, high @ portfolio.spend
    if not least - CENT <= total <= most + CENT:
        raise InfeasibleError(
            f"A budget of {total:,.2f} {portfolio.currency} does not fit the bounds, which allow "
            f"{least:,.2f} to {most:,.2f}. Widen max_change or change the budget."
        )
    curves = _Curves.of(portfolio, low, high)
    price, *ends = curves.at_total(total)
    starts = [_settled(curves, end, ends, total) for end in ends]
    if len(today) <= FEW:
        starts += [_climbed(curves, start, total) for start in (*starts, today, (low + high) / 2)]
    best = max(starts, key=curves.value)
    found = _newton(curves, best, total, np.ones(len(best), dtype=bool), portfolio)
    bounds = low * portfolio.spend, high * portfolio.spend
    spend = to_cents(found * portfolio.spend, *bounds, total)
    return _judged(portfolio, curves, spend, bounds, price)


@dataclass(frozen=True)
class _Curves:
    """Mean revenue of every cell between its bounds, as polynomials."""

    cost: Array  #: Shape (n_cells,): spend today.
    low: Array  #: Shape (n_cells,): lowest and highest multiplier.
    high: Array
    slopes: Array  #: Shape (n_cells, n_points): coefficients of the mean slope by the multiplier.
    values: Array  #: Shape (n_cells, GRID): mean revenue against that at the low bound.
    grid: Array  #: Shape (n_cells, GRID): multipliers.

    @classmethod
    def of(cls, portfolio: Portfolio, low: Array, high: Array) -> _Curves:
        nodes = chebyshev.chebpts1(LEARNED)
        to_coefficients = np.linalg.inv(chebyshev.chebvander(nodes, LEARNED - 1)).T
        middle, half = (low + high) / 2, (high - low) / 2
        slopes = np.zeros((len(low), LEARNED))
        for i in np.flatnonzero(half > 0).tolist():
            seen = [portfolio.revenue(i, middle[i] + half[i] * x)[1].mean() for x in nodes]
            slopes[i] = np.array(seen) @ to_coefficients
        places = np.linspace(-1, 1, GRID)
        whole = chebyshev.chebint(slopes, lbnd=-1, axis=1) * half[:, np.newaxis]
        values = whole @ chebyshev.chebvander(places, LEARNED).T
        grid = middle[:, np.newaxis] + half[:, np.newaxis] * places
        return cls(portfolio.spend, low, high, slopes, values, grid)

    def marginal(self, multipliers: Array) -> Array:
        """Return the mean return of the next unit of money in each cell, shape (n_cells,)."""
        width = np.where(self.high > self.low, self.high - self.low, 1.0)
        place = np.clip(2 * (multipliers - self.low) / width - 1, -1, 1)
        basis = chebyshev.chebvander(place, LEARNED - 1)
        return np.asarray((basis * self.slopes).sum(axis=1) / self.cost)

    def respond(self, price: float) -> Array:
        """Return each cell's best multiplier where money costs a price."""
        worth = self.values - price * self.cost[:, np.newaxis] * self.grid
        best, rows = worth.argmax(axis=1), np.arange(len(worth))
        low = self.grid[rows, np.maximum(best - 1, 0)]
        high = self.grid[rows, np.minimum(best + 1, GRID - 1)]
        for _ in range(HALVINGS):
            middle = (low + high) / 2
            more = self.marginal(middle) > price
            low, high = np.where(more, middle, low), np.where(more, high, middle)
        return np.asarray((low + high) / 2)

    def at_total(self, total: float) -> tuple[float, Array, Array]:
        """Return the price at which a total is spent, and the best plans just above and below it.

        They differ where a cell's curve bends upward, so that it jumps at a price.
        """
        seen = np.concatenate([self.marginal(self.grid[:, k]) for k in range(0, GRID, 10)])
        low, high = float(seen.min()) - 1.0, float(seen.max()) + 1.0
        for _ in range(HALVINGS):
            price = (low + high) / 2
            if self.cost @ self.respond(price) > total:
                low = price
            else:
                high = price
        return high, self.respond(high), self.respond(low)

    def bound(self, price: float, total: float) -> float:
        """Return what no plan of a total can exceed: revenue against that at the low bounds."""
        worth = self.values - price * self.cost[:, np.newaxis] * self.grid
        return float(worth.max(axis=1).sum() + price * total)

    def value(self, multipliers: Array) -> float:
        """Return the mean revenue of a plan against that at the low bounds."""
        half = (self.high - self.low) / 2
        place = np.clip(
            (multipliers - (self.low + self.high) / 2) / np.where(half > 0, half, 1), -1, 1
        )
        whole = chebyshev.chebint(self.slopes, lbnd=-1, axis=1) * half[:, np.newaxis]
        return float((chebyshev.chebvander(place, LEARNED) * whole).sum())


def _settled(curves: _Curves, start: Array, ends: list[Array], total: float) -> Array:
    """Meet the total from one end of a jump: cells that jump stay, all others share the rest."""
    jumps = np.abs(ends[0] - ends[1]) > JUMP * (curves.high - curves.low)
    return _newton(curves, start, total, ~jumps)


def _newton(
    curves: _Curves, start: Array, total: float, movable: Mask, exact: Portfolio | None = None
) -> Array:
    """Take Newton steps toward equal marginal returns of the cells that are at no bound.

    On the learned curves, or on the `exact` ones.
    """
    found, width = start.copy(), curves.high - curves.low
    step = ROOM * width
    for _ in range(POLISH):
        inside = (found > curves.low + step) & (found < curves.high - step)
        free = movable & inside
        bend = curves.marginal(found + step) - curves.marginal(found - step)
        free &= bend < 0  # where a curve bends upward a step would lead to its worst point
        if free.sum() < 2:
            break
        bend = bend[free] / (2 * step[free])
        slope = curves.marginal(found)[free] if exact is None else exact.marginal(found, free)
        # each free cell goes where the price is the same, and the total stays what it is
        weight = curves.cost[free] / bend
        price = (total - curves.cost @ found + weight @ slope) / weight.sum()
        found[free] += (price - slope) / bend
        found = project_multipliers(found, curves, total)
        if np.abs(slope - price).max() < SETTLED * abs(price):
            break
    return project_multipliers(found, curves, total)


def _climbed(curves: _Curves, start: Array, total: float) -> Array:
    """Climb from a start to a local optimum by SLSQP on the learned curves."""
    share = curves.cost / total
    size = max(abs(curves.value(curves.high)), CENT)
    found = minimize(
        lambda m: (-curves.value(m) / size, -curves.marginal(m) * curves.cost / size),
        project_multipliers(start, curves, total),
        jac=True,
        method="SLSQP",
        bounds=list(zip(curves.low, curves.high, strict=True)),
        constraints={"type": "eq", "fun": lambda m: share @ m - 1, "jac": lambda _: share},
        options={"maxiter": 300, "ftol": 1e-14},
    )
    return project_multipliers(np.clip(found.x, curves.low, curves.high), curves, total)


def project_multipliers(wanted: Array, curves: _Curves, total: float) -> Array:
    """Return the plan nearest to a wish, in money, that keeps bounds and total."""
    spend = project(
        wanted * curves.cost, curves.low * curves.cost, curves.high * curves.cost, total
    )
    return np.asarray(spend / curves.cost)


def _judged(
    portfolio: Portfolio,
    curves: _Curves,
    spend: Array,
    bounds: tuple[Array, Array],
    price: float,
) -> PortfolioPlan:
    """Evaluate a plan on the exact curves."""
    (low, high), total = bounds, round(float(spend.sum()), 2)
    best = spend / portfolio.spend
    revenue, marginal = portfolio.evaluate(best)
    before = portfolio.evaluate(np.ones(len(best)))[0]
    movable = high > low + CENT
    free = movable & (spend > low + CENT) & (spend < high - CENT)
    if free.any():
        price = float(spend[free] @ marginal[free] / spend[free].sum())
    start = curves.value(np.ones(len(best)))
    rules = [curves.value(rule) - start for rule in _simple_rules(portfolio, curves, total)]
    return PortfolioPlan(
        spend=spend,
        low=low,
        high=high,
        budget=total,
        price=price,
        marginal=marginal,
        free=free,
        residual=_residual(marginal, price, spend, bounds, movable),
        gain=revenue - before,
        bound=curves.bound(price, total) - start,
        by_roi=rules[0],
        equal=rules[1],
    )


def _residual(
    marginal: Array, price: float, spend: Array, bounds: tuple[Array, Array], movable: Mask
) -> float:
    """Return the largest part of a marginal return that neither price nor bound explains."""
    off = marginal - price
    at_low, at_high = spend <= bounds[0] + CENT, spend >= bounds[1] - CENT
    off = np.where(at_low, np.maximum(off, 0), np.where(at_high, np.minimum(off, 0), off))
    return float(np.abs(off[movable]).max() / abs(price)) if movable.any() else 0.0


def _simple_rules(portfolio: Portfolio, curves: _Curves, total: float) -> list[Array]:
    """Return plans in proportion to each cell's ROI, and of equal shares, within the bounds."""
    mean = [
        portfolio.revenue(i, 1.0)[0].mean() - portfolio.revenue(i, 0.0)[0].mean()
        for i in range(len(curves.cost))
    ]
    ratio = np.maximum(np.array(mean) / curves.cost, 0.0)
    shares = (ratio / max(ratio.sum(), 1e-300), np.full(len(ratio), 1 / len(ratio)))
    return [project_multipliers(total * share / curves.cost, curves, total) for share in shares]


def budget_certificate(portfolio: Portfolio, plan: PortfolioPlan) -> list[Finding]:
    """Check a plan: each line is PASS or FAIL; REVIEW where no proof can be given.

    Parameters
    ----------
    portfolio : Portfolio
        The cells.
    plan : PortfolioPlan
        Result of :func:`best_budget`.
    """
    gain, off = float(plan.gain.mean()), abs(plan.spend.sum() - plan.budget)
    inside = (plan.spend >= plan.low - CENT) & (plan.spend <= plan.high + CENT)
    short, share = plan.bound - gain, chance_of_gain(plan.gain)
    same_total = abs(plan.budget - portfolio.spend.sum()) < CENT
    lines = [
        ("budget is met to the cent", off < CENT / 2, f"off by {off:.4f}"),
        ("every bound holds", bool(inside.all()), "all cells within their bounds"),
        (
            "marginal returns are equal where cells are free",
            plan.residual <= STATIONARY,
            f"{plural(int(plan.free.sum()), 'cell')} free, largest relative difference "
            f"{plan.residual:.1e}",
        ),
        *_comparisons(portfolio, plan, gain),
    ]
    if same_total and not np.isnan(share):
        lines.append(("the gain is likely", share >= SURE, f"{chance(share)} of the draws gain"))
    findings = [Finding(check, "PASS" if ok else "FAIL", text) for check, ok, text in lines]
    proven = graded(
        "no plan within the bounds is better",
        good=short <= GAP * max(abs(gain), CENT),
        finding=f"at most {money(max(short, 0.0), portfolio.currency)} are left",
        remedy="Where a curve bends upward more cannot be proven: narrow max_change.",
    )
    return [*findings[:3], proven, *findings[3:]]


def _comparisons(
    portfolio: Portfolio, plan: PortfolioPlan, gain: float
) -> list[tuple[str, bool, str]]:
    rules = {"ROI-proportional": plan.by_roi, "an equal split": plan.equal}
    if abs(plan.budget - portfolio.spend.sum()) < CENT:
        rules = {"today's plan": 0.0} | rules
    # plans are rounded to the cent, and rules judged on the learned curves
    slack = CENT * abs(plan.price) * len(plan.spend) + GAP * abs(gain)
    return [
        (
            f"not worse than {name}",
            gain - value >= -slack,
            f"better by {money(gain - value, portfolio.currency)}",
        )
        for name, value in rules.items()
    ]


def budget_table(portfolio: Portfolio, plan: PortfolioPlan) -> pd.DataFrame:
    """Return the plan: one row a cell, amounts in the common currency and in the cell's own.

    Columns series, channel, currency, current_spend, recommended_spend, change (common currency),
    multiplier, recommended_local (own currency), mroi (at the plan) and at ("low", "high", "held"
    or empty where the cell is free).
    """
    at = np.where(plan.spend <= plan.low + CENT, "low", "")
    at = np.where(plan.spend >= plan.high - CENT, "high", at)
    at = np.where(plan.high <= plan.low + CENT, "held", at)
    return portfolio.cells[["series", "channel", "currency"]].assign(
        current_spend=portfolio.spend,
        recommended_spend=plan.spend,
        change=plan.spend - portfolio.spend,
        multiplier=plan.spend / portfolio.spend,
        recommended_local=plan.spend / portfolio.cells["rate"].to_numpy(),
        mroi=plan.marginal,
        at=at,
    )
