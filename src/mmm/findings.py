"""The one shape of every check's result: PASS, REVIEW or FAIL, with a finding and a remedy."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Literal, get_args

import pandas as pd

from mmm.errors import require_choice

Status = Literal["PASS", "REVIEW", "FAIL"]
#: From the best to the worst.
STATUSES: tuple[Status, ...] = get_args(Status)
#: How far a channel's returns can be trusted, from the best to the worst.
Grade = Literal["A", "B", "C", "D"]


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found and what to do about it."""

    check: str
    status: Status
    finding: str
    remedy: str = ""

    def __post_init__(self) -> None:
        require_choice(self.status, STATUSES, f"status of {self.check!r}")


def worst_of(statuses: Iterable[Status]) -> Status:
    """Return the worst of some statuses; PASS where there are none.

    Examples
    --------
    >>> worst_of(["PASS", "FAIL", "REVIEW"]), worst_of([])
    ('FAIL', 'PASS')
    """
    return max(statuses, key=STATUSES.index, default="PASS")


def graded(check: str, *, good: bool, bad: bool = False, finding: str, remedy: str) -> Finding:
    """Return PASS where all is good, FAIL where it is bad, else REVIEW."""
    if good:
        return Finding(check, "PASS", finding)
    return Finding(check, "FAIL" if bad else "REVIEW", finding, remedy)


def findings_table(findings: Iterable[Finding]) -> pd.DataFrame:
    """Return findings as a table with columns check, status, finding, remedy.

    Parameters
    ----------
    findings : iterable of Finding
        The results of any number of checks.
    """
    rows = [(f.check, f.status, f.finding, f.remedy) for f in findings]
    return pd.DataFrame(rows, columns=["check", "status", "finding", "remedy"])


@dataclass(frozen=True, slots=True)
class ChannelFinding:
    """What one check found about one channel."""

    channel: str  #: The channel; empty where the model as a whole is meant.
    finding: Finding  #: Check, status, finding and remedy.
    cap: str = ""  #: Why no grade can be better than C; empty where one can.
    roi_cap: str = ""  #: Why the grade of the ROI cannot, though that of the mROI can.
    mroi_cap: str = ""  #: Why the grade of the mROI cannot, though that of the ROI can.


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
