"""Executed notebooks and their summary -> one offline HTML report."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from mmm.store import Store
    from mmm.study.study import Study

__all__ = ["render", "render_index", "render_series"]


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


def render_series(
    outputs: Path, titles: Mapping[str, str], study: Study, failed: Mapping[str, str]
) -> Path:
    """Write ``index.html`` over the series of one file: cards, one table, one budget.

    Parameters
    ----------
    outputs : Path
        Folder with a sub-folder per series.
    titles : mapping of str to str
        Name of each series that was run, by its folder.
    study : Study
        The study that names the series.
    failed : mapping of str to str
        Why a series was not run, by its name.

    Raises
    ------
    ArtefactError
        If a series has no results.
    """
    from mmm.panel.own import open_series, portfolio_of_own  # these import pandas and the sampler
    from mmm.report.index import write_index
    from mmm.show.many import sections

    series = [open_series(outputs, name, title) for name, title in titles.items()]
    found = portfolio_of_own(series, study)
    return write_index(outputs, list(titles), sections(found, study, failed), study.title)
