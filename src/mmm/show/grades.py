"""Notebook 08: sentences, above all on what a grade means for whoever spends the money."""

from __future__ import annotations

import numpy as np
import pandas as pd

from mmm.findings import STATUSES, ChannelFinding, Finding, worst_of
from mmm.formatting import listing, percent, ratio, span
from mmm.show.checks import failures, open_lines
from mmm.show.measures import marginal_name, rate, rate_name
from mmm.show.words import bullets
from mmm.study.study import Study
from mmm.trust.experiments import BestDesign, Tested, best_design
from mmm.trust.grades import RELIABLE, WEAK
from mmm.trust.no_effect import may_do_nothing

#: What every grade takes for granted.
CONDITION = "if the model's form holds and nothing hidden drives its spend"
MEANING = {
    "A": "recoverable from these data",
    "B": "recoverable from these data, roughly",
    "C": "a direction, not a size",
    "D": "these data cannot tell",
}
#: Where it is measured what grades are worth in worlds that break the model.
WHERE_WRONG = "benchmarks/RESULTS.md#do-the-grades-mean-something-where-the-model-is-wrong"
#: A figure that moves by less than this share between two sets of forms stays where it is.
HARDLY = 0.02
#: Twins from which on coverage is reported per channel.
MANY = 60
USE = {
    "A": f"Its interval can carry a decision, {CONDITION}; otherwise it is too sure.",
    "B": f"Its interval, not its single figure, can carry a decision, {CONDITION}.",
    "C": "Move small amounts and watch; do not rest a budget on it.",
    "D": "Its figure is mostly assumption: test before you act.",
}


def sentences(grades: pd.DataFrame, study: Study) -> list[str]:
    """Say in one sentence per channel what its grade means.

    Parameters
    ----------
    grades : DataFrame
        Result of :func:`mmm.trust.grade_table`, with the column probability_of_no_effect.
    study : Study
        The study.
    """
    return [_sentence(row, study) for _, row in grades.iterrows()]


def _sentence(row: pd.Series, study: Study) -> str:
    label, grade = study.labels[row["channel"]], row["grade_roi"]
    if not np.isfinite(row["error"]):
        weeks = f"these {study.window_weeks} weeks" if study.window_weeks else "all weeks"
        return f"{label}: not bought in {weeks}, so there is nothing to grade."
    text = (
        f"{label}: {MEANING[grade]}. In twins, whose truth is known, its {_noun(study)} is "
        f"typically recovered within {percent(row['error_median'])} (80 % bound: "
        f"{percent(row['error'])}), and where the truth moves, its estimate moves "
        f"{ratio(max(row['slope'], 0.0))} times as far."
    )
    caps = (row["caps"] or row["mroi_caps"]).replace("; ", " and ")
    if row["caps"]:
        text += f" No better than {grade}: {caps}."
    elif row["mroi_caps"]:
        text += f" No test measured its next unit: no better than {row['grade_mroi']} ({caps})."
    if may_do_nothing(row["probability_of_no_effect"], study.interval):
        text += (
            f" It may be doing nothing at all (chance {percent(row['probability_of_no_effect'])})."
        )
    if grade in WEAK and row["grade_mroi"] in RELIABLE:
        next_unit = marginal_name(study)
        return f"{text} Its past return is vague; its {next_unit} is graded {row['grade_mroi']}."
    return f"{text} {USE[grade]}"


def by_grade(grades: pd.DataFrame, share: float, study: Study) -> str:
    """List the channels of each grade, and the share of spend that is graded well.

    Parameters
    ----------
    grades : DataFrame
        Result of :func:`mmm.trust.grade_table`.
    share : float
        Share of spend on channels graded A or B.
    study : Study
        The study.
    """
    silent = [study.labels[name] for name in grades.loc[~_bought(grades), "channel"]]
    grades = grades[_bought(grades)]
    lines = [f"**{grade}**: {_named(grades, grade, study)}." for grade in "ABCD"]
    shown = [line for line in lines if not line.endswith(": .")]
    if silent:
        shown.append(f"Not bought in the window, so not graded: {listing(silent)}.")
    differ = grades[grades["grade_roi"] != grades["grade_mroi"]]
    if len(differ):
        names = [f"{study.labels[r.channel]} ({r.grade_mroi})" for r in differ.itertuples()]
        shown.append(f"The next unit of money is graded apart where it differs: {listing(names)}.")
    shown.append(f"{percent(share)} of the spend is on channels graded A or B.")
    return bullets(shown)


def _bought(grades: pd.DataFrame) -> pd.Series:
    """Tell which channels were bought in the window: the others have no error to grade."""
    return grades["error"].notna()


def _named(grades: pd.DataFrame, grade: str, study: Study) -> str:
    own = grades[grades["grade_roi"] == grade]["channel"]
    return listing([study.labels[name] for name in own])


def at_zero(grades: pd.DataFrame, study: Study) -> str:
    """Say what ROI would be estimated for a channel without any effect.

    Parameters
    ----------
    grades : DataFrame
        Result of :func:`mmm.trust.grade_table`.
    study : Study
        The study.
    """
    parts = [
        f"{study.labels[r.channel]} {rate(r.estimate_at_zero, study)} "
        f"(from {rate(r.lower_bound_at_zero, study)})"
        for r in grades.itertuples()
        if np.isfinite(r.estimate_at_zero)
    ]
    return (
        f"A channel that does nothing would still get an estimated {_noun(study)} "
        f"of{_unit(study)}: {listing(parts)}. Returns cannot be negative here, so zero "
        f"never shows as zero: compare an estimate with this before believing it."
    )


def method(twins: int, grades: pd.DataFrame, study: Study, *, is_point: bool) -> str:
    """Say how the grades were made, and what they take for granted.

    Parameters
    ----------
    twins : int
        Number of twins.
    grades : DataFrame
        Result of :func:`mmm.trust.grade_table`.
    study : Study
        The study.
    is_point : bool
        Whether the model of record has no intervals of its own.
    """
    whose = (
        " Twins are fitted by the Bayesian MMM: the grades are of that model." if is_point else ""
    )
    pooled = f"Over all channels, {percent(float(grades['coverage'].mean()))}"
    if twins >= MANY:
        each = [f"{study.labels[r.channel]} {percent(r.coverage)}" for r in grades.itertuples()]
        pooled = f"By channel, {listing(each)}"
    return (
        f"{twins} twins, all channels varied at once, so each twin grades every channel. Errors "
        f"are typical ones (medians); the bound beside them holds with 80 % confidence, as far "
        f"as {twins} twins can say. {pooled} of the twins' truths lie inside the "
        f"{percent(study.interval)} interval. The grade takes the model's form for granted and "
        f"cannot see confounding; only the caps above look for that. How often the intervals of "
        f"each grade held the truth in simulated worlds where the form is wrong: "
        f"`{WHERE_WRONG}`.{whose}"
    )


def checks(findings: list[ChannelFinding], study: Study) -> str:
    """Count the checks and name the channels that need a second look.

    Parameters
    ----------
    findings : list of ChannelFinding
        The checks.
    study : Study
        The study.
    """
    found = [f.finding.status for f in findings]
    counts = {status: found.count(status) for status in STATUSES}
    text = ", ".join(f"{count} {status}" for status, count in counts.items() if count)
    text += " among the checks of this notebook"
    open_ones = [f for f in findings if f.finding.status != "PASS"]
    named = list(dict.fromkeys(study.labels[f.channel] for f in open_ones if f.channel))
    if not open_ones:
        return f"{text}. No sign of a problem that these checks can see."
    who = listing(
        (["the model as a whole"] if any(not f.channel for f in open_ones) else []) + named
    )
    return f"{text}. Look twice at {who}."


def joint(table: pd.DataFrame, study: Study) -> str:
    """Report the joint returns of channels that cannot be told apart.

    Parameters
    ----------
    table : DataFrame
        Result of :func:`mmm.trust.joint_table`.
    study : Study
        The study.
    """
    groups = table[table["note"] == "joint"]
    if groups.empty:
        return "No two channels move so closely together that only their joint return can be told."
    lines = []
    for row in groups.itertuples():
        names = listing([study.labels[part] for part in row.unit.split(" + ")])
        lines.append(
            f"{names} rise and fall together. Together they return {rate(row.roi, study)} "
            f"({rate(row.roi_low, study)} to {rate(row.roi_high, study)}"
            f"{_per(study)}, grade {row.grade}); how much of it "
            f"is whose, these weeks do not say."
        )
    return bullets(lines)


def _noun(study: Study) -> str:
    return "ROI" if study.data.value_is_known else "return"


def _unit(study: Study) -> str:
    return "" if study.data.value_is_known else f" ({rate_name(study)})"


def _per(study: Study) -> str:
    return "" if study.data.value_is_known else f" {rate_name(study)}"


def helps(grades: pd.DataFrame, designs: pd.DataFrame, study: Study) -> list[str]:
    """Say per channel what would help it; nothing where no design was simulated for it.

    Parameters
    ----------
    grades : DataFrame
        Result of :func:`mmm.trust.grade_table`.
    designs : DataFrame
        Result of :func:`mmm.trust.compare_designs`.
    study : Study
        The study.
    """
    return [_help(study.labels[c], best_design(designs, c)) for c in grades["channel"]]


def _help(label: str, best: BestDesign | None) -> str:
    if best is None:
        return ""
    if not best.helps:
        return f"No design that was tried would narrow the interval of {label}."
    halve = " (it would halve it)" if best.halves else ""
    return (
        f"What would help {label}: {best.design}. Simulated, its interval shrinks by "
        f"{percent(best.narrower)}{halve}."
    )


def lift_test(tested: Tested | None, grades: pd.DataFrame, study: Study) -> str:
    """Say what a lift test would do to a grade.

    Parameters
    ----------
    tested : Tested or None
        Result of :func:`mmm.trust.simulate_lift_test`; None where no channel needs
        one.
    grades : DataFrame
        Grades without the test.
    study : Study
        The study.
    """
    if tested is None:
        return "No channel spent anything in the window: there is nothing to test."
    name, test = tested.test.channel, tested.test
    before, after = grades.set_index("channel").loc[name, "grade_roi"], tested.grade["grade_roi"]
    source = "the known truth" if tested.from_truth else "the model's own median"
    graded = f"stay {after}" if after == before else f"go from {before} to {after}"
    return (
        f"Suppose {study.labels[name]} had been tested in past weeks, those in which it ran most "
        f"({span(test.start, test.end)}), with a standard error of "
        f"{percent(test.standard_error / max(abs(test.incremental_kpi), 1e-9))}, and the test "
        f"had found {source}. The interval of its {_noun(study)} would go from "
        f"{_band(tested.before, study)} to {_band(tested.after, study)}, and its grade would "
        f"{graded}. This test is simulated; a real one runs in weeks to come and goes into the "
        f"study file as `[[lift_tests]]`."
    )


def _band(band: tuple[float, float, float], study: Study) -> str:
    low, _, high = band
    return f"[{rate(low, study)}, {rate(high, study)}]" if np.isfinite(low) else "unknown"


def summary(grades: pd.DataFrame, findings: list[Finding], study: Study) -> dict[str, object]:
    """Return what other pages repeat: grades, their sentences, and what did not pass.

    Parameters
    ----------
    grades : DataFrame
        Grades with the columns sentence and helps.
    findings : list of Finding
        The checks of this notebook.
    study : Study
        The study.

    Returns
    -------
    dict
        Keys status (the worst of the checks), distrust (one line per trouble, FAIL before
        REVIEW, then the channels of grade D), failed (trouble and channel of each FAIL), and
        grades (channel, label, grade_roi, grade_mroi,
        sentence, helps).
    """
    lines = open_lines(findings, study.labels.values())
    weak = grades[(grades["grade_roi"] == "D") & _bought(grades)]["channel"]
    if len(weak):
        names = listing([study.labels[name] for name in weak])
        verb = "earns" if len(weak) == 1 else "earn"
        lines.append(f"**Grade D**: these data cannot tell what {names} {verb}.")
    columns = ["channel", "grade_roi", "grade_mroi", "sentence", "helps"]
    rows = grades[columns].to_dict("records")
    return {
        "status": worst_of(f.status for f in findings),
        "distrust": lines,
        "failed": failures(findings, study.labels.values()),
        "grades": [{**row, "label": study.labels[row["channel"]]} for row in rows],
    }


def no_effect(table: pd.DataFrame, study: Study) -> str:
    """Say which channels may be doing nothing at all.

    Parameters
    ----------
    table : DataFrame
        Result of :func:`mmm.trust.no_effect_table`.
    study : Study
        The study.
    """
    believed = percent(study.trust.nothing)
    if table["chance"].isna().all():
        return "One best guess per channel has no chance of being nothing: fit with intervals."
    parts = [
        f"{study.labels[r.channel]} ({percent(r.chance)})"
        for r in table.itertuples()
        if may_do_nothing(r.chance, study.interval)
    ]
    start = f"For anyone who expects {believed} of all channels to do nothing, these data"
    if not parts:
        return f"{start} leave no channel of which that is a serious possibility."
    return (
        f"{start} leave that possibility open for {listing(parts)}. With it, the interval of the "
        f"return begins at zero."
    )


def own_forms(table: pd.DataFrame, study: Study) -> str:
    """Say how far the figures of record are from those of the study's own forms alone.

    Parameters
    ----------
    table : DataFrame
        Result of :func:`mmm.trust.beside_own_forms`.
    study : Study
        The study.
    """
    factor = (table["roi_high"] - table["roi_low"]) / (table["own_high"] - table["own_low"])
    move = table["roi"] / table["own"]
    known = move[np.isfinite(move) & (move > 0)]
    if known.empty:
        return "No channel was bought in these weeks."
    most = np.abs(np.log(known)).idxmax()
    if abs(float(known[most]) - 1.0) < HARDLY:
        return (
            f"The data speak for the study's own forms: no figure moves by more than "
            f"{percent(HARDLY)}."
        )
    return (
        f"The intervals to decide with are {ratio(float(factor.median()))} times as wide as those "
        f"of the study's own forms alone (median of the channels). The figure that moves most is "
        f"that of {study.labels[table.loc[most, 'channel']]}: it is {ratio(float(known[most]))} "
        f"times what those forms alone say."
    )
