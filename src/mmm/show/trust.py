"""Figures of the trust notebook: recovery, hidden drivers, specifications, experiments."""

from __future__ import annotations

from collections.abc import Mapping

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, PercentFormatter

from mmm.formatting import listing, percent, plural, ratio
from mmm.show.style import INK, MUTED, channel_colors, share_labels, small_multiples
from mmm.show.words import FigureWords
from mmm.study.study import Study


def plot_recovery(rows: pd.DataFrame, labels: dict[str, str], grades: Mapping[str, str]) -> Axes:
    """Draw estimates against the truths of the twins, one panel a channel.

    Parameters
    ----------
    rows : DataFrame
        Result of :func:`mmm.trust.recovery.recover`.
    labels : dict of str to str
        Label per channel.
    grades : mapping of str to str
        What the twins alone say, per channel.
    """
    colors = channel_colors(list(labels))
    panels = small_multiples(len(labels), height=2.3)
    roi = rows[rows["metric"] == "roi"]
    for ax, name in zip(panels, labels, strict=True):
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
        ax.set_title(f"{labels[name]}: {grades[name]}")
    share_labels(panels, x="True ROI of the twin (left edge: zero)", y="Estimate")
    return panels[0]


def plot_robustness(table: pd.DataFrame, labels: dict[str, str]) -> Axes:
    """Draw how strong a hidden driver must be to bring each mROI to break-even.

    Parameters
    ----------
    table : DataFrame
        Result of :func:`mmm.trust.confounding.robustness_table`.
    labels : dict of str to str
        Label per channel.
    """
    colors = channel_colors(list(labels))
    ordered = table.sort_values("robustness", ascending=False).reset_index(drop=True)
    _, ax = plt.subplots(figsize=(8, 1.1 + 0.42 * len(ordered)))
    names = [labels[c] for c in ordered["channel"]]
    ax.barh(
        names, ordered["robustness"], color=[colors[c] for c in ordered["channel"]], height=0.6
    )
    for position, row in ordered.iterrows():
        ax.text(row["robustness"], position, f" mROI {ratio(row['mroi'])}", va="center", size=9)
    ax.invert_yaxis()
    ax.xaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    ax.set_xlim(0, max(0.1, float(ordered["robustness"].max()) * 1.25))
    ax.set_xlabel("Share of the unexplained spend and sales that it must explain")
    return ax


def plot_specifications(
    curve: pd.DataFrame, record: pd.DataFrame, labels: dict[str, str], break_even: float
) -> Axes:
    """Draw the ROI of each channel over all specifications beside the posterior interval.

    Parameters
    ----------
    curve : DataFrame
        Result of :func:`mmm.trust.specifications.specification_curve`.
    record : DataFrame
        Returns of the model of record: channel, roi_low, roi, roi_high.
    labels : dict of str to str
        Label per channel.
    break_even : float
        Return at which the money comes back.
    """
    colors = channel_colors(list(labels))
    _, ax = plt.subplots(figsize=(8, 1.2 + 0.55 * len(labels)))
    for position, (name, row) in enumerate(record.set_index("channel").iterrows()):
        values = np.sort(curve.loc[curve["channel"] == name, "roi"].to_numpy())
        spread = position - 0.12 + 0.24 * (np.arange(len(values)) % 7) / 6
        ax.plot(values, spread, "o", color=colors[str(name)], ms=3, alpha=0.55, mew=0)
        ends = [row["roi_low"], row["roi_high"]]
        ax.plot(ends, [position + 0.3] * 2, color=INK, lw=2, solid_capstyle="butt")
        ax.plot(row["roi"], position + 0.3, "o", color=INK, ms=5)
    ax.plot([], [], "o", color=MUTED, ms=4, label="One specification")
    ax.plot([], [], "o-", color=INK, ms=5, label="Model of record")
    ax.axvline(break_even, color=INK, lw=0.9, ls=(0, (4, 3)))
    ax.set_yticks(range(len(labels)), list(labels.values()))
    ax.set_ylim(len(labels) - 0.4, -0.6)
    ax.set_xlim(left=0)
    ax.set_xlabel("ROI")
    ax.legend(ncols=2, loc="lower left", bbox_to_anchor=(0, 1.0))
    return ax


def plot_experiments(table: pd.DataFrame, labels: dict[str, str]) -> Axes:
    """Draw by how much each design would narrow the interval of a channel.

    Parameters
    ----------
    table : DataFrame
        Result of :func:`mmm.trust.experiments.compare_designs`.
    labels : dict of str to str
        Label per channel.
    """
    colors, designs = channel_colors(list(labels)), list(dict.fromkeys(table["design"]))
    names = list(dict.fromkeys(table["channel"]))
    _, ax = plt.subplots(figsize=(8, 1.2 + 0.3 * len(table)))
    ticks, places = [], []
    for c, name in enumerate(names):
        own = table[table["channel"] == name].set_index("design")
        for d, design in enumerate(designs):
            place = c * (len(designs) + 0.8) + d
            ax.barh(place, own.loc[design, "narrower"], color=colors[name], height=0.7)
            ticks.append(f"{labels[name]}: {design}")
            places.append(place)
    ax.axvline(0, color=INK, lw=0.8)
    ax.set_yticks(places, ticks)
    ax.invert_yaxis()
    ax.xaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    ax.set_xlabel("Narrower interval of the ROI")
    return ax


def recovery_figure(rows: pd.DataFrame, recovery: pd.DataFrame, study: Study) -> FigureWords:
    """Words around the recovery of the twins."""
    roi = recovery[(recovery["metric"] == "roi") & recovery["unit"].isin(study.channel_names)]
    good = [study.labels[r.unit] for r in roi.itertuples() if r.grade in "AB"]
    return FigureWords(
        title=f"In twins, known truths come back for {len(good)} of {plural(len(roi), 'channel')}",
        caption=f"ROI in {rows['twin'].nunique()} twins; bars: {percent(study.interval)} "
        f"intervals; dashed: estimate equals truth; open dots at the left edge: truth zero. "
        f"Other checks may still cap a grade.",
        alt="Estimates against truths on log axes; slope and error: "
        + ", ".join(
            f"{study.labels[r.unit]} {ratio(r.slope)} and {percent(r.error_median)}"
            for r in roi.itertuples()
        )
        + ".",
    )


def robustness_figure(table: pd.DataFrame, study: Study) -> FigureWords:
    """Words around the robustness values."""
    low = table.loc[table["robustness"].idxmin()]
    season = table["bias_like_season"] if "bias_like_season" in table else table["needed"] * 0
    prone = [study.labels[c] for c in table["channel"][(season >= table["needed"]).to_numpy(bool)]]
    tail = f" One as strong as the season would do for {listing(prone)}." if prone else ""
    return FigureWords(
        title=f"A hidden driver of {percent(low['robustness'], digits=1)} would bring "
        f"{study.labels[low['channel']]} to break-even; the others need more",
        caption="How much of what is left unexplained of both spend and sales a hidden driver "
        f"must explain to bring the mROI to break-even (Cinelli and Hazlett 2020).{tail}",
        alt="Bars of the robustness value: "
        + ", ".join(
            f"{study.labels[r.channel]} {percent(r.robustness)}" for r in table.itertuples()
        )
        + ".",
    )


def specifications_figure(curve: pd.DataFrame, study: Study) -> FigureWords:
    """Words around the specification curve."""
    groups = curve.groupby("channel", sort=False)["change"]
    spread = pd.DataFrame({end: groups.quantile(end) for end in (0.1, 0.9)})
    width = spread[0.9] / spread[0.1]
    least, most = str(width.idxmin()), str(width.idxmax())
    count = len(curve) // curve["channel"].nunique()
    return FigureWords(
        title=f"Other choices move {study.labels[most]} by a factor of {ratio(width[most])}, "
        f"{study.labels[least]} by {ratio(width[least])}",
        caption=f"ROI under {count} specifications: carryover, saturation, season, trend or local "
        f"level, additive or multiplicative. Each dot moves the ROI of record by the change of "
        f"the posterior mode; the factor spans the middle {percent(0.8)}. Bars: "
        f"{percent(study.interval)} intervals of record.",
        alt="Clouds of dots per channel beside the interval of record; tenth to ninetieth "
        "percentile of the change: "
        + ", ".join(
            f"{study.labels[str(n)]} {ratio(s[0.1])} to {ratio(s[0.9])}"
            for n, s in spread.iterrows()
        )
        + ".",
    )


def experiments_figure(table: pd.DataFrame, study: Study) -> FigureWords:
    """Words around the designs that would help."""
    best = table.loc[table["narrower"].idxmax()]
    return FigureWords(
        title=f"{study.labels[best['channel']]}: {best['design']}, and its interval shrinks by "
        f"{percent(best['narrower'])}",
        caption="Shrinkage of the interval of the log ROI against the same number of weeks as "
        "usual: the next quarter is simulated from posterior draws with each design, and fitted.",
        alt="Bars of the shrinkage: "
        + ", ".join(
            f"{study.labels[r.channel]}, {r.design} {percent(r.narrower)}"
            for r in table.itertuples()
        )
        + ".",
    )
