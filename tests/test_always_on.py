"""An ROI that nobody has seen: more than half of it lies below the lowest spend so far."""

from collections import defaultdict
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from mmm.trust.always_on import always_on_findings, shape_unlearned, unseen_share


@pytest.fixture
def steady(fitted, rng):
    """Return a study whose search is bought week after week, and a curve that knows no better."""
    study, weekly, model = fitted
    steady = 1000 * np.exp(0.05 * rng.normal(size=len(weekly)))
    weeks = replace(
        weekly, spend=weekly.spend.assign(search=steady), media=weekly.media.assign(search=steady)
    )
    priors, draws = study.priors, 200
    size = np.ones(draws)
    shape = {
        "retention": 0.1 * size,
        "half_saturation": 1000 * size,
        "slope": priors.slope.median * np.exp(priors.slope.sd * rng.normal(size=draws)),
    }
    place = model.channels.index("search")
    response = replace(
        model.responses[place], parameters=shape, beta=size, history=np.full(40, 1000.0)
    )
    responses = [*model.responses]
    responses[place] = response
    return study, weeks, replace(model, responses=tuple(responses))


SURE_OF_ALL = defaultdict(float)


def caps(model, weekly, study):
    return {
        f.channel: f.roi_cap
        for f in always_on_findings(model, weekly, study, SURE_OF_ALL)
        if f.roi_cap
    }


def test_the_roi_of_a_channel_that_was_never_off_is_capped_and_its_mroi_is_not(steady):
    study, weekly, model = steady
    found = {f.channel: f for f in always_on_findings(model, weekly, study, SURE_OF_ALL)}
    assert found["search"].finding.status == "REVIEW"
    assert not found["search"].cap
    assert found["search"].roi_cap


def test_weeks_without_spend_show_what_a_channel_adds(steady):
    study, weekly, model = steady
    dark = weekly.media["search"].to_numpy(float).copy()
    dark[20:30] = 0.0
    weeks = replace(weekly, media=weekly.media.assign(search=dark))
    assert "search" not in caps(model, weeks, study)
    response = model.responses[model.channels.index("search")]
    assert unseen_share(response, dark, slice(None)) < 0.1
    assert np.isnan(unseen_share(response, 0 * dark, slice(-5, None)))  # no effect, no share


def test_a_shape_that_the_data_have_narrowed_is_no_assumption(steady):
    study, weekly, model = steady
    place = model.channels.index("search")
    response = model.responses[place]
    assert shape_unlearned(response, study.priors) == pytest.approx(1.0, abs=0.15)
    narrow = response.parameters | {"slope": response.parameters["slope"] ** 0.5}
    learned = replace(response, parameters=narrow)
    assert shape_unlearned(learned, study.priors) < 0.6
    responses = tuple(learned if c == place else r for c, r in enumerate(model.responses))
    assert "search" not in caps(replace(model, responses=responses), weekly, study)


def test_a_precise_lift_test_shows_what_a_channel_adds(steady, monkeypatch):
    study, weekly, model = steady
    assert "search" in caps(model, weekly, study)
    monkeypatch.setattr("mmm.trust.always_on.anchored", lambda *_: {"search"})
    assert "search" not in caps(model, weekly, study)


def test_an_interval_too_wide_for_a_size_says_it_all(steady):
    study, weekly, model = steady
    wide = pd.Series(0.2, index=model.channels)
    assert not any(f.roi_cap for f in always_on_findings(model, weekly, study, wide))
