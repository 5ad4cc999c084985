"""One budget over many series: equal marginal returns, the total kept, rates named."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from mmm.data.weekly import WeeklyData
from mmm.errors import ArtefactError, DataError, InfeasibleError, StudyError
from mmm.model.additive import AdditiveModel, ChannelResponse
from mmm.model.baseline import BaselineDesign
from mmm.panel.budget import best_budget, budget_certificate, budget_table
from mmm.panel.cells import fx_rates, portfolio_of
from mmm.panel.stored import FILE, StoredSeries
from mmm.store import Store

DRAWS, WEEKS = 40, 70
FX = {"EUR": 0.9}


def a_series(seed, *, money=1.0, slope=1.0, channels=("search", "social", "video")):
    """Return the media part of a model and its weeks, amounts in a currency of some size."""
    rng = np.random.default_rng(seed)
    spend = pd.DataFrame(
        {c: money * 1e4 * np.exp(0.4 * rng.standard_normal(WEEKS)) for c in channels}
    )
    responses = []
    for c in channels:
        half = money * 1e4 * rng.uniform(0.7, 1.5) * np.exp(0.1 * rng.standard_normal(DRAWS))
        size = money * 3e4 * rng.uniform(0.5, 2.5) * np.exp(0.2 * rng.standard_normal(DRAWS))
        parameters = {
            "retention": rng.uniform(0.1, 0.6, DRAWS),
            "half_saturation": half,
            "slope": np.full(DRAWS, slope),
        }
        responses.append(ChannelResponse(c, "geometric", "hill", 4, parameters, size, np.zeros(4)))
    weeks = pd.date_range("2022-01-03", periods=WEEKS, freq="7D")
    design = BaselineDesign(
        weeks[0],
        trend=True,
        harmonics=2,
        events=(),
        holidays=None,
        control_means={},
        kept=("intercept",),
    )
    model = AdditiveModel(
        name="media",
        responses=tuple(responses),
        pairs=(),
        gamma=np.zeros((DRAWS, 0)),
        design=design,
        baseline=np.zeros((DRAWS, 1)),
        noise=np.ones(DRAWS),
    )
    none = pd.DataFrame(index=spend.index)
    return model, WeeklyData(weeks, np.full(WEEKS, np.nan), np.ones(WEEKS), spend, spend, none)


def gather(series, currencies, fx=FX, **options):
    models = {name: model for name, (model, _) in series.items()}
    weekly = {name: weeks for name, (_, weeks) in series.items()}
    given = {"currency": "GBP", "window_weeks": 52} | options
    return portfolio_of(models, weekly, currencies, fx, **given)


@pytest.fixture(scope="module")
def three():
    return {"a": a_series(1), "b": a_series(2), "c": a_series(3)}


@pytest.fixture(scope="module")
def portfolio(three):
    return gather(three, {"a": "GBP", "b": "EUR", "c": "GBP"})


def none_held(portfolio):
    return np.zeros(len(portfolio.spend), dtype=bool)


def test_the_certificate_of_a_plan_passes_line_by_line(portfolio):
    plan = best_budget(portfolio, max_change=0.6, held=none_held(portfolio))
    checks = budget_certificate(portfolio, plan)
    assert [c.check for c in checks if c.status != "PASS"] == []
    assert len(checks) == 8
    assert plan.free.sum() >= 3


def test_marginal_returns_are_equal_and_the_total_is_exact(portfolio):
    plan = best_budget(portfolio, max_change=0.6, held=none_held(portfolio))
    assert round(100 * plan.spend.sum()) == round(100 * plan.budget)
    np.testing.assert_allclose(plan.spend * 100, np.round(plan.spend * 100), atol=1e-4)
    # finite differences of the whole plan, cell by cell
    today = plan.spend / portfolio.spend
    slopes = []
    for cell in np.flatnonzero(plan.free):
        ends = []
        for sign in (1, -1):
            moved = today.copy()
            moved[cell] += sign * 1e-4
            ends.append(portfolio.evaluate(moved)[0].mean())
        slopes.append((ends[0] - ends[1]) / (2e-4 * portfolio.spend[cell]))
    np.testing.assert_allclose(slopes, plan.price, rtol=1e-4)
    assert (plan.marginal[plan.spend <= plan.low + 0.01] <= plan.price * (1 + 1e-4)).all()
    assert (plan.marginal[plan.spend >= plan.high - 0.01] >= plan.price * (1 - 1e-4)).all()


def test_no_random_plan_is_better(portfolio):
    plan = best_budget(portfolio, max_change=0.6, held=none_held(portfolio))
    rng = np.random.default_rng(3)
    today = portfolio.evaluate(np.ones(len(portfolio.spend)))[0].mean()
    from mmm.decide.limits import project

    for _ in range(60):
        wish = rng.uniform(plan.low, plan.high)
        spend = project(wish, plan.low, plan.high, plan.budget)
        gain = portfolio.evaluate(spend / portfolio.spend)[0].mean() - today
        assert gain <= plan.gain.mean()
    assert plan.gain.mean() <= plan.bound * (1 + 1e-3)


@pytest.mark.parametrize("seed", range(4, 8))
def test_curves_that_bend_upward_keep_the_total_and_equal_marginal_returns(seed):
    """There a price makes cells jump, and what cannot be proven is said."""
    steep = gather({"a": a_series(seed, slope=4.0)}, {"a": "GBP"})
    plan = best_budget(steep, max_change=1.0, held=none_held(steep))
    checks = {c.check: c.status for c in budget_certificate(steep, plan)}
    proven = checks.pop("no plan within the bounds is better")
    assert {name for name, status in checks.items() if status != "PASS"} <= {"the gain is likely"}
    left = plan.bound - plan.gain.mean()
    assert (proven == "PASS") == (left <= 1e-3 * plan.gain.mean())
    # by brute force on a grid of plans
    best, total = plan.gain.mean(), plan.budget
    today = steep.evaluate(np.ones(3))[0].mean()
    singles = [[steep.revenue(i, m)[0].mean() for m in np.linspace(0, 2, 81)] for i in range(3)]
    for j, one in enumerate(np.linspace(0, 2, 81)):
        for k, two in enumerate(np.linspace(0, 2, 81)):
            three = (total - one * steep.spend[0] - two * steep.spend[1]) / steep.spend[2]
            if 0 <= three <= 2:
                last = np.interp(three, np.linspace(0, 2, 81), singles[2])
                assert singles[0][j] + singles[1][k] + last - today <= best * 1.02 + 1


def test_the_plan_does_not_depend_on_the_currency_of_a_series(three, portfolio):
    in_yen = three | {"b": a_series(2, money=150.0)}
    other = gather(in_yen, {"a": "GBP", "b": "JPY", "c": "GBP"}, {"JPY": 0.9 / 150})
    plans = [best_budget(p, max_change=0.6, held=none_held(p)) for p in (portfolio, other)]
    np.testing.assert_allclose(plans[0].spend, plans[1].spend, rtol=1e-4)
    own = [budget_table(p, q) for p, q in zip((portfolio, other), plans, strict=True)]
    is_b = (own[0]["series"] == "b").to_numpy()
    np.testing.assert_allclose(
        150 * own[0]["recommended_local"][is_b], own[1]["recommended_local"][is_b], rtol=1e-4
    )


def test_cells_that_are_held_stay(portfolio):
    held = none_held(portfolio)
    held[[0, 4]] = True
    plan = best_budget(portfolio, max_change=0.6, held=held)
    np.testing.assert_allclose(plan.spend[held], portfolio.spend[held], atol=0.01)
    table = budget_table(portfolio, plan)
    assert (table["at"].to_numpy()[held] == "held").all()
    assert {c.status for c in budget_certificate(portfolio, plan)} == {"PASS"}


def test_other_totals_are_met_or_refused(portfolio):
    total = 1.1 * portfolio.spend.sum()
    plan = best_budget(portfolio, max_change=0.6, held=none_held(portfolio), budget=total)
    assert plan.spend.sum() == pytest.approx(round(total, 2), abs=1e-6)
    names = [c.check for c in budget_certificate(portfolio, plan)]
    assert "not worse than today's plan" not in names
    with pytest.raises(InfeasibleError, match="does not fit the bounds"):
        best_budget(portfolio, max_change=0.05, held=none_held(portfolio), budget=total)


def test_a_missing_rate_is_named(three):
    with pytest.raises(DataError, match=r"no exchange rate for EUR and SEK.*under fx"):
        gather(three, {"a": "GBP", "b": "EUR", "c": "SEK"}, {})
    with pytest.raises(DataError, match=r"GBP has the rate 1\.2 to itself"):
        fx_rates(["GBP"], {"GBP": 1.2}, "GBP")


def test_synergy_is_refused(three):
    model, weekly = three["a"]
    joint = replace(model, pairs=((0, 1),), gamma=np.ones((DRAWS, 1)))
    with pytest.raises(StudyError, match="'a' has synergy"):
        gather({"a": (joint, weekly)}, {"a": "GBP"})


def test_channels_that_were_not_bought_lately_are_no_cells(three):
    model, weekly = three["a"]
    spend = weekly.spend.copy()
    spend.loc[WEEKS - 52 :, "video"] = 0.0
    silent = replace(weekly, spend=spend, media=spend)
    cells = gather({"a": (model, silent)}, {"a": "GBP"}).cells
    assert cells["channel"].tolist() == ["search", "social"]


def stored(three):
    return StoredSeries(
        models={name: model for name, (model, _) in three.items()},
        weekly={name: weekly for name, (_, weekly) in three.items()},
        currencies={"a": "GBP", "b": "EUR", "c": "GBP"},
        grades={name: dict.fromkeys(("search", "social", "video"), "B") for name in three},
        repeated=frozenset({"c"}),
    )


def test_a_budget_from_the_file_is_that_of_the_models(three, portfolio, tmp_path):
    store = Store(tmp_path)
    stored(three).write(store)
    read = StoredSeries.read(store)
    assert read.repeated == {"c"}
    assert read.grades["b"]["video"] == "B"
    again = portfolio_of(
        read.models, read.weekly, read.currencies, FX, currency="GBP", window_weeks=52
    )
    plans = [best_budget(p, max_change=0.6, held=none_held(p)) for p in (portfolio, again)]
    np.testing.assert_array_equal(plans[0].spend, plans[1].spend)


def test_a_damaged_file_is_named(three, tmp_path):
    store = Store(tmp_path)
    stored(three).write(store)
    content = store.read_json(FILE)
    del content["series"][0]["currency"]
    store.write_json(FILE, content)
    with pytest.raises(ArtefactError, match=r"models/series\.json is damaged.*currency"):
        StoredSeries.read(store)
    store.write_json(FILE, content | {"schema": 99})
    with pytest.raises(ArtefactError, match="another version"):
        StoredSeries.read(store)
