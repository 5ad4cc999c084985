"""One marketing mix model per series of a panel, on weekly aggregates, their returns pooled.

Each series is fitted in its own currency with a baseline of its own. What a channel returns is
money per money, so it is pooled over all series, whatever their currency: every channel that was
bought gets an estimate with its interval and a grade, and what limits it is named.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from mmm.data.clean import parameter_count
from mmm.data.weekly import WeeklyData
from mmm.decide.returns import current_plan, mroi, roi, summarize
from mmm.errors import DataError
from mmm.model.additive import AdditiveModel
from mmm.panel.cleaning import Panel, panel_spec, series_table, weekly_panel
from mmm.panel.fits import PooledFits, SeriesData, fit_all, holdout_scores
from mmm.panel.pool import Pool
from mmm.panel.reasons import (
    NO_ESTIMATE,
    NOT_BETTER,
    grade_of,
    half_off,
    reasons_of,
    series_reason,
)
from mmm.panel.schema import DATE, SERIES
from mmm.panel.stored import StoredSeries
from mmm.parallel import run_each
from mmm.study.schema import Channel, Controls
from mmm.study.study import Study

KEYS = ["series", "brand", "territory", "currency", "roll_up"]
JUDGED = ("holdout_r2", "naive_r2", "beats_naive")


@dataclass(frozen=True)
class SeriesReturns:
    """What the models of all series say."""

    #: One row per series and channel: series, brand, territory, currency, roll_up, weeks, channel,
    #: active_weeks, spend_share, roi_alone (median before pooling), roi_low, roi, roi_high, mroi,
    #: half_off (chance of it), grade and reason. Without an estimate the numbers are NaN and the
    #: grade is empty.
    channels: pd.DataFrame
    #: One row per series: series, currency, weeks, parameters, effective (draws), second (whether
    #: it was fitted twice), holdout_r2, naive_r2 (the mean of the last four training weeks) and
    #: beats_naive; empty where nothing was fitted.
    fits: pd.DataFrame
    #: Result of :func:`pool_table`.
    pool: pd.DataFrame
    #: Media part of the model of each series, and its weeks.
    models: Mapping[str, AdditiveModel] = field(repr=False)
    weekly: Mapping[str, WeeklyData] = field(repr=False)


def series_returns(
    panel: Panel, study: Study, *, jobs: int | None = None, dask: str | None = None
) -> SeriesReturns:
    """Fit the Bayesian model to every series and pool their returns.

    Parameters
    ----------
    panel : Panel
        A clean panel.
    study : Study
        Its study.
    jobs : int, optional
        Local processes, as in :func:`mmm.parallel.run_each`.
    dask : str, optional
        Address of a cluster.
    """
    described = series_table(panel.frame)
    rows = _rows_by_series(panel, described)
    known = {
        name: _series_data(name, rows[name], panel, study, informs=not roll_up)
        for name, roll_up in zip(described["series"], described["roll_up"], strict=True)
    }
    data = {name: own for name, own in known.items() if own is not None}
    judged = dict(
        zip(data, run_each(holdout_scores, data.values(), jobs=jobs, dask=dask), strict=True)
    )
    found = fit_all(list(data.values()), seed=study.seed, jobs=jobs, dask=dask) if data else None
    models = found.models() if found else {}
    tables = [
        _channel_rows(name, own, panel, study, data.get(name), judged.get(name), models.get(name))
        for name, own in rows.items()
    ]
    channels = described[KEYS].merge(pd.concat(tables, ignore_index=True), on="series")
    if found:
        channels = _with_first_pass(channels, found)
    return SeriesReturns(
        channels=channels,
        fits=_fit_table(described, rows, panel, study, judged, found),
        pool=pool_table(found.pool, study.interval) if found else pd.DataFrame(),
        models=models,
        weekly={name: own.weekly for name, own in data.items()},
    )


def _rows_by_series(panel: Panel, described: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Return the weekly rows of each series, without rows where it has no full week."""
    weeks = weekly_panel(panel)
    # Without the categorical column, whose list of all series would travel with each of them.
    numbers = weeks.drop(columns=SERIES)
    groups = dict(list(numbers.groupby(weeks[SERIES], observed=True)))
    empty = numbers.iloc[:0]
    return {
        str(name): groups.get(name, empty).reset_index(drop=True) for name in described["series"]
    }


def series_study(study: Study, channels: list[str]) -> Study:
    """Return the study of one series: the same rules, other channels, nothing dated or paired."""
    forms = {channel.spend: channel for channel in study.channels.values()}
    chosen = {
        name: forms.get(f"{name}_SPEND", Channel(label=name, spend=f"{name}_SPEND"))
        for name in channels
    }
    changes = {"channels": chosen, "synergy": (), "events": (), "scenarios": (), "lift_tests": ()}
    return study.model_copy(update={**changes, "controls": Controls(), "simulate": None})


def weekly_of(rows: pd.DataFrame, channels: list[str]) -> WeeklyData:
    """Turn the weekly rows of one series into :class:`~mmm.data.weekly.WeeklyData`."""
    spend = pd.DataFrame({c: rows[f"{c}_SPEND"].to_numpy(float) for c in channels})
    return WeeklyData(
        weeks=pd.DatetimeIndex(rows[DATE]),
        kpi=rows["revenue"].to_numpy(float),
        value=np.ones(len(rows)),
        spend=spend,
        media=spend,
        controls=pd.DataFrame(index=spend.index),
    )


def _spend(rows: pd.DataFrame, panel: Panel) -> pd.DataFrame:
    return pd.DataFrame({c: rows[f"{c}_SPEND"].to_numpy(float) for c in panel.channels})


def _bought(rows: pd.DataFrame, panel: Panel) -> list[str]:
    return [name for name, values in _spend(rows, panel).items() if values.abs().sum() > 0]


def _series_data(
    name: str, rows: pd.DataFrame, panel: Panel, study: Study, *, informs: bool
) -> SeriesData | None:
    """Return what is fitted of a series; None where nothing can be."""
    spend, used = _spend(rows, panel), _bought(rows, panel)
    if not used or series_reason(rows, spend):
        return None
    return SeriesData(name, weekly_of(rows, used), series_study(study, used), informs)


def _channel_rows(
    name: str,
    rows: pd.DataFrame,
    panel: Panel,
    study: Study,
    data: SeriesData | None,
    judged: dict[str, float | bool] | None,
    model: AdditiveModel | None,
) -> pd.DataFrame:
    """Return one row a channel of one series."""
    spend, used = _spend(rows, panel), _bought(rows, panel)
    table = pd.DataFrame(
        {
            "series": name,
            "weeks": len(rows),
            "channel": list(panel.channels),
            "active_weeks": (spend > 0).sum().to_numpy(),
            "spend_share": (spend.sum() / max(spend.to_numpy().sum(), 1e-12)).to_numpy(),
        }
    )
    own = series_study(study, used) if used else study
    weekly = weekly_of(rows, used)
    reasons = reasons_of(rows, spend, weekly, own, panel_spec(study))
    numbers: dict[str, dict[str, object]] = {}
    if model is not None and data is not None and judged is not None:
        reasons = {c: _with_doubt(r, judged) for c, r in reasons.items()}
        numbers = _returns(model, data, reasons)
    columns = ("roi_low", "roi", "roi_high", "mroi", "half_off")
    for column in columns:
        table[column] = [numbers.get(c, {}).get(column, np.nan) for c in panel.channels]
    table["grade"] = [numbers.get(c, {}).get("grade", "") for c in panel.channels]
    table["reason"] = table["channel"].map(reasons)
    return table


def _with_doubt(reason: str, judged: dict[str, float | bool]) -> str:
    """Add to what limits a channel that its series is predicted no better than naively."""
    if reason in NO_ESTIMATE or judged.get("beats_naive") is not False:
        return reason
    return "; ".join(filter(None, [reason, NOT_BETTER]))


def _returns(
    model: AdditiveModel, data: SeriesData, reasons: Mapping[str, str]
) -> dict[str, dict[str, object]]:
    """Return ROI, mROI and grade of each channel over all weeks of a series."""
    plan, interval = current_plan(model, data.weekly), data.study.interval
    average, marginal = roi(plan), mroi(plan)
    found: dict[str, dict[str, object]] = {}
    for c, (name, chance) in enumerate(zip(plan.channels, half_off(average), strict=True)):
        low, middle, high = summarize(average[:, c], interval)
        found[name] = {
            "roi_low": low,
            "roi": middle,
            "roi_high": high,
            "mroi": float(np.median(marginal[:, c])),
            "half_off": float(chance),
            "grade": grade_of(float(chance), reasons[name]),
        }
    return found


def _with_first_pass(channels: pd.DataFrame, found: PooledFits) -> pd.DataFrame:
    """Add what each series says on its own, before the others are heard."""
    alone = {(fit.name, c): v for fit in found.fits for c, v in fit.alone.items()}
    keys = zip(channels["series"], channels["channel"], strict=True)
    place = channels.columns.get_loc("roi_low")
    assert isinstance(place, int)
    channels.insert(place, "roi_alone", [alone.get(key, np.nan) for key in keys])
    return channels


def _fit_table(
    described: pd.DataFrame,
    rows: Mapping[str, pd.DataFrame],
    panel: Panel,
    study: Study,
    judged: Mapping[str, dict[str, float | bool]],
    found: PooledFits | None,
) -> pd.DataFrame:
    """Return one row a series."""
    fits = found.fits if found else ()
    draws = found.pool.effective if found else np.empty(0)
    effective = dict(zip([fit.name for fit in fits], draws.tolist(), strict=True))
    second = {fit.name: fit.second for fit in fits}
    table = []
    for name, own in rows.items():
        used = _bought(own, panel)
        scores = judged.get(name, {})
        row: dict[str, object] = {"series": name, "weeks": len(own)}
        row["parameters"] = parameter_count(own, series_study(study, used)) if used else 0
        row["effective"] = effective.get(name, np.nan)
        row["second"] = second.get(name)
        row |= {key: scores.get(key, np.nan) for key in JUDGED[:2]}
        row["beats_naive"] = scores.get("beats_naive")
        table.append(row)
    return described[["series", "currency"]].merge(pd.DataFrame(table))


def pool_table(pool: Pool, interval: float) -> pd.DataFrame:
    """Return what the pool expects of each channel in a series that it has not seen.

    Columns channel, series (that inform it), roi_low, roi (median), roi_high, and spread (median
    standard deviation of the log ROI between series).
    """
    rows = []
    for k, name in enumerate(pool.channels):
        quantiles = pool.further_series(k, interval)
        rows.append(
            {
                "channel": name,
                "series": int(pool.informed[k]),
                **dict(zip(("roi_low", "roi", "roi_high"), quantiles, strict=True)),
                "spread": float(np.median(pool.spread[:, k])),
            }
        )
    return pd.DataFrame(rows)


def stored_series(result: SeriesReturns) -> StoredSeries:
    """Return what is stored of all series: models, weeks, currencies and grades."""
    table = result.channels
    first = table.drop_duplicates("series").set_index("series")
    graded = table[table["grade"] != ""]
    return StoredSeries(
        models=dict(result.models),
        weekly=dict(result.weekly),
        currencies={name: str(first.loc[name, "currency"]) for name in result.models},
        grades={
            str(name): dict(zip(own["channel"], own["grade"], strict=True))
            for name, own in graded.groupby("series", sort=False)
        },
        repeated=frozenset(first.index[first["roll_up"].astype(bool)]) & result.models.keys(),
    )


def beside_truth(result: SeriesReturns, truth: dict[str, dict[str, object]]) -> pd.DataFrame:
    """Return the channel table with the true ROI of a twin.

    `truth`: per series, ``channels`` by name with their ``roi``; as the twin stores it.

    Raises
    ------
    DataError
        If a series is not in the truth.
    """
    table = result.channels
    unknown = set(table["series"]) - truth.keys()
    if unknown:
        raise DataError(f"the truth lacks series {sorted(unknown)[0]}. Run notebook 01 again.")
    values = []
    for row in table.itertuples():
        channels = truth[str(row.series)]["channels"]
        assert isinstance(channels, dict)
        values.append(channels.get(row.channel, {}).get("roi", np.nan))
    return table.assign(true_roi=np.array(values, dtype=float))


def wide_table(result: SeriesReturns) -> pd.DataFrame:
    """Return one row per brand and territory with ROI and grade, or the reason, of each channel.

    Columns brand, territory, currency, weeks and the channels.
    """
    table = result.channels
    cells = [
        f"{row.roi:.2f} {row.grade}" if row.grade else row.reason for row in table.itertuples()
    ]
    keys = ["brand", "territory", "currency", "weeks"]
    indexed = table.assign(cell=cells).set_index(["series", *keys, "channel"])["cell"]
    order = list(dict.fromkeys(table["channel"]))
    wide = indexed.unstack()[order].reset_index()  # noqa: PD010 one cell each, nothing to pool
    wide = wide.sort_values(["brand", "territory"], kind="stable")
    wide["brand"] = wide["brand"].str[:6]
    return wide.drop(columns="series").rename_axis(columns=None)


def channel_summary(table: pd.DataFrame) -> pd.DataFrame:
    """Count, per channel, the series with an estimate by grade, and those without by reason.

    Columns channel, series, estimated, B, C, D, one per reason without an estimate that occurs,
    median_roi and, with a truth, median_true_roi, within_half (share of the estimates that are off
    by no more than half of the truth) and covered (share of truths inside the interval).
    """
    rows = []
    present = [reason for reason in NO_ESTIMATE if (table["reason"] == reason).any()]
    for channel, group in table.groupby("channel", sort=False):
        known = group[group["grade"] != ""]
        row: dict[str, object] = {"channel": channel, "series": len(group)}
        row |= {"estimated": len(known)}
        row |= {grade: int((known["grade"] == grade).sum()) for grade in "BCD"}
        row |= {reason: int((group["reason"] == reason).sum()) for reason in present}
        row["median_roi"] = known["roi"].median()
        if "true_roi" in table:
            row["median_true_roi"] = known["true_roi"].median()
            off = (known["roi"] / known["true_roi"] - 1).abs()
            row["within_half"] = float((off <= 0.5).mean()) if len(off) else np.nan
            inside = known["true_roi"].between(known["roi_low"], known["roi_high"])
            row["covered"] = float(inside.mean()) if len(off) else np.nan
        rows.append(row)
    return pd.DataFrame(rows)
