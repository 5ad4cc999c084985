"""Series that were run as studies of their own: their returns pooled, and one budget over them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from mmm.data.weekly import WeeklyData, weekly_data
from mmm.decide.returns import current_plan, roi, summarize
from mmm.errors import MMMError
from mmm.findings import Finding
from mmm.model.additive import AdditiveModel
from mmm.panel.budget import PortfolioPlan, best_budget, budget_certificate, budget_table
from mmm.panel.cells import Portfolio, portfolio_of
from mmm.panel.fits import SeriesData, fit_all
from mmm.panel.series import pool_table
from mmm.store import Store
from mmm.study.load import load_study
from mmm.study.study import Study


@dataclass(frozen=True)
class OwnSeries:
    """One series that was run: its study, its weeks and what its notebooks say."""

    name: str  #: Name of its folder.
    title: str  #: Its name in the file.
    study: Study
    weekly: WeeklyData
    #: One row per channel: channel, label, spend, roi_low, roi, roi_high, grade (of the ROI),
    #: grade_mroi, change_pct.
    channels: pd.DataFrame


@dataclass(frozen=True)
class OwnPortfolio:
    """All series of a file together."""

    #: One row per series and channel: series, channel, currency, spend, roi (of the study alone),
    #: grade, pooled_low, pooled, pooled_high (where there is a pool), change_pct (of its plan).
    table: pd.DataFrame
    pool: pd.DataFrame  #: Result of :func:`mmm.panel.series.pool_table`; empty without a pool.
    budget: pd.DataFrame  #: Result of :func:`mmm.panel.budget.budget_table`; empty without one.
    checks: tuple[Finding, ...]  #: Its certificate.
    plan: PortfolioPlan | None
    missing: tuple[str, ...]  #: What cannot be told of all series together, and why.


def open_series(folder: Path, name: str, title: str) -> OwnSeries:
    """Read what the run of one series left.

    Raises
    ------
    MMMError
        If a result is missing or damaged.
    """
    store = Store(folder / name)
    study = load_study(store.path("data/study.toml", must_exist=True))
    weekly = weekly_data(store.read_table("data/weekly.csv"), study)
    returns = store.read_table("tables/returns.csv").set_index("channel")
    grades = store.read_table("tables/trust_grades.csv").set_index("channel")
    plan = store.read_table("tables/budget_recommendations.csv").set_index("channel")
    rows = returns[["spend", "roi_low", "roi", "roi_high"]].assign(
        grade=grades["grade_roi"], grade_mroi=grades["grade_mroi"], change_pct=plan["change_pct"]
    )
    rows.insert(0, "label", [study.labels[name] for name in rows.index])
    return OwnSeries(name, title, study, weekly, rows.reset_index())


def portfolio_of_own(series: Sequence[OwnSeries], study: Study) -> OwnPortfolio:
    """Pool the returns of series that were run, and split one budget over them.

    Parameters
    ----------
    series : sequence of OwnSeries
        The series.
    study : Study
        The study that names them: its seed, currency, rates and optimizer.
    """
    table = pd.concat([_rows(own) for own in series], ignore_index=True)
    missing: list[str] = []
    if not study.data.value_is_known:
        missing.append(
            "What a unit is worth is not known, so returns are neither pooled nor one budget made."
        )
    elif len(series) < 2:
        missing.append("A single series has nothing to be pooled with.")
    if missing:
        return OwnPortfolio(table, pd.DataFrame(), pd.DataFrame(), (), None, tuple(missing))
    data = [SeriesData(own.name, own.weekly, own.study) for own in series]
    found = fit_all(data, seed=study.seed)
    models = found.models()
    table = table.merge(_pooled_rows(series, models), on=["series", "channel"])
    pool = pool_table(found.pool, study.interval)
    pool["channel"] = pool["channel"].map(study.labels)
    try:
        portfolio = _portfolio(series, models, study)
        plan = best_budget(
            portfolio, max_change=study.optimize.max_change, held=_held(portfolio, series)
        )
    except MMMError as error:  # a rate that is missing, or synergy
        return OwnPortfolio(table, pool, pd.DataFrame(), (), None, (f"No budget: {error}",))
    checks = tuple(budget_certificate(portfolio, plan))
    titles = {own.name: own.title for own in series}
    budget = budget_table(portfolio, plan)
    budget = budget.assign(
        series=budget["series"].map(titles), channel=budget["channel"].map(study.labels)
    )
    return OwnPortfolio(table, pool, budget, checks, plan, ())


def _rows(own: OwnSeries) -> pd.DataFrame:
    rows = own.channels[["label", "spend", "roi", "grade", "change_pct"]]
    rows = rows.rename(columns={"label": "channel"})
    rows.insert(0, "series", own.title)
    rows.insert(2, "currency", own.study.currency)
    return rows


def _pooled_rows(series: Sequence[OwnSeries], models: dict[str, AdditiveModel]) -> pd.DataFrame:
    """Return the pooled ROI of every series and channel over the window of its study."""
    rows = []
    for own in series:
        plan = current_plan(models[own.name], own.weekly, window_weeks=own.study.window_weeks)
        draws = roi(plan)
        for c, name in enumerate(plan.channels):
            known = plan.total_spend[c] > 0
            found = summarize(draws[:, c], own.study.interval) if known else (np.nan,) * 3
            rows.append((own.title, own.study.labels[name], *found))
    columns = ["series", "channel", "pooled_low", "pooled", "pooled_high"]
    return pd.DataFrame(rows, columns=columns)


def _portfolio(
    series: Sequence[OwnSeries], models: dict[str, AdditiveModel], study: Study
) -> Portfolio:
    return portfolio_of(
        models,
        {own.name: own.weekly for own in series},
        {own.name: own.study.currency for own in series},
        dict(study.data.fx),
        currency=study.currency,
        window_weeks=study.window_weeks,
    )


def _held(portfolio: Portfolio, series: Sequence[OwnSeries]) -> np.ndarray:
    """Tell which cells stay as they are: those whose next unit of spend is graded D."""
    grades = {
        (own.name, row.channel): row.grade_mroi
        for own in series
        for row in own.channels.itertuples()
    }
    pairs = zip(portfolio.cells["series"], portfolio.cells["channel"], strict=True)
    return np.array([grades[pair] == "D" for pair in pairs], dtype=bool)
