"""What chapters 2, 5 and 7 say and draw of regions, and that national studies have none of it."""

import re
from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose
from regional import HEADS, NAMES, split_model, split_weeks

from mmm.data.region_spread import PARTS, variation_parts
from mmm.decide.cell_plan import Cell, cell_certificate, cell_table, plan_cells
from mmm.decide.limits import Limits
from mmm.decide.optimize import optimize
from mmm.decide.regional import regional_returns, spread_is_usual
from mmm.decide.returns import current_plan
from mmm.findings import Finding
from mmm.show import cells, regions, workbook
from mmm.show import regional as regional_words
from mmm.store import Store


@pytest.fixture(scope="module")
def regional(model, weekly):
    """A model whose regions respond differently, and its weeks."""
    split = split_weeks(weekly)
    effect = np.exp(0.15 * np.random.default_rng(3).standard_normal((model.n_draws, 3)))
    return split_model(model, split, effect), split


@pytest.fixture(scope="module")
def alone(study):
    data = study.data.model_copy(update={"region": "geo"})
    return study.model_copy(
        update={"synergy": (), "window_weeks": 30, "data": data, "simulate": None}
    )


@pytest.fixture(scope="module")
def found(regional, alone):
    plan = current_plan(*regional, window_weeks=30)
    best = optimize(plan, Limits.of(alone), rng=np.random.default_rng(0)).best.multipliers
    return plan_cells(*regional, alone, best, rng=np.random.default_rng(1), starts=5)


@pytest.fixture
def shown(monkeypatch):
    """Return what a notebook shows, as texts."""
    texts = []

    def keep(data, **_):
        texts.append(data.get("text/markdown") or data.get("text/html") or data["text/plain"])

    monkeypatch.setattr(workbook, "display", keep)
    return texts


def book_of(study, weekly, model, folder):
    book = workbook.Workbook(study, Store(folder))
    book.__dict__.update(weekly=weekly, model=model, truth=None)
    return book


def show_all(book, plan):
    optimal = optimize(plan, Limits.of(book.study), rng=np.random.default_rng(0))
    regions.exploration(book)
    regional_words.returns(book)
    cells.plan(book, optimal, starts=5)


def test_a_national_study_shows_nothing_of_regions(study, weekly, model, tmp_path, shown):
    book = book_of(study, weekly, model, tmp_path)
    show_all(book, current_plan(model, weekly, window_weeks=30))
    assert shown == []
    assert list(tmp_path.iterdir()) == []


def test_a_model_without_regions_has_no_returns_by_region(
    study, weekly, model, tmp_path, shown, regional
):
    book = book_of(study, regional[1], model, tmp_path)
    regional_words.returns(book)
    cells.plan(book, optimize(book.plan(model), [(0.5, 1.5)] * 3, rng=np.random.default_rng(0)))
    assert len(shown) == 1
    assert "sees the national weeks alone" in shown[0]


def test_a_regional_study_shows_its_regions(regional, alone, tmp_path, shown):
    model, weekly = regional
    book = book_of(alone, weekly, model, tmp_path)
    show_all(book, current_plan(model, weekly, window_weeks=30))
    headings = [text.splitlines()[0] for text in shown if text.startswith("## ")]
    assert headings == [
        "## Region by region",
        "## By region",
        "## The same budget, by channel and region",
    ]
    stored = {path.name for path in tmp_path.rglob("*") if path.is_file()}
    assert stored == {
        *("regions.svg", "regional_variation.svg", "regional_returns.svg", "regional_plan.svg"),
        *("regional_variation.csv", "regional_returns.csv", "regional_certificate.csv"),
        *("regional_plan.csv", "regional_gains.csv"),
    }
    said = "\n".join(shown)
    assert not re.search(r"\b(nan|inf)\b|= None", said)
    assert all(name in said for name in NAMES)


def test_the_true_returns_stand_beside_the_estimates(regional, alone, tmp_path, shown):
    model, weekly = regional
    book = book_of(alone, weekly, model, tmp_path)
    book.__dict__["truth"] = model.take(np.array([0]))
    regional_words.returns(book)
    table = book.store.read_table("tables/regional_returns.csv")
    assert table["true_roi"].notna().all()
    assert any("The simulated truth lies within" in text for text in shown)


def test_the_parts_of_the_variation_are_those_of_their_series(weekly):
    split = split_weeks(weekly, spread=0.0)  # all regions alike
    assert_allclose(variation_parts(split).iloc[1:]["over_weeks"], 1.0)
    steady = np.broadcast_to([[[1.0]], [[2.0]], [[3.0]]], split.regions.spend.shape)
    parts = variation_parts(replace(split, regions=replace(split.regions, spend=steady)))
    assert_allclose(parts.iloc[1:]["between_regions"], 1.0)
    per_head = np.array([1.0, 2.0, 3.0]) / HEADS
    center = HEADS @ per_head
    assert_allclose(parts["variation"].iloc[1], np.sqrt(HEADS @ (per_head - center) ** 2) / center)
    assert_allclose(variation_parts(split_weeks(weekly))[PARTS].sum(axis=1), 1.0)
    never = variation_parts(replace(split, regions=replace(split.regions, spend=0 * steady)))
    assert never[PARTS].iloc[1:].isna().all(axis=None)


def test_a_region_that_lacks_weeks_leaves_the_outcome_of_the_others(weekly):
    split = split_weeks(weekly)
    kpi = split.regions.kpi.copy()
    kpi[1, :5] = np.nan
    short = variation_parts(replace(split, regions=replace(split.regions, kpi=kpi)))
    assert short["series"].iloc[0] == "outcome"
    assert short[PARTS].notna().all(axis=None)
    kpi[2, :5] = np.nan
    none = variation_parts(replace(split, regions=replace(split.regions, kpi=kpi)))
    assert "outcome" not in set(none["series"])


def test_a_channel_bought_nationally_is_said_to_be(regional, alone):
    model, weekly = regional
    table = regional_returns(model, weekly, window_weeks=30, interval=0.9)
    first = alone.channel_names[0]
    label = alone.labels[first]
    table.loc[table["channel"] == first, "bought"] = "nationally"
    said = regional_words.returns_in_words(table, alone)
    assert f"**{label}** has the same spend per head in every region" in said
    assert said.count("as if bought nationally") == 1


def test_the_heat_map_has_a_row_per_region_and_leaves_empty_what_moves_together(found, alone):
    table = cell_table(found)
    change, spend = cells.by_place(table, alone)
    assert list(change.index) == ["all regions", *NAMES]
    assert_allclose(spend.iloc[1:].sum(), spend.iloc[0])
    assert_allclose(spend.iloc[0].sum(), found.optimal.budget)
    first = alone.channel_names[0]
    together = table.drop(table.index[[1, 2]])
    together.loc[together["channel"] == first, "region"] = "all regions"
    change, _ = cells.by_place(together, alone)
    assert change[first].isna().tolist() == [False, True, True, True]


def test_a_plan_that_is_not_likely_is_to_be_tried_first(found, alone):
    table, checks = cell_table(found), cell_certificate(found, alone)
    failed = [
        Finding(c.check, "FAIL", "62 % of the draws gain", "Try it first.")
        if c.check == "the gain is likely"
        else c
        for c in checks
    ]
    said = cells.in_words(found, table, failed, alone)
    assert "To be tried first. 62 % of the draws gain. Try it first." in said
    assert "could add" in cells.heat_map(found, table, failed, alone).title
    assert "To be tried first" not in cells.in_words(found, table, checks, alone)


def test_where_nothing_moves_the_split_is_kept(found, alone):
    still = replace(found, optimal=replace(found.optimal, best=found.optimal.today))
    table, checks = cell_table(still), cell_certificate(still, alone)
    assert cells.in_words(still, table, checks, alone).startswith("- Keep today's split")
    assert "No move" in cells.heat_map(still, table, checks, alone).title


def test_what_moves_together_is_said(found, alone):
    first = found.cells[0].channel
    some = (
        Cell(first, "all regions", (0, 1, 2)),
        Cell("video", "2 other regions", (1, 2)),
        *found.cells[2:],
    )
    joint = replace(found, cells=some, model=found.model.take(np.repeat(np.arange(5), 2)))
    said = cells.in_words(joint, cell_table(found), cell_certificate(found, alone), alone)
    assert f"{alone.labels[first]} is bought nationally: it moves in all regions alike." in said
    assert "The 2 regions with least spend move together." in said
    assert "found and judged on 5 of 10 draws" in said


def test_regions_that_differ_wildly_are_doubted(regional, model, alone):
    assert spread_is_usual(regional[0], alone).status == "PASS"
    wild = np.exp(1.5 * np.random.default_rng(3).standard_normal((model.n_draws, 3)))
    check = spread_is_usual(split_model(model, regional[1], wild), alone)
    assert check.status == "REVIEW"
    assert "in a few regions first" in check.remedy
