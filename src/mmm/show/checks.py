"""What the first screen says of checks that did not pass: what is wrong, where, and what to do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from mmm.findings import Finding
from mmm.formatting import listing, plural

#: Most checks are named by what would be good; this is what it means that one did not pass.
TROUBLE = {
    "dates": "the dates are not plausible",
    "empty spend": "some spend is empty and counts as zero",
    "controls": "a control is an outcome",
    "repeated spend": "two channels have the same spend",
    "KPI varies": "the outcome stands still for a quarter",
    "holdout against naive forecasts": "a naive forecast is better on unseen weeks",
    "unseen weeks lie in their intervals": "intervals of unseen weeks are too narrow",
    "explained variation": "the fit explains too little",
    "pattern in the residuals": "what is left unexplained has a pattern",
    "sign of the baseline": "the baseline turns negative",
    "media share": "media takes most of the outcome",
    "channels without an effect": "channels without an effect",
    "chains agree": "the sampler's chains disagree",
    "enough effective draws": "too few effective draws",
    "no divergences": "draws of the sampler diverged",
    "the gain is likely": "the plan may lose money",
    "channels move on their own": "channels move together",
    "spend of later weeks explains nothing": "spend of later weeks explains sales",
    "spend varies on its own": "spend follows the baseline",
    "local spend does not follow local demand": "local spend follows local demand",
    "regions and weeks agree": "regions and weeks disagree",
    "verdict survives a hidden driver": "a hidden driver could turn the verdict",
    "spend was low enough to see what it adds": "the channel is never off, so its ROI is assumed",
    "demand capture is tested": "demand capture is not tested",
    "other specifications agree": "other specifications disagree",
    "other priors agree": "other priors disagree",
    "stable as weeks come in": "the estimate moved as weeks came in",
    "no single week carries a return": "a single week carries a return",
    "the data narrow the prior": "the data hardly narrow the prior",
    "a copy without effect is not credited": "a copy without effect is credited",
    "ROI is plausible": "the ROI is not plausible",
    "the plan stays where data are": "the plan goes beyond the data",
}
#: Channels of one check that are told apart; the rest are counted.
MOST = 3


def open_lines(findings: Iterable[Finding], labels: Iterable[str] = ()) -> list[str]:
    """Return one line per trouble, FAIL before REVIEW, with the channels that have it.

    Examples
    --------
    >>> open_lines([Finding("TV: ROI is plausible", "REVIEW", "20; plausible is 0 to 9")], ["TV"])
    ['**REVIEW: the ROI is not plausible**: TV (20; plausible is 0 to 9).']
    """
    names = list(labels)
    groups: dict[str, list[tuple[str, Finding]]] = {}
    for finding in sorted(findings, key=lambda f: f.status):
        if finding.status != "PASS":
            label, check = _channel_of(finding.check, names)
            trouble = f"{finding.status}: {TROUBLE.get(check, check)}"
            groups.setdefault(trouble, []).append((label, finding))
    return [_line(trouble, found) for trouble, found in groups.items()]


def failures_in_words(failed: Iterable[Finding]) -> str:
    """Return in half a sentence what failed checks mean."""
    said = [TROUBLE.get(f.check, f"'{f.check}' does not hold") for f in failed]
    return listing(list(dict.fromkeys(said)))


def failures(findings: Iterable[Finding], labels: Iterable[str] = ()) -> list[tuple[str, str]]:
    """Return the trouble of each failed check and the channel that has it, empty for the model."""
    names = list(labels)
    found = [_channel_of(f.check, names) for f in findings if f.status == "FAIL"]
    return [(TROUBLE.get(check, check), label) for label, check in found]


def stop_line(failed: Iterable[Sequence[str]]) -> str:
    """Say before any advice that checks failed; empty where none did.

    Examples
    --------
    >>> stop_line([("the ROI is not plausible", "X1")])[:54]
    'Stop: 1 check failed (the ROI is not plausible: X1). E'
    """
    groups: dict[str, list[str]] = {}
    failed = list(failed)
    if not failed:
        return ""
    for trouble, channel in failed:
        groups.setdefault(trouble, []).extend([channel] if channel else [])
    said = [f"{trouble}: {listing(_few(c))}" if c else trouble for trouble, c in groups.items()]
    one = len(failed) == 1
    return (
        f"Stop: {plural(len(failed), 'check')} failed ({'; '.join(_few(said))}). "
        f"Explain {'it' if one else 'them'} before you act on these figures."
    )


def insights(summary: Mapping[str, Any], trust: Mapping[str, Any]) -> str:
    """Return the plain text of the findings, the stop line first where the report has one.

    Parameters
    ----------
    summary : mapping
        What notebook 07 leaves: keys insights, and failed with the checks of data and model.
    trust : mapping
        Result of :func:`mmm.show.grades.summary`.
    """
    stop = stop_line([*trust["failed"], *summary["failed"]])
    graded = [
        line.replace("**", "") for line in trust.get("distrust", []) if line.startswith("**Grade")
    ]
    return "\n\n".join(filter(None, [stop, summary["insights"], *graded])) + "\n"


def _few(items: list[str]) -> list[str]:
    """Tell the first items apart and count the rest."""
    if len(items) <= MOST + 1:
        return items
    return [*items[:MOST], plural(len(items) - MOST, "other")]


def _channel_of(check: str, labels: list[str]) -> tuple[str, str]:
    """Tell the channel from the name of a check; no channel where the model is meant."""
    label = next((label for label in labels if check.startswith(f"{label}: ")), "")
    return label, check.removeprefix(f"{label}: ")


def _line(trouble: str, found: list[tuple[str, Finding]]) -> str:
    texts = [(label, finding.finding.rstrip(".")) for label, finding in found]
    said = [f"{label} ({text})" if label else text for label, text in texts]
    remedies = dict.fromkeys(finding.remedy for _, finding in found if finding.remedy)
    return " ".join([f"**{trouble}**: {listing(_few(said))}.", *remedies])
