"""Merge executed notebooks and export them through the project's own nbconvert template."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import Any

import nbformat
from jinja2 import Environment
from nbconvert.exporters.templateexporter import TemplateExporter
from nbconvert.filters.highlight import Highlight2HTML
from nbformat import NotebookNode
from traitlets.config import Config

from mmm.errors import ReportError
from mmm.report import content, results, sliders
from mmm.report.content import PNG, SVG, Chapter, Figure, Page
from mmm.report.first_screen import draw_headline
from mmm.report.markdown import ChapterRenderer, Names, mathml, to_html
from mmm.report.titles import TITLES
from mmm.show.glossary import FORMULAS, GLOSSARY, OF_MONEY
from mmm.store import Store
from mmm.study.study import Study

TEMPLATES = Path(__file__).resolve().parent / "templates"
PRIORITY = ["text/html", "text/markdown", SVG, PNG, "text/latex", "text/plain"]
RESERVED_IDS = {
    *("top", "main", "contents", "summary", "results", "notebooks", "glossary", "method"),
    *("provenance", "viewer", "viewer-title", "fig-headline", "whatif", *TITLES),
}


def terms(study: Study) -> dict[str, str]:
    """Return the glossary, without terms of money where units have no value."""
    left_out = () if study.data.value_is_known else OF_MONEY
    return {term: meaning for term, meaning in GLOSSARY.items() if term not in left_out}


class PortfolioExporter(TemplateExporter):
    """Export a merged notebook as one HTML page; every value is escaped unless marked safe."""

    output_mimetype = "text/html"
    file_extension = ".html"

    @property
    def default_config(self) -> Config:
        """Choose which form of an output is shown; scripts and widgets never are."""
        config = Config({"NbConvertBase": {"display_data_priority": PRIORITY}})
        config.merge(super().default_config)
        return config

    def _create_environment(self) -> Environment:
        environment = super()._create_environment()
        environment.autoescape = True
        return environment


@dataclass
class Merger:
    """Turn notebooks into the cells of one, rendered and labeled for the template."""

    chapters: dict[str, str]
    ids: Names = field(default_factory=lambda: Names(set(RESERVED_IDS)))
    labels: Names = field(default_factory=lambda: Names(joint=" ({})"))
    figures: list[Figure] = field(default_factory=list)

    def add(self, notebook: NotebookNode, chapter: Chapter) -> Iterator[NotebookNode]:
        """Yield the shown cells of a notebook, the first one marked as start of its chapter.

        `notebook`: executed notebook.
        """
        self.ids.unique(chapter.id)
        renderer = ChapterRenderer(
            chapter.id, ids=self.ids, labels=self.labels, chapters=self.chapters
        )
        cells = [self._shown(cell, chapter, renderer) for cell in _joined(notebook.cells)]
        for position, cell in enumerate(cells or [nbformat.v4.new_markdown_cell()]):
            cell.id = f"{chapter.id}-{position:03d}"
            cell.metadata.chapter_start = position == 0
            yield cell
        chapter.title = renderer.title or escape(chapter.label)
        chapter.headings = renderer.headings

    def _shown(
        self, cell: NotebookNode, chapter: Chapter, renderer: ChapterRenderer
    ) -> NotebookNode:
        cell.metadata = NotebookNode(chapter=chapter.id)
        if cell.cell_type == "markdown":
            cell.metadata.html = to_html(cell.source, renderer, math=True)
        if cell.cell_type == "code":
            cell.outputs = [output for output in cell.outputs if not _words_of_figure(output)]
            for output in cell.outputs:
                self._prepare(output, chapter, renderer)
        return cell

    def _prepare(self, output: NotebookNode, chapter: Chapter, renderer: ChapterRenderer) -> None:
        if output.output_type == "error":
            chapter.error = chapter.error or f"{output.ename}: {output.evalue}"
        data = output.get("data", {})
        kind = next((mime for mime in PRIORITY if mime in data), "")
        where = f"chapter {chapter.number}"
        if kind == "text/html":
            data[kind] = content.boxed_tables(data[kind], labels=self.labels, where=where)
        elif kind == "text/markdown":
            data[kind] = to_html(data[kind], renderer, math=False)
        elif kind in (SVG, PNG):
            figure = content.read_figure(output, kind, ids=self.ids, where=chapter)
            self.figures.append(figure)
            output.metadata.figure = vars(figure)


def _words_of_figure(output: NotebookNode) -> bool:
    """Tell whether an output is the title or caption of a figure, which its card has already."""
    return "words_of" in output.get("metadata", {}).get("text/markdown", {})


def _joined(cells: list[NotebookNode]) -> list[NotebookNode]:
    """Drop hidden cells and let code without output run into the code cell that follows."""
    kept: list[NotebookNode] = []
    for cell in filter(content.is_shown, cells):
        last = kept[-1] if kept else None
        if last and last.cell_type == cell.cell_type == "code" and not last.outputs:
            cell.source = "\n\n".join(part for part in (last.source, cell.source) if part)
            kept.pop()
        kept.append(cell)
    return kept


def read_notebooks(store: Store) -> list[tuple[str, NotebookNode]]:
    """Read the executed notebooks in the order of their names.

    Raises
    ------
    ReportError
        If there is none, or one is not a notebook.
    """
    paths = sorted(store.path("notebooks").glob("*.ipynb"))
    if not paths:
        raise ReportError(
            "notebooks: there is no executed notebook. The report is made of them. "
            "Run `python run_all.py` for this study first."
        )
    return [(path.stem, _read_notebook(path)) for path in paths]


def _read_notebook(path: Path) -> NotebookNode:
    try:
        notebook = nbformat.reads(path.read_text("utf-8"), as_version=nbformat.NO_CONVERT)
        return nbformat.convert(notebook, 4)
    except (ValueError, nbformat.ValidationError) as error:
        reason = str(error).splitlines()[0]
        raise ReportError(
            f"notebooks/{path.name}: not a readable notebook ({reason}). "
            "The report is made of it. Run this study again with `python run_all.py`."
        ) from None


def merge(
    notebooks: list[tuple[str, NotebookNode]],
) -> tuple[NotebookNode, list[Chapter], list[Figure]]:
    """Merge notebooks into one whose cells are ready for the template."""
    chapters = [
        content.new_chapter(stem, position, notebook.metadata.get("title", ""))
        for position, (stem, notebook) in enumerate(notebooks, start=1)
    ]
    pairs = list(zip(notebooks, chapters, strict=True))
    merger = Merger({f"{stem}.ipynb": chapter.id for (stem, _), chapter in pairs})
    merged = nbformat.v4.new_notebook()
    for (_, notebook), chapter in pairs:
        merged.cells += merger.add(notebook, chapter)
    return merged, chapters, merger.figures


def render_page(store: Store, study: Study) -> str:
    """Render the whole report as HTML."""
    notebooks = read_notebooks(store)
    settings = content.changed_settings(notebook for _, notebook in notebooks)
    notebook, chapters, figures = merge(notebooks)
    live = sliders.read_sliders(store, study)
    page = Page(
        title=study.title,
        question=study.question,
        summary=content.read_summary(store, settings),
        headline=draw_headline(store, study, figures),
        results=results.sections(store, study, figures, live=live is not None),
        sliders=live,
        chapters=chapters,
        glossary=terms(study),
        formulas=[(name, mathml(latex, "block"), text) for name, latex, text in FORMULAS],
        provenance=content.provenance(store, study, settings),
    )
    return _export(notebook, page)


def script_json(value: Any) -> str:
    r"""Write data for a script element: nothing in it can end the element.

    Examples
    --------
    >>> script_json({"name": "</script>"})
    '{"name":"\\u003c/script>"}'
    """
    return json.dumps(value, separators=(",", ":")).replace("<", "\\u003c")


def _export(notebook: NotebookNode, page: Page) -> str:
    exporter = PortfolioExporter(
        template_name="portfolio",
        template_file="index.html.j2",
        extra_template_basedirs=[str(TEMPLATES)],
        filters={
            "highlight_code": Highlight2HTML(pygments_lexer="ipython3"),
            "script_json": script_json,
        },
    )
    resources: dict[str, Any] = {"page": page}
    html, _ = exporter.from_notebook_node(notebook, resources)
    return html.strip() + "\n"
