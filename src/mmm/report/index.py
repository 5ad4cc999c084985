"""The portfolio page: one card per study, each leading to its report."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, FileSystemLoader

from mmm.findings import Status, worst_of
from mmm.report.content import TRUST
from mmm.report.exporter import TEMPLATES
from mmm.show.headline import NAME as HEADLINE
from mmm.show.many import Section
from mmm.store import Store, write_bytes


@dataclass(frozen=True)
class Card:
    """One study on the portfolio page."""

    name: str  #: Name of the study; its report is ``<name>/report.html``.
    #: What it is, asks and found.
    title: str
    question: str
    headline: str
    status: Status  #: The worst of its checks.
    fit: str  #: How well the model of record forecast the weeks it had not seen.
    #: Its headline figure as a data URI, and in words.
    image: str
    alt: str


def read_card(folder: Path) -> Card:
    """Read the card that notebook 07 left among a study's results.

    Raises
    ------
    ArtefactError
        If the study has not been run.
    """
    store = Store(folder)
    content = store.read_json("reports/card.json")
    if store.path(TRUST).exists():
        trust = store.read_json(TRUST)
        content["status"] = worst_of({content["status"], trust["status"]})
        content["headline"] = trust.get("headline", content["headline"])
    figure = _figure(store, content.pop("figure")).read_bytes()
    image = f"data:image/svg+xml;base64,{base64.b64encode(figure).decode('ascii')}"
    return Card(name=folder.name, image=image, **content)


def _figure(store: Store, name: str) -> Path:
    """Return the figure of the report's first screen, or the notebook's where no report is."""
    headline = store.path(f"figures/{HEADLINE}.svg")
    return headline if headline.exists() else store.path(f"figures/{name}.svg", must_exist=True)


def write_index(
    outputs: Path, names: Sequence[str], sections: Sequence[Section] = (), title: str = ""
) -> Path:
    """Write ``index.html``: one offline page over the reports of several studies.

    `sections` follow the cards; `title` stands above them instead of the number of studies.
    """
    loader = FileSystemLoader(str(TEMPLATES / "portfolio"))
    environment = Environment(loader=loader, autoescape=True, trim_blocks=True, lstrip_blocks=True)
    cards = [read_card(outputs / name) for name in names]
    html = environment.get_template("studies.html.j2").render(
        cards=cards, sections=sections, title=title
    )
    return write_bytes(outputs / "index.html", (html.strip() + "\n").encode("utf-8"))
