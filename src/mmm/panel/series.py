"""One marketing mix model per series of a panel, on weekly aggregates.

Each series is fitted on its own, in its own currency; a channel's ROI is reported only where the
series can answer, and the reason is kept where it cannot.
"""

from __future__ import annotations

import warnings
import zlib
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd

from mmm.data.clean import parameter_count
from mmm.data.dates import WEEK
from mmm.data.weekly import WeeklyData
from mmm.decide.returns import current_plan, roi_series
from mmm.errors import DataError
from mmm.model.baseline import baseline_design
from mmm.model.evaluation import naive_forecasts, scores
from mmm.model.ridge import fit_ridge
from mmm.model.search import search_curves
from mmm.panel.cleaning import Panel, panel_spec, series_table, weekly_panel
from mmm.panel.schema import DATE, SERIES
from mmm.parallel import run_each
from mmm.study.panel import PanelSpec
from mmm.study.schema import Channel, Controls
from mmm.study.study import Study
from mmm.trust.diagnostics import SEVERE_VIF, vif_table

NAIVE = "last 4 weeks"
#: Why a channel's ROI is not reported, in the order the rules are tried.
REASONS = (
    "unused",
    "negative spend",
    "days missing",
    "too few weeks",
    "never varies",
    "too few active weeks",
    "too little spend",
    "moves with others",
)


@dataclass(frozen=True)
class SeriesReturns:
    """What the models of all series say."""

    #: One row per series and channel: series, brand, territory, currency, roll_up, weeks, channel,
    #: active_weeks, spend_share, roi (NaN where it is not estimated) and reason (empty where it
    #: is).
    channels: pd.DataFrame
    #: One row per series: series, currency, weeks, parameters, holdout_r2, naive_r2 (the mean of
    #: the last four training weeks) and beats_naive; empty where nothing was fitted.
    fits: pd.DataFrame


def series_returns(
    panel: Panel,
    study: Study,
    *,
    jobs: int | None = None,
    dask: str | None = None,
    starts: int = 1,
) -> SeriesReturns:
    """Fit a ridge with adstock and saturation to every series."""
    panel_spec(study)
    weeks = weekly_panel(panel)
    described = series_table(panel.frame)
    # Without the categorical column, whose list of all series would travel with each of them.
    numbers = weeks.drop(columns=SERIES)
    groups = dict(list(numbers.groupby(weeks[SERIES], observed=True)))
    empty = numbers.iloc[:0]
    series = [(str(name), groups.get(name, empty)) for name in described["series"]]
    fit = partial(_fit_series, channels=panel.channels, study=study, starts=starts)
    fitted = run_each(fit, series, jobs=jobs, dask=dask)
    tables = [table for table, _ in fitted]
    keys = described[["series", "brand", "territory", "currency", "roll_up"]]
    channels = keys.merge(pd.concat(tables, ignore_index=True), on="series")
    fits = keys[["series", "currency"]].merge(pd.DataFrame([row for _, row in fitted]))
    return SeriesReturns(channels, fits)


def series_study(study: Study, channels: list[str]) -> Study:
    """Return the study of one series: the same rules, other channels, nothing dated or paired."""
    forms = {channel.spend: channel for channel in study.channels.values()}
    chosen = {
        name: forms.get(f"{name}_SPEND", Channel(label=name, spend=f"{name}_SPEND"))
        for name in channels
    }
    changes = {"channels": chosen, "synergy": (), "events": (), "scenarios": ()}
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


def _fit_series(
    series: tuple[str, pd.DataFrame], *, channels: tuple[str, ...], study: Study, starts: int
) -> tuple[pd.DataFrame, dict[str, object]]:
    """Return the channel rows and the fit row of one series: its name and weekly rows."""
    name, rows = series
    spec = panel_spec(study)
    rows = rows.reset_index(drop=True)
    spend = pd.DataFrame({c: rows[f"{c}_SPEND"].to_numpy(float) for c in channels})
    table = pd.DataFrame(
        {
            "series": name,
            "weeks": len(rows),
            "channel": list(channels),
            "active_weeks": (spend > 0).sum().to_numpy(),
            "spend_share": (spend.sum() / max(spend.to_numpy().sum(), 1e-12)).to_numpy(),
        }
    )
    used = [c for c in channels if spend[c].sum() > 0 and spend[c].std() > 0]
    own = series_study(study, used)
    parameters = parameter_count(rows, own)
    reasons = _reasons(rows, spend, parameters, own, spec)
    fit_row: dict[str, object] = {"series": name, "weeks": len(rows), "parameters": parameters}
    table["roi"] = np.nan
    if not all(reasons.values()):
        returns, judged = _estimate(weekly_of(rows, used), own, name, starts)
        fit_row |= judged
        shown = [c for c in used if not reasons[c]]
        table["roi"] = table["channel"].map(returns[shown]).astype(float)
    else:
        fit_row |= {"holdout_r2": np.nan, "naive_r2": np.nan, "beats_naive": None}
    table["reason"] = table["channel"].map(reasons)
    return table, fit_row


def _estimate(
    weekly: WeeklyData, study: Study, name: str, starts: int
) -> tuple[pd.Series, dict[str, object]]:
    """Return the ROI per channel over all weeks, and the holdout beside a naive forecast."""
    train = weekly.head(len(weekly) - study.holdout.weeks)
    seed = np.random.SeedSequence([study.seed, zlib.crc32(name.encode())])
    curves = search_curves(train, study, rng=np.random.default_rng(seed), starts=starts)
    judge = fit_ridge(train, study, curves)
    predicted = judge.predict(weekly)[0][len(train) :]
    actual = weekly.kpi[len(train) :]
    own = scores(actual, predicted)
    naive = scores(actual, naive_forecasts(train.kpi, len(actual))[NAIVE])
    model = fit_ridge(weekly, study, curves)
    judged: dict[str, object] = {"holdout_r2": own["r2"], "naive_r2": naive["r2"]}
    judged["beats_naive"] = own["rmse"] < naive["rmse"]
    return roi_series(current_plan(model, weekly)), judged


def _reasons(
    rows: pd.DataFrame, spend: pd.DataFrame, parameters: int, study: Study, spec: PanelSpec
) -> dict[str, str]:
    """Return why each channel cannot be estimated; empty where it can."""
    whole = _series_reason(rows, spend, parameters, study, spec)
    total = max(float(spend.to_numpy().sum()), 1e-12)
    reasons = {}
    for name, values in spend.items():
        reason = whole
        if (values == 0).all():
            reason = "unused"
        elif not whole:
            reason = _channel_reason(values, total, spec)
        reasons[str(name)] = reason
    candidates = [name for name, reason in reasons.items() if not reason]
    if len(candidates) > 1:
        used = list(study.channels)
        weekly = weekly_of(rows, used)
        design = baseline_design(weekly, study)
        with warnings.catch_warnings():  # of copies, which is what is looked for here
            warnings.simplefilter("ignore", UserWarning)
            vif = vif_table(weekly, design.matrix(weekly.weeks, weekly.controls))
        severe = vif.loc[~(vif["vif"] <= SEVERE_VIF), "channel"]
        reasons |= {name: "moves with others" for name in severe if name in candidates}
    return reasons


def _series_reason(
    rows: pd.DataFrame, spend: pd.DataFrame, parameters: int, study: Study, spec: PanelSpec
) -> str:
    if (spend < 0).to_numpy().any():
        return "negative spend"
    if (rows[DATE].diff().iloc[1:] != WEEK).any():
        return "days missing"
    if len(rows) - study.holdout.weeks < spec.weeks_per_parameter * parameters:
        return "too few weeks"
    return ""


def _channel_reason(values: pd.Series, total: float, spec: PanelSpec) -> str:
    if not values.std() > 0:
        return "never varies"
    if (values > 0).sum() < spec.min_active_weeks:
        return "too few active weeks"
    return "too little spend" if values.sum() < spec.min_spend_share * total else ""


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
    """Return one row per brand and territory with the ROI, or the reason, of each channel.

    Columns brand, territory, currency, weeks and the channels; a question mark says that the model
    of the series does not beat a naive forecast on the held-out weeks.
    """
    table, fits = result.channels, result.fits
    doubtful = set(fits.loc[fits["beats_naive"].eq(False), "series"])
    cells = [
        row.reason or f"{row.roi:.2f}{' ?' if row.series in doubtful else ''}"
        for row in table.itertuples()
    ]
    keys = ["brand", "territory", "currency", "weeks"]
    indexed = table.assign(cell=cells).set_index(["series", *keys, "channel"])["cell"]
    order = list(dict.fromkeys(table["channel"]))
    wide = indexed.unstack()[order].reset_index()  # noqa: PD010 one cell each, nothing to pool
    wide = wide.sort_values(["brand", "territory"], kind="stable")
    wide["brand"] = wide["brand"].str[:6]
    return wide.drop(columns="series").rename_axis(columns=None)


def channel_summary(table: pd.DataFrame) -> pd.DataFrame:
    """Count, per channel, the series with an estimate and those without, by reason.

    Columns channel, series, estimated, one per reason that occurs, median_roi and, with a truth,
    median_true_roi and within_half (share of the estimates that are off by no more than half of
    the truth).
    """
    rows = []
    present = [reason for reason in REASONS if (table["reason"] == reason).any()]
    for channel, group in table.groupby("channel", sort=False):
        known = group[group["reason"] == ""]
        row: dict[str, object] = {"channel": channel, "series": len(group)}
        row |= {"estimated": len(known)}
        row |= {reason: int((group["reason"] == reason).sum()) for reason in present}
        row["median_roi"] = known["roi"].median()
        if "true_roi" in table:
            row["median_true_roi"] = known["true_roi"].median()
            off = (known["roi"] / known["true_roi"] - 1).abs()
            row["within_half"] = float((off <= 0.5).mean()) if len(off) else np.nan
        rows.append(row)
    return pd.DataFrame(rows)
