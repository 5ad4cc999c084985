"""Notebook 08: figures of recovery, hidden drivers, specifications and experiments."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, PercentFormatter

from mmm.formatting import listing, percent, plural, ratio
from mmm.show.measures import in_returns, marginal_name, rate_name, rate_title
from mmm.show.picture import Picture
from mmm.show.style import INK, MUTED, channel_colors, share_labels, small_multiples
from mmm.study.study import Study
from mmm.trust.confounding import overturned_by_season
from mmm.trust.experiments import HELPS
from mmm.trust.grades import RELIABLE


def recovery(rows: pd.DataFrame, table: pd.DataFrame, study: Study) -> Picture:
    """Show estimates against the truths of the twins, one panel a channel.

    Parameters
    ----------
    rows : DataFrame
        Result of :func:`mmm.trust.recover`.
    table : DataFrame
        Result of :func:`mmm.trust.recovery_table`: what the twins alone say.
    study : Study
        The study.
    """
    roi = table[(table["metric"] == "roi") & table["unit"].isin(study.channel_names)]
    good = roi["grade"].isin(RELIABLE).sum()
    return Picture(
        axes=_draw_recovery(rows, roi.set_index("unit")["grade"], study),
        name="trust_recovery",
        title=f"In twins, known truths are recovered for {good} of {plural(len(roi), 'channel')}",
        caption=f"{rate_title(study)} in {rows['twin'].nunique()} twins; bars: "
        f"{percent(study.interval)} intervals; dashed: estimate equals truth; open dots at the "
        f"left edge: truth zero. Other checks may still cap a grade.",
        alt="Estimates against truths on log axes; slope and error: "
        + ", ".join(
            f"{study.labels[r.unit]} {ratio(r.slope)} and {percent(r.error_median)}"
            for r in roi.itertuples()
        )
        + ".",
    )


def _draw_recovery(rows: pd.DataFrame, grades: pd.Series, study: Study) -> Axes:
    colors = channel_colors(study.channel_names)
    panels = small_multiples(len(colors), height=2.3)
    roi = rows[rows["metric"] == "roi"]
    for ax, name in zip(panels, colors, strict=True):
        own = roi[roi["unit"] == name]
        some, none = own[own["truth"] > 0], own[own["truth"] == 0]
        ends = some[["truth", "estimate"]].to_numpy()
        low, high = (ends.min() / 1.6, ends.max() * 1.6) if len(some) else (0.1, 10.0)
        ax.plot([low, high], [low, high], color=INK, lw=0.9, ls=(0, (4, 3)))
        ax.vlines(some["truth"], some["low"], some["high"], color=colors[name], alpha=0.35, lw=2)
        ax.plot(some["truth"], some["estimate"], "o", color=colors[name], ms=4.5)
        at_edge = np.full(len(none), low)
        ax.plot(at_edge, none["estimate"], "o", mec=colors[name], mfc="white", ms=5, clip_on=False)
        floor = min([low, *none["estimate"].clip(lower=low / 30)]) / 1.5
        ax.set(xscale="log", yscale="log", xlim=(low, high), ylim=(floor, high))
        for axis in (ax.xaxis, ax.yaxis):
            axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
            axis.set_minor_formatter(FuncFormatter(lambda *_: ""))
        ax.set_title(f"{study.labels[name]}: {grades[name]}")
    name = rate_name(study)
    share_labels(panels, x=f"True {name} of the twin (left edge: zero)", y="Estimate")
    return panels[0]


def robustness(table: pd.DataFrame, study: Study) -> Picture:
    """Show how strong a hidden driver must be to take each mROI to break-even.

    Parameters
    ----------
    table : DataFrame
        Result of :func:`mmm.trust.robustness_table`.
    study : Study
        The study.
    """
    low = table.loc[table["robustness"].idxmin()]
    goal = "to break-even" if study.break_even is not None else "to no effect at all"
    prone = [study.labels[name] for name in overturned_by_season(table)]
    tail = f" One as strong as the season would do for {listing(prone)}." if prone else ""
    return Picture(
        axes=_draw_robustness(table, study),
        name="trust_robustness",
        title=f"A hidden driver of {percent(low['robustness'], digits=1)} would bring "
        f"{study.labels[low['channel']]} {goal}"
        + ("; the others need more" if len(table) > 1 else ""),
        caption="How much of what is left unexplained of both spend and sales a hidden driver "
        f"must explain to bring the next unit of spend {goal} (Cinelli and Hazlett 2020).{tail}",
        alt="Bars of the robustness value: "
        + ", ".join(
            f"{study.labels[r.channel]} {percent(r.robustness)}" for r in table.itertuples()
        )
        + ".",
    )


def _draw_robustness(table: pd.DataFrame, study: Study) -> Axes:
    colors = channel_colors(study.channel_names)
    ordered = table.sort_values("robustness", ascending=False).reset_index(drop=True)
    _, ax = plt.subplots(figsize=(8, 1.1 + 0.42 * len(ordered)))
    names = [study.labels[c] for c in ordered["channel"]]
    ax.barh(
        names, ordered["robustness"], color=[colors[c] for c in ordered["channel"]], height=0.6
    )
    for position, row in ordered.iterrows():
        text = f" {marginal_name(study)} {in_returns(row['mroi'], study)}"
        ax.text(row["robustness"], position, text, va="center", size=9)
    ax.invert_yaxis()
    ax.xaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    ax.set_xlim(0, max(0.1, float(ordered["robustness"].max()) * 1.25))
    ax.set_xlabel("Share of the unexplained spend and sales that it must explain")
    return ax


def specifications(curve: pd.DataFrame, record: pd.DataFrame, study: Study) -> Picture:
    """Show the ROI of each channel over all specifications beside its interval of record.

    Parameters
    ----------
    curve : DataFrame
        Result of :func:`mmm.trust.specification_curve`.
    record : DataFrame
        Returns of the model of record: channel, roi_low, roi, roi_high.
    study : Study
        The study.
    """
    groups = curve.groupby("channel", sort=False)["change"]
    spread = pd.DataFrame({end: groups.quantile(end) for end in (0.1, 0.9)})
    width = spread[0.9] / spread[0.1]
    least, most = str(width.idxmin()), str(width.idxmax())
    count = len(curve) // curve["channel"].nunique()
    return Picture(
        axes=_draw_specifications(curve, record, study),
        name="trust_specifications",
        title=f"Other choices move {study.labels[most]} by a factor of {ratio(width[most])}, "
        f"{study.labels[least]} by {ratio(width[least])}",
        caption=f"{rate_title(study)} under {count} specifications: carryover, saturation, "
        f"flexible or regular baseline, additive or multiplicative. Each dot moves the figure of "
        f"record by the change of the posterior mode; the factor spans the middle {percent(0.8)}. "
        f"Bars: {percent(study.interval)} intervals of record.",
        alt="Clouds of dots per channel beside the interval of record; tenth to ninetieth "
        "percentile of the change: "
        + ", ".join(
            f"{study.labels[str(n)]} {ratio(s[0.1])} to {ratio(s[0.9])}"
            for n, s in spread.iterrows()
        )
        + ".",
    )


def _draw_specifications(curve: pd.DataFrame, record: pd.DataFrame, study: Study) -> Axes:
    colors = channel_colors(study.channel_names)
    _, ax = plt.subplots(figsize=(8, 1.2 + 0.55 * len(colors)))
    for position, (name, row) in enumerate(record.set_index("channel").iterrows()):
        values = np.sort(curve.loc[curve["channel"] == name, "roi"].to_numpy())
        spread = position - 0.12 + 0.24 * (np.arange(len(values)) % 7) / 6
        ax.plot(values, spread, "o", color=colors[str(name)], ms=3, alpha=0.55, mew=0)
        ends = [row["roi_low"], row["roi_high"]]
        ax.plot(ends, [position + 0.3] * 2, color=INK, lw=2, solid_capstyle="butt")
        ax.plot(row["roi"], position + 0.3, "o", color=INK, ms=5)
    ax.plot([], [], "o", color=MUTED, ms=4, label="One specification")
    ax.plot([], [], "o-", color=INK, ms=5, label="Model of record")
    if study.break_even is not None:
        ax.axvline(study.break_even, color=INK, lw=0.9, ls=(0, (4, 3)))
    ax.set_yticks(range(len(colors)), list(study.labels.values()))
    ax.set_ylim(len(colors) - 0.4, -0.6)
    ax.set_xlim(left=0)
    ax.set_xlabel(rate_title(study))
    ax.legend(ncols=2, loc="lower left", bbox_to_anchor=(0, 1.0))
    return ax


def experiments(table: pd.DataFrame, study: Study) -> Picture:
    """Show by how much each design would narrow the interval of a channel.

    Parameters
    ----------
    table : DataFrame
        Result of :func:`mmm.trust.compare_designs`.
    study : Study
        The study.
    """
    best = table.loc[table["narrower"].idxmax()]
    return Picture(
        axes=_draw_experiments(table, study),
        name="trust_experiments",
        title=_best_design(best, study),
        caption=f"Shrinkage of the interval of the log {rate_name(study)} against the same number "
        "of weeks as usual: the next quarter is simulated from posterior draws with each design, "
        "and fitted.",
        alt="Bars of the shrinkage: "
        + ", ".join(
            f"{study.labels[r.channel]}, {r.design} {percent(r.narrower)}"
            for r in table.itertuples()
        )
        + ".",
    )


def _best_design(best: pd.Series, study: Study) -> str:
    """Say what the best design does in simulation, or that none helps."""
    label = study.labels[best["channel"]]
    if best["narrower"] < HELPS:
        return "Simulated, no design that was tried would narrow an interval by much"
    return (
        f"{label}: {best['design']}; simulated, its interval shrinks by "
        f"{percent(best['narrower'])}"
    )


def _draw_experiments(table: pd.DataFrame, study: Study) -> Axes:
    colors, designs = channel_colors(study.channel_names), list(dict.fromkeys(table["design"]))
    names = list(dict.fromkeys(table["channel"]))
    _, ax = plt.subplots(figsize=(8, 1.2 + 0.3 * len(table)))
    ticks, places = [], []
    for c, name in enumerate(names):
        own = table[table["channel"] == name].set_index("design")
        for d, design in enumerate(designs):
            place = c * (len(designs) + 0.8) + d
            ax.barh(place, own.loc[design, "narrower"], color=colors[name], height=0.7)
            ticks.append(f"{study.labels[name]}: {design}")
            places.append(place)
    ax.axvline(0, color=INK, lw=0.8)
    ax.set_yticks(places, ticks)
    ax.invert_yaxis()
    ax.xaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    ax.set_xlabel(f"Narrower interval of the {rate_name(study)}")
    return ax
