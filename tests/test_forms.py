"""A form is one entry of the registry and one formula: fitted, valued, stored and read back."""

import json

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from studies import make_study

from mmm.decide.returns import current_plan, roi_series
from mmm.decide.whatif import export
from mmm.errors import ArtefactError, ReportError, StudyError
from mmm.model import transforms
from mmm.model.additive import AdditiveModel
from mmm.model.bayes.posterior import Posterior
from mmm.model.bayes.problem import Problem
from mmm.model.ridge import fit_ridge
from mmm.model.search import search_curves
from mmm.report.sliders import WHATIF, drawn_saturations, read_sliders
from mmm.store import Store, to_json
from mmm.study.distributions import LogNormal
from mmm.study.forms import ADSTOCKS, HALF_SATURATION, SATURATIONS, Form, Parameter, SearchRange
from mmm.study.priors import Priors
from mmm.trust.specifications import all_specifications

BEND = Parameter(
    "bend",
    "above 0",
    lambda value: value > 0,
    search=SearchRange("log", 1.0, 0.2, 0.5, 2.0),
    prior=LogNormal(median=1.0, sd=0.3),
)


def michaelis(adstocked, half, bend):
    level = np.asarray(adstocked, dtype=float)
    half, bend = np.asarray(half)[..., np.newaxis], np.asarray(bend)[..., np.newaxis]
    return level / (half * bend + level)


def michaelis_with_slope(level, half, bend):
    half, bend = np.asarray(half)[..., np.newaxis], np.asarray(bend)[..., np.newaxis]
    return level / (half * bend + level), half * bend / (half * bend + level) ** 2


@pytest.fixture
def toy(monkeypatch):
    """Register a form in the two places that a fit without the sampler needs."""
    form = Form("michaelis", (HALF_SATURATION, BEND))
    monkeypatch.setitem(SATURATIONS, form.name, form)
    curve = transforms.Curve(michaelis, michaelis_with_slope)
    monkeypatch.setitem(transforms.CURVES, form.name, curve)
    return form.name


def with_form(study, name):
    channels = {n: c.model_copy(update={"saturation": name}) for n, c in study.channels.items()}
    return study.model_copy(update={"channels": channels})


@pytest.fixture
def toy_model(toy, weekly, study):
    formed = with_form(study, toy)
    curves = search_curves(weekly, formed, rng=np.random.default_rng(1), starts=1)
    return fit_ridge(weekly, formed, curves)


def test_a_new_form_is_searched_fitted_and_valued(toy_model, weekly, study):
    for response, scale in zip(toy_model.responses, weekly.media.mean(), strict=True):
        assert 0.1 <= response.parameters["half_saturation"][0] / scale <= 10
        assert 0.5 <= response.parameters["bend"][0] <= 2
    roi = roi_series(current_plan(toy_model, weekly, window_weeks=52))
    assert np.isfinite(roi[study.channel_names]).all()
    assert roi["tv"] > 0


def test_a_model_of_a_new_form_is_stored_and_read(toy_model):
    content = json.loads(to_json(toy_model.to_json()))
    again = AdditiveModel.from_json(content)
    assert again.to_json() == toy_model.to_json()
    assert_array_equal(again.responses[0].parameters["bend"], [content_bend(content)])
    content["responses"][0]["parameters"]["bend"] = [-1.0]
    with pytest.raises(ArtefactError, match=r"parameters.bend: \[-1.0\] is not above 0"):
        AdditiveModel.from_json(content)


def content_bend(content):
    return content["responses"][0]["parameters"]["bend"][0]


def test_a_study_may_ask_for_a_new_form(toy):
    channel = {"label": "TV", "spend": "tv_spend"}
    assert make_study(channels={"tv": channel | {"saturation": toy}}).channels["tv"]
    with pytest.raises(StudyError, match=r"'none' or 'michaelis' \(got 'tanh'\)"):
        make_study(channels={"tv": channel | {"saturation": "tanh"}})


def test_the_sampler_refuses_a_form_that_it_does_not_know(toy, weekly, study):
    formed = with_form(study, toy)
    task = Problem.of(weekly, formed, formed.priors).task
    with pytest.raises(StudyError, match=r"sampler does not know the form 'michaelis'.*ridge"):
        Posterior(task)
    assert toy not in {choice.saturation for choice in all_specifications(weekly)}


def test_the_sliders_refuse_a_form_that_they_do_not_know(toy, toy_model, weekly, study, tmp_path):
    plan = current_plan(toy_model, weekly, window_weeks=52)
    Store(tmp_path).write_json(WHATIF, export(plan, weekly, offers=[], revenue=1.0))
    with pytest.raises(ReportError, match=rf"do not know the saturation '{toy}'.*whatif_model.js"):
        read_sliders(Store(tmp_path), study)


def test_a_new_parameter_has_the_prior_of_the_registry():
    assert Priors().of(BEND) == BEND.prior
    own = Priors(half_saturation=LogNormal(median=2.0, sd=0.1))
    assert own.of(HALF_SATURATION) == LogNormal(median=2.0, sd=0.1)


def test_every_form_has_a_formula():
    assert list(transforms.WEIGHTS) == list(ADSTOCKS)
    assert list(transforms.CURVES) == list(SATURATIONS)


def test_every_saturation_is_drawn_by_the_sliders():
    assert drawn_saturations() == set(SATURATIONS)


@pytest.mark.parametrize("form", [*ADSTOCKS.values(), *SATURATIONS.values()])
def test_the_usual_values_are_valid(form):
    for parameter in form.parameters:
        search = parameter.search
        assert search.low < search.center < search.high
        assert all(map(parameter.is_valid, (search.low, search.center, search.high)))


@pytest.mark.parametrize("name", SATURATIONS)
def test_slopes_are_the_change_of_the_curve(name):
    values = [1.3 * parameter.search.center for parameter in SATURATIONS[name].parameters]
    level, step = np.array([0.3, 1.0, 4.0]), 1e-6
    _, slope = transforms.saturation_with_slope(name, level, *values)
    up, down = (transforms.saturate(name, level + sign * step, *values) for sign in (1, -1))
    assert_allclose(slope, (up - down) / (2 * step), rtol=1e-6)
