"""Executed notebooks and their summary -> one offline HTML report."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from mmm.store import Store
    from mmm.study.study import Study

__all__ = ["render", "render_index"]


def render(store: Store, study: Study) -> Path:
    """Write ``report.html`` from the executed notebooks and ``reports/summary.json``.

    Raises
    ------
    ReportError
        If there is no executed notebook, one cannot be read, or the summary is malformed.
    """
    from mmm.report.exporter import render_page  # nbconvert is slow to import

    return store.write_text("report.html", render_page(store, study))


def render_index(outputs: Path, names: Sequence[str]) -> Path:
    """Write ``index.html``: one offline page with a card per study.

    Raises
    ------
    ArtefactError
        If a study has no results.
    """
    from mmm.report.index import write_index  # jinja2 and nbconvert are slow to import

    return write_index(outputs, names)
