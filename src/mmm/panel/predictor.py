"""The pooled regression as a model of its own: plain data, with the spread of its predictions."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, Any, ClassVar, Literal, Self

import numpy as np
import pandas as pd
from pydantic import Field, model_validator
from scipy import stats

from mmm.arrays import Array
from mmm.model.intervals import tails
from mmm.model.parts import (
    Amount,
    Amounts,
    Day,
    File,
    Number,
    Numbers,
    Part,
    Rows,
    Tuple,
    require,
    require_count,
    require_distinct,
    require_known,
    tuple_of,
)
from mmm.panel.cleaning import Panel
from mmm.panel.pooled import CLASSIC_FEATURES, PooledFit, split_rows
from mmm.panel.schema import CURRENCY, DATE, SERIES
from mmm.study.frozen import Text
from mmm.study.panel import PanelSpec
from mmm.study.study import Study

#: The inputs that count the calendar, with the values that exist.
CALENDAR = {"year": (1900, 2200), "month": (1, 12), "day_of_week": (0, 6)}


@dataclass(frozen=True)
class PooledModel:
    r"""A linear model of the rows of a panel.

    Notes
    -----
    The variance of a new row with scaled inputs z is
    :math:`s^2 (1 + 1/n + z^T (Z^T Z)^{-1} z)`; it assumes independent errors of equal size.
    """

    features: tuple[str, ...]  #: Inputs, in order.
    intercept: float  #: Revenue where all inputs are zero.
    #: Shape (n_features,): revenue per unit; mean and standard deviation of each input in the
    #: training rows.
    coefficients: Array
    center: Array
    size: Array
    #: Shape (n_features, n_features): inverse of the cross-product of the scaled inputs.
    inverse: Array
    variance: float  #: Residual variance of the training rows.
    #: Training rows, and what is left of them after the coefficients.
    rows: int
    freedom: int
    #: Shape (n_features,): range of each input in the training rows.
    low: Array
    high: Array

    def predict(self, inputs: Array) -> Array:
        """Return the expected revenue of rows.

        `inputs`, shape (n_rows, n_features): inputs in the order of :attr:`features`.
        """
        return np.asarray(self.intercept + inputs @ self.coefficients)

    def half_width(self, inputs: Array, interval: float) -> Array:
        """Return half the width of the prediction interval of each row.

        `inputs`, shape (n_rows, n_features): inputs in the order of :attr:`features`.
        """
        scaled = np.where(self.size > 0, (inputs - self.center) / _nonzero(self.size), 0.0)
        leverage = np.einsum("ij,ij->i", scaled @ self.inverse, scaled) + 1 / self.rows
        factor = _student(interval, self.freedom)
        return np.asarray(factor * np.sqrt(self.variance * (1 + np.maximum(leverage, 0))))


@lru_cache(maxsize=8)
def _student(interval: float, freedom: int) -> float:
    return float(stats.t.ppf(tails(interval)[1], freedom))


def _nonzero(size: Array) -> Array:
    return np.where(size > 0, size, 1.0)


def pooled_model(panel: Panel, spec: PanelSpec, fit: PooledFit) -> PooledModel:
    """Add the spread of its predictions to the literal fit."""
    frame = panel.frame[split_rows(panel.frame, spec)]
    inputs = frame[list(CLASSIC_FEATURES)].to_numpy(float)
    solution = fit.terms["coefficient"].to_numpy(float)
    residual = frame["revenue"].to_numpy(float) - solution[0] - inputs @ solution[1:]
    center, size = inputs.mean(axis=0), inputs.std(axis=0)
    scaled = np.where(size > 0, (inputs - center) / _nonzero(size), 0.0)
    freedom = max(len(frame) - 1 - int((size > 0).sum()), 1)
    return PooledModel(
        features=CLASSIC_FEATURES,
        intercept=float(solution[0]),
        coefficients=solution[1:],
        center=center,
        size=size,
        inverse=np.linalg.pinv(scaled.T @ scaled, hermitian=True),
        variance=float(residual @ residual) / freedom,
        rows=len(frame),
        freedom=freedom,
        low=inputs.min(axis=0),
        high=inputs.max(axis=0),
    )


def describe_pooled(
    model: PooledModel, fit: PooledFit, spec: PanelSpec, study: Study
) -> dict[str, Any]:
    """Return the content of ``models/pooled.json``: the model and what a caller must know."""
    file = PooledFile(
        schema=PooledFile.SCHEMA,
        kind="pooled",
        study=study.name,
        title=study.title,
        unit=fit.unit,
        interval=study.interval,
        cutoff=pd.Timestamp(spec.cutoff),
        units={name: _unit(name, fit.unit) for name in model.features},
        calendar=dict(CALENDAR),
        example=_example(model),
        model=PooledModelPart.model_construct(**vars(model)),
    )
    return file.content()


def _unit(name: str, money: str) -> str:
    if name in CALENDAR:
        return {"year": "calendar year", "month": "1 to 12", "day_of_week": "0 is Monday"}[name]
    return "clicks per day" if name.endswith("_CLICKS") else f"money per day ({money})"


def _example(model: PooledModel) -> dict[str, int | float]:
    """Return a typical request: the training means, rounded, on a day of the last year."""
    rounded = {
        name: float(round(mean, -1))
        for name, mean in zip(model.features, model.center, strict=True)
    }
    last = int(model.high[model.features.index("year")])
    return rounded | {"year": last, "month": 5, "day_of_week": 2}


def focus_rows(panel: Panel, spec: PanelSpec, model: PooledModel) -> pd.DataFrame:
    """Return the days of the focus series with their inputs and fitted revenue.

    Columns date, currency, part (``train`` or ``holdout``), the inputs, revenue, fitted.
    """
    train = split_rows(panel.frame, spec)
    own = (panel.frame[SERIES].astype(str) == spec.focus).to_numpy()
    rows = panel.frame[own]
    inputs = rows[list(model.features)]
    return pd.DataFrame(
        {
            "date": rows[DATE].dt.strftime("%Y-%m-%d"),
            "currency": rows[CURRENCY].astype(str),
            "part": np.where(train[own], "train", "holdout"),
            **{name: values.to_numpy() for name, values in inputs.items()},
            "revenue": rows["revenue"],
            "fitted": model.predict(inputs.to_numpy(float)),
        }
    )


class PooledModelPart(Part):
    """The regression of a panel."""

    features: Annotated[tuple[str, ...], tuple_of(Annotated[list[Text], Field(min_length=1)])]
    intercept: Number
    coefficients: Numbers
    center: Numbers
    size: Amounts
    inverse: Rows
    variance: Amount
    rows: int = Field(ge=1)
    freedom: int = Field(ge=1)
    low: Numbers
    high: Numbers

    @model_validator(mode="after")
    def _arrays_fit(self) -> Self:
        count = len(self.features)
        require_distinct("features", self.features)
        for name in ("coefficients", "center", "size", "inverse", "low", "high"):
            require_count(name, getattr(self, name), count, "features")
        for i, row in enumerate(self.inverse):
            require_count(f"inverse[{i}]", row, count, "features")
        for name, low, high in zip(self.features, self.low, self.high, strict=True):
            require(low <= high, f"{name}: low {low:g} is above high {high:g}")
        return self

    def regression(self) -> PooledModel:
        """Return the model."""
        return PooledModel(**dict(self))


class PooledFile(File):
    """``pooled.json``: the regression of a panel, and what a caller must know."""

    SCHEMA: ClassVar[int] = 1

    schema_: int = Field(alias="schema")
    kind: Literal["pooled"]
    study: Text
    title: Text
    unit: Text
    interval: float = Field(gt=0, lt=1)
    cutoff: Day
    units: dict[str, str]
    calendar: dict[str, Tuple[tuple[int, int]]]
    example: dict[str, int | float]
    model: PooledModelPart

    @model_validator(mode="after")
    def _names_fit(self) -> Self:
        features = self.model.features
        require_known("calendar", self.calendar, features)
        for name, (low, high) in self.calendar.items():
            require(low <= high, f"calendar.{name}: {low} is above {high}")
        for key, table in (("units", self.units), ("example", self.example)):
            require_known(key, table, features)
            require_known("features", features, table, key)
        return self
