"""All series of a file on one page: tables and sentences."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import NamedTuple

import numpy as np
import pandas as pd

from mmm.findings import findings_table
from mmm.formatting import between, chance, money, percent, ratio
from mmm.panel.own import OwnPortfolio
from mmm.show.tables import column_formats, table_html
from mmm.study.study import Study


class Section(NamedTuple):
    """A part of the page."""

    title: str
    text: str  #: Plain sentences.
    table: str  #: HTML.


def sections(found: OwnPortfolio, study: Study, failed: Mapping[str, str]) -> list[Section]:
    """Return the parts of the page over all series, after their cards.

    Parameters
    ----------
    found : OwnPortfolio
        All series together.
    study : Study
        The study that names them.
    failed : mapping of str to str
        Why a series was not run, by its name.
    """
    parts = [_all_channels(found, study)]
    if len(found.pool):
        parts.append(_pool(found, study))
    if found.plan is not None:
        parts += [_budget(found, study), _certificate(found)]
    if found.missing:
        parts.append(Section("Not told of all together", " ".join(found.missing), ""))
    if failed:
        rows = pd.DataFrame(failed.items(), columns=["series", "why"])
        table = table_html(rows, caption="Series without a report", formats={}, labels={})
        parts.append(Section("Not run", "", table))
    return parts


def _all_channels(found: OwnPortfolio, study: Study) -> Section:
    table = found.table.copy()
    table["spend"] = [
        money(value, code) for value, code in zip(table["spend"], table["currency"], strict=True)
    ]
    text = "Each series on its own, in its own currency, with the grade of its report."
    if len(found.pool):
        text += (
            " The pooled ROI also uses what the other series say of the channel: every series is "
            "fitted alone, and a channel's log ROI is drawn to a center that all series share, as "
            "far as they agree."
        )
        table["pooled"] = [
            f"{ratio(row.pooled)} ({between(row.pooled_low, row.pooled_high, ratio)})"
            if np.isfinite(row.pooled)
            else "–"
            for row in table.itertuples()
        ]
        table = table.drop(columns=["pooled_low", "pooled_high"])
    formats = column_formats(study.currency, study.kpi_currency)
    titles = {"roi": "ROI", "pooled": "pooled ROI", "change_pct": "change in its plan"}
    caption = "All series and channels, last weeks of each"
    html = table_html(table, caption=caption, formats=formats, labels={}, titles=titles)
    return Section("All series and channels", text, html)


def _pool(found: OwnPortfolio, study: Study) -> Section:
    formats = column_formats(study.currency, study.kpi_currency)
    titles = {"roi_low": "ROI low", "roi": "ROI", "roi_high": "ROI high"}
    caption = (
        f"ROI that the pool expects of a further series, {percent(study.interval)} interval; "
        "spread: standard deviation of the log ROI between series"
    )
    html = table_html(found.pool, caption=caption, formats=formats, labels={}, titles=titles)
    return Section("What the series say together", "", html)


def _budget(found: OwnPortfolio, study: Study) -> Section:
    plan, currency = found.plan, study.currency
    assert plan is not None
    tail = (1 - study.interval) / 2
    low, middle, high = np.quantile(plan.gain, [tail, 0.5, 1 - tail])
    write = partial(money, currency=currency, signed=True)
    text = (
        f"{money(plan.budget, currency)} over all series and channels, split so that expected "
        f"revenue is largest: {write(float(middle))} against today "
        f"({percent(study.interval)}: {between(float(low), float(high), write)}; "
        f"{chance(float((plan.gain > 0).mean()))} sure of a gain). No channel of a series moves "
        f"by more than {percent(study.optimize.max_change)}, those whose mROI is graded D stay. "
        f"Where a channel is free to move the next unit of money earns {ratio(plan.price)} "
        f"everywhere. Exchange rates are those of the study."
    )
    table = found.budget.drop(columns=["multiplier"])
    table["recommended_local"] = [
        money(value, code)
        for value, code in zip(table["recommended_local"], table["currency"], strict=True)
    ]
    titles = {"recommended_local": "in its own currency", "mroi": "mROI", "at": "at its bound"}
    formats = column_formats(currency, study.kpi_currency)
    caption = f"One budget over all series, in {currency}"
    html = table_html(table, caption=caption, formats=formats, labels={}, titles=titles)
    return Section("One budget over all series", text, html)


def _certificate(found: OwnPortfolio) -> Section:
    table = findings_table(found.checks).drop(columns="remedy")
    html = table_html(table, caption="Certificate of this budget", formats={}, labels={})
    return Section("The certificate", "", html)
