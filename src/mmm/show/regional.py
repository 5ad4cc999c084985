"""Notebook 05: what spend returned in each region, how sure that is, and how much is shared."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from mmm.data.weekly import WeeklyData
from mmm.decide.regional import NATION, regional_returns, spread_is_usual
from mmm.formatting import listing, percent, ratio
from mmm.model.additive import AdditiveModel
from mmm.show.measures import ends_of_returns, in_returns, rate_title
from mmm.show.picture import Picture
from mmm.show.regions import MOST_DRAWN, largest
from mmm.show.style import (
    TRUTH_COLOR,
    channel_colors,
    share_labels,
    small_multiples,
)
from mmm.show.words import bullets, window_of
from mmm.show.workbook import Workbook
from mmm.study.study import Study

#: A shrinkage from which a region's estimate is mostly the national one.
MOSTLY = 0.5


def knows_regions(model: AdditiveModel, weekly: WeeklyData) -> bool:
    """Tell whether a model has regions; the ridge sees the national weeks alone."""
    splits = [response.regions for response in model.responses]
    return weekly.regions is not None and all(split is not None for split in splits)


def returns(book: Workbook) -> None:
    """Show what spend returned nationally and by region, and the shrinkage (notebook 05).

    Parameters
    ----------
    book : Workbook
        An open study; nothing is shown unless its weeks have regions.
    """
    weekly, study = book.weekly, book.study
    if weekly.regions is None:
        return
    if not knows_regions(book.model, weekly):
        book.say(
            "This model sees the national weeks alone. ROI by region and a budget by region need "
            "the default, Bayesian model."
        )
        return
    table = regional_returns(
        book.model, weekly, window_weeks=study.window_weeks, interval=study.interval
    )
    if book.truth is not None:
        truth = regional_returns(
            book.truth, weekly, window_weeks=study.window_weeks, interval=study.interval
        )
        table["true_roi"] = truth["roi"]
    book.store.write_table("tables/regional_returns.csv", table)
    book.say(
        "## By region\n\nRegions share their curves; each may respond more or less. Few weeks say "
        "little about one region, so its estimate is *shrunk*: the less its own data say, the "
        "nearer it is drawn to the national one."
    )
    book.show(returns_by_region(table, weekly, study))
    shown, left = returns_in_rows(table, study)
    caption = f"{_rate(study)} by region, {book.window}"
    book.show_table(shown, caption=caption + (f"; {left}" if left else ""))
    book.say(returns_in_words(table, study))
    alike = spread_is_usual(book.model, study)
    if alike.status != "PASS":
        book.say(f"**{alike.status}: {alike.check}.** Not here: {alike.finding}. {alike.remedy}")


def _rate(study: Study) -> str:
    return "ROI" if study.data.value_is_known else rate_title(study)


def returns_by_region(table: pd.DataFrame, weekly: WeeklyData, study: Study) -> Picture:
    """Draw the return of each channel in each region, with intervals, beside the national one.

    Parameters
    ----------
    table : DataFrame
        Result of :func:`mmm.decide.regional.regional_returns`.
    weekly : WeeklyData
        The data with their regions.
    study : Study
        Its labels and interval.
    """
    regions = weekly.regions
    assert regions is not None
    drawn = [regions.names[r] for r in largest(regions)]
    own = table[table["region"] != NATION]
    by_channel = list(own.groupby("channel", sort=False))
    apart = [str(name) for name, rows in by_channel if _differs(rows)]
    title = "No region is known to respond differently from the others"
    if apart:
        labels = listing([study.labels[name] for name in apart])
        title = f"Regions respond differently to {labels}, beyond the intervals"
    left = len(regions) - len(drawn)
    return Picture(
        axes=_draw_returns(table, drawn, study),
        name="regional_returns",
        title=title,
        caption=f"Median and {percent(study.interval)} interval per region, "
        f"{window_of(weekly, study)}. Line and band: all regions. Filled dots rest mostly on the "
        f"region's own data, open ones mostly on the other regions."
        + (" Upright ticks: the simulated truth." if "true_roi" in table else "")
        + (f" The {len(drawn)} largest of {len(regions)} regions." if left else ""),
        alt=f"Dots with intervals per region for {len(study.labels)} channels. "
        + " ".join(
            _extremes(str(n), rows, study) for n, rows in own.groupby("channel", sort=False)
        ),
    )


def _differs(rows: pd.DataFrame) -> bool:
    """Tell whether some factor's interval lies above one and another's below."""
    return bool((rows["factor_low"] > 1).any() and (rows["factor_high"] < 1).any())


def _extremes(channel: str, rows: pd.DataFrame, study: Study) -> str:
    """Name the regions with the highest and the lowest return of a channel."""
    known = rows.dropna(subset=["roi"])
    if known.empty:
        return f"{study.labels[channel]}: not bought."
    ends = [known.loc[known["roi"].idxmin()], known.loc[known["roi"].idxmax()]]
    least, most = (in_returns(row["roi"], study) for row in ends)
    if least == most:
        return f"{study.labels[channel]}: {least} in every region."
    low, high = (row["region"] for row in ends)
    return f"{study.labels[channel]}: from {least} in {low} to {most} in {high}."


def _draw_returns(table: pd.DataFrame, drawn: list[str], study: Study) -> Axes:
    """Draw one panel a channel, one row a region."""
    colors = channel_colors(list(study.labels))
    panels = small_multiples(len(study.labels), height=0.9 + 0.17 * len(drawn))
    for place, (ax, name) in enumerate(zip(panels, study.labels, strict=True)):
        rows = table[table["channel"] == name].set_index("region")
        nation, color = rows.loc[NATION], colors[name]
        if np.isfinite(nation["roi"]):
            ax.axvspan(nation["roi_low"], nation["roi_high"], color=color, alpha=0.13, lw=0)
            ax.axvline(nation["roi"], color=color, lw=1)
        for y, region in enumerate(drawn):
            if region in rows.index:
                _draw_return(ax, y, rows.loc[region], color)
        ax.set_title(study.labels[name], fontsize=9.5)
        ax.set_yticks(range(len(drawn)), drawn if place % 3 == 0 else [""] * len(drawn))
        ax.tick_params(axis="y", labelsize=7.5)
        ax.set_ylim(len(drawn) - 0.4, -0.6)
        ax.set_xlim(left=0)
        ax.xaxis.set_major_locator(plt.MaxNLocator(4))
        ax.grid(visible=False, axis="y")
    share_labels(panels, x=rate_title(study) if not study.data.value_is_known else "ROI")
    return panels[0]


def _draw_return(ax: Axes, y: int, row: pd.Series, color: str) -> None:
    face = color if row["shrinkage"] < MOSTLY else "white"
    ax.plot([row["roi_low"], row["roi_high"]], [y, y], color=color, lw=2, alpha=0.45)
    ax.plot(row["roi"], y, "o", mec=color, mfc=face, ms=5)
    if "true_roi" in row:
        ax.plot(row["true_roi"], y, "|", color=TRUTH_COLOR, ms=9, mew=1.6)


def returns_in_rows(table: pd.DataFrame, study: Study) -> tuple[pd.DataFrame, str]:
    """Return a row per region and a column per channel, and which regions are left out.

    Parameters
    ----------
    table : DataFrame
        Result of :func:`mmm.decide.regional.regional_returns`.
    study : Study
        Its labels.
    """
    spend = table[table["region"] != NATION].groupby("region", sort=False)["spend"].sum()
    kept = spend.nlargest(MOST_DRAWN).index
    names = [NATION, *(name for name in spend.index if name in kept)]
    columns: dict[str, list[str]] = {
        "Region": [name.capitalize() if name == NATION else name for name in names]
    }
    for channel, label in study.labels.items():
        rows = table[table["channel"] == channel].set_index("region").reindex(names)
        ends = zip(rows["roi_low"], rows["roi"], rows["roi_high"], strict=True)
        columns[label] = [_return(low, middle, high, study) for low, middle, high in ends]
    left = len(spend) - len(kept)
    said = f"the {len(kept)} regions with most spend of {len(spend)}" if left else ""
    return pd.DataFrame(columns), said


def _return(low: float, middle: float, high: float, study: Study) -> str:
    if not np.isfinite(middle):
        return "not bought"
    ends = ends_of_returns(low, high, study)
    return f"{in_returns(middle, study)} ({ends})" if ends else in_returns(middle, study)


def returns_in_words(table: pd.DataFrame, study: Study) -> str:
    """Say how wide the regional returns are, and how much of them is shared.

    Parameters
    ----------
    table : DataFrame
        Result of :func:`mmm.decide.regional.regional_returns`.
    study : Study
        Its labels.
    """
    lines = []
    for name, rows in table.groupby("channel", sort=False):
        label, own = study.labels[str(name)], rows[rows["region"] != NATION]
        if own["roi"].notna().any():
            lines.append(f"**{label}**: {_spread_in_words(rows, study)}")
        if (rows["bought"] == "nationally").all():
            lines.append(
                f"**{label}** has the same spend per head in every region, as if bought "
                f"nationally: regions add nothing to what the national weeks say of its return."
            )
    return bullets([*lines, *_covered(table)])


def _covered(table: pd.DataFrame) -> list[str]:
    """Say how many intervals hold the simulated truth; nothing where it is not known."""
    if "true_roi" not in table:
        return []
    own = table[table["region"] != NATION].dropna(subset=["roi_low", "true_roi"])
    held = int(own["true_roi"].between(own["roi_low"], own["roi_high"]).sum())
    return [f"The simulated truth lies within {held} of {len(own)} regional intervals."]


def _spread_in_words(rows: pd.DataFrame, study: Study) -> str:
    nation, own = rows.iloc[0], rows.iloc[1:].dropna(subset=["roi"])
    text = _extremes(str(nation["channel"]), own, study).partition(": ")[2].rstrip(".")
    wide = _width(own).median() / float(_width(rows.iloc[:1]).iloc[0])
    if not np.isfinite(wide):
        return f"{text}."
    pulled = percent(float(own["shrinkage"].median()))
    apart = own[(own["factor_low"] > 1) | (own["factor_high"] < 1)]
    known = "No region is known to differ from the average of all"
    if len(apart):
        few = [f"{r.region} ({ratio(r.factor)} times)" for r in apart.iloc[:4].itertuples()]
        more = [f"{len(apart) - 4} more"] if len(apart) > 4 else []
        known = f"Different from the average of all, beyond the interval: {listing([*few, *more])}"
    return (
        f"{text}. In the median region the interval is {ratio(wide)} times as wide as the "
        f"national one, and the estimate is drawn {pulled} of the way to it. {known}."
    )


def _width(rows: pd.DataFrame) -> pd.Series:
    """Return the width of intervals as a ratio of their ends, in logs."""
    return np.log(rows["roi_high"].where(rows["roi_low"] > 0) / rows["roi_low"])
