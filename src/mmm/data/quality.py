"""Describe the quality of clean data: what is there, and what to be careful about."""

from __future__ import annotations

import numpy as np
import pandas as pd

from mmm.data.clean import parameter_count
from mmm.data.outcomes import determined, proportional
from mmm.data.weekly import WeeklyData, weekly_data
from mmm.errors import DataError, StudyError
from mmm.findings import Finding
from mmm.formatting import ends_of, percent, plural, ratio
from mmm.study.study import Study

#: Under this share of all spend an effect drowns in the noise of the others, a judgment.
TINY_SHARE = 0.03
#: Under this share of weeks on air carryover rests on a handful of bursts, a judgment.
RARELY_ACTIVE = 0.15
#: Weeks in a row, a quarter, after which an outcome that does not change is no outcome.
STILL_WEEKS = 13


def audit(frame: pd.DataFrame, study: Study) -> list[Finding]:
    """Describe the quality of a clean table: what is there, what to be careful about.

    Parameters
    ----------
    frame : DataFrame
        The result of :func:`clean`.
    study : Study
        What the columns mean.

    Returns
    -------
    list of Finding
        Regions, dates, KPI, controls, outliers, spend share, spend that repeats, dark weeks,
        training weeks, observations per parameter.
    """
    weekly = weekly_data(frame, study)
    return [
        *_audit_aggregation(frame),
        *_audit_empty_spend(frame),
        *frame.attrs.get("regions", ()),
        _audit_dates(weekly, study),
        _audit_time(weekly),
        _audit_kpi(weekly),
        _audit_controls(weekly),
        _audit_still_kpi(weekly),
        _audit_outliers(weekly),
        _audit_spend(weekly, study),
        _audit_copies(weekly, study),
        _audit_dark_weeks(weekly, study),
        _audit_training(weekly, study),
        _audit_size(frame, study),
    ]


def require_passed(frame: pd.DataFrame, study: Study) -> None:
    """Insist on data whose checks do not FAIL, but for those that the study accepts.

    Raises
    ------
    DataError
        If a check fails.
    StudyError
        If the study accepts a check that does not exist.
    """
    findings = audit(frame, study)
    known = [finding.check for finding in findings]
    for name in study.checks.accept:
        if name not in known:
            raise StudyError(
                f"checks.accept: there is no check {name!r}; known: {', '.join(known)}."
            )
    failed = [f for f in findings if f.status == "FAIL" and f.check not in study.checks.accept]
    if failed:
        names = ", ".join(f'"{finding.check}"' for finding in failed)
        raise DataError(
            f"{study.data.file}: "
            + " ".join(f"the check {f.check!r} fails: {f.finding} {f.remedy}" for f in failed)
            + f" Nothing is fitted before; to fit all the same, set accept = [{names}] under "
            f"[checks] in the study."
        )


def _audit_controls(weekly: WeeklyData) -> Finding:
    """Ask whether a control is an outcome: what it explains, media would not."""
    found = determined(pd.Series(weekly.kpi), weekly.controls)
    if not found:
        return Finding("controls", "PASS", "No control nearly determines the KPI.")
    said = "; ".join(f"{name!r}: {how}" for name, how in found.items())
    return Finding(
        "controls",
        "FAIL",
        f"{said}.",
        f"An outcome is no driver: remove {', '.join(map(repr, found))} from [controls].",
    )


def _audit_copies(weekly: WeeklyData, study: Study) -> Finding:
    """Ask whether two channels have the same spend, so that no data can tell them apart."""
    pairs = proportional(weekly.spend)
    if not pairs:
        return Finding("repeated spend", "PASS", "No channel's spend is that of another.")
    columns = {name: channel.spend for name, channel in study.channels.items()}
    said = ", ".join(f"{columns[a]!r} and {columns[b]!r}" for a, b in pairs)
    return Finding(
        "repeated spend",
        "FAIL",
        f"Equal or proportional in every week: {said}.",
        "Remove one of them, or add them up to one channel.",
    )


def _audit_aggregation(frame: pd.DataFrame) -> list[Finding]:
    said = frame.attrs.get("aggregation")
    return [Finding("aggregation", "PASS", said)] if said else []


def _audit_empty_spend(frame: pd.DataFrame) -> list[Finding]:
    """Name the empty cells of spend that were counted as zero; nothing where there are none."""
    said = frame.attrs.get("empty spend")
    if not said:
        return []
    return [
        Finding(
            "empty spend",
            "REVIEW",
            f"Counted as zero spend: {'; '.join(said)}.",
            "Fill in what was spent; write 0 where nothing was.",
        )
    ]


def _audit_time(weekly: WeeklyData) -> Finding:
    """Ask whether neighbouring weeks resemble each other, as they do in any real series."""
    limit = 2 / np.sqrt(len(weekly))
    series = [pd.Series(weekly.kpi), weekly.spend.sum(axis=1)]
    memory = [float(values.autocorr(lag=1)) for values in series]
    text = f"Week to week r = {ratio(memory[0])} (KPI), {ratio(memory[1])} (spend)"
    if all(abs(value) < limit for value in memory):
        return Finding(
            "order in time",
            "REVIEW",
            f"{text}: no more than by chance.",
            "Check that the dates are real: shuffled rows, or a cross-section with invented "
            "dates, cannot show carryover.",
        )
    return Finding("order in time", "PASS", f"{text}.")


def _audit_dates(weekly: WeeklyData, study: Study) -> Finding:
    last = weekly.weeks[-1]
    span = f"{len(weekly)} weeks from {ends_of(weekly.weeks)}, no gaps or duplicates"
    if len(weekly) > 50 * 52:
        return Finding(
            "dates", "FAIL", f"{span}: over 50 years.", "Check how the dates were made."
        )
    latest = study.data.latest_plausible
    if latest is not None and last.date() > latest:
        return Finding(
            "dates",
            "FAIL",
            f"{span}: after {latest:%Y-%m-%d}, the latest plausible day.",
            "Check how the dates were made, or correct latest_plausible.",
        )
    if len(weekly) < 104:
        return Finding(
            "dates",
            "REVIEW",
            f"{span}: under two years, so season and media are hard to tell apart.",
            "Bring at least two, better three years.",
        )
    return Finding("dates", "PASS", f"{span}.")


def _audit_kpi(weekly: WeeklyData) -> Finding:
    negative = int((weekly.kpi < 0).sum())
    if negative:
        return Finding(
            "KPI",
            "REVIEW",
            f"{negative} of {len(weekly)} weeks are negative.",
            "Check for refunds booked as sales, or noise that exceeds the signal.",
        )
    return Finding("KPI", "PASS", "No missing or negative values.")


def _audit_still_kpi(weekly: WeeklyData) -> Finding:
    """Ask whether the outcome stays at one value for a quarter or more."""
    check = "KPI varies"
    start, length = longest_still(weekly.kpi)
    if length < STILL_WEEKS:
        return Finding(check, "PASS", "No value stands for a quarter.")
    value = float(weekly.kpi[start])
    return Finding(
        check,
        "FAIL",
        f"It is {'zero' if value == 0 else f'always {value:g}'} in {plural(length, 'week')} in a "
        f"row, {ends_of(weekly.weeks[start : start + length])}.",
        "Cut the file to weeks with an outcome, and fill no gap with one value.",
    )


def longest_still(values: np.ndarray) -> tuple[int, int]:
    """Return where the longest run of one value starts, and its length.

    Examples
    --------
    >>> longest_still(np.array([1.0, 2.0, 2.0, 2.0, 3.0, 3.0]))
    (1, 3)
    """
    slack = 1e-9 * float(np.abs(values).max())
    starts = np.concatenate([[0], np.flatnonzero(np.abs(np.diff(values)) > slack) + 1])
    lengths = np.diff(np.append(starts, len(values)))
    longest = int(lengths.argmax())
    return int(starts[longest]), int(lengths[longest])


def _audit_outliers(weekly: WeeklyData) -> Finding:
    detrended = weekly.kpi - pd.Series(weekly.kpi).rolling(13, center=True, min_periods=5).median()
    spread = 1.4826 * np.median(np.abs(detrended - np.median(detrended)))
    extreme = np.flatnonzero(np.abs(detrended) > 4.5 * max(spread, 1e-12))
    if len(extreme):
        weeks = ", ".join(f"{weekly.weeks[i]:%Y-%m-%d}" for i in extreme[:4])
        return Finding(
            "outliers",
            "REVIEW",
            f"{len(extreme)} week(s) far from their neighbours: {weeks}.",
            "Explain them by an [[events]] entry or a control.",
        )
    return Finding("outliers", "PASS", "No week stands far outside its neighbours.")


def _audit_spend(weekly: WeeklyData, study: Study) -> Finding:
    share = weekly.spend.sum().rename(study.labels) / weekly.spend.to_numpy().sum()
    parts = ", ".join(f"{label} {percent(value)}" for label, value in share.items())
    if share.min() < TINY_SHARE:
        return Finding(
            "spend share",
            "REVIEW",
            f"{parts}.",
            f"{share.idxmin()} is under {percent(TINY_SHARE)}: its effect will be hard to see. "
            f"Merge it with a sibling.",
        )
    return Finding("spend share", "PASS", f"{parts}.")


def _audit_dark_weeks(weekly: WeeklyData, study: Study) -> Finding:
    active = (weekly.spend > 0).mean().rename(study.labels)
    if active.min() < RARELY_ACTIVE:
        return Finding(
            "active weeks",
            "REVIEW",
            f"{active.idxmin()} is active in only {percent(active.min())} of the weeks.",
            "Read its figures as indications.",
        )
    return Finding(
        "active weeks",
        "PASS",
        f"Every channel is active in {percent(active.min())} of the weeks or more.",
    )


def _audit_training(weekly: WeeklyData, study: Study) -> Finding:
    train = weekly.spend.head(len(weekly) - study.holdout.weeks)
    still = [
        study.labels[str(name)] for name, spend in train.items() if (spend == spend.iloc[0]).all()
    ]
    if still:
        return Finding(
            "training weeks",
            "REVIEW",
            f"{', '.join(still)} never varies before the {study.holdout.weeks} held-out weeks.",
            "Its curve is an assumption: shorten [holdout] or wait for more weeks.",
        )
    return Finding("training weeks", "PASS", "Every channel varies before the weeks held out.")


def _audit_size(frame: pd.DataFrame, study: Study) -> Finding:
    parameters = parameter_count(frame, study)
    ratio = (len(frame) - study.holdout.weeks) / parameters
    text = f"{ratio:.1f} training weeks per parameter ({parameters} parameters)."
    if ratio < 5:
        return Finding(
            "observations per parameter",
            "REVIEW",
            text,
            "Expect wide uncertainty: bring more weeks or merge channels.",
        )
    return Finding("observations per parameter", "PASS", text)
