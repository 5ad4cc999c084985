"""The portfolio page: a card per study, in the look of the reports, hostile titles included."""

from __future__ import annotations

import pytest
from browser import chromium, visit
from bs4 import BeautifulSoup
from pages import BREAKOUT, HOSTILE, SVG

from mmm.errors import ArtefactError
from mmm.report import render_index
from mmm.store import Store

CARD = {
    "title": HOSTILE,
    "question": "Which channels pay? " + "averyveryverylongword" * 9,
    "headline": f"Search {BREAKOUT} earns most.",
    "status": "REVIEW",
    "fit": "Unseen weeks: 0.8 % off.",
    "figure": "returns",
    "alt": "ROI: Search 2.6",
}


@pytest.fixture(scope="module")
def outputs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("outputs")
    for name, status in (("a study", "REVIEW"), ("second", "FAIL")):
        store = Store(folder / name)
        store.write_json("reports/card.json", CARD | {"status": status})
        store.write_text("figures/returns.svg", SVG)
    return folder


@pytest.fixture(scope="module")
def page(outputs):
    return render_index(outputs, ["a study", "second"])


@pytest.fixture(scope="module")
def browser():
    with chromium() as found:
        yield found


def test_each_card_leads_to_its_report(page):
    soup = BeautifulSoup(page.read_text("utf-8"), "html.parser")
    links = [link["href"] for link in soup.select("h2 a")]
    assert links == ["a%20study/report.html", "second/report.html"]
    assert [tag.get_text() for tag in soup.select(".fit span")] == ["REVIEW", "FAIL"]
    assert {image["alt"] for image in soup.find_all("img")} == {"ROI: Search 2.6"}
    assert len(soup.find_all("script")) == 1


def test_card_prefers_the_figure_of_the_reports_first_screen(outputs, page):
    before = page.read_text("utf-8")
    headline = outputs / "second" / "figures" / "headline.svg"
    headline.write_text(SVG.replace("white", "red"), "utf-8")
    after = render_index(outputs, ["a study", "second"]).read_text("utf-8")
    headline.unlink()
    assert after != before


def test_study_without_results_is_refused(outputs):
    with pytest.raises(ArtefactError, match=r"card\.json is missing"):
        render_index(outputs, ["never run"])


@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_page_is_offline_accessible_and_never_scrolls_sideways(browser, page, width, scheme):
    with visit(browser, page, width=width, color_scheme=scheme) as seen:
        assert [url for url in seen.requests if not url.startswith("data:")] == [page.as_uri()]
        assert seen.complaints == []
        assert seen.overflow() == 0
        assert seen.violations() == []
