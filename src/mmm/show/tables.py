"""How tables are written for people: one format per column name, escaped HTML, aligned numbers."""

from __future__ import annotations

import html
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from mmm import formatting
from mmm.show import style
from mmm.show.measures import rate, rate_name
from mmm.show.words import kpi_name
from mmm.study.study import Study

Formatter = Callable[[Any], str]

#: Amounts of spend, and what is money whatever the outcome is.
AMOUNTS = [
    *("spend", "current_spend", "recommended_spend", "lower_bound", "upper_bound"),
    *("cpik", "budget"),
]
#: Amounts of the outcome; the first table of notebook 02 has spend beside it.
OUTCOMES = [
    *("contribution", "true_contribution", "incremental_revenue", "gain_sd", "regret"),
    *("without_plan", "total", "mean", "std", "min", "median", "max"),
]
CHANGES = ["change", "spend_change", "profit_change"]
OUTCOME_CHANGES = ["revenue_change", "gain", "expected_gain", "true_gain"]
SHARES = [
    "spend_share",
    "contribution_share",
    "change_pct",
    "revenue_change_pct",
    "active_weeks",
    "zero_share",
    "forest_share",
    "share_of_possible",
    "still_prior",
    "share_of_kpi",
    "within_half",
    "coverage",
]
RETURNS = [
    *("roi", "mroi", "true_roi", "ols_roi", "current_mroi", "recommended_mroi"),
    *("next_unit", "total_roi"),
]
#: Headers of columns whose name alone does not say what is counted.
HEADERS = {
    "size_in_kpi": "size a week",
    "share_of_kpi": "share of the mean outcome",
    "in_noise": "times the weekly noise",
}
RATIOS = ["vif", "standard_error_factor", "evidence"]
#: What a table of a study whose units have no value cannot say.
OF_PROFIT = ["profit_change", "p_earns", "earns_money"]


def column_formats(
    currency: str,
    kpi_currency: str,
    *,
    outcome_currency: str | None = None,
    returns: Formatter = formatting.ratio,
) -> dict[str, Formatter]:
    """Return how to write the known columns.

    Parameters
    ----------
    currency, kpi_currency : str
        Of spend, and of errors in the KPI.
    outcome_currency : str, optional
        Of outcomes; that of spend by default, empty where units have no value.
    returns : callable
        How a return is written.
    """
    money = partial(formatting.money, currency=currency)
    outcome = money if outcome_currency is None else partial(money, currency=outcome_currency)
    formats: dict[str, Formatter] = {}
    for end in ("", "_low", "_high"):
        formats |= dict.fromkeys((name + end for name in AMOUNTS), money)
        formats |= dict.fromkeys((name + end for name in OUTCOMES), outcome)
        formats |= dict.fromkeys((name + end for name in CHANGES), partial(money, signed=True))
        signed = partial(outcome, signed=True)
        formats |= dict.fromkeys((name + end for name in OUTCOME_CHANGES), signed)
        formats |= dict.fromkeys((name + end for name in RATIOS), formatting.ratio)
        formats |= dict.fromkeys((name + end for name in RETURNS), returns)
    formats |= dict.fromkeys(SHARES, partial(formatting.percent, digits=1))
    for part in ("", "train_", "holdout_"):
        formats[f"{part}rmse"] = partial(formatting.money, currency=kpi_currency)
        formats[f"{part}mape"] = partial(formatting.percent, digits=1)
        formats[f"{part}r2"] = formatting.ratio
    formats |= dict.fromkeys(
        ("size_in_kpi", "crps"), partial(formatting.money, currency=kpi_currency)
    )
    formats |= dict.fromkeys(("p_gain", "p_earns", "chance"), formatting.chance)
    return formats | {"variation": formatting.ratio, "p_value": _p_value}


def formats_of(study: Study, *, kpi_currency: str) -> dict[str, Formatter]:
    """Return how to write the known columns of a study's tables."""
    return column_formats(
        study.currency,
        kpi_currency,
        outcome_currency=study.outcome_currency,
        returns=partial(rate, study=study),
    )


def column_titles(table: pd.DataFrame, study: Study) -> dict[str, str]:
    """Return the headers of columns whose names do not say it, or would speak of money in vain."""
    titles = {name: HEADERS[name] for name in map(str, table.columns) if name in HEADERS}
    if study.data.value_is_known:
        return titles
    for column in map(str, table.columns):
        if column in titles:
            continue
        words = column.split("_")
        said = [kpi_name(study) if word == "revenue" else word for word in words]
        said = [rate_name(study) if word in ("roi", "mroi") else word for word in said]
        titles[column] = " ".join((["next"] if "mroi" in words else []) + said)
    return titles


def _p_value(value: float) -> str:
    return "< 0.001" if value < 0.001 else f"{value:.3f}"


def table_html(
    table: pd.DataFrame,
    *,
    caption: str,
    formats: Mapping[str, Formatter],
    labels: Mapping[str, str],
    titles: Mapping[str, str] | None = None,
) -> str:
    """Return a table as escaped HTML; `titles` are the headers that differ from the columns."""
    titles = titles or {}
    table = table.dropna(axis=1, how="all")
    numeric = {c for c in table if pd.api.types.is_numeric_dtype(table[c]) or c in formats}
    columns = list(table.columns)
    head = "".join(
        f'<th scope="col"{_align(column in numeric and position > 0)}>'
        f"{html.escape(titles.get(column, str(column).replace('_', ' ')))}</th>"
        for position, column in enumerate(columns)
    )
    rows = []
    for values in table.itertuples(index=False):
        cells = []
        for position, (column, value) in enumerate(zip(columns, values, strict=True)):
            text = _text(value, formats.get(column), labels)
            tag, scope = ("td", "") if position else ("th", ' scope="row"')
            css = _align(column in numeric and position > 0)
            if text in style.STATUS_COLORS:
                css = f' class="status-{text.lower()}"'
            cells.append(f"<{tag}{scope}{css}>{html.escape(text)}</{tag}>")
        rows.append(f"<tr>{''.join(cells)}</tr>")
    return (
        f'<table class="data"><caption>{html.escape(caption)}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"
    )


def _align(is_number: bool) -> str:
    return ' class="number"' if is_number else ""


def _text(value: object, format_: Formatter | None, labels: Mapping[str, str]) -> str:
    if format_ is not None and isinstance(value, int | float | np.number):
        return format_(value)
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    if isinstance(value, float):
        return _number(value)
    return _labelled(str(value), labels)


def _number(value: float) -> str:
    if np.isnan(value):
        return "–"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def _labelled(text: str, labels: Mapping[str, str]) -> str:
    """Write labels for names, also in a pair such as ``tv x search``."""
    if text in labels or " x " not in text:
        return labels.get(text, text)
    return " × ".join(labels.get(part, part) for part in text.split(" x "))
