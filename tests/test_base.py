"""The fitted model: additive, kept draw by draw, stored to the last digit."""

import json

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from studies import drawn_model, make_study

from mmm.errors import ArtefactError
from mmm.model.additive import AdditiveModel, media_history
from mmm.model.files import features_of, read_features
from mmm.model.ols import fit_ols
from mmm.store import to_json
from mmm.study.study import Study


def test_the_model_comes_back_from_json_to_the_last_digit(model, weekly):
    copy = AdditiveModel.from_json(json.loads(to_json(model.to_json())))
    assert copy.to_json() == model.to_json()
    assert_array_equal(copy.predict(weekly), model.predict(weekly))


def test_a_model_without_synergy_carryover_or_curve_comes_back_too(weekly, study):
    linear = fit_ols(weekly, study).model()
    copy = AdditiveModel.from_json(json.loads(to_json(linear.to_json())))
    assert copy.gamma.shape == (1, 0)
    assert_array_equal(copy.predict(weekly), linear.predict(weekly))


def test_events_holidays_and_hostile_controls_come_back_too(weekly, study, rng):
    hostile = 'say "x"\n<b>'
    renamed = type(weekly)(
        **{**vars(weekly), "controls": weekly.controls.rename(columns={"strike": hostile})}
    )
    event = {"name": "fair", "start": weekly.weeks[9].date(), "end": weekly.weeks[11].date()}
    other = make_study(
        study.channel_names,
        events=[event],
        baseline={"holidays": "US"},
        controls={"columns": [hostile]},
    )
    model = drawn_model(renamed, other, rng)
    assert {"event: fair", "holidays", f"control: {hostile}"} <= set(model.design.kept)
    copy = AdditiveModel.from_json(json.loads(to_json(model.to_json())))
    assert_array_equal(copy.predict(renamed), model.predict(renamed))


def test_a_model_of_another_version_is_refused(model):
    with pytest.raises(
        ArtefactError, match=r"schema 99, this version reads 2.*Run the pipeline again"
    ):
        AdditiveModel.from_json(model.to_json() | {"schema": 99})


def test_draws_do_not_mix(model, weekly):
    media = weekly.media.to_numpy(float)
    every = model.media_effect(media)
    assert every.channels.shape == (5, len(weekly), 3)
    assert every.synergy.shape == (5, len(weekly), 1)
    content = model.to_json()
    for r in content["responses"]:
        r["parameters"] = {name: draws[3:4] for name, draws in r["parameters"].items()}
        r["beta"] = r["beta"][3:4]
    for key in ("gamma", "baseline", "noise"):
        content[key] = content[key][3:4]
    alone = AdditiveModel.from_json(content)
    assert alone.n_draws == 1
    assert_allclose(alone.predict(weekly)[0], model.predict(weekly)[3])


def test_the_joint_effect_is_the_product_of_both_curves(model, weekly):
    media = weekly.media.to_numpy(float)
    curves = model.curves(media)
    expected = model.gamma[:, 0, np.newaxis] * curves[:, :, 0] * curves[:, :, 1]
    assert_allclose(model.media_effect(media).synergy[:, :, 0], expected)


def test_no_media_at_all_has_no_effect_once_the_history_has_faded(model, weekly):
    silent = np.zeros_like(weekly.media.to_numpy(float))
    total = model.media_effect(silent).total
    longest = max(r.max_lag for r in model.responses)
    assert_allclose(total[:, longest:], 0.0, atol=1e-9)


@pytest.mark.parametrize("kind", ["average", "drop"])
def test_the_history_repeats_the_first_quarter_unless_advertising_starts_with_the_data(
    weekly, kind
):
    history = media_history(weekly, pre_history=kind, max_lag=4)
    assert_allclose(history, np.tile(weekly.media.to_numpy(float)[:13].mean(axis=0), (4, 1)))
    assert not media_history(weekly, pre_history="zero", max_lag=4).any()


def test_a_study_cannot_hold_unknown_fields():
    with pytest.raises(ValueError, match="Extra inputs"):
        Study.model_validate({**make_study().model_dump(by_alias=True), "name": "x", "nope": 1})


def test_rows_of_different_lengths_are_refused(model):
    content = model.to_json()
    content["baseline"][0].pop()
    with pytest.raises(ArtefactError, match="baseline: its rows are not equally long"):
        AdditiveModel.from_json(content)


def test_what_describes_a_model_comes_back_from_json(model, weekly, simulation, study):
    content = json.loads(to_json(features_of(model, weekly, simulation.frame, study)))
    features = read_features(content)
    assert features.file.content() == content
    assert features.weekly.weeks.equals(weekly.weeks)
    assert_array_equal(features.weekly.media, weekly.media)
