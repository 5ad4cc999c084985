"""The results part and the first screen: what they show of the stored tables."""

from __future__ import annotations

from types import SimpleNamespace

import nbformat
import numpy as np
import pandas as pd
import pytest
from bs4 import BeautifulSoup
from live_run import NAMES, hostile_study, write_live_run
from nbformat.v4 import new_markdown_cell, new_notebook
from pages import code, figure
from studies import drawn_model

from mmm.errors import ReportError
from mmm.report import render
from mmm.report.content import folded_lines
from mmm.report.results import GRADES
from mmm.report.sliders import WHATIF, nice_step, read_sliders
from mmm.show.returns import by_channel, contributions_over_time


@pytest.fixture
def run(tmp_path, study, weekly):
    with_history = study.model_copy(update={"pre_history": "average"})
    model = drawn_model(weekly, with_history, np.random.default_rng(4), n_draws=12)
    hostile = hostile_study(study)
    content = write_live_run(tmp_path / "small", hostile, weekly, model)
    return SimpleNamespace(**content, study=hostile)


def soup_of(run):
    return BeautifulSoup(render(run.store, run.study).read_text("utf-8"), "html.parser")


def rows_of(soup, selector):
    body = soup.select_one(selector).find("tbody")
    return [
        [cell.get_text() for cell in row.find_all(["th", "td"])] for row in body.find_all("tr")
    ]


def test_grades_stand_beside_returns_and_colour_the_headline_once_there_are_any(run):
    plain = soup_of(run)
    assert "Grade of ROI" not in plain.select_one("#returns").get_text()
    before = run.store.read_text("figures/headline.svg")
    table = {
        "channel": ["tv", "video"],
        "grade_roi": ["A", "C"],
        "grade_mroi": ["B", "D"],
        "sentence": ["Recovered within 15 %.", "Moves with TV <b>."],
    }
    run.store.write_table(GRADES, pd.DataFrame(table))
    graded = soup_of(run)
    cells = {row[0]: row[1:3] for row in rows_of(graded, "#returns table")}
    assert cells == {
        NAMES["tv"]: ["A", "B"],
        NAMES["video"]: ["C", "D"],
        NAMES["search"]: ["–"] * 2,
    }
    assert "Moves with TV <b>." in graded.select_one("#trust").get_text()
    assert "grade A" in graded.select_one(".brief-figure img")["alt"]
    assert "Color: grade" in graded.select_one(".brief-figure figcaption").get_text()
    assert run.store.read_text("figures/headline.svg") != before


def test_what_the_grades_say_of_the_curves_is_escaped_once(run):
    cells = [
        new_markdown_cell("# How do returns fall?"),
        code("draw()", figure("response_curves")),
    ]
    run.store.write_text("notebooks/06_curves.ipynb", nbformat.writes(new_notebook(cells=cells)))
    grades = {
        "channel": ["tv"],
        "grade_roi": ["A"],
        "grade_mroi": ["B"],
        "sentence": ["Tom & Al."],
    }
    run.store.write_table(GRADES, pd.DataFrame(grades))
    page = render(run.store, run.study).read_text("utf-8")
    said = BeautifulSoup(page, "html.parser").select_one("#curves .lead").get_text()
    assert said == f"How well these data know each curve at today's spend: {NAMES['tv']} B."
    assert not [twice for twice in ("&amp;#x27;", "&amp;amp;", "&amp;lt;") if twice in page]


def test_a_failed_check_stands_directly_under_the_headline_and_nothing_where_none_failed(run):
    assert not soup_of(run).select(".stop")
    failed = [["the ROI is not plausible", "A & <b>"]]
    run.store.write_json("reports/trust.json", {"distrust": [], "failed": failed})
    line = soup_of(run).select_one(".headline + .stop").get_text()
    assert line.startswith("Stop: 1 check failed (the ROI is not plausible: A & <b>)")


def test_every_stored_figure_is_on_the_page(run):
    soup = soup_of(run)
    shown = {tag["src"] for tag in soup.find_all("img")}
    assert len(shown) == 2  # the notebook's and the headline
    assert soup.select_one("#summary img")["src"] in shown


@pytest.mark.parametrize(
    ("true", "said"),
    [
        ((3.0, 2.0, 1.0), "both ends of the order: A earns most there, C least"),
        ((3.0, 1.0, 2.0), "one end of the order: A earns most there, B least"),
        ((1.0, 3.0, 2.0), "neither end of the order: B earns most there, A least"),
    ],
)
def test_what_the_truth_confirms_of_the_returns_is_named(study, weekly, true, said):
    names = dict(zip(study.channels, "ABC", strict=True))
    channels = {n: c.model_copy(update={"label": names[n]}) for n, c in study.channels.items()}
    table = pd.DataFrame({"channel": list(names), "roi": [2.0, 1.5, 1.0]})
    table = table.assign(roi_low=0.5, roi_high=3.0, mroi=1.0, true_roi=true)
    named = study.model_copy(update={"channels": channels})
    caption = by_channel(table, weekly, named).caption
    assert said in caption
    assert "It lies in 3 of 3 intervals." in caption
    off = by_channel(table.assign(roi_high=[1.5, 3.0, 3.0], true_roi=2.0), weekly, named).caption
    assert "It lies in 2 of 3 intervals, not in that of A." in off
    edge = by_channel(table.assign(roi_high=2.999, true_roi=3.001), weekly, named).caption
    assert "It lies in 3 of 3 intervals." in edge  # both are written 3.00
    point = table.assign(roi_low=np.nan, roi_high=np.nan)
    assert "It lies in" not in by_channel(point, weekly, named).caption
    assert "truth" not in by_channel(table.drop(columns="true_roi"), weekly, named).caption


def test_the_share_of_advertising_names_its_weeks(study, weekly):
    by_week = pd.DataFrame({"baseline": [3.0] * len(weekly), "tv": [1.0] * len(weekly)})
    title = contributions_over_time(by_week.set_index(weekly.weeks), weekly, study).title
    assert f"{len(weekly)} weeks" in title
    assert "25\xa0% of" in title


def test_point_estimates_claim_neither_interval_nor_chance(tmp_path, study, weekly):
    with_history = study.model_copy(update={"pre_history": "average"})
    model = drawn_model(weekly, with_history, np.random.default_rng(4), n_draws=1)
    content = write_live_run(tmp_path / "one", study.model_copy(), weekly, model)
    soup = BeautifulSoup(render(content["store"], study).read_text("utf-8"), "html.parser")
    text = soup.select_one("#returns table").get_text() + soup.select_one("#summary").get_text()
    assert "Next unit pays back" not in text
    assert "% sure" not in text
    assert "likely" not in text
    assert "nan" not in text.lower()
    assert not soup.select("[data-part=chance]")


def test_run_without_the_export_has_results_but_no_sliders(run):
    run.store.path(WHATIF).unlink()
    soup = soup_of(run)
    assert soup.select_one("#what-if table")
    assert not soup.select("#whatif, #whatif-data")


def test_empty_columns_of_stored_tables_are_no_numbers(run):
    for name, column in (("scenarios", "beyond_observed"), ("data_quality", "remedy")):
        table = run.store.read_table(f"tables/{name}.csv")
        table[column] = None
        run.store.write_table(f"tables/{name}.csv", table)
    names = {"channel": ["other"], "grade_roi": ["A"], "grade_mroi": ["A"], "sentence": [""]}
    run.store.write_table(GRADES, pd.DataFrame(names))
    soup = soup_of(run)
    assert {row[-1] for row in rows_of(soup, "#what-if table")} == {"–"}
    assert {cell for row in rows_of(soup, "#returns table") for cell in row[1:3]} == {"–"}


def test_export_of_another_version_is_refused(run):
    run.store.write_json(WHATIF, {"schema": 99})
    with pytest.raises(ReportError, match=r"schema 99.*Run its notebook again"):
        render(run.store, run.study)


def test_sliders_reach_every_offered_plan(run):
    content = read_sliders(run.store, run.study)
    for position, channel in enumerate(content["channels"]):
        wanted = [offer["multipliers"][position] * channel["spend"] for offer in content["offers"]]
        assert channel["most"] >= max(*wanted, 2 * channel["spend"]) - 1e-6


@pytest.mark.parametrize(("amount", "step"), [(15.0, 10.0), (50.0, 50.0), (0.3, 0.2), (-1, 1.0)])
def test_steps_are_round_money(amount, step):
    assert nice_step(amount) == pytest.approx(step)


def test_what_to_distrust_shows_four_lines_and_every_fail():
    lines = [f"**REVIEW: {n}**" for n in range(5)] + ["**Units**: x", "**FAIL: a**"]
    shown, folded = folded_lines(lines)
    assert shown == ["**FAIL: a**", "**Units**: x", "**REVIEW: 0**", "**REVIEW: 1**"]
    assert folded == ["**REVIEW: 2**", "**REVIEW: 3**", "**REVIEW: 4**"]
    failed = [f"**FAIL: {n}**" for n in range(6)]
    assert folded_lines([*lines[:2], *failed]) == (failed, lines[:2])
