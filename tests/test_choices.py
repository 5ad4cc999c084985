"""Choices that exist are named in one place each, and others are refused with those that exist."""

import numpy as np
import pytest
from pydantic import TypeAdapter
from studies import make_study

from mmm import decide
from mmm.decide.limits import Limits
from mmm.errors import ArtefactError, StudyError, UsageError, require_choice
from mmm.findings import Finding, worst_of
from mmm.model.additive import media_history
from mmm.serve.loading import GradesFile
from mmm.serve.records import FieldSpec
from mmm.study.forms import SearchRange
from mmm.study.schema import ObjectiveKey
from mmm.trust.experiments import Design
from mmm.trust.specifications import Specification


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Specification(baseline="level"), "baseline = 'level': choose one of flexible"),
        (lambda: Specification(scale="log"), "scale = 'log': choose one of additive"),
        (lambda: Specification(adstock="exp"), "adstock = 'exp': choose one of geometric"),
        (lambda: Specification(saturation="tanh"), "saturation = 'tanh': choose one of hill"),
        (lambda: Design(0, "stop"), "kind of a design = 'stop': choose one of pause, vary, test"),
        (lambda: Finding("fit", "OK", "."), "status of 'fit' = 'OK': choose one of PASS, REVIEW"),
        (lambda: FieldSpec("tv", "money", "USD"), "kind of 'tv' = 'money': choose one of amount"),
        (lambda: SearchRange("ln", 1, 1, 0, 2), "scale of a search = 'ln': choose one of logit"),
        (lambda: require_choice([], ["a"], "x"), r"x = \[\]: choose one of a\."),
        (lambda: require_choice("y" * 999, ["a"], "x"), r"x = 'y{99}\.\.\.y{99}': choose one"),
    ],
)
def test_an_unknown_choice_is_refused_with_those_that_exist(make, message):
    with pytest.raises(UsageError, match=message):
        make()


def test_an_unknown_history_is_refused(weekly):
    with pytest.raises(UsageError, match="pre_history = 'none': choose one of average"):
        media_history(weekly, pre_history="none", max_lag=4)


def test_an_unknown_objective_is_refused(plan):
    limits = Limits(tuple((0.5, 1.5) for _ in plan.channels))
    with pytest.raises(UsageError, match="objective = 'max': choose one of cautious, mean, p10"):
        decide.optimize(plan, limits, rng=np.random.default_rng(1), objective="max")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"pre_history": "none"}, "'average', 'zero' or 'drop'"),
        ({"optimize": {"objective": "max"}}, "'cautious', 'mean' or 'p10'"),
    ],
)
def test_a_study_names_the_choices_too(changes, message):
    with pytest.raises(StudyError, match=message):
        make_study(**changes)


def test_a_grade_that_does_not_exist_is_refused():
    row = {"channel": "tv", "label": "TV", "grade_roi": "E", "grade_mroi": "A", "sentence": "."}
    with pytest.raises(ArtefactError, match=r"grades\[0\].grade_roi: .*'A', 'B', 'C' or 'D'"):
        GradesFile.read({"grades": [row]})


def test_the_worst_status_counts():
    assert worst_of(["REVIEW", "PASS"]) == "REVIEW"
    assert worst_of([]) == "PASS"


def test_the_former_name_of_the_cautious_objective_is_still_a_key():
    assert make_study(optimize={"objective": "mean_sd"}).optimize.objective == "cautious"
    assert TypeAdapter(ObjectiveKey).validate_python("mean_sd") == "cautious"  # in model files
