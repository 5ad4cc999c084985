"""The data-generating process: repeatable, with the truth it claims."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from studies import make_study, simulated_study

from mmm.data.clean import clean
from mmm.data.weekly import weekly_data
from mmm.decide.returns import current_plan, roi_series
from mmm.model.additive import AdditiveModel
from mmm.model.simulate import simulate, truth_json
from mmm.store import to_json


def test_the_same_seed_gives_the_same_bytes(study, simulation):
    again = simulate(study)
    assert again.frame.to_csv(index=False) == simulation.frame.to_csv(index=False)
    assert to_json(truth_json(again)) == to_json(truth_json(simulation))


def test_another_seed_gives_other_data(study, simulation):
    other = simulate(study.model_copy(update={"seed": study.seed + 1}))
    assert not np.allclose(other.frame["sales"], simulation.frame["sales"])


def test_the_outcome_is_the_truth_plus_the_noise_to_the_cent(simulation, weekly):
    expected = simulation.truth.predict(weekly)[0]
    assert_allclose(weekly.kpi, expected + simulation.noise, rtol=0, atol=0.005 + 1e-6)


def test_the_true_roi_is_the_one_asked_for():
    study = simulated_study(roi=(2.0, 0.0, 0.8), synergy=0.0)
    simulation = simulate(study)
    weekly = weekly_data(simulation.frame, study)
    model, media = simulation.truth, weekly.media.to_numpy(float)
    inside = model.media_effect(media).channels[0].sum(axis=0) / weekly.spend.sum()
    assert_allclose(inside, [2.0, 0.0, 0.8])  # in the weeks of the data
    with_tail = roi_series(current_plan(model, weekly))
    assert with_tail["video"] == 0
    assert 2.0 < with_tail["tv"] < 2.1  # the spend of the last weeks works after them


def test_spend_has_the_mean_and_the_dark_weeks_asked_for(study, weekly):
    assert_allclose(weekly.spend.mean(), 40_000, rtol=1e-6)
    raw = study.simulate.model_dump(by_alias=True, exclude_none=True)
    for channel in raw["channels"].values():
        channel["dark_share"] = 0.4
    raw["weeks"] = 520
    dark = simulate(
        make_study(study.channel_names, simulate=raw, controls={"columns": ["strike"]})
    ).frame
    share = (dark[[f"{name}_spend" for name in study.channel_names]] == 0).mean()
    assert share.between(0.25, 0.55).all()


def test_the_synergy_is_a_share_of_the_smaller_main_effect(simulation, weekly):
    effect = simulation.truth.media_effect(weekly.media.to_numpy(float))
    main = effect.channels[0].sum(axis=0)
    assert_allclose(effect.synergy.sum(), 0.2 * min(main[0], main[1]))


def test_a_shock_moves_the_baseline_by_its_share(simulation, weekly):
    truth = simulation.truth
    without = weekly.controls * 0.0
    change = (
        truth.baseline_effect(weekly.weeks, weekly.controls)
        - truth.baseline_effect(weekly.weeks, without)
    )[0]
    assert_allclose(change[40:44], -0.1 * 600_000)
    assert_allclose(np.delete(change, slice(40, 44)), 0.0, atol=1e-6)


def test_simulated_data_pass_the_checks_of_real_data(study, simulation):
    frame = clean(simulation.frame, study)
    assert len(frame) == 130
    assert frame["week"].iloc[0] == pd.Timestamp("2022-01-03")


def test_the_truth_is_stored_and_read_back(simulation):
    copy = AdditiveModel.from_json(truth_json(simulation))
    assert copy.to_json() == simulation.truth.to_json()


def test_a_study_without_a_process_cannot_be_simulated():
    with pytest.raises(ValueError, match=r"'small' has no \[simulate\] table"):
        simulate(make_study())
