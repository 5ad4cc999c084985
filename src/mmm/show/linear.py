"""Notebook 03: coefficients, variance inflation, residuals, and the limits of a straight line."""

from __future__ import annotations

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.axes import Axes

from mmm.data.weekly import WeeklyData
from mmm.findings import Finding
from mmm.formatting import listing, percent, period, ratio
from mmm.model.ols import OLSFit
from mmm.show.picture import Picture
from mmm.show.style import INK, MUTED, PALETTE, STATUS_COLORS, channel_colors, money_axis
from mmm.show.words import bullets, kpi_name
from mmm.study.study import Study
from mmm.trust.diagnostics import HIGH_VIF, SEVERE_VIF


def coefficients(table: pd.DataFrame, study: Study) -> Picture:
    """Draw media coefficients with their confidence intervals.

    Parameters
    ----------
    table : DataFrame
        Columns term, coefficient, low, high; one row a channel.
    study : Study
        Its labels and interval.
    """
    names = [
        study.labels[str(row.term)] + (" (negative)" if row.high < 0 else "")
        for row in table.itertuples()
        if row.low > 0 or row.high < 0
    ]
    who = f"only {listing(names)}" if names else "no channel"
    if len(names) == len(table):
        who = "every channel" if (table["low"] > 0).all() else f"each channel, {listing(names)},"
    return Picture(
        axes=_draw_coefficients(table, study),
        name="ols_coefficients",
        title=f"On a straight line, {who} can be told from zero",
        caption=f"OLS coefficients with {percent(study.interval)} HAC confidence intervals, "
        f"training weeks.",
        alt="Coefficients with intervals: "
        + ", ".join(
            f"{study.labels[r.term]} {ratio(r.coefficient)} ({ratio(r.low)} to {ratio(r.high)})"
            for r in table.itertuples()
        )
        + ".",
    )


def _draw_coefficients(table: pd.DataFrame, study: Study) -> Axes:
    """Draw one interval a row, the lines of no effect and of break-even behind them."""
    _, ax = plt.subplots(figsize=(8, 1.2 + 0.42 * len(table)))
    colors = channel_colors(list(table["term"]))
    for position, row in enumerate(table.itertuples()):
        ax.plot([row.low, row.high], [position] * 2, color=colors[row.term], lw=3, alpha=0.45)
        ax.plot(row.coefficient, position, "o", color=colors[row.term], ms=8)
    ax.axvline(0, color=INK, lw=0.8)
    ax.axvline(1, color=MUTED, lw=0.8, ls=(0, (4, 3)))
    ax.set_yticks(range(len(table)), [study.labels[t] for t in table["term"]])
    ax.invert_yaxis()
    ax.set_xlabel("Outcome per unit of media (dashed: 1)")
    return ax


def coefficient_reading(table: pd.DataFrame, study: Study) -> str:
    """Put the coefficients into business terms.

    Parameters
    ----------
    table : DataFrame
        As for :func:`coefficients`.
    study : Study
        Its labels, units and interval.
    """
    lines = []
    for row in table.itertuples():
        exposure = study.channels[str(row.term)].exposure
        unit = f"unit of {exposure}" if exposure else study.currency
        text = (
            f"One more {unit} of **{study.labels[str(row.term)]}** goes with "
            f"{ratio(row.coefficient)} more {kpi_name(study)} "
            f"({percent(study.interval)}: {ratio(row.low)} to {ratio(row.high)})"
        )
        if row.low <= 0 <= row.high:
            text += ": zero is inside, so this says little"
        elif row.high < 0:
            text += ": negative, which points at a missing driver rather than at harmful ads"
        lines.append(f"{text}.")
    return bullets(lines)


def vif(table: pd.DataFrame, study: Study) -> Picture:
    """Draw the variance inflation factors with the usual limits.

    Parameters
    ----------
    table : DataFrame
        Result of :func:`mmm.trust.diagnostics.vif_table`.
    study : Study
        Its labels.
    """
    worst = table.loc[table["vif"].idxmax()]
    label = study.labels[worst["channel"]]
    severity = "no channel is high" if worst["vif"] <= HIGH_VIF else f"{label} is hard to separate"
    return Picture(
        axes=_draw_vif(table, study),
        name="vif",
        title=f"Collinearity: {severity} (highest VIF {_vif(worst['vif'])})",
        caption="Variance inflation factor of each channel given all other channels and the "
        f"baseline, training weeks; above {HIGH_VIF:g} is high, above {SEVERE_VIF:g} severe.",
        alt="Bars of the variance inflation factor: "
        + ", ".join(f"{study.labels[r.channel]} {_vif(r.vif)}" for r in table.itertuples())
        + ".",
    )


def _vif(factor: float) -> str:
    """Write a variance inflation factor; beyond a thousand a channel is a copy of others."""
    return f"{factor:.1f}" if factor < 1000 else "over 1,000"


def _draw_vif(table: pd.DataFrame, study: Study) -> Axes:
    """Draw one bar a channel, colored by its status."""
    _, ax = plt.subplots(figsize=(8, 1.0 + 0.36 * len(table)))
    shown = table["vif"].clip(upper=50)
    ax.barh(
        [study.labels[c] for c in table["channel"]],
        shown,
        color=[STATUS_COLORS[s] for s in table["status"]],
        height=0.6,
    )
    for limit, name in ((HIGH_VIF, "high"), (SEVERE_VIF, "severe")):
        ax.axvline(limit, color=MUTED, lw=1, ls=(0, (4, 3)))
        ax.text(limit, -0.75, f" {name}", color="#555555", fontsize=8.5, va="center")
    ax.invert_yaxis()
    ax.set_xlim(0, max(1.1 * SEVERE_VIF, float(shown.max()) * 1.08))
    ax.set_xlabel("Variance inflation factor")
    return ax


def vif_reading(table: pd.DataFrame, study: Study) -> str:
    """Say what collinearity costs.

    Parameters
    ----------
    table : DataFrame
        Result of :func:`mmm.trust.diagnostics.vif_table`.
    study : Study
        Its labels.
    """
    worst = table.loc[table["vif"].idxmax()]
    high = table[table["vif"] > HIGH_VIF]
    costs_little = f"{worst['standard_error_factor']:.1f}" == f"{1:.1f}"
    cost = (
        f"For {study.labels[worst['channel']]}, sharing its pattern with other drivers makes the "
        f"standard error {worst['standard_error_factor']:.1f} times what it would be alone."
    )
    if len(high):
        names = listing([study.labels[c] for c in high["channel"]])
        return (
            f"{cost} Above a VIF of {HIGH_VIF:g} ({names}) single coefficients swing with small "
            f"changes in the data; read those channels as a group."
        )
    if costs_little:
        return "No channel shares its pattern with other drivers: collinearity costs nothing here."
    return (
        f"{cost} No channel exceeds {HIGH_VIF:g}, so collinearity is not what limits these "
        f"estimates."
    )


def residuals(fit: OLSFit, findings: list[Finding], weekly: WeeklyData, study: Study) -> Picture:
    """Draw residuals over time and against the fitted values.

    Parameters
    ----------
    fit : OLSFit
        The regression.
    findings : list of Finding
        Result of :func:`mmm.trust.diagnostics.residual_findings`.
    weekly : WeeklyData
        The weeks that it was fitted on.
    study : Study
        Its currency.
    """
    failed = [f.check.split(" (")[0] for f in findings if f.status != "PASS"]
    title = f"Residuals show {listing(failed)}" if failed else "Residuals look like plain noise"
    return Picture(
        axes=_draw_residuals(fit, weekly, study),
        name="ols_residuals",
        title=title,
        caption=f"Residuals of the linear regression over time and against its fit; "
        f"{period(weekly.weeks)}.",
        alt=f"Residuals over time and against fitted values; {len(findings) - len(failed)} of "
        f"{len(findings)} residual tests pass.",
    )


def _draw_residuals(fit: OLSFit, weekly: WeeklyData, study: Study) -> Axes:
    """Draw a line over the weeks, and dots over the fitted outcome beside it."""
    fitted = fit.predict(weekly)
    residuals = weekly.kpi - fitted
    _, (left, right) = plt.subplots(1, 2, sharey=True, figsize=(8, 3), width_ratios=[2, 1])
    left.plot(weekly.weeks, residuals, color=PALETTE[0], lw=1.1)
    right.scatter(fitted, residuals, s=10, color=PALETTE[0], alpha=0.6, lw=0)
    left.xaxis.set_major_locator(plt.MaxNLocator(5))
    left.set_ylabel("Residual")
    right.set_xlabel("Fitted outcome")
    right.xaxis.set_major_formatter(money_axis(study.kpi_currency))
    right.xaxis.set_major_locator(plt.MaxNLocator(4))
    for ax in (left, right):
        ax.axhline(0, color=INK, lw=0.8)
        ax.yaxis.set_major_formatter(money_axis(study.kpi_currency))
    return left


def limits(findings: list[Finding], roi: pd.Series, study: Study) -> str:
    """Say where the linear model fails.

    Parameters
    ----------
    findings : list of Finding
        Result of :func:`mmm.trust.diagnostics.residual_findings`.
    roi : Series
        ROI of each channel on the straight line.
    study : Study
        Its labels.
    """
    shape = ("autocorrelation", "curvature")
    bent = [f for f in findings if f.check.startswith(shape) and f.status != "PASS"]
    opening = (
        "**Here the line is too simple.** In general:"
        if bent
        else "**Here nothing speaks against the line**: its residuals show neither carryover "
        "nor a bend, so these data do not ask for more than a line. Elsewhere it fails, because:"
    )
    lines = [
        "It gives every week's spend its full effect at once: whatever works a week later is "
        "credited to the baseline or to another channel.",
        "It gives the last unit of money the same return as the first, so that its best plan is "
        "always to put everything into one channel.",
    ]
    negative = [study.labels[str(name)] for name in roi[roi < 0].index]
    if negative:
        lines.append(
            f"It gives {listing(negative)} a negative return, which no amount of advertising "
            f"plausibly has."
        )
    lines += [
        f"{f.check[0].upper()}{f.check[1:]}: {f.finding}. {f.remedy}"
        for f in findings
        if f.status != "PASS"
    ]
    return f"{opening}\n\n{bullets(lines)}"
