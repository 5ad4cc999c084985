"""A figure and its words: around it in the notebook, once each in the report."""

from types import SimpleNamespace

import nbformat
import pytest
from bs4 import BeautifulSoup
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from mmm import show
from mmm.report import render
from mmm.show import workbook
from mmm.show.workbook import Workbook
from mmm.store import Store


@pytest.fixture
def shown(tmp_path, study, weekly, monkeypatch):
    """Return a picture, and the outputs of the cell that showed it."""
    outputs = []

    def display(data, *, metadata=None, raw):
        outputs.append(new_output("display_data", data=data, metadata=metadata or {}))

    monkeypatch.setattr(workbook, "display", display)
    store = Store(tmp_path / study.name)
    picture = show.data.kpi_and_spend(weekly, study)
    Workbook(study, store).show(picture)
    return SimpleNamespace(picture=picture, outputs=outputs, store=store)


def test_title_and_caption_stand_around_the_figure_in_the_notebook(shown):
    above, drawn, below = (output.data for output in shown.outputs)
    assert above["text/markdown"] == f"**{shown.picture.title}**"
    assert drawn["image/svg+xml"] == shown.store.read_text("figures/kpi_and_spend.svg")
    assert drawn["text/plain"] == shown.picture.alt
    assert below["text/markdown"] == shown.picture.caption


def test_the_report_shows_title_and_caption_once(shown, study):
    question = new_markdown_cell("# Where do the data come from?")
    notebook = new_notebook(cells=[question, new_code_cell("draw()", outputs=shown.outputs)])
    shown.store.write_text("notebooks/01_data.ipynb", nbformat.writes(notebook))
    page = BeautifulSoup(render(shown.store, study).read_text("utf-8"), "html.parser")
    text = page.get_text()
    assert text.count(shown.picture.title) == 1
    assert text.count(shown.picture.caption) == 1
    card = page.find("figure").get_text()
    assert shown.picture.title in card
    assert shown.picture.caption in card
    assert page.find("img")["alt"] == shown.picture.alt
