"""The optimizer: every constraint holds and nothing simple does better."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from studies import drawn_model, make_frame, make_study, simulated_study

from mmm.data.weekly import weekly_data
from mmm.decide.budgets import at_limits, extra_budget, frontier, optimism, without_caution
from mmm.decide.certificate import cautions, certificate, gain_is_likely
from mmm.decide.compare import compare, recommendation_table, regret_table
from mmm.decide.limits import GroupShare, Limits, as_limits, project, to_cents
from mmm.decide.optimize import optimize, plan_by_roi
from mmm.decide.returns import chance_of_gain, current_plan, mroi, roi
from mmm.decide.search import OBJECTIVES, WORTH, Surrogate
from mmm.decide.targets import budget_for_mroi, budget_for_roi, target_budgets
from mmm.errors import InfeasibleError, UsageError
from mmm.formatting import chance, money
from mmm.model.additive import AdditiveModel

CENT = 0.01
#: A quarter of the tier's examples where each is an optimum of its own.
few = settings(max_examples=settings().max_examples // 4)


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
    gain, median = optimal.best.gain.mean(), np.median(optimal.best.gain)
    assert gain >= 0
    assert gain >= optimal.roi_proportional.gain.mean()
    assert gain >= optimal.equal_split.gain.mean()
    table = compare(plan, optimal, {"Another model": optimal}, interval=0.9).set_index("plan")
    assert list(table.index) == ["Optimum", "Another model", "ROI-proportional", "Equal split"]
    for name in ("Optimum", "Another model"):
        assert table["gain"][name] == pytest.approx(median)
        assert table["expected_gain"][name] == pytest.approx(gain)
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
    said = [line.check for line in certificate(plan, optimal)]
    assert len(lines) == 8  # and one on how likely the gain is
    assert {"the gain is likely", "channels move on their own"} <= set(said)
    assert {line.status for line in lines} == {"PASS"}, lines


def test_the_certificate_writes_money_and_chances_as_the_page_does(plan, optimal):
    said = {line.check: line.finding for line in certificate(plan, optimal, "EUR")}
    lead = optimal.best.score - optimal.today.score
    assert said["not worse than today's plan"] == f"better by {money(lead, 'EUR')}"
    assert (
        said["the gain is likely"]
        == f"{chance(chance_of_gain(optimal.best.gain))} of the draws gain"
    )
    assert "€" not in certificate(plan, optimal)[4].finding


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
    useless = replace(plan, model=AdditiveModel.from_json(content))
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


@few
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
    assert_allclose(table["current_mroi"], np.median(mroi(plan), axis=0))  # as in the returns


def test_extra_money_is_a_tenth_by_default_and_never_more_than_the_bounds_allow(plan):
    spend = plan.total_spend
    wide, tight = [(0.5, 1.5)] * len(spend), [(0.5, 1.02)] * len(spend)
    assert extra_budget(plan, wide, None) == pytest.approx(1.1 * spend.sum())
    assert extra_budget(plan, wide, 7.0) == pytest.approx(spend.sum() + 7)
    assert extra_budget(plan, tight, 1e12) == pytest.approx(1.02 * spend.sum())


# --- groups, caution, targets --------------------------------------------------------------


def test_channels_that_move_together_are_flagged(plan, optimal, rng):
    wave = np.exp(rng.normal(0, 0.5, (len(plan.weeks), 1)))
    noise = np.exp(rng.normal(0, 0.1, plan.spend.shape))
    together = pd.DataFrame(1000 * wave * noise, columns=plan.channels)
    line = cautions(replace(plan, spend=together), optimal)[-1]
    assert (line.check, line.status) == ("channels move on their own", "FAIL")
    assert "in some regions" in line.remedy
    apart = pd.DataFrame(
        1000 * np.exp(rng.normal(0, 0.5, plan.spend.shape)), columns=plan.channels
    )
    assert cautions(replace(plan, spend=apart), optimal)[-1].status == "PASS"


def test_groups_keep_their_shares_to_the_cent(plan):
    groups = (GroupShare("digital", (1, 2), 0.0, 0.5), GroupShare("tv", (0,), 0.3, 1.0))
    free = best_of(plan, [(0.2, 2.5)] * 3)
    held = best_of(plan, Limits(((0.2, 2.5),) * 3, groups))
    assert free.best.spend[1:].sum() > 0.5 * free.budget  # or the test proves nothing
    assert held.best.spend[1:].sum() <= 0.5 * held.budget + 0.01
    assert abs(held.best.spend.sum() - held.budget) < CENT / 2
    assert held.best.score <= free.best.score
    lines = {line.check: line.status for line in proof(plan, held)}
    assert lines["group digital keeps its share"] == lines["group tv keeps its share"] == "PASS"
    assert set(lines.values()) == {"PASS"}, lines


def test_budgets_for_the_targets_of_a_study_meet_them(plan, study):
    limits = Limits(((0.2, 2.5),) * 3)
    goal = float(roi(plan).mean())
    aimed = study.optimize.model_copy(update={"target_roi": goal, "target_mroi": 1.0})
    marginal, average = target_budgets(plan, limits, study.model_copy(update={"optimize": aimed}))
    assert (marginal.kind, marginal.value) == ("mroi", 1.0)
    assert (average.kind, average.value, average.problem) == ("roi", goal, "")
    settings = {"objective": study.optimize.objective}
    assert average.budget == budget_for_roi(plan, limits, goal, **settings)
    assert marginal.budget == budget_for_mroi(plan, limits, 1.0, **settings)
    least, most = limits.in_money(plan).totals()
    assert (marginal.end == "") == (least * 1.01 < marginal.budget < most * 0.99)
    out_of_reach = study.optimize.model_copy(update={"target_roi": 1e6})
    changed = study.model_copy(update={"optimize": out_of_reach})
    missed = target_budgets(plan, limits, changed)[-1]
    assert missed.budget is None
    assert "1e+06" in missed.problem


@pytest.mark.parametrize(("target", "end"), [(1e-6, "most"), (1e6, "least")])
def test_a_target_that_no_budget_brackets_is_met_at_an_end_of_the_limits(plan, study, target, end):
    limits = Limits(((0.5, 1.5),) * 3)
    aimed = study.optimize.model_copy(update={"target_mroi": target})
    (found,) = target_budgets(plan, limits, study.model_copy(update={"optimize": aimed}))
    assert found.end == end
    least, most = limits.in_money(plan).totals()
    assert found.budget == pytest.approx({"least": least, "most": most}[end])


def test_the_limits_stop_channels_at_a_bound_that_is_not_todays_spend(plan):
    held = best_of(plan, [(0.5, 1.5)] * 3)
    edges = np.isclose(held.best.multipliers, 0.5) | np.isclose(held.best.multipliers, 1.5)
    assert at_limits(plan, held) == [plan.channels[c] for c in np.flatnonzero(edges)]
    assert edges.any()
    assert at_limits(plan, best_of(plan, [(1.0, 1.0)] * 3)) == []


def test_the_limits_of_a_study_are_its_bounds_and_groups():
    groups = {"digital": {"channels": ["video", "search"], "max_share": 0.5}}
    optimize_table = {"fixed": ["tv"], "max_change": 0.2, "groups": groups}
    limits = Limits.of(make_study(("tv", "video", "search"), optimize=optimize_table))
    assert limits.bounds == ((1.0, 1.0), (0.8, 1.2), (0.8, 1.2))
    assert limits.groups == (GroupShare("digital", (1, 2), 0.0, 0.5),)


def test_groups_that_no_split_can_keep_are_named(plan):
    limits = Limits(((0.9, 1.1),) * 3, (GroupShare("digital", (1, 2), 0.0, 0.1),))
    with pytest.raises(InfeasibleError, match="'digital' is to take 0% to 10% and can take"):
        best_of(plan, limits)


@pytest.mark.parametrize(
    ("bounds", "message"),
    [
        ([(0.5, 1.5)] * 2, "2 pairs of bounds for 3 channels"),
        ([(0.5, 1.5), (1.2, 0.8), (0, 1)], "bounds of 'video' are 1.2 to 0.8"),
        ([(0.5, 1.5), (-0.1, 0.8), (0, 1)], "bounds of 'video' are -0.1"),
        ([(0.5, 1.5), (0.5, np.inf), (0, 1)], "Bounds are finite"),
    ],
)
def test_impossible_bounds_are_named(plan, bounds, message):
    with pytest.raises(InfeasibleError, match=message):
        best_of(plan, bounds)


@pytest.mark.parametrize("budget", [np.nan, np.inf, -5.0])
def test_a_budget_must_be_a_positive_number(plan, budget):
    with pytest.raises(InfeasibleError, match="above zero"):
        best_of(plan, [(0.5, 1.5)] * 3, budget=budget)


def test_an_unknown_objective_is_named(plan):
    with pytest.raises(UsageError, match="choose one of cautious, mean, p10"):
        best_of(plan, [(0.5, 1.5)] * 3, objective="maximum")


def test_caution_trades_expected_gain_for_certainty(plan):
    bounds = [(0.5, 1.5)] * 3
    plain, wary = best_of(plan, bounds), best_of(plan, bounds, objective="cautious")
    assert wary.best.gain.mean() <= plain.best.gain.mean() + CENT
    assert wary.best.gain.std() <= plain.best.gain.std() + CENT
    unit = np.abs(plan.revenue(np.ones(3))).mean()
    assert wary.best.score >= OBJECTIVES["cautious"](plain.best.gain, unit)[0] - CENT


@pytest.mark.parametrize("name", OBJECTIVES)
def test_each_objective_has_the_slope_it_claims(name, rng):
    gain, step = rng.normal(3.0, 2.0, 50), 1e-6
    value, weights = OBJECTIVES[name](gain, 1.0)
    for draw in (0, 7, 31):
        moved = gain.copy()
        moved[draw] += step
        slope = (OBJECTIVES[name](moved, 1.0)[0] - value) / step
        assert slope == pytest.approx(weights[draw], abs=1e-5)
    assert weights.sum() == pytest.approx(1.0)  # a sure gain counts in full


def test_a_plan_that_gains_no_less_in_any_draw_is_never_worse(rng):
    sure, better = np.ones(10), np.r_[np.ones(9), 100.0]
    assert OBJECTIVES["cautious"](better, 1.0)[0] >= OBJECTIVES["cautious"](sure, 1.0)[0]
    for _ in range(20):
        gain = rng.normal(size=30) ** 3
        assert OBJECTIVES["cautious"](gain, 1.0)[1].min() >= 0


def test_the_weights_of_the_cautious_objective_are_worth_a_fixed_share_of_the_draws(rng):
    gain = rng.normal(3.0, 2.0, 500)
    score, weights = OBJECTIVES["cautious"](gain, 1.0)
    assert 1 / (weights @ weights) == pytest.approx(WORTH * len(gain), rel=1e-4)
    assert score == pytest.approx(weights @ gain, abs=1e-4)  # the mean by these weights
    assert (np.diff(weights[np.argsort(gain)]) <= 0).all()  # the worse, the more
    scaled = OBJECTIVES["cautious"](5.0 + 7.0 * gain, 7.0)[0]
    assert scaled == pytest.approx(5.0 + 7.0 * score)


def test_the_tenth_percentile_is_close_to_the_empirical_one(rng):
    gain = rng.normal(0.0, 1.0, 4000)
    assert OBJECTIVES["p10"](gain, 1.0)[0] == pytest.approx(np.quantile(gain, 0.1), abs=0.05)


def test_the_fast_copy_follows_the_exact_model(plan):
    copy = Surrogate.of(plan, np.full(3, 0.5), np.full(3, 1.5))
    for point in ([0.5, 1.5, 1.0], [0.77, 0.91, 1.32]):
        exact, fast = plan.revenue_and_gradient(point), copy.revenue_and_slope(np.array(point))
        assert_allclose(fast[0], exact[0], rtol=1e-6)
        assert_allclose(fast[1], exact[1], rtol=1e-3)


def test_a_target_mroi_is_the_return_of_the_last_unit(plan):
    bounds = [(0.1, 3.0)] * 3
    today = best_of(plan, bounds)
    target = 0.8 * float(np.max(mroi(plan, today.best.multipliers).mean(axis=0)))
    budget = budget_for_mroi(plan, bounds, target, objective="mean")
    found = best_of(plan, bounds, budget=budget)
    marginal = mroi(plan, found.best.multipliers).mean(axis=0)
    free = (found.best.multipliers > 0.11) & (found.best.multipliers < 2.99)
    assert free.any()
    assert_allclose(marginal[free], target, rtol=1e-2)
    low, high = budget_for_mroi(plan, bounds, 1e6), budget_for_mroi(plan, bounds, 0.0)
    assert low == pytest.approx(0.1 * plan.total_spend.sum(), rel=1e-3)
    assert high == pytest.approx(3.0 * plan.total_spend.sum(), rel=1e-3)


def test_a_target_roi_is_the_return_of_all_media(plan):
    bounds = [(0.2, 3.0)] * 3
    table = frontier(plan, bounds, points=5, objective="mean")
    target = float(table["total_roi"].iloc[2])
    budget = budget_for_roi(plan, bounds, target, objective="mean")
    found = best_of(plan, bounds, budget=budget)
    total = (plan.revenue(found.best.multipliers) - plan.revenue(np.zeros(3))).mean() / budget
    assert total == pytest.approx(target, rel=1e-3)
    with pytest.raises(InfeasibleError, match="the highest is"):
        budget_for_roi(plan, bounds, 1e6)
    with pytest.raises(InfeasibleError, match="give a finite number"):
        budget_for_mroi(plan, bounds, np.nan)


def test_the_frontier_rises_and_passes_through_today(plan):
    table = frontier(plan, [(0.5, 1.5)] * 3, points=7, objective="mean")
    assert table["is_today"].sum() == 1
    assert table["revenue_change"].is_monotonic_increasing
    today = table[table["is_today"]].iloc[0]
    best = best_of(plan, [(0.5, 1.5)] * 3)
    assert today["revenue_change"] == pytest.approx(np.median(best.best.gain), rel=1e-3)
    assert table["budget"].iloc[0] == pytest.approx(0.5 * plan.total_spend.sum())


def test_the_chance_of_a_gain_pays_for_another_budget(plan):
    cheap, dear = (
        frontier(plan, [(0.5, 1.5)] * 3, points=3, objective="mean", margin=margin)
        for margin in (1e3, 1e-6)
    )
    today = cheap["is_today"]
    below, above = cheap["budget"] < cheap["budget"][today].item(), ~today
    assert (cheap["p_gain"][above & ~below] == 1).all()
    assert (cheap["p_gain"][below] < 0.5).all()
    assert (dear["p_gain"][above & ~below] == 0).all()  # hardly any margin: more never pays
    assert (dear["p_gain"][below] == 1).all()
    assert (cheap["p_gain"] == dear["p_gain"])[today].item()  # at the same total margin is nothing


def test_a_plan_is_likely_to_gain_only_if_its_cost_comes_back(plan):
    budget = 1.2 * plan.total_spend.sum()
    more = best_of(plan, [(0.5, 1.5)] * 3, budget=budget)
    assert gain_is_likely(plan, more, margin=1e3).status == "PASS"
    assert gain_is_likely(plan, more, margin=1e-6).status == "FAIL"
    still = gain_is_likely(plan, best_of(plan, [(1.0, 1.0)] * 3))
    assert (still.status, still.finding) == ("PASS", "nothing is moved")


def test_wider_limits_never_promise_less(plan, optimal):
    wide = without_caution(plan, [(0.5, 1.5)] * 3, rng=np.random.default_rng(2), objective="mean")
    assert wide.best.score >= optimal.best.score - CENT
    assert Limits(((0.5, 1.5), (1.0, 1.0), (0.2, 1.1))).wider().bounds == (
        (0.0, 2.0),
        (1.0, 1.0),
        (0.0, pytest.approx(1.2)),
    )


def test_plans_chosen_on_few_draws_promise_more_than_they_keep(model, weekly):
    study = simulated_study()
    many = drawn_model(weekly, study, np.random.default_rng(4), 40)
    plan = current_plan(many, weekly, window_weeks=52)
    luck = optimism(plan, [(0.5, 1.5)] * 3, rng=np.random.default_rng(1), objective="mean")
    assert luck.kept < luck.promised
    assert luck.share > 0
    point = plan.take(np.array([0]))
    assert optimism(point, [(0.5, 1.5)] * 3, rng=np.random.default_rng(1)) is None


def test_the_best_plan_of_the_truth_has_no_regret(plan):
    truth = plan.take(np.array([2]))
    limits = as_limits([(0.5, 1.5)] * 3)
    known = best_of(truth, limits)
    table = regret_table(truth, limits, known, {}, rng=np.random.default_rng(3)).set_index("plan")
    assert table["regret"]["Optimum"] == pytest.approx(0, abs=1.0)
    assert table["share_of_possible"]["Optimum"] == pytest.approx(1, abs=1e-3)
    assert (table["regret"] >= -1.0).all()


def test_a_point_estimate_can_be_optimized_with_every_objective(plan):
    point = plan.take(np.array([1]))
    found = [best_of(point, [(0.5, 1.5)] * 3, objective=name).best.spend for name in OBJECTIVES]
    for other in found[1:]:
        assert_allclose(other, found[0], rtol=1e-3)
    assert certificate(point, best_of(point, [(0.5, 1.5)] * 3))[-1].status == "PASS"


# --- properties over random studies ---------------------------------------------------------

random_plans = st.builds(
    small_plan,
    seed=st.integers(0, 10_000),
    names=st.integers(2, 5).map(lambda n: tuple(f"c{k}" for k in range(n))),
    draws=st.sampled_from([1, 5, 30]),
    synergy=st.booleans(),
)


def permuted(plan, order):
    """Return the same plan with its channels in another order."""
    place = {old: new for new, old in enumerate(order)}
    model = replace(
        plan.model,
        responses=tuple(plan.model.responses[c] for c in order),
        pairs=tuple((place[i], place[j]) for i, j in plan.model.pairs),
    )
    return replace(
        plan,
        model=model,
        spend=plan.spend.iloc[:, order],
        media=plan.media[:, order],
        rest=tuple(plan.rest[c] for c in order),
        flight=tuple(plan.flight[c] for c in order),
        media_price=plan.media_price[order],
    )


@few
@given(plan=random_plans, share=st.floats(0.3, 0.9), objective=st.sampled_from(list(OBJECTIVES)))
def test_any_plan_keeps_budget_bounds_and_groups_and_never_falls_below_today(
    plan, share, objective
):
    n = len(plan.channels)
    now = plan.total_spend[0] / plan.total_spend.sum()
    group = GroupShare("first", (0,), (1 - share) * now, min((1 + share / 3) * now, 1.0))
    limits = Limits(((0.4, 1.9),) * n, (group,))
    optimal = best_of(plan, limits, objective=objective)
    assert abs(optimal.best.spend.sum() - optimal.budget) < CENT / 2
    failed = [line for line in proof(plan, optimal) if line.status == "FAIL"]
    assert not failed
    assert optimal.best.score >= -CENT


@few
@given(plan=random_plans, seed=st.integers(0, 99), objective=st.sampled_from(["cautious", "mean"]))
def test_the_order_of_the_channels_does_not_matter(plan, seed, objective):
    n = len(plan.channels)
    order = np.random.default_rng(seed).permutation(n)
    first = best_of(plan, [(0.4, 1.9)] * n, objective=objective)
    other = best_of(permuted(plan, order), [(0.4, 1.9)] * n, objective=objective)
    room = 1e-4 * max(first.best.score, 1e-4 * plan.revenue(np.ones(n)).mean()) + CENT
    assert other.best.score == pytest.approx(first.best.score, abs=room)


@few
@given(
    plan=random_plans,
    rate=st.sampled_from([0.01, 130.0]),
    objective=st.sampled_from(["cautious", "mean"]),
)
def test_the_currency_does_not_matter(plan, rate, objective):
    n = len(plan.channels)
    other = replace(plan, spend=plan.spend * rate, value=plan.value * rate)
    one = best_of(plan, [(0.4, 1.9)] * n, objective=objective)
    two = best_of(other, [(0.4, 1.9)] * n, objective=objective)
    room = 1e-4 * max(one.best.score, 1e-4 * plan.revenue(np.ones(n)).mean()) + CENT / min(rate, 1)
    assert two.best.score / rate == pytest.approx(one.best.score, abs=room)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("objective", ["cautious", "mean"])
def test_a_dense_grid_on_three_channels_finds_nothing_better(seed, objective):
    plan = small_plan(seed, ("a", "b", "c"), draws=20, synergy=True)
    optimal = best_of(plan, [(0.3, 1.8)] * 3, objective=objective)
    copy = Surrogate.of(plan, np.full(3, 0.3), np.full(3, 1.8))
    today, best = plan.revenue(np.ones(3)), -np.inf
    for first in np.linspace(optimal.low[0], optimal.high[0], 40):
        for second in np.linspace(optimal.low[1], optimal.high[1], 40):
            spend = np.array([first, second, optimal.budget - first - second])
            if optimal.low[2] <= spend[2] <= optimal.high[2]:
                gain = copy.revenue_and_slope(spend / plan.total_spend)[0] - today
                best = max(best, OBJECTIVES[objective](gain, today.mean())[0])
    assert optimal.best.score >= best - 1e-5 * today.mean()
