"""Results -> figures with their words, and sentences: one module a notebook.

Every number in notebooks and report is written here. A notebook calls by module, as in
``book.show(show.returns.by_channel(table, weekly, study))``.
"""

from mmm.show import (
    baseline,
    budget,
    cells,
    checks,
    curves,
    data,
    exploration,
    gains,
    graded,
    grades,
    holdout,
    linear,
    panel,
    plan_words,
    portfolio,
    regional,
    regions,
    returns,
    scenarios,
    series,
    summary,
    trust,
)

__all__ = [
    "baseline",
    "budget",
    "cells",
    "checks",
    "curves",
    "data",
    "exploration",
    "gains",
    "graded",
    "grades",
    "holdout",
    "linear",
    "panel",
    "plan_words",
    "portfolio",
    "regional",
    "regions",
    "returns",
    "scenarios",
    "series",
    "summary",
    "trust",
]
