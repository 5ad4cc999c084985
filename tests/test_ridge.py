"""Ridge on adstocked, saturated media: solved right, unit-free, and close to known truths."""

import json
import tomllib

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.optimize import minimize
from studies import make_study, simulated_study

from mmm.data.clean import clean
from mmm.data.files import read_table
from mmm.data.guess import guess_roles
from mmm.data.study_draft import to_toml
from mmm.data.weekly import weekly_data
from mmm.decide.returns import contributions, current_plan, roi_series
from mmm.model.curves import Curves, coefficient_table, media_features, parameter_table
from mmm.model.ridge import fit_ridge, fit_sparse, solve_ridge
from mmm.model.search import PENALTY, decode, encode, search_curves
from mmm.model.simulate import simulate
from mmm.study.forms import ADSTOCKS, SATURATIONS, parameters_of
from mmm.study.load import parse_study


def true_curves(study, weekly, penalty=1e-4):
    scale = weekly.media.mean()
    parameters = tuple(
        {
            "retention": c.retention,
            "half_saturation": c.half_saturation * scale[name],
            "slope": c.slope,
        }
        for name, c in study.simulate.channels.items()
    )
    return Curves(parameters=parameters, penalty=penalty, cv_rmse=0.0)


def reordered(weekly, names):
    return type(weekly)(
        **{**vars(weekly), "spend": weekly.spend[names], "media": weekly.media[names]}
    )


def scaled(weekly, factor):
    """Return the same weeks in another currency."""
    changed = {"kpi": weekly.kpi * factor}
    changed |= {"spend": weekly.spend * factor, "media": weekly.media * factor}
    return type(weekly)(**{**vars(weekly), **changed})


def test_the_solver_finds_the_minimum_of_its_objective(rng):
    features = rng.normal(size=(60, 4)) * [1.0, 10.0, 0.1, 1.0]
    target = features @ [1.0, 0.2, 5.0, -3.0] + rng.normal(size=60)
    penalty, size = 0.05, np.sqrt((features**2).mean(axis=0))

    def objective(beta):
        error = target - features @ (beta / size)
        return error @ error + 60 * penalty * beta @ beta

    best = minimize(objective, np.ones(4), bounds=[(0, None)] * 4, options={"ftol": 1e-15})
    beta = solve_ridge(features, target, penalty)
    assert_allclose(beta, best.x / size, rtol=1e-4, atol=1e-4)
    assert beta[3] == 0  # its best value is negative


def test_a_feature_without_variation_gets_no_coefficient(rng):
    features = np.column_stack([rng.normal(size=30), np.zeros(30)])
    assert solve_ridge(features, features[:, 0] * 2, 1e-6)[1] == 0


def test_search_coordinates_go_there_and_back():
    forms = [*ADSTOCKS.values(), *SATURATIONS.values()]
    terms = [parameter.search for form in forms for parameter in form.parameters]
    for term in (*terms, PENALTY):
        for value in (term.low, term.center, term.high):
            if term.scale == "logit" or value > 0:
                assert_allclose(decode(term, encode(term, value)), value, rtol=1e-12)


def test_the_features_are_saturated_carried_over_media_then_the_pairs(weekly, study):
    curves = true_curves(study, weekly)
    features = media_features(weekly, study, curves.parameters)
    assert features.shape == (len(weekly), 4)
    assert_allclose(features[:, 3], features[:, 0] * features[:, 1])
    adstocked = media_features(weekly, study, curves.parameters, curve=False)
    half = curves.parameters[2]["half_saturation"]
    slope = curves.parameters[2]["slope"]
    expected = adstocked[:, 2] ** slope / (adstocked[:, 2] ** slope + half**slope)
    assert_allclose(features[:, 2], expected)


def test_at_the_true_curves_the_true_coefficients_come_back():
    study = simulated_study(noise=1e-6)
    simulation = simulate(study)
    weekly = weekly_data(simulation.frame, study)
    model = fit_ridge(weekly, study, true_curves(study, weekly, penalty=1e-12))
    fitted = [float(r.beta[0]) for r in model.responses] + [float(model.gamma[0, 0])]
    truth = [float(r.beta[0]) for r in simulation.truth.responses]
    truth.append(float(simulation.truth.gamma[0, 0]))
    assert_allclose(fitted, truth, rtol=1e-3)
    assert_allclose(model.predict(weekly), simulation.truth.predict(weekly), rtol=1e-5)


def test_residuals_have_no_baseline_left_in_them(weekly, study):
    model = fit_ridge(weekly, study, true_curves(study, weekly))
    matrix = model.design.matrix(weekly.weeks, weekly.controls).to_numpy(float)
    residual = weekly.kpi - model.predict(weekly)[0]
    assert_allclose(matrix.T @ residual, 0.0, atol=1e-6 * np.abs(weekly.kpi).sum())


def test_another_currency_changes_no_roi(weekly, study):
    there = scaled(weekly, 137.5)
    here_model = fit_ridge(weekly, study, true_curves(study, weekly))
    there_model = fit_ridge(there, study, true_curves(study, there))
    here_roi = roi_series(current_plan(here_model, weekly, window_weeks=52))
    there_roi = roi_series(current_plan(there_model, there, window_weeks=52))
    assert_allclose(there_roi, here_roi, rtol=1e-9)


def test_another_currency_changes_no_searched_curve(weekly, study):
    there = scaled(weekly, 0.01)
    here = search_curves(weekly, study, rng=np.random.default_rng(1), starts=1)
    away = search_curves(there, study, rng=np.random.default_rng(1), starts=1)
    assert_allclose(away.cv_rmse, 0.01 * here.cv_rmse, rtol=1e-6)
    for mine, other in zip(here.parameters, away.parameters, strict=True):
        assert_allclose(other["retention"], mine["retention"], rtol=1e-5)
        assert_allclose(other["half_saturation"], 0.01 * mine["half_saturation"], rtol=1e-5)


def test_the_order_of_the_channels_does_not_matter(weekly, study):
    curves = true_curves(study, weekly)
    model = fit_ridge(weekly, study, curves)
    names = study.channel_names[::-1]
    turned = study.model_copy(update={"channels": {n: study.channels[n] for n in names}})
    other_curves = Curves(curves.parameters[::-1], curves.penalty, 0.0)
    other_weekly = reordered(weekly, names)
    other = fit_ridge(other_weekly, turned, other_curves)
    assert other.channels == names
    assert_allclose(other.predict(other_weekly), model.predict(weekly), rtol=1e-9)
    mine = roi_series(current_plan(model, weekly, window_weeks=52))
    theirs = roi_series(current_plan(other, other_weekly, window_weeks=52))
    assert_allclose(theirs[study.channel_names], mine, rtol=1e-9)


def test_the_search_is_repeatable_and_stays_within_its_bounds(weekly, study):
    first = search_curves(weekly, study, rng=np.random.default_rng(4), starts=2)
    second = search_curves(weekly, study, rng=np.random.default_rng(4), starts=2)
    assert first == second
    for values, scale, channel in zip(
        first.parameters, weekly.media.mean(), study.channels.values(), strict=True
    ):
        for parameter in parameters_of(channel.adstock, channel.saturation):
            value = values[parameter.name] / (scale if parameter.in_media_units else 1.0)
            slack = 1 + 1e-9
            assert parameter.search.low / slack <= value <= parameter.search.high * slack


@pytest.mark.parametrize("adstock", ADSTOCKS)
@pytest.mark.parametrize("saturation", SATURATIONS)
def test_every_form_of_curve_can_be_searched_and_fitted(weekly, study, adstock, saturation):
    form = {"adstock": adstock, "saturation": saturation}
    channels = {n: c.model_copy(update=form) for n, c in study.channels.items()}
    formed = study.model_copy(update={"channels": channels})
    curves = search_curves(weekly, formed, rng=np.random.default_rng(1), starts=1)
    model = fit_ridge(weekly, formed, curves)
    fitted = model.predict(weekly)
    assert fitted.shape == (1, len(weekly))
    assert np.corrcoef(fitted[0], weekly.kpi)[0, 1] > 0.8


def test_a_channel_that_starts_in_the_holdout_does_not_stop_the_search(weekly, study):
    media = weekly.media.copy()
    media.loc[media.index[:-10], "video"] = 0.0
    late = type(weekly)(**{**vars(weekly), "media": media, "spend": media})
    train = late.head(len(late) - 13)
    curves = search_curves(train, study, rng=np.random.default_rng(1), starts=1)
    assert np.isfinite(curves.cv_rmse)
    assert float(fit_ridge(train, study, curves).responses[1].beta[0]) == 0


def test_dropped_weeks_of_carry_in_do_not_count(weekly, study):
    dropping = study.model_copy(update={"pre_history": "drop"})
    kpi = weekly.kpi.copy()
    kpi[:8] *= 50  # absurd, but within the weeks whose carry-in is not known
    spoiled = type(weekly)(**{**vars(weekly), "kpi": kpi})
    curves = true_curves(study, weekly)
    assert_allclose(
        fit_ridge(spoiled, dropping, curves).baseline, fit_ridge(weekly, dropping, curves).baseline
    )


def test_lasso_and_elastic_net_fit_the_same_features(weekly, study):
    curves = true_curves(study, weekly)
    lasso = fit_sparse(weekly, study, curves, l1_ratio=1.0)
    net = fit_sparse(weekly, study, curves, l1_ratio=0.5)
    assert (lasso.name, net.name) == ("lasso", "elastic_net")
    for model in (lasso, net):
        assert all(float(r.beta[0]) >= 0 for r in model.responses)
        assert np.corrcoef(model.predict(weekly)[0], weekly.kpi)[0, 1] > 0.9


def test_the_tables_hold_every_parameter_beside_the_truth(weekly, study, simulation):
    curves = true_curves(study, weekly)
    model = fit_ridge(weekly, study, curves)
    table = parameter_table(model, interval=0.9, truth=simulation.truth)
    assert len(table) == 9
    assert_allclose(table["estimate"], table["truth"])
    assert table[["low", "high"]].isna().all(axis=None)  # a point estimate has no interval
    assert "truth" not in parameter_table(model, interval=0.9, truth=None)
    coefficients = coefficient_table(model)
    assert coefficients["kind"].value_counts().to_dict() == {
        "baseline": 7,
        "channel": 3,
        "synergy": 1,
    }
    assert "tv x video" in coefficients["term"].tolist()


def test_a_channel_without_effect_gets_little_credit():
    study = simulated_study(roi=(2.0, 0.0, 1.5), synergy=0.0, noise=0.01)
    plain = study.model_copy(update={"synergy": ()})
    weekly = weekly_data(simulate(plain).frame, plain)
    curves = search_curves(weekly, plain, rng=np.random.default_rng(1), starts=2)
    model = fit_ridge(weekly, plain, curves)
    roi = roi_series(current_plan(model, weekly))
    assert roi["video"] < 0.25
    assert roi["tv"] == pytest.approx(2.0, rel=0.3)
    assert roi["search"] == pytest.approx(1.5, rel=0.3)


@pytest.mark.parametrize("saturation", ["hill", "logistic"])
def test_known_contributions_of_a_public_data_set_come_back_within_15_percent(
    shared_data, saturation
):
    path = shared_data / "pymc/mmm_example.csv"
    truth = json.loads((shared_data / "pymc/mmm_example_truth.json").read_text())
    raw = tomllib.loads(text := to_toml(guess_roles(path), "pymc"))
    for channel in raw["channels"].values():
        channel["saturation"] = saturation
    study = parse_study(raw, text=text, name="pymc", folder=path.parent)
    weekly = weekly_data(clean(read_table(path), study), study)
    curves = search_curves(weekly, study, rng=np.random.default_rng(1))
    totals = contributions(fit_ridge(weekly, study, curves), weekly).totals()
    for name, true_total in truth["total_contribution"].items():
        assert totals[name] == pytest.approx(true_total, rel=0.15)


def test_a_study_without_media_pairs_has_no_synergy_columns(weekly):
    study = make_study(("tv", "video", "search"), controls={"columns": ["strike"]})
    curves = Curves(({"retention": 0.5, "half_saturation": 4e4, "slope": 1.0},) * 3, 0.01, 0.0)
    model = fit_ridge(weekly, study, curves)
    assert model.gamma.shape == (1, 0)
    assert model.media_effect(weekly.media.to_numpy(float)).synergy.shape == (1, len(weekly), 0)
