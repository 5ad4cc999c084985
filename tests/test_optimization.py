"""The optimizer: every constraint holds and nothing simple does better."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from studies import drawn_model, make_frame, make_study

from mmm.data import weekly_data
from mmm.errors import InfeasibleError
from mmm.models.base import AdditiveModel
from mmm.optimization import (
    certificate,
    compare,
    extra_budget,
    optimize,
    plan_by_roi,
    project,
    recommendation_table,
    to_cents,
)
from mmm.returns import current_plan, mroi, roi

CENT = 0.01


def mean_revenue(plan, spend):
    return plan.revenue(spend / plan.total_spend).mean()


def best_of(plan, limits, objective="mean", **options):
    rng = np.random.default_rng(1)
    return optimize(plan, limits, rng=rng, objective=objective, **options)


def proof(plan, optimal):
    """Return the lines of the certificate that every optimum must pass."""
    return [f for f in certificate(plan, optimal) if f.check != "the gain is likely"]


def small_plan(seed, names=("tv", "search"), draws=2, synergy=False, scale=1.0):
    study = make_study(names, synergy=[{"channels": list(names[:2])}] if synergy else [])
    frame = make_frame(60, names, seed=seed)
    frame.iloc[:, 1:] = frame.iloc[:, 1:] * scale
    weekly = weekly_data(frame, study)
    model = drawn_model(weekly, study, np.random.default_rng(seed), draws)
    return current_plan(model, weekly, window_weeks=26)


@pytest.fixture
def optimal(plan):
    return best_of(plan, [(0.5, 1.5)] * 3)


# --- helpers -------------------------------------------------------------------------------


@given(
    st.lists(
        st.tuples(st.floats(0, 100), st.floats(0, 50), st.floats(0, 50)), min_size=1, max_size=6
    ),
    st.floats(0, 1),
)
def test_projection_meets_total_and_bounds_and_is_the_nearest_plan(rows, share):
    wish, low, room = (np.array(values) for values in zip(*rows, strict=True))
    high = low + room
    total = low.sum() + share * room.sum()
    found = project(wish, low, high, total)
    assert_allclose(found.sum(), total, atol=1e-6)
    assert np.all(found >= low - 1e-9)
    assert np.all(found <= high + 1e-9)
    inside = (found > low + 1e-6) & (found < high - 1e-6)
    shift = (found - wish)[inside]
    assert_allclose(shift, shift.mean() if len(shift) else 0.0, atol=1e-6)  # one common shift


def test_a_plan_within_the_bounds_is_its_own_projection():
    assert_allclose(project([3.0, 7.0], [0, 0], [5, 10], 10.0), [3.0, 7.0], atol=1e-9)


@given(
    st.lists(st.tuples(st.floats(1, 1e6), st.floats(0, 1)), min_size=1, max_size=6),
    st.booleans(),
)
def test_rounding_to_cents_keeps_the_total_and_the_bounds(rows, fixed):
    spend, width = (np.array(values) for values in zip(*rows, strict=True))
    low, high = (spend, spend) if fixed else (spend * (1 - width), spend * (1 + width))
    total = round(float(spend.sum()), 2)
    cents = to_cents(spend, low, high, total)
    assert abs(cents.sum() - total) < CENT / 2
    assert np.all(cents >= low - 2 * CENT)
    assert np.all(cents <= high + 2 * CENT)
    assert_allclose(cents * 100, np.round(cents * 100), atol=1e-4)


# --- the optimum ---------------------------------------------------------------------------


def test_the_budget_is_met_to_the_cent_and_bounds_hold(plan, optimal):
    assert abs(optimal.best.spend.sum() - optimal.budget) < CENT / 2
    assert optimal.budget == round(plan.total_spend.sum(), 2)
    assert np.all(optimal.best.multipliers >= 0.5 - 1e-6)
    assert np.all(optimal.best.multipliers <= 1.5 + 1e-6)


def test_the_optimum_beats_today_and_both_simple_rules(plan, optimal):
    gain = optimal.best.gain.mean()
    assert gain >= 0
    assert gain >= optimal.roi_proportional.gain.mean()
    assert gain >= optimal.equal_split.gain.mean()
    table = compare(plan, optimal, {"Another model": optimal}, interval=0.9).set_index("plan")
    assert list(table.index) == ["Optimum", "Another model", "ROI-proportional", "Equal split"]
    assert table["gain"]["Optimum"] == pytest.approx(gain)
    assert table["gain"]["Another model"] == pytest.approx(gain)
    assert (table["gain_low"] <= table["gain_high"]).all()
    today = plan.revenue(np.ones(3))
    assert_allclose(optimal.best.gain, plan.revenue(optimal.best.multipliers) - today)


def test_marginal_returns_are_equal_where_channels_are_free(plan):
    optimal = best_of(plan, [(0.0, 10.0)] * 3)
    marginal = mroi(plan, optimal.best.multipliers).mean(axis=0)
    free = (optimal.best.multipliers > 1e-3) & (optimal.best.multipliers < 10 - 1e-3)
    assert free.sum() >= 2
    assert_allclose(marginal[free], marginal[free].mean(), rtol=1e-3)
    assert optimal.kkt_residual < 1e-4


def test_every_line_of_the_certificate_passes(plan, optimal):
    lines = proof(plan, optimal)
    assert len(lines) == 7  # and one on how likely the gain is
    assert certificate(plan, optimal)[-1].check == "the gain is likely"
    assert {line.status for line in lines} == {"PASS"}, lines


def test_the_certificate_refuses_a_plan_that_is_not_the_best(plan, optimal):
    worse = best_of(plan, [(1.0, 1.0)] * 3)
    swapped = type(optimal)(
        **{
            **{name: getattr(optimal, name) for name in optimal.__dataclass_fields__},
            "best": worse.equal_split,
            "roi_proportional": optimal.best,
            "budget": optimal.budget + 1,
        }
    )
    status = {f.check: f.status for f in certificate(plan, swapped)}
    assert status["budget is met to the cent"] == "FAIL"
    assert status["not worse than ROI-proportional"] == "FAIL"


def test_more_money_is_never_worse_and_less_never_better(plan):
    now = plan.total_spend.sum()
    bounds = [(0.5, 1.8)] * 3
    gained = [best_of(plan, bounds, budget=now * f).best.gain.mean() for f in (0.8, 1.0, 1.3)]
    assert gained[0] < gained[1] < gained[2]


def test_a_channel_without_effect_gives_its_money_away(plan):
    content = plan.model.to_json()
    content["responses"][2]["beta"] = [0.0] * 5
    useless = type(plan)(**{**vars(plan), "model": AdditiveModel.from_json(content)})
    optimal = best_of(useless, [(0.2, 3.0)] * 3)
    assert optimal.best.multipliers[2] == pytest.approx(0.2, abs=1e-4)


def test_fixed_channels_keep_today_and_the_certificate_still_passes(plan):
    optimal = best_of(plan, [(1.0, 1.0)] * 3)
    assert_allclose(optimal.best.multipliers, 1.0, atol=1e-7)
    lines = proof(plan, optimal)
    assert {line.status for line in lines} == {"PASS"}, lines


def test_a_budget_that_the_bounds_cannot_hold_is_named(plan):
    with pytest.raises(InfeasibleError, match=r"A budget of 1,000\.00 does not fit") as caught:
        best_of(plan, [(0.5, 1.5)] * 3, budget=1_000.0)
    total = plan.total_spend.sum()
    assert f"{0.5 * total:,.2f} to {1.5 * total:,.2f}" in str(caught.value)
    assert "Widen `bounds`" in str(caught.value)
    with pytest.raises(InfeasibleError, match="does not fit"):
        best_of(plan, [(0.5, 1.5)] * 3, budget=2 * total)


def test_an_empty_budget_is_named(plan):
    with pytest.raises(InfeasibleError, match="above zero"):
        best_of(plan, [(0.0, 1.5)] * 3, budget=0.0)


def test_the_search_is_repeatable(plan, optimal):
    again = best_of(plan, [(0.5, 1.5)] * 3)
    assert again.best.spend.tolist() == optimal.best.spend.tolist()


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("synergy", [False, True])
def test_a_dense_grid_on_two_channels_finds_nothing_better(seed, synergy):
    plan = small_plan(seed, synergy=synergy)
    optimal = best_of(plan, [(0.1, 1.9)] * 2)
    total = optimal.budget
    first = np.linspace(optimal.low[0], optimal.high[0], 801)
    second = total - first
    held = (second >= optimal.low[1]) & (second <= optimal.high[1])
    grid = np.column_stack([first, second])[held]
    best = max(mean_revenue(plan, spend) for spend in grid)
    found = mean_revenue(plan, optimal.best.spend)
    assert found >= best - 1e-6 * abs(best)


@settings(max_examples=15, deadline=None, derandomize=True)
@given(
    seed=st.integers(0, 10_000),
    n_channels=st.integers(2, 5),
    draws=st.integers(1, 3),
    low=st.floats(0, 0.9),
    high=st.floats(1.1, 3.0),
    scale=st.sampled_from([1.0, 1e4]),
)
def test_any_small_model_gets_a_plan_with_a_passing_certificate(
    seed, n_channels, draws, low, high, scale
):
    names = tuple(f"c{n}" for n in range(n_channels))
    plan = small_plan(seed, names, draws, synergy=True, scale=scale)
    optimal = best_of(plan, [(low, high)] * n_channels, starts=6)
    lines = proof(plan, optimal)
    failed = [line for line in lines if line.status == "FAIL"]
    assert not failed


def test_the_roi_rule_shares_in_proportion_to_roi(plan):
    shares = plan_by_roi(plan, 100.0)
    ratio = roi(plan).mean(axis=0)
    assert_allclose(shares, 100.0 * ratio / ratio.sum())


def test_the_recommendation_table_adds_up(plan, optimal):
    table = recommendation_table(plan, optimal)
    assert_allclose(table["current_spend"], plan.total_spend)
    assert abs(table["recommended_spend"].sum() - optimal.budget) < CENT / 2
    assert_allclose(table["change"], table["recommended_spend"] - table["current_spend"])
    assert (table["recommended_spend"] >= table["lower_bound"] - CENT).all()
    assert (table["recommended_spend"] <= table["upper_bound"] + CENT).all()


def test_extra_money_is_a_tenth_by_default_and_never_more_than_the_bounds_allow(plan):
    spend = plan.total_spend
    wide, tight = [(0.5, 1.5)] * len(spend), [(0.5, 1.02)] * len(spend)
    assert extra_budget(plan, wide, None) == pytest.approx(1.1 * spend.sum())
    assert extra_budget(plan, wide, 7.0) == pytest.approx(spend.sum() + 7)
    assert extra_budget(plan, tight, 1e12) == pytest.approx(1.02 * spend.sum())
