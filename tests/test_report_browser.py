"""The report in headless Chromium: offline, accessible, readable at every width and on paper."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from browser import chromium, visit
from pages import write_run

from mmm.report import render


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return render(*write_run(tmp_path_factory.mktemp("run")))


@pytest.fixture(scope="module")
def browser() -> Iterator[object]:
    with chromium() as found:
        yield found


@pytest.fixture
def opened(browser, report) -> Callable:
    return lambda **options: visit(browser, report, **options)


@pytest.mark.parametrize("width", [1440, 768, 390])
def test_page_loads_nothing_complains_not_and_never_scrolls_sideways(opened, report, width):
    with opened(width=width) as seen:
        assert [url for url in seen.requests if not url.startswith("data:")] == [report.as_uri()]
        assert seen.complaints == []
        assert seen.overflow() == 0
        seen.page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
        assert seen.overflow() == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_axe_finds_no_violation(opened, scheme, width):
    with opened(color_scheme=scheme, width=width) as seen:
        seen.page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
        assert seen.violations() == []


def test_theme_switch_works_and_is_remembered(opened):
    with opened() as seen:

        def background() -> str:
            return seen.page.evaluate("getComputedStyle(document.body).backgroundColor")

        light = background()
        switch = seen.page.get_by_role("button", name="Dark mode")
        switch.click()
        dark = background()
        assert dark != light
        assert switch.get_attribute("aria-pressed") == "true"
        seen.page.wait_for_timeout(200)  # a browser writes what it remembers in its own time
        seen.page.reload()
        seen.page.wait_for_function(
            "wanted => getComputedStyle(document.body).backgroundColor === wanted", arg=dark
        )
        assert seen.complaints == []


def test_keyboard_reaches_content_and_opens_code(opened):
    with opened() as seen:
        page = seen.page
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.className") == "skip"
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.id") == "main"
        fold = page.locator("#ch01 details.code").first
        fold.locator("summary").focus()
        page.keyboard.press("Enter")
        assert fold.get_attribute("open") is not None
        page.get_by_role("button", name="Show code").press("Space")
        assert page.locator("details.code:not([open])").count() == 0


def test_deep_link_leads_to_its_section_and_marks_the_contents(opened):
    with opened(reduced_motion="reduce", height=400) as seen:
        page = seen.page
        page.locator("nav a[href='#ch02']").press("Enter")
        page.locator("nav a[href='#ch02'][aria-current]").wait_for()
        assert page.url.endswith("#ch02")
        assert abs(page.locator("#ch02").bounding_box()["y"]) < 200


def test_contents_fold_on_a_phone_and_stay_open_on_a_desk(opened):
    with opened(width=390) as seen:
        fold = seen.page.locator("nav details")
        assert fold.get_attribute("open") is None
        fold.locator("summary").click()
        seen.page.locator("nav a[href='#ch02']").click()
        assert fold.get_attribute("open") is None
        seen.page.set_viewport_size({"width": 1440, "height": 900})
        seen.page.locator("nav details[open]").wait_for()


def test_figure_is_enlarged_and_closed_by_keyboard(opened):
    with opened() as seen:
        page = seen.page
        page.locator("#fig-roi_intervals .enlarge").press("Enter")
        dialog = page.get_by_role("dialog", name="Search earns most")
        assert dialog.locator("img").get_attribute("alt") == "Bars: 4.1, 0.8"
        assert seen.violations() == []
        page.keyboard.press("Escape")
        assert not page.locator("#viewer").is_visible()


def test_print_hides_navigation_and_code(opened):
    with opened(color_scheme="dark") as seen:
        seen.page.emulate_media(media="print")
        for selector in ("nav", "details.code", ".tools", ".enlarge"):
            assert not seen.page.locator(selector).first.is_visible()
        assert seen.page.locator("#fig-roi_intervals img").is_visible()
        white = seen.page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert white == "rgb(255, 255, 255)"


def test_page_can_be_read_without_scripts(opened):
    with opened(java_script_enabled=False) as seen:
        assert seen.page.locator("#ch02-takeaways").is_visible()
        assert not seen.page.locator("[data-action=theme]").is_visible()


def test_dark_figures_follow_the_switch_and_print_on_white(opened, tmp_path):
    with opened(color_scheme="dark") as seen:
        card = seen.page.locator(".figure-card").first
        dark = card.evaluate("e => getComputedStyle(e).backgroundColor")
        seen.page.get_by_role("button", name="Dark mode").click()
        assert card.evaluate("e => getComputedStyle(e).backgroundColor") != dark
        seen.page.get_by_role("button", name="Dark mode").click()
        seen.page.emulate_media(media="print")
        paper = card.evaluate("e => getComputedStyle(e).backgroundColor")
        assert paper == "rgb(255, 255, 255)"


def test_no_figure_is_wider_or_taller_than_a_printed_page(opened):
    a4 = {"width": 673, "height": 990}  # 210 x 297 mm less the margins, in CSS pixels
    with opened(width=a4["width"], height=a4["height"]) as seen:
        seen.page.emulate_media(media="print")
        for figure in seen.page.locator("figure").all():
            box = figure.bounding_box()
            assert box["x"] >= 0
            assert box["x"] + box["width"] <= a4["width"] + 1
            assert box["height"] <= a4["height"]
        assert seen.overflow() == 0


def test_report_prints_to_pdf(opened, tmp_path):
    with opened() as seen:
        path = tmp_path / "report.pdf"
        seen.page.pdf(path=path, prefer_css_page_size=True)
        content = path.read_bytes()
        assert content.startswith(b"%PDF-")
        assert 1 < len(re.findall(rb"/Type /Page\b", content)) < 10
