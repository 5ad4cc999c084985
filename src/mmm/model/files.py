"""What accompanies ``model.json``, so that a model answers questions without its study.

``models/model_features.json`` says what a caller hands in (columns, units, ranges seen in
training, an example), what the answers mean (outcome, currency, interval), and which weeks lie
behind: their media and controls are the carry-in of later weeks and the plan of the budget.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from mmm.data.dates import WEEK
from mmm.data.weekly import WeeklyData
from mmm.errors import ArtefactError
from mmm.model.additive import AdditiveModel
from mmm.model.parts import AGAIN
from mmm.model.schema import (
    FeaturesFile,
    GroupPart,
    HistoryPart,
    KpiPart,
    LevelsPart,
    MediumPart,
    RangePart,
    ValuePart,
)
from mmm.store import Store
from mmm.study.study import Study

#: Estimators that can be the model of record, as ``-p model`` names them, and their names in
#: tables and figures.
RECORD_NAMES = {"ridge": "Ridge", "bayes": "Bayesian MMM"}


def record_name(model: AdditiveModel) -> str:
    """Return the name of the model of record in tables and figures.

    Parameters
    ----------
    model : AdditiveModel
        A model of one of :data:`RECORD_NAMES`.
    """
    return RECORD_NAMES[model.name]


def save_model(model: AdditiveModel, weekly: WeeklyData, study: Study, store: Store) -> None:
    """Store the model of record and what its callers need.

    Parameters
    ----------
    model : AdditiveModel
        The model: ``models/model.json``.
    weekly : WeeklyData
        All weeks: what is fitted to them is ``tables/fitted_weeks.csv``.
    study : Study
        The study: ``models/model_features.json``.
    store : Store
        Where they go; its ``data/weekly.csv`` has the columns that `weekly` encodes.
    """
    features = features_of(model, weekly, store.read_table("data/weekly.csv"), study)
    store.write_json("models/model.json", model.to_json())
    store.write_json("models/model_features.json", features)
    store.write_table("tables/fitted_weeks.csv", fitted_table(model, weekly, study.holdout.weeks))


def features_of(
    model: AdditiveModel, weekly: WeeklyData, frame: pd.DataFrame, study: Study
) -> dict[str, Any]:
    """Describe a model of record as plain data."""
    history = HistoryPart(
        spend=weekly.spend.to_dict("list"),
        media=weekly.media.to_dict("list"),
        controls=weekly.controls.to_dict("list"),
        value=weekly.value.tolist(),
    )
    file = FeaturesFile(
        schema=FeaturesFile.SCHEMA,
        **_terms(study),
        weeks=(weekly.weeks[0], weekly.weeks[-1]),
        media=[_medium(name, weekly, study) for name in weekly.channels],
        controls=[
            RangePart(column=name, low=float(frame[name].min()), high=float(frame[name].max()))
            for name in study.controls.columns
        ],
        categorical=[_levels(frame[name], name) for name in study.controls.categorical],
        value=_value(weekly, study),
        baseline=list(model.design.kept),
        history=history,
        example=_example(weekly, frame, study),
    )
    return file.content()


def _terms(study: Study) -> dict[str, Any]:
    """Return what does not depend on the data: names, units, and how money is judged."""
    kpi = study.data
    return {
        "study": study.name,
        "title": study.title,
        "currency": study.currency,
        "kpi": KpiPart(column=kpi.kpi, label=kpi.kpi_label or kpi.kpi, type=kpi.kpi_type),
        "interval": study.interval,
        "margin": study.profit_margin or 1.0,
        "window_weeks": study.window_weeks,
        "seed": study.seed,
        "add": study.optimize.add,
        "objective": study.optimize.objective,
        "groups": [
            GroupPart(name=name, channels=list(g.channels), low=g.min_share, high=g.max_share)
            for name, g in study.optimize.groups.items()
        ],
        "date": study.data.date,
        "region": study.data.region,
    }


def _medium(name: str, weekly: WeeklyData, study: Study) -> MediumPart:
    channel = study.channels[name]
    return MediumPart(
        channel=name,
        label=channel.label,
        column=channel.exposure or channel.spend,
        spend=channel.spend,
        unit=f"{channel.exposure or study.currency} per week",
        low=float(weekly.media[name].min()),
        high=float(weekly.media[name].max()),
        bounds=dict(zip(study.channels, study.bounds, strict=True))[name],
    )


def _levels(values: pd.Series, column: str) -> LevelsPart:
    """Return the levels of a text control; the usual one has no column of its own."""
    texts = values.fillna("none").astype(str)
    return LevelsPart(column=column, levels=sorted(set(texts)), usual=texts.mode().iloc[0])


def _value(weekly: WeeklyData, study: Study) -> ValuePart:
    return ValuePart(
        column=study.data.value_column,
        constant=study.data.value_per_unit or 1.0,
        known=study.data.value_is_known,
        low=float(weekly.value.min()),
        high=float(weekly.value.max()),
    )


def _example(weekly: WeeklyData, frame: pd.DataFrame, study: Study) -> dict[str, Any]:
    """Return a request for the week after the last one: what the last week was like."""
    last = frame.iloc[-1]
    columns = [c.exposure or c.spend for c in study.channels.values()]
    columns += [*study.controls.columns]
    columns += [study.data.value_column] if study.data.value_column else []
    record: dict[str, Any] = {study.data.date: f"{weekly.weeks[-1] + WEEK:%Y-%m-%d}"}
    record |= {name: float(last[name]) for name in columns}
    texts = frame[list(study.controls.categorical)].fillna("none").astype(str)
    return record | texts.iloc[-1].to_dict()


@dataclass(frozen=True)
class Features:
    """A description that was read, with the weeks as arrays."""

    file: FeaturesFile  #: The content of ``model_features.json``.
    weekly: WeeklyData  #: The weeks behind the model; their outcome is not kept: it is NaN.


def read_features(content: dict[str, Any]) -> Features:
    """Read what :func:`features_of` described.

    Raises
    ------
    ArtefactError
        If it was written by another version of the project, or is damaged.
    """
    file = FeaturesFile.read(content)
    first, last = file.weeks
    weeks, history = pd.date_range(first, last, freq="7D"), file.history
    names = [medium.channel for medium in file.media]  # the model's order
    weekly = WeeklyData(
        weeks=weeks,
        kpi=np.full(len(weeks), np.nan),
        value=np.array(history.value, dtype=float),
        spend=pd.DataFrame(history.spend, dtype=float)[names],
        media=pd.DataFrame(history.media, dtype=float)[names],
        controls=pd.DataFrame(history.controls, index=range(len(weeks)), dtype=float),
    )
    return Features(file, weekly)


def require_same_model(model: AdditiveModel, features: Features) -> None:
    """Refuse a description that belongs to another model.

    Raises
    ------
    ArtefactError
        If channels, controls or baseline terms differ.
    """
    weekly, design = features.weekly, model.design
    for what, own, described in (
        ("channels", model.channels, weekly.channels),
        ("controls", list(design.control_means), list(weekly.controls)),
        ("baseline terms", list(design.kept), features.file.baseline),
    ):
        if own != described:
            raise ArtefactError(
                f"its {what} ({', '.join(described)[:200]}) are not those of model.json "
                f"({', '.join(own)[:200]}). {AGAIN}"
            )


def fitted_table(model: AdditiveModel, weekly: WeeklyData, holdout_weeks: int) -> pd.DataFrame:
    """Return what a model of record says about every week of the data.

    Columns week, part (``train`` or ``holdout``), revenue and fitted (mean over draws).
    """
    held = np.arange(len(weekly)) >= len(weekly) - holdout_weeks
    return pd.DataFrame(
        {
            "week": weekly.weeks.strftime("%Y-%m-%d"),
            "part": np.where(held, "holdout", "train"),
            "revenue": weekly.revenue,
            "fitted": model.expected(weekly) * weekly.value,
        }
    )
