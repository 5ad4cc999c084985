"""What a lift test answers for: the ROI where it is precise, and never the next unit of money."""

import numpy as np
import pytest
from test_trust_checks import recovery_of

from mmm.decide.plan import current_plan
from mmm.findings import ChannelFinding, Finding
from mmm.study.priors import LiftTest
from mmm.trust import confounding_findings, grade_table, robustness_table
from mmm.trust.lift_tests import anchored
from mmm.trust.twins import effect_in_test

CHECK = "demand capture is tested"


def search_test(weekly, effect, error):
    """Return a test of search over its first six weeks."""
    days = {"start": weekly.weeks[0].date(), "end": weekly.weeks[5].date()}
    return LiftTest(channel="search", incremental_kpi=effect, standard_error=error, **days)


@pytest.fixture
def demand(fitted):
    """Return a function from a test of a channel that harvests demand to its findings."""
    study, weekly, model = fitted
    plan = current_plan(model, weekly, window_weeks=study.window_weeks)
    robust = robustness_table(model, weekly, plan, margin=1.0)
    search = study.channels["search"].model_copy(update={"demand_capture": True})
    marked = study.model_copy(update={"channels": {**study.channels, "search": search}})

    def findings(*tests):
        tested = marked.model_copy(update={"lift_tests": tests})
        return confounding_findings(model, weekly, tested, robust)

    return findings


def effect_of(fitted):
    _, weekly, model = fitted
    return float(np.median(effect_in_test(model, weekly, search_test(weekly, 0.0, 1.0))))


def test_a_precise_test_lifts_the_cap_of_the_roi_alone(fitted, demand):
    effect = effect_of(fitted)
    (capped,) = [f for f in demand() if f.cap]
    assert (capped.channel, capped.finding.status) == ("search", "REVIEW")
    found = demand(search_test(fitted[1], effect, 0.2 * effect))
    assert not [f for f in found if f.cap]
    (kept,) = [f for f in found if f.mroi_cap]
    assert (kept.channel, kept.finding.check, kept.finding.status) == ("search", CHECK, "PASS")
    assert "not that of the next unit" in kept.finding.finding


def test_a_vague_test_lifts_nothing(fitted, demand):
    effect = 10 * effect_of(fitted)
    (capped,) = [f for f in demand(search_test(fitted[1], effect, 0.5 * effect)) if f.cap]
    assert capped.finding.status == "REVIEW"
    assert "standard error" in capped.finding.finding


def test_a_test_that_finds_nothing_can_be_precise(fitted):
    study, weekly, model = fitted
    effect = effect_of(fitted)

    def anchors(error):
        tests = (search_test(weekly, 0.0, error),)
        return anchored(model, weekly, study.model_copy(update={"lift_tests": tests}))

    assert anchors(0.05 * effect) == {"search"}
    assert anchors(2 * effect) == anchored(model, weekly, study) == set()


def test_a_cap_of_the_mroi_spares_the_roi():
    recovery = recovery_of({"tv": ("A", "A"), "search": ("B", "B")})
    found = [ChannelFinding("tv", Finding("x", "PASS", ""), mroi_cap="demand capture")]
    grades = grade_table(recovery, ["tv", "search"], found)
    assert list(grades["grade_roi"]) == ["A", "B"]
    assert list(grades["grade_mroi"]) == ["C", "B"]
    assert list(grades["mroi_caps"]) == ["demand capture", ""]
