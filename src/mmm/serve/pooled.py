"""Predictions of the pooled regression of a panel: one record is one day of one series."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from pydantic import BaseModel

from mmm.panel.predictor import PooledFile, PooledModel
from mmm.serve.records import FieldSpec, answer, extrapolated


@dataclass(frozen=True)
class PooledPredictor:
    """The pooled model with its fields."""

    model: PooledModel
    about: PooledFile  #: The content of ``pooled.json``.
    specs: tuple[FieldSpec, ...]  #: Fields of a record, in the order of the model's inputs.

    kind = "pooled"
    carries_over = False

    @property
    def level(self) -> float:
        """Level of the intervals."""
        return self.about.interval

    @property
    def outcome(self) -> str:
        """What is predicted, in words."""
        return "Revenue per series and day"

    @property
    def unit(self) -> str:
        """Unit of the predictions."""
        return self.about.unit

    def predict(
        self,
        records: list[BaseModel],
        history: list[BaseModel],  # noqa: ARG002
        *,
        detail: bool,
    ) -> list[dict[str, Any]]:
        """Answer checked records.

        Parameters
        ----------
        records : list of BaseModel
            Records with one attribute per field.
        history : list of BaseModel
            Not used: nothing carries over in this model.
        detail : bool
            Add interval, contributions and extrapolation.
        """
        inputs = np.array([list(vars(record).values()) for record in records], dtype=float)
        predicted = self.model.predict(inputs)
        if not detail:
            return [{"predicted_revenue": value} for value in predicted.tolist()]
        half = self.model.half_width(inputs, self.level)
        parts = inputs * self.model.coefficients
        rows = zip(inputs.tolist(), predicted.tolist(), half.tolist(), parts.tolist(), strict=True)
        return [self._answer(*row) for row in rows]

    def _answer(
        self, values: list[float], predicted: float, half: float, parts: list[float]
    ) -> dict[str, Any]:
        named = dict(zip(self.model.features, parts, strict=True))
        return answer(
            predicted,
            interval=(self.level, predicted - half, predicted + half),
            contributions={"intercept": self.model.intercept, **named},
            extrapolation=extrapolated(self.specs, values),
        )


def pooled_predictor(file: PooledFile) -> PooledPredictor:
    """Make the predictor of a ``pooled.json``."""
    model = file.model.regression()
    specs = tuple(
        FieldSpec(
            name=name,
            kind="whole" if name in file.calendar else "amount",
            unit=file.units[name],
            low=float(model.low[i]),
            high=float(model.high[i]),
            limits=file.calendar.get(name),
        )
        for i, name in enumerate(model.features)
    )
    return PooledPredictor(model, file, specs)
