"""What a panel can trip over, each as a PASS, REVIEW or FAIL with a remedy."""

from __future__ import annotations

import numpy as np
import pandas as pd

from mmm.findings import Finding
from mmm.formatting import percent, ratio, short, span
from mmm.panel.cleaning import Panel, series_table, used_channels
from mmm.panel.pooled import CLASSIC_FEATURES, PooledFit
from mmm.panel.schema import CURRENCY, DATE, DISCOUNT, MEDIATORS, PRICE, SERIES
from mmm.study.panel import PanelSpec

#: Largest relative gap to the normal equations that counts as equal.
EQUAL = 1e-6


def audit_panel(panel: Panel, spec: PanelSpec) -> list[Finding]:
    """Check a clean panel for the traps of its kind."""
    series = series_table(panel.frame)
    return [
        _currencies(panel),
        _double_counting(series),
        _empty_spend(panel),
        _dates(panel, series, spec),
        _discounts(panel),
        _revenue(panel),
        _dropped_spend(panel, spec),
    ]


def _currencies(panel: Panel) -> Finding:
    typical = panel.frame.groupby(CURRENCY, observed=True)["revenue"].median().sort_values()
    if len(typical) == 1:
        return Finding("currencies", "PASS", f"All money is in {typical.index[0]}.")
    low, high = typical.index[0], typical.index[-1]
    return Finding(
        "currencies",
        "REVIEW",
        f"{len(typical)} currencies; the median day runs from {short(max(typical[low], 0))} {low} "
        f"to {short(max(typical[high], 0))} {high}, so an unconverted sum is {high}.",
        "Work per series, per currency, or on shares of each series' own revenue.",
    )


def _double_counting(series: pd.DataFrame) -> Finding:
    rolled = series[series["roll_up"]]
    if rolled.empty:
        return Finding("roll-ups", "PASS", "No brand has both a roll-up and country series.")
    return Finding(
        "roll-ups",
        "REVIEW",
        f'{len(rolled)} "All Territories" series ({rolled["days"].sum():,} rows, '
        f"{percent(rolled['days'].sum() / series['days'].sum())}) hold the same orders as the "
        f"country series of their brand.",
        "Pool without them, else every such order counts twice.",
    )


def _empty_spend(panel: Panel) -> Finding:
    used = used_channels(panel)
    pairs, unused = used.size, int((~used).to_numpy().sum())
    text = f"{unused} of {pairs} pairs of series and channel have no spend at all."
    broken = panel.frame[[*panel.spend_columns, "total_spend", "blended_roi"]].isna().to_numpy()
    if broken.any():
        return Finding("empty spend", "FAIL", f"{broken.sum()} sums are not numbers.", "Clean.")
    return Finding(
        "empty spend", "PASS", f"{text} Empty spend is 0; those channels are left out there."
    )


def _dates(panel: Panel, series: pd.DataFrame, spec: PanelSpec) -> Finding:
    days, cutoff = panel.frame[DATE], pd.Timestamp(spec.cutoff)
    lengths = (series["last"] - series["first"]).dt.days + 1
    gaps = int((lengths != series["days"]).sum())
    later = int((series["last"] > cutoff).sum())
    text = (
        f"Read as {panel.date_format}: {span(days.min(), days.max())}, "
        f"{series['days'].min()} to {series['days'].max()} days a series; {later} of "
        f"{len(series)} series go beyond the cut-off {cutoff:%Y-%m-%d}."
    )
    if gaps:
        return Finding(
            "dates", "REVIEW", f"{text} {gaps} series have gaps.", "Add the missing days."
        )
    return Finding("dates", "PASS", f"{text} No gaps.")


def _discounts(panel: Panel) -> Finding:
    sums = panel.frame.groupby(SERIES, observed=True)[[PRICE, DISCOUNT]].sum()
    share = float((sums[DISCOUNT] / sums[PRICE]).median())
    return Finding(
        "discounts",
        "PASS",
        f"{percent(share)} of the price in the median series; known only after the purchase, so "
        f"subtracted from the price and never a control.",
    )


def _revenue(panel: Panel) -> Finding:
    negative = int((panel.frame["revenue"] < 0).sum())
    if negative:
        return Finding(
            "revenue",
            "REVIEW",
            f"Negative on {negative:,} of {len(panel.frame):,} days.",
            "Discounts exceed prices there: check how the shop books them.",
        )
    return Finding("revenue", "PASS", "No missing or negative day.")


def _dropped_spend(panel: Panel, spec: PanelSpec) -> Finding:
    share = panel.dropped_share.fillna(0.0)
    text = (
        f"{', '.join(spec.drop)} hold {percent(float(share.median()), digits=1)} of the spend of "
        f"the median series and {percent(float(share.max()), digits=1)} of the highest."
    )
    if share.max() > 0.05:
        name = str(share.idxmax())
        return Finding(
            "dropped channels",
            "REVIEW",
            text,
            f"Where they matter (series {name[:6]}) their effect ends up in the baseline.",
        )
    return Finding("dropped channels", "PASS", text)


def audit_pooled(panel: Panel, literal: PooledFit, gap: float) -> list[Finding]:
    """Say what is wrong with the classic regression, and that it was done to the letter."""
    return [
        _pooled_currencies(panel),
        _pooled_roll_ups(series_table(panel.frame)),
        Finding(
            "mediators",
            "REVIEW",
            f"{len(MEDIATORS)} of the {len(CLASSIC_FEATURES)} inputs (organic, direct and branded "
            f"search clicks) are visits that advertising causes.",
            "Leave them out: they take the credit of the channels that caused them.",
        ),
        Finding(
            "calendar",
            "REVIEW",
            "Year, month and day of the week enter as numbers: December counts twelve times "
            "January, Sunday six times Tuesday.",
            "Use one level per month and per day.",
        ),
        _pooled_naive(literal),
        _pooled_gap(gap),
    ]


def _pooled_currencies(panel: Panel) -> Finding:
    frame = panel.frame
    off = (frame["revenue"] - frame["revenue"].mean()) ** 2
    share = (off.groupby(frame[CURRENCY], observed=True).sum() / off.sum()).sort_values()
    if len(share) == 1:
        return Finding("pooled currencies", "PASS", f"One currency, {share.index[0]}.")
    rows = float((frame[CURRENCY] == share.index[-1]).mean())
    return Finding(
        "pooled currencies",
        "FAIL",
        f"{len(share)} currencies are added unconverted: rows in {share.index[-1]} are "
        f"{percent(rows)} of the data and {percent(float(share.iloc[-1]))} of what R² is about.",
        "Scale each series by its own mean, or fit per currency.",
    )


def _pooled_roll_ups(series: pd.DataFrame) -> Finding:
    double = _double_counting(series)
    if double.status == "PASS":
        return Finding("pooled roll-ups", "PASS", double.finding)
    return Finding("pooled roll-ups", "FAIL", double.finding, double.remedy)


def _pooled_naive(literal: PooledFit) -> Finding:
    scores = literal.scores.set_index("model")["test_r2"]
    own = literal.scores.loc[literal.scores["kind"] == "model", "model"].iloc[0]
    text = f"Test R² {ratio(scores[own])}"
    if not literal.beaten_by:
        return Finding("naive baselines", "PASS", f"{text}, better than both naive forecasts.")
    better = " and ".join(f"the {name} ({ratio(scores[name])})" for name in literal.beaten_by)
    return Finding(
        "naive baselines",
        "FAIL",
        f"{text}; without any model, {better} predict better.",
        "Do not read its coefficients as effects.",
    )


def _pooled_gap(gap: float) -> Finding:
    if np.isnan(gap):
        text = "Inputs are collinear: the normal equations have no single solution."
        return Finding("normal equations", "REVIEW", text, "Drop a repeated input.")
    text = f"Solved independently, the coefficients differ by {gap:.0e} at most (relative)."
    if gap > EQUAL:
        return Finding("normal equations", "FAIL", text, "The fit is numerically unstable.")
    return Finding("normal equations", "PASS", text)
