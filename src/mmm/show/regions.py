"""Notebook 02: how regions differ, and where their spend and their outcome vary."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from mmm.data.region_spread import PARTS, variation_parts
from mmm.data.regions import Regions
from mmm.data.weekly import WeeklyData
from mmm.formatting import listing, percent, period, ratio
from mmm.show.picture import Picture
from mmm.show.style import (
    INK,
    MUTED,
    PALETTE,
    share_labels,
    small_multiples,
)
from mmm.show.words import outcome
from mmm.show.workbook import Workbook
from mmm.study.study import Study

#: Regions that are drawn or listed one by one; of more, those with the most heads or spend.
MOST_DRAWN = 12
#: Share of its variation within regions and weeks from which a channel can be told by regions.
TELLING = 0.2
PART_NAMES = ("Between regions", "Over weeks, all regions alike", "A region's own weeks")
PART_COLORS = ("#8b8f98", "#c9ccd1", PALETTE[0])


def exploration(book: Workbook) -> None:
    """Show the regions of a study before any model (notebook 02).

    Parameters
    ----------
    book : Workbook
        An open study; nothing is shown unless its weeks have regions.
    """
    weekly, study = book.weekly, book.study
    if weekly.regions is None or len(weekly.regions) < 2:
        return
    parts = variation_parts(weekly)
    book.say(
        "## Region by region\n\nA region that gets more than the others in some weeks is what a "
        "national series lacks: the same weeks with and without the spend."
    )
    book.show(by_region(weekly, study))
    book.show(variation(parts, weekly, study))
    book.show_table(
        parts.rename(columns=dict(zip(PARTS, PART_NAMES, strict=True))).assign(
            **{
                name: [percent(share) for share in parts[part]]
                for part, name in zip(PARTS, PART_NAMES, strict=True)
            }
        ),
        caption="Variation of outcome and spend per head",
    )
    book.store.write_table("tables/regional_variation.csv", parts)


def by_region(weekly: WeeklyData, study: Study) -> Picture:
    """Draw outcome and spend per head of each region against the national mean.

    Parameters
    ----------
    weekly : WeeklyData
        The data with their regions.
    study : Study
        Its labels.
    """
    regions = weekly.regions
    assert regions is not None
    spend = regions.spend.sum(axis=2) / regions.heads[:, np.newaxis]
    level = spend.mean(axis=1) / max(float(regions.heads @ spend.mean(axis=1)), 1e-300)
    most, least = int(level.argmax()), int(level.argmin())
    names, drawn = regions.names, largest(regions)
    heads = "head" if regions.by_population else "usual outcome"
    left = len(names) - len(drawn)
    return Picture(
        axes=_draw_by_region(weekly, regions, drawn),
        name="regions",
        title=f"Spend per {heads} is highest in {names[most]} ({ratio(level[most])} times the "
        f"national mean), lowest in {names[least]} ({ratio(level[least])})",
        caption=f"{outcome(study).capitalize()} (line) and all spend (area) per {heads}, as "
        f"multiples of their national means; {period(weekly.weeks)}."
        + (f" The {len(drawn)} largest of {len(names)} regions." if left else ""),
        alt=f"Small line charts of {len(drawn)} regions; spend per {heads} over the national "
        f"mean: {', '.join(f'{names[r]} {ratio(level[r])}' for r in drawn)}.",
        raster=len(drawn) * len(weekly) > 2000,
    )


def largest(regions: Regions) -> list[int]:
    """Return the regions that are drawn, in their order."""
    order = np.argsort(-regions.heads, kind="stable")[:MOST_DRAWN]
    return sorted(order.tolist())


def _draw_by_region(weekly: WeeklyData, regions: Regions, drawn: list[int]) -> Axes:
    panels = small_multiples(len(drawn), columns=3, height=1.45)
    heads = regions.heads[:, np.newaxis]
    kpi, spend = regions.kpi / heads, regions.spend.sum(axis=2) / heads
    kpi_unit = float(np.mean(weekly.kpi))
    spend_unit = max(float(weekly.spend.sum(axis=1).mean()), 1e-300)
    top = 1.05 * float(np.nanmax([kpi[drawn] / kpi_unit, spend[drawn] / spend_unit]))
    ticks = weekly.weeks[[len(weekly) // 6, len(weekly) // 2, 5 * len(weekly) // 6]]
    for ax, r in zip(panels, drawn, strict=True):
        ax.fill_between(weekly.weeks, spend[r] / spend_unit, color="#b8bec6", step="mid", lw=0)
        ax.plot(weekly.weeks, kpi[r] / kpi_unit, color=INK, lw=1.1)
        ax.axhline(1, color=MUTED, lw=0.7)
        ax.set_title(regions.names[r], fontsize=9.5)
        ax.set_ylim(0, top)
        ax.set_xticks(ticks, ticks.strftime("%Y-%m"))
    share_labels(panels, y="Times the national mean")
    return panels[0]


def variation(parts: pd.DataFrame, weekly: WeeklyData, study: Study) -> Picture:
    """Draw where outcome and spend vary: between regions, over weeks, or in both at once.

    Parameters
    ----------
    parts : DataFrame
        Result of :func:`mmm.data.region_spread.variation_parts`.
    weekly : WeeklyData
        The data with their regions.
    study : Study
        Its labels.
    """
    own = parts[parts["series"] != "outcome"].set_index("series")["own_weeks"]
    shown = ", ".join(f"{_label(str(n), study)} {percent(v)}" for n, v in own.items())
    return Picture(
        axes=_draw_variation(parts, study),
        name="regional_variation",
        title=_variation_title(own, study),
        caption=f"Shares of the variance of weekly values per head, regions weighted by their "
        f"heads; {len(weekly.regions or ())} regions, {period(weekly.weeks)}. Differences between "
        f"regions and weeks that all share are also those of demand; a region's own weeks are "
        f"what a regional model learns from.",
        alt=f"Stacked bars of the share of variation in regions' own weeks: {shown}.",
    )


def _variation_title(own: pd.Series, study: Study) -> str:
    national = [_label(str(name), study) for name in own[own < TELLING].index]
    if len(national) == len(own):
        return "Spend moves in all regions alike: they add little to the national weeks"
    first = str(own.idxmax())
    title = f"{_label(first, study)} moves most in single regions: {percent(own[first])} of it"
    if national:
        verb = "moves" if len(national) == 1 else "move"
        return f"{title}; {listing(national)} {verb} in all regions alike, or almost"
    return title


def _label(series: str, study: Study) -> str:
    return "Outcome" if series == "outcome" else study.labels[series]


def _draw_variation(parts: pd.DataFrame, study: Study) -> Axes:
    _, ax = plt.subplots(figsize=(8, 1.2 + 0.4 * len(parts)))
    left, rows = np.zeros(len(parts)), np.arange(len(parts))
    for part, name, color in zip(PARTS, PART_NAMES, PART_COLORS, strict=True):
        share = parts[part].fillna(0.0).to_numpy(float)
        ax.barh(rows, share, left=left, color=color, height=0.62, label=name)
        left += share
    ax.set_yticks(rows, [_label(name, study) for name in parts["series"]])
    ax.invert_yaxis()
    ax.set_xlim(0, 1)
    ax.xaxis.set_major_formatter(plt.FuncFormatter(lambda x, _: percent(x)))
    ax.set_xlabel("Share of the variance per head")
    ax.grid(visible=False, axis="y")
    ax.legend(ncols=3, loc="lower left", bbox_to_anchor=(0, 1.0))
    return ax
