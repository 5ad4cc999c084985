"""The one shape of every check's result: PASS, REVIEW or FAIL, with a finding and a remedy."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

import pandas as pd

Status = Literal["PASS", "REVIEW", "FAIL"]


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found and what to do about it."""

    check: str
    status: Status
    finding: str
    remedy: str = ""


def graded(check: str, *, good: bool, bad: bool, finding: str, remedy: str) -> Finding:
    """Return PASS where all is good, FAIL where it is bad, else REVIEW."""
    if good:
        return Finding(check, "PASS", finding)
    return Finding(check, "FAIL" if bad else "REVIEW", finding, remedy)


def worst(findings: Iterable[Finding]) -> Status:
    """Return the worst status of checks; PASS where there is none.

    Examples
    --------
    >>> worst([Finding("one", "PASS", ""), Finding("two", "REVIEW", "")]), worst([])
    ('REVIEW', 'PASS')
    """
    order: tuple[Status, ...] = ("PASS", "REVIEW", "FAIL")
    return max((f.status for f in findings), key=order.index, default="PASS")


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
