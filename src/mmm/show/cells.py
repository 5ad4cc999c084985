"""Notebook 07: the budget by channel and region, what it adds, and how it was checked."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import Normalize

from mmm.decide.cell_plan import (
    CellPlan,
    cell_certificate,
    cell_table,
    gains_by_place,
    plan_cells,
    plan_under,
    weekly_plan,
)
from mmm.decide.certificate import LIKELY
from mmm.decide.limits import CENT
from mmm.decide.optimize import OptimalPlan
from mmm.decide.recommend import MOVED
from mmm.decide.regional import ALIKE, NATION
from mmm.decide.returns import SURE, chance_of_gain
from mmm.errors import shortened
from mmm.findings import Finding, findings_table
from mmm.formatting import listing, money, percent, plural
from mmm.show.picture import Picture
from mmm.show.regional import knows_regions
from mmm.show.style import BASELINE_COLOR, INK
from mmm.show.words import (
    amount_in_words,
    bullets,
    certainty_in_words,
    outcome,
    outcome_amount,
    promises,
)
from mmm.show.workbook import Workbook
from mmm.study.study import Study

#: Regions that are drawn, at most.
MOST_DRAWN = 60
#: Letters of a region's name in a figure.
NAME = 22
#: Color of the largest change that is drawn apart; larger ones have the same.
FULL = 0.6
#: Share of the expected gain below which regions add little.
LITTLE = 0.1


def plan(book: Workbook, optimal: OptimalPlan, *, starts: int = 8) -> None:
    """Show the best split of today's total over channels and regions (notebook 07).

    Parameters
    ----------
    book : Workbook
        An open study; nothing is shown unless its model has regions.
    optimal : OptimalPlan
        The best national plan, whose changes in every region alike are compared.
    starts : int, default 8
        Starting points of the optimizer.
    """
    weekly, study = book.weekly, book.study
    if not knows_regions(book.model, weekly):
        return
    found = plan_cells(
        book.model,
        weekly,
        study,
        optimal.best.multipliers,
        rng=book.rng("plan by region"),
        starts=starts,
    )
    table, checks = cell_table(found), cell_certificate(found, study)
    true_plan = None
    if book.truth is not None:
        true_plan = plan_under(book.truth, weekly, study, found.cells)
    gains = gains_by_place(found, interval=study.interval, true_plan=true_plan)
    book.store.write_table("tables/regional_plan.csv", table)
    book.store.write_table("plans/regional_plan.csv", weekly_plan(found, weekly, study))
    book.say(
        "## The same budget, by channel and region\n\nThe plan above changes a channel in every "
        "region alike. This one may spend differently in each region: a cell is a channel in a "
        "region, with the bounds of its channel. Among the plans it is compared with, an equal "
        "split is the same money per channel and head."
    )
    book.show(heat_map(found, table, checks, study))
    book.say(in_words(found, table, checks, study))
    book.show_table(gains, caption="What and where: gains at today's total", name="regional_gains")
    shown = findings_table(checks).drop(columns="remedy")
    caption = "Certificate of the plan by channel and region"
    book.show_table(shown, caption=caption, name="regional_certificate")


def is_moved(found: CellPlan) -> bool:
    """Tell whether a plan moves enough money between its cells to be worth the trouble."""
    moved = np.abs(found.optimal.best.spend - found.plan.total_spend).sum() / 2
    return bool(moved >= MOVED * found.optimal.budget)


def doubts(checks: list[Finding]) -> list[Finding]:
    """Return the lines of a certificate that ask to try a plan first."""
    return [c for c in checks if c.check in (LIKELY, ALIKE) and c.status != "PASS"]


def heat_map(found: CellPlan, table: pd.DataFrame, checks: list[Finding], study: Study) -> Picture:
    """Draw the change in spend of each cell, with the money that the plan gives it.

    Parameters
    ----------
    found : CellPlan
        Result of :func:`mmm.decide.cell_plan.plan_cells`.
    table : DataFrame
        Result of :func:`mmm.decide.cell_plan.cell_table`.
    checks : list of Finding
        Its certificate: a plan that is to be tried first promises nothing.
    study : Study
        Its labels and currency.
    """
    gain, moved = found.optimal.best.gain, float(table["change"].clip(lower=0).sum())
    title = "No move between regions is sure enough to beat today's split"
    if is_moved(found):
        verb = "could add" if doubts(checks) else promises(gain, study)
        title = (
            f"Moving {money(moved, study.currency)} between channels and regions "
            f"{verb} {amount_in_words(gain, study)} {outcome(study)} at the same "
            f"budget"
        )
    change, spend = by_place(table, study)
    up, down = _largest(table, study)
    return Picture(
        axes=_draw_heat_map(*_drawn(change, spend), study),
        name="regional_plan",
        title=title,
        caption=f"Color: change in spend against today; number: spend over the window in the "
        f"plan, at a fixed total of {money(found.optimal.budget, study.currency)}. Within "
        f"{_bounds(study)} of today's spend in each cell."
        + (f" The {MOST_DRAWN} regions with most of it." if len(spend) > MOST_DRAWN + 1 else "")
        + (" Grey: moves in all regions alike." if change.iloc[1:].isna().any(axis=None) else ""),
        alt=f"Table of regions by channels, colored by the change in spend. Largest increases: "
        f"{listing(up) or 'none'}; largest cuts: {listing(down) or 'none'}.",
    )


def _bounds(study: Study) -> str:
    low, high = (min(b[0] for b in study.bounds), max(b[1] for b in study.bounds))
    return f"{percent(low)} to {percent(high)}"


def _largest(table: pd.DataFrame, study: Study, most: int = 3) -> tuple[list[str], list[str]]:
    """Name the cells that grow and that shrink most, with their changes."""
    ordered = table.sort_values("change", kind="stable")
    ends = ordered[ordered["change"] > 1].iloc[::-1], ordered[ordered["change"] < -1]
    up, down = (
        [
            f"{study.labels[row.channel]} in {row.region} "
            f"({money(row.change, study.currency, signed=True)})"
            for row in rows.head(most).itertuples()
        ]
        for rows in ends
    )
    return up, down


def by_place(table: pd.DataFrame, study: Study) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return relative change and planned spend, a row per region and a column per channel.

    Parameters
    ----------
    table : DataFrame
        Result of :func:`mmm.decide.cell_plan.cell_table`.
    study : Study
        Order of the channels.

    Returns
    -------
    change, spend : DataFrame
        The first row is all regions together; cells that do not exist, or are moved with others
        only, are empty.
    """
    columns = list(study.labels)
    cells = table.set_index(["region", "channel"])
    wide = [
        cells[name].unstack().reindex(columns=columns)  # noqa: PD010, no summing
        for name in ("current_spend", "recommended_spend")
    ]
    regions = [r for r in dict.fromkeys(table["region"]) if r != NATION]
    now, then = (amounts.reindex(regions) for amounts in wide)
    sums = [table.groupby("channel")[c].sum() for c in ("current_spend", "recommended_spend")]
    for amounts, total in zip((now, then), sums, strict=True):
        amounts.loc[NATION] = total.reindex(columns)
    order = [NATION, *regions]
    now, then = now.loc[order], then.loc[order]
    return (then / now.where(now > 0) - 1), then.where(now > 0)


def _drawn(change: pd.DataFrame, spend: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Leave out the regions with least spend where there are too many to draw."""
    kept = spend.iloc[1:].sum(axis=1).nlargest(MOST_DRAWN).index
    drawn = [NATION, *(region for region in spend.index[1:] if region in kept)]
    return change.loc[drawn], spend.loc[drawn]


def _draw_heat_map(change: pd.DataFrame, spend: pd.DataFrame, study: Study) -> Axes:
    rows, columns = change.shape
    size = 8.5 if columns <= 8 else 7.0
    _, ax = plt.subplots(figsize=(8, 1.3 + 0.27 * rows))
    scale = Normalize(-FULL, FULL)
    values = np.ma.masked_invalid(change.to_numpy(float))
    ax.set_facecolor(BASELINE_COLOR)  # where a channel cannot be split
    image = ax.pcolormesh(values, cmap="RdBu", norm=scale, edgecolors="white", linewidth=1)
    for (y, x), amount in np.ndenumerate(spend.to_numpy(float)):
        if np.isfinite(amount):
            dark = abs(values[y, x]) > 0.6 * FULL
            text = money(amount, study.currency)
            color = "white" if dark else "#262626"
            ax.text(x + 0.5, y + 0.5, text, ha="center", va="center", fontsize=size, color=color)
    names = [shortened(str(name), NAME) for name in change.index]
    ax.set_yticks(np.arange(rows) + 0.5, ["All regions", *names[1:]], fontsize=size)
    labels = [shortened(study.labels[name], NAME) for name in change.columns]
    ax.set_xticks(np.arange(columns) + 0.5, labels, fontsize=9)
    if columns > 5:
        plt.setp(ax.get_xticklabels(), rotation=30, ha="left")
    ax.xaxis.tick_top()
    ax.tick_params(length=0)
    ax.invert_yaxis()
    ax.axhline(1, color=INK, lw=1.2)
    ax.grid(visible=False)
    ax.spines[:].set_visible(False)
    bar = ax.figure.colorbar(image, ax=ax, shrink=min(1.0, 3.5 / (1.3 + 0.27 * rows)), pad=0.02)
    bar.ax.yaxis.set_major_formatter(plt.FuncFormatter(lambda v, _: percent(v, signed=True)))
    bar.set_label("Change in spend")
    bar.outline.set_visible(False)
    return ax


def in_words(found: CellPlan, table: pd.DataFrame, checks: list[Finding], study: Study) -> str:
    """Say what the plan moves, how much of the gain is due to regions, and how sure it is.

    Parameters
    ----------
    found : CellPlan
        Result of :func:`mmm.decide.cell_plan.plan_cells`.
    table : DataFrame
        Result of :func:`mmm.decide.cell_plan.cell_table`.
    checks : list of Finding
        Its certificate.
    study : Study
        The study.
    """
    together = _what_moves_together(found, study)
    if not is_moved(found):
        kept = "Keep today's split between regions: no move within the limits is sure enough."
        return bullets([kept, *together])
    first = _try_first(found, checks)
    return bullets([*_moves(table, study), _gain(found, study), first, *together])


def _try_first(found: CellPlan, checks: list[Finding]) -> str:
    """Say what to do before the plan is bought everywhere."""
    found_doubts = doubts(checks)
    if found_doubts:
        said = " ".join(
            f"{d.finding[:1].upper()}{d.finding[1:]}. {d.remedy}" for d in found_doubts
        )
        return f"To be tried first. {said}"
    if not chance_of_gain(found.by_place) >= SURE:
        return "What regions add is not sure: the split between them is to be tried first."
    return (
        "Regional effects are shrunk estimates and wider than national ones: move in steps, and "
        "let some regions stay as they are, so that the others can be compared with them."
    )


def _moves(table: pd.DataFrame, study: Study) -> list[str]:
    up, down = _largest(table, study)
    lines = [f"The largest increases: {listing(up)}. The largest cuts: {listing(down)}."]
    places = table[table["region"] != NATION].groupby("region", sort=False)["change"].sum()
    gets, gives = str(places.idxmax()), str(places.idxmin())
    if places.max() > 1 and places.min() < -1:
        lines.append(
            f"Over all channels {gets} gets most "
            f"({money(places.max(), study.currency, signed=True)}) and {gives} gives most "
            f"({money(places.min(), study.currency, signed=True)})."
        )
    free = table["upper_bound"] > table["lower_bound"] + CENT
    ends = (table["recommended_spend"] - table["lower_bound"] < 1) | (
        table["upper_bound"] - table["recommended_spend"] < 1
    )
    count, cells = int((free & ends).sum()), plural(int(free.sum()), "cell")
    if not count:
        return [*lines, f"None of {cells} stands at a bound: marginal scores are equal in all."]
    verb = "stands" if count == 1 else "stand"
    return [
        *lines,
        f"{count} of {cells} {verb} at a bound; marginal scores of the others are equal.",
    ]


def _gain(found: CellPlan, study: Study) -> str:
    """Say how much of the gain comes from where rather than what."""
    total, place = found.optimal.best.gain, found.by_place
    said = certainty_in_words(place, study)
    added = f"{amount_in_words(place, study)}" + (f" ({said})" if said else "")
    national = found.national.spend - found.plan.total_spend
    what = outcome_amount(float(np.median(found.national.gain)), study, signed=True)
    alike = f"The best change in every region alike brings {what} {outcome(study)}"
    if np.abs(national).sum() / 2 < MOVED * found.optimal.budget:
        return (
            f"No change in every region alike is sure enough; choosing where brings {added} of "
            f"{outcome(study)}."
        )
    text = f"{alike}; choosing where, too, adds {added}"
    if place.mean() <= 0:
        return f"{text}: regions make the gain surer, not larger."
    share = float(place.mean() / total.mean()) if total.mean() > 0 else np.nan
    if share < LITTLE:
        return (
            f"{text}. Almost all of the gain comes from what is bought, not where: the change in "
            f"every region alike is the simpler plan."
        )
    if 0 < share <= 1:
        text += f", {percent(share)} of the expected gain"
    return f"{text}."


def _what_moves_together(found: CellPlan, study: Study) -> list[str]:
    lines = []
    together = [study.labels[cell.channel] for cell in found.cells if cell.region == NATION]
    if together:
        verb, what = ("is", "it moves") if len(together) == 1 else ("are", "they move")
        lines.append(f"{listing(together)} {verb} bought nationally: {what} in all regions alike.")
    others = next((cell.places for cell in found.cells if "other region" in cell.region), None)
    if others:
        lines.append(f"The {len(others)} regions with least spend move together.")
    kept, n_draws = found.plan.model.n_draws, found.model.n_draws
    if kept < n_draws:
        lines.append(f"The plan is found and judged on {kept} of {n_draws} draws.")
    return lines
