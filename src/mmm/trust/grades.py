"""One grade a channel: what its twins say, capped by what twins cannot see."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from mmm.findings import Finding
from mmm.trust.recoverability import worse

#: No channel whose effect may be confounded is graded better than this.
CAPPED = "C"


@dataclass(frozen=True, slots=True)
class ChannelFinding:
    """What one check found about one channel.

    Attributes
    ----------
    channel : str
        The channel; empty where the model as a whole is meant.
    finding : Finding
        Check, status, finding and remedy.
    cap : str
        Why the grade cannot be better than C; empty where it can.
    """

    channel: str
    finding: Finding
    cap: str = ""


def grade_table(
    recovery: pd.DataFrame, channels: Sequence[str], findings: Iterable[ChannelFinding] = ()
) -> pd.DataFrame:
    """Return the grade of every channel.

    Parameters
    ----------
    recovery : DataFrame
        Result of :func:`mmm.trust.recoverability.recovery_table`.
    channels : sequence of str
        The channels, in the order of the study.
    findings : iterable of ChannelFinding
        Checks; those with a cap lower the grade.

    Returns
    -------
    DataFrame
        One row a channel: channel, grade_roi and grade_mroi (A to D, capped), error (upper 80 %
        bound of the median relative error of the ROI), error_median, slope, coverage, zero_reads,
        zero_low, mroi_error, mroi_slope, twins, recovered_roi and recovered_mroi (grades before
        caps), caps (reasons, separated by semicolons).
    """
    caps: dict[str, list[str]] = {name: [] for name in channels}
    for found in findings:
        for name in (found.channel,) if found.channel else channels:
            if found.cap and found.cap not in caps[name]:
                caps[name].append(found.cap)
    table = recovery.set_index(["unit", "metric"])
    rows = []
    for name in channels:
        own, marginal = table.loc[(name, "roi")], table.loc[(name, "mroi")]
        limit = CAPPED if caps[name] else "A"
        rows.append(
            {
                "channel": name,
                "grade_roi": worse(own["grade"], limit),
                "grade_mroi": worse(marginal["grade"], limit),
                **own[["error", "error_median", "slope", "coverage", "zero_reads", "zero_low"]],
                "mroi_error": marginal["error"],
                "mroi_slope": marginal["slope"],
                "twins": own["twins"],
                "recovered_roi": own["grade"],
                "recovered_mroi": marginal["grade"],
                "caps": "; ".join(caps[name]),
            }
        )
    return pd.DataFrame(rows)


def named_findings(findings: Iterable[ChannelFinding], labels: Mapping[str, str]) -> list[Finding]:
    """Return findings whose check says which channel it is about.

    Parameters
    ----------
    findings : iterable of ChannelFinding
        The results of any number of checks.
    labels : mapping of str to str
        Label per channel.
    """
    return [
        replace(f.finding, check=f"{labels[f.channel]}: {f.finding.check}")
        if f.channel
        else f.finding
        for f in findings
    ]


def share_graded(grades: pd.DataFrame, spend: pd.Series) -> float:
    """Return the share of spend on channels whose ROI is graded A or B.

    Parameters
    ----------
    grades : DataFrame
        Result of :func:`grade_table`.
    spend : Series
        Spend per channel.
    """
    good = grades.set_index("channel")["grade_roi"].isin(["A", "B"])
    weights = spend / max(float(spend.sum()), 1e-300)
    return float(np.sum(weights[good.index].to_numpy() * good.to_numpy()))
