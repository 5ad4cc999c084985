"""A model whose draws differ in the forms of their curves is, draw by draw, a plain one."""

import json

import numpy as np
from numpy.testing import assert_allclose, assert_array_equal
from services import store_weekly
from studies import FORMS, drawn_model

from mmm.decide.returns import current_plan
from mmm.decide.search import Surrogate
from mmm.model.additive import AdditiveModel, joined
from mmm.model.curves import parameter_table, with_main_forms
from mmm.model.response import ChannelResponse
from mmm.serve import create_app
from mmm.show.curves import parameter_caption
from mmm.store import to_json


def plain(response, draw):
    """Return one draw of a response as a response of its own forms."""
    adstock, saturation = response.forms[response.form[draw]]
    return ChannelResponse(
        name=response.name,
        adstock=adstock,
        saturation=saturation,
        max_lag=response.max_lag,
        parameters={name: values[[draw]] for name, values in response.parameters.items()},
        beta=response.beta[[draw]],
        history=response.history,
    )


def test_each_draw_has_the_curve_of_its_forms(mixed, weekly):
    media = weekly.media.to_numpy(float)
    for c, response in enumerate(mixed.responses):
        assert response.forms == FORMS
        levels = response.adstock_media(media[:, c])
        shares, slopes = response.curve_with_slope(levels, np.ones_like(levels))
        assert_array_equal(response.curve(levels), shares)
        steady = np.linspace(0, media.max(), 9)
        for draw in range(mixed.n_draws):
            alone = plain(response, draw)
            assert_allclose(levels[[draw]], alone.adstock_media(media[:, c]), rtol=1e-14)
            both = alone.curve_with_slope(levels[[draw]], np.ones((1, levels.shape[1])))
            assert_array_equal((shares[[draw]], slopes[[draw]]), both)
            assert_array_equal(response.curve(steady)[draw], alone.curve(steady)[0])


def test_draws_are_taken_with_their_forms_in_any_order(mixed, weekly):
    wanted = np.array([6, 0, 4, 4])
    assert_allclose(mixed.take(wanted).predict(weekly), mixed.predict(weekly)[wanted], rtol=1e-13)
    assert_array_equal(mixed.take(wanted).responses[0].form, [0, 0, 1, 1])


def test_the_slope_of_a_plan_equals_finite_differences(mixed, weekly):
    plan = current_plan(mixed, weekly, window_weeks=52)
    point, step = np.array([0.7, 1.3, 1.0]), 1e-5
    _, slope = plan.revenue_and_gradient(point)
    for c, change in enumerate(step * np.eye(3)):
        wanted = (plan.revenue(point + change) - plan.revenue(point - change)) / (2 * step)
        assert_allclose(slope[:, c], wanted, rtol=1e-6)
    copy = Surrogate.of(plan, np.full(3, 0.5), np.full(3, 2.0))
    fast, steep = copy.revenue_and_slope(point)
    assert_allclose(fast, plan.revenue(point), rtol=1e-5)
    assert_allclose(steep, slope, rtol=1e-3)


def test_a_plan_of_other_spend_carries_over_by_each_draws_form(mixed, weekly):
    plan = current_plan(mixed, weekly, window_weeks=52)
    same = plan.with_spend(plan.spend.to_numpy(float))
    assert_allclose(same.revenue(np.ones(3)), plan.revenue(np.ones(3)), rtol=1e-12)


def test_it_comes_back_from_json_to_the_last_digit(mixed, weekly):
    content = json.loads(to_json(mixed.to_json()))
    assert None in content["responses"][0]["parameters"]["slope"]  # a logarithm has none
    copy = AdditiveModel.from_json(content)
    assert copy.to_json() == mixed.to_json()
    assert_array_equal(copy.predict(weekly), mixed.predict(weekly))


def test_models_of_one_form_are_joined_as_they_are(weekly, study):
    model = drawn_model(weekly, study, np.random.default_rng(2))
    assert joined([model]).to_json() == model.to_json()


def test_the_service_predicts_what_the_model_does(tmp_path, mixed, weekly, simulation, study):
    client = create_app(
        store_weekly(tmp_path, mixed, weekly, simulation.frame, study)
    ).test_client()
    columns = ["week", *(channel.spend for channel in study.channels.values()), "strike"]
    week = simulation.frame["week"].astype(str).str[:10]
    records = simulation.frame[columns].assign(week=week).to_dict("records")
    answers = client.post("/predict?detail=0", json=records).json
    wanted = mixed.predict(weekly).mean(axis=0) * weekly.value
    assert_allclose([answer["predicted_revenue"] for answer in answers], wanted, rtol=1e-9)


def test_the_table_of_parameters_is_that_of_the_forms_most_draws_have(mixed, weekly):
    main = mixed.of_main_forms()
    assert main.n_draws == 3
    assert_allclose(main.predict(weekly), mixed.predict(weekly)[[0, 3, 6]], rtol=1e-13)
    table = parameter_table(main, interval=0.9, truth=None)
    assert set(table["parameter"]) == {"retention", "half saturation", "slope"}
    assert table.notna().all(axis=None)
    told = parameter_caption(main, mixed)
    assert "in the 43\xa0% of the draws with these forms (geometric and hill)" in told
    assert parameter_caption(main, main) == (
        "Carryover and saturation, with the truth where it is known"
    )
    assert main.of_main_forms() is main


def test_what_is_fitted_again_has_the_forms_of_most_draws(mixed, study):
    main = with_main_forms(study, mixed)
    for response, channel in zip(mixed.responses, main.channels.values(), strict=True):
        most = response.forms[np.bincount(response.form_of_draws).argmax()]
        assert (channel.adstock, channel.saturation) == most
    assert with_main_forms(main, mixed.of_main_forms()) == main
