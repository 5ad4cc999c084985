"""The report: safe, complete and offline, whatever the notebooks and the data contain."""

from __future__ import annotations

import base64
import re
from itertools import pairwise
from pathlib import Path
from urllib.parse import unquote

import pytest
from bs4 import BeautifulSoup
from pages import BREAKOUT, HOSTILE, PNG, SUMMARY, SVG, write_run

from mmm.errors import ReportError
from mmm.report import render
from mmm.report.content import image_size, new_chapter
from mmm.report.markdown import ChapterRenderer, Names, inline_html, mathml, to_html
from mmm.store import Store


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return render(*write_run(tmp_path_factory.mktemp("run")))


@pytest.fixture(scope="module")
def html(report: Path) -> str:
    return report.read_text("utf-8")


@pytest.fixture(scope="module")
def soup(html: str) -> BeautifulSoup:
    return BeautifulSoup(html, "html.parser")


# The file


def test_report_is_one_file_with_no_reference_to_the_network(report, html, soup):
    assert report.name == "report.html"
    for tag in soup.find_all(True):
        for name in ("src", "href", "srcset", "action", "poster", "data"):
            assert tag.get(name, "#").startswith(("#", "data:")), tag
    assert not re.search(r"@import|url\(\s*['\"]?(?!data:)", html)
    assert not re.search(r"<(link|script)[^>]+https?:", html)
    policy = soup.find("meta", attrs={"http-equiv": "Content-Security-Policy"})["content"]
    assert policy.startswith("default-src 'none'; img-src data:")


def test_two_renders_give_the_same_bytes(tmp_path, html):
    assert render(*write_run(tmp_path)).read_text("utf-8") == html


def test_report_names_no_folder_of_the_machine(html, tmp_path):
    assert str(tmp_path.parents[1]) not in html
    assert str(Path(__file__).parent) not in html


def test_ids_are_unique_and_every_link_has_its_target(soup):
    ids = [tag["id"] for tag in soup.find_all(id=True)]
    assert len(ids) == len(set(ids))
    links = {tag["href"] for tag in soup.find_all("a")}
    assert links
    assert links <= {f"#{name}" for name in ids}


def test_contents_list_every_chapter_and_its_sections(soup):
    links = [a["href"] for a in soup.select("nav a")]
    assert links == [
        "#summary",
        "#notebooks",
        "#ch01",
        "#ch01-takeaways",
        "#ch02",
        "#ch02-a-heading-too-deep",
        "#ch02-takeaways",
        "#ch02-takeaways-2",
        "#glossary",
        "#method",
        "#provenance",
    ]


def test_headings_start_at_one_h1_and_never_skip_a_level(soup):
    levels = [int(tag.name[1]) for tag in soup.find_all(re.compile("^h[1-6]$"))]
    assert levels.count(1) == 1
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


# Its content


def test_chapter_title_is_the_question_of_the_notebook(soup):
    titles = [tag.get_text() for tag in soup.select("section.chapter > header h3")]
    assert titles == ["What does each channel earn?", "What if 10 % of TV moves?"]


def test_figure_keeps_title_caption_and_alternative_text(soup):
    shown = soup.find(id="fig-roi_intervals")
    assert shown.select_one(".figure-title").get_text() == "Search earns most"
    assert shown.find("figcaption").get_text() == "Median."
    image = shown.find("img")
    assert image["alt"] == "Bars: 4.1, 0.8"
    assert unquote(image["src"].partition(",")[2]) == SVG
    assert (image["width"], image["height"]) == ("800", "400")


def test_every_image_has_an_alternative_text(soup):
    images = soup.find_all("img")
    assert len(images) == 3
    assert all(image["alt"].strip() for image in images)


def test_summary_shows_headline_tiles_recommendations_and_doubts(soup):
    summary = soup.find(id="summary")
    assert summary.select_one(".headline strong").get_text() == "480k USD"
    assert [tag.get_text() for tag in summary.select(".value")] == ["2.45", "A & B"]
    assert summary.select_one(".recommendations strong").get_text() == "2.70"
    money = [tag.get_text() for tag in summary.select(".recommendation-money")]
    assert money == ["+$1.1M 90 %: $0.3M to $1.9M"]
    assert "cannot be told apart" in summary.select_one(".distrust").get_text()


def test_formulas_are_mathml_and_money_is_not_a_formula(soup):
    assert len(soup.select("#ch01 math")) == 2
    assert soup.select_one("#ch01 .formula math")["display"] == "block"
    assert "earned $4.10 or $3" in soup.get_text()


def test_code_is_folded_and_cells_without_output_join_the_next(soup):
    blocks = soup.select("#ch01 details.code")
    assert [block.find("summary").get_text() for block in blocks] == ["Code"] * 4
    assert not any(block.has_attr("open") for block in blocks)
    assert blocks[0].find("pre").get_text() == "import numpy as np\n\nax = draw(1 < 2)\n"


def test_last_expression_of_a_cell_is_shown(soup):
    assert "two" in [tag.get_text() for tag in soup.select("pre.stream")]


def test_parameters_and_hidden_cells_are_left_out(html):
    assert "SECRET" not in html
    assert "secret prose" not in html


def test_settings_of_a_run_are_told_on_the_first_screen_and_in_the_provenance(soup):
    assert "Made with settings of its own: twins = 12." in soup.select_one(".notes").get_text()
    assert "twins = 12" in soup.select_one("#provenance").get_text()


def test_tables_scroll_in_boxes_with_names_of_their_own(soup):
    boxes = soup.select(".scroll")
    names = [box["aria-label"] for box in boxes]
    assert names[1:] == ["Return by channel", "Return by channel (2)", "Table of chapter 2"]
    assert len(names) == len(set(names))
    assert all(box["tabindex"] == "0" and box.find("table") for box in boxes)


def test_streams_and_errors_are_shown_as_text(soup):
    assert soup.select_one("pre.stream-stderr").get_text() == "UserWarning: mind\n"
    assert f"a red {HOSTILE}" in soup.get_text()
    assert soup.select_one("#ch02 .notice-error pre").get_text() == f"ValueError: {HOSTILE}"
    assert "Chapter 2 is incomplete" in soup.find(id="summary").get_text()


def test_hostile_text_stays_text(html, soup):
    assert len(soup.find_all("script")) == 1  # no sliders in this run
    assert not soup.find_all(lambda tag: any(name.startswith("on") for name in tag.attrs))
    assert f"<title>{HOSTILE.replace('<', '&lt;').replace('>', '&gt;')} &amp; Co</title>" in html
    assert soup.h1.get_text() == f"{HOSTILE} & Co"
    hostile = soup.find("img", alt=BREAKOUT)
    assert hostile.find_parent("figure").find("figcaption").get_text() == HOSTILE
    assert HOSTILE in soup.select_one(".headline").get_text()
    assert BREAKOUT in soup.select_one("#ch01").get_text()


def test_links_between_notebooks_become_links_between_chapters(soup):
    assert soup.find("a", string="what if")["href"] == "#ch02"
    assert "a paper (example.org/paper)" in soup.get_text()


def test_provenance_names_seed_inputs_and_packages(soup):
    facts = {
        row.find("dt").get_text(): row.find("dd").get_text()
        for row in soup.select("#provenance dl > div")
    }
    assert facts["Seed"] == "7"
    assert re.fullmatch("[0-9a-f]{12}", facts["weekly.csv, SHA-256"])
    assert {"study.toml, SHA-256", "numpy", "scikit-learn", "matplotlib"} <= facts.keys()


# What can go wrong


def test_missing_summary_is_said_and_the_rest_is_shown(tmp_path):
    page = render(*write_run(tmp_path, summary=None)).read_text("utf-8")
    assert "There is no summary yet." in page
    assert 'id="ch02"' in page


@pytest.mark.parametrize(
    "change", [{"headline": 3}, {"tiles": None}, {"notes": "text"}, {"tiles": ["31 %"]}]
)
def test_malformed_summary_is_refused_by_name(tmp_path, change):
    with pytest.raises(ReportError, match=f"{next(iter(change))}.*Run notebook 07 again"):
        render(*write_run(tmp_path, summary=SUMMARY | change))


def test_summary_that_is_not_json_is_refused(tmp_path):
    store, study = write_run(tmp_path)
    store.write_text("reports/summary.json", "{")
    with pytest.raises(ReportError, match="is not JSON"):
        render(store, study)


def test_run_without_notebooks_is_refused(tmp_path):
    _, study = write_run(tmp_path)
    with pytest.raises(ReportError, match="no executed notebook"):
        render(Store(tmp_path / "empty"), study)


def test_broken_notebook_is_refused_by_name(tmp_path):
    store, study = write_run(tmp_path)
    store.write_text("notebooks/02_what_if.ipynb", "{")
    with pytest.raises(ReportError, match=r"02_what_if\.ipynb: not a readable notebook"):
        render(store, study)


# Small parts


def test_chapter_label_comes_from_the_notebook_or_its_file_name():
    assert new_chapter("04_adstock_saturation_ridge", 1).label == "Adstock saturation ridge"
    assert new_chapter("05_roi", 1, "Returns").label == "Returns"
    assert new_chapter("extra", 8).id == "ch08"


def test_names_are_given_out_once():
    names = Names({"roi"}, joint=" ({})")
    assert [names.unique("roi"), names.unique("roi"), names.unique("vif")] == [
        "roi (2)",
        "roi (3)",
        "vif",
    ]


def test_inline_markdown_builds_no_block_and_no_element():
    assert inline_html("1. **a** <b>") == "1. <strong>a</strong> &lt;b&gt;"
    assert inline_html("&lt;b&gt; & c") == "&lt;b&gt; &amp; c"
    assert inline_html(" 90\N{NO-BREAK SPACE}%:\n a ") == "90\N{NO-BREAK SPACE}%: a"


@pytest.mark.parametrize(("head", "cells"), [("| | |", 0), ("| | b |", 1)])
def test_empty_header_cells_are_no_headers(head, cells):
    renderer = ChapterRenderer("ch01", ids=Names(), labels=Names(), chapters={})
    html = to_html(f"{head}\n|---|---|\n| c | d |", renderer, math=True)
    assert html.count("<th>") == cells


@pytest.mark.parametrize("text", ["costs $5 or $6", "from $5 to $6"])
def test_amounts_in_markdown_are_no_formula(text):
    renderer = ChapterRenderer("ch01", ids=Names(), labels=Names(), chapters={})
    assert to_html(text, renderer, math=True) == f"<p>{text}</p>\n"


def test_formula_that_cannot_be_set_shows_its_source():
    assert mathml(r"\left( a", "inline") == r"<code>\left( a</code>"


def test_formula_never_becomes_an_element():
    assert "<script" not in mathml(rf"\text{{{HOSTILE}}}", "inline")
    assert "&#x0003C;" in mathml("a < b", "inline")


def test_size_of_unknown_image_is_left_open():
    assert image_size("image/svg+xml", b"<svg/>") == (0, 0)
    assert image_size("image/png", b"") == (0, 0)
    assert image_size("image/png", base64.b64decode(PNG)) == (1, 1)


def test_dense_png_is_shown_at_its_printed_size():
    header = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + (1280).to_bytes(4) + (640).to_bytes(4)
    density = b"pHYs" + (6299).to_bytes(4) * 2  # 160 dots per inch
    assert image_size("image/png", header + density) == (768, 384)
