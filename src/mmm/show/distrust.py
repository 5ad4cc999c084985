"""What to distrust, on the first screen: checks, what was not given, what is open."""

from __future__ import annotations

import numpy as np
import pandas as pd

from mmm.decide.plan import Plan
from mmm.decide.returns import SURE, roi
from mmm.findings import Finding
from mmm.formatting import listing, percent, ratio
from mmm.show.checks import open_lines
from mmm.show.measures import unit_name
from mmm.show.words import kpi_name
from mmm.study.study import Study

#: A usual margin, to show what revenue hides where nobody gave one.
USUAL_MARGIN = 0.30


def distrust(
    returns: pd.DataFrame,
    plan: Plan,
    findings: list[Finding],
    study: Study,
    *,
    simulated: bool,
) -> list[str]:
    """Return the lines, most important first.

    Parameters
    ----------
    returns : DataFrame
        Result of :func:`mmm.decide.returns.channel_returns`.
    plan : Plan
        The current plan.
    findings : list of Finding
        All checks.
    study : Study
        Says what was given and what is open.
    simulated : bool
        Whether the truth is known.

    Returns
    -------
    list of str
        Markdown: FAIL, units without a value, a margin that nobody set, questions, REVIEW, and
        what every model leaves open.
    """
    checks = open_lines(findings)
    failed = [line for line in checks if line.startswith("**FAIL")]
    lines = [*failed, *units_line(study), *margin_line(plan, study)]
    for question in study.questions:
        column = f"'{question.column}': " if question.column else ""
        lines.append(f"**Question**: {column}{question.text} {question.remedy}")
    lines += checks[len(failed) :]
    if np.isnan(returns["roi_low"]).all():
        lines.append(
            "These are point estimates: the ridge says how much, not how sure. Differences "
            "between channels of similar ROI are not established."
        )
    lines.append(
        "The model sees correlation. If spend follows demand that no column measures, returns "
        "are overstated."
    )
    if simulated:
        lines.append("The data are simulated: the truth stands beside the estimates below.")
    return lines


def units_line(study: Study) -> list[str]:
    """Say that units are counted and not money; nothing where their value is known."""
    if study.data.value_is_known:
        return []
    unit = unit_name(study)
    return [
        f"**Units**: {kpi_name(study)} are counted, not money: nobody said what one {unit} is "
        f"worth. The same budget is split for more {kpi_name(study)}; whether a {unit} is worth "
        f"its cost is not judged."
    ]


def margin_line(plan: Plan, study: Study) -> list[str]:
    """Say that revenue is judged, not profit, and what a margin would change; else nothing."""
    if study.margin is not None or not study.data.value_is_known:
        return []
    needed, draws = 1 / USUAL_MARGIN, roi(plan)
    bought = [c for c, spend in enumerate(plan.total_spend) if spend > 0]
    sure = [c for c in bought if float(np.mean(draws[:, c] > needed)) >= SURE]
    names = [study.labels[plan.channels[c]] for c in sure]
    reach = "would be sure to reach it" if len(draws) > 1 else "would reach it at its best guess"
    return [
        f"**Margin**: Revenue is judged, not profit: no margin was given. At "
        f"{percent(USUAL_MARGIN)} a channel needs an ROI of {ratio(needed)}, and "
        f"{_how_many(names, len(bought))} {reach}."
    ]


def _how_many(names: list[str], of: int) -> str:
    """Count the channels that are named, of how many."""
    if not names:
        return f"none of {of} channels" if of > 1 else "no channel"
    if len(names) == of:
        return f"all {of} channels" if of > 1 else names[0]
    return f"{len(names)} of {of} channels ({listing(names)})"
