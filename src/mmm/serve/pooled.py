"""Predictions of the pooled regression of a panel: one record is one day of one series."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel

from mmm.panel.predictor import PooledModel
from mmm.serve.records import FieldSpec, answer, extrapolated

Array = NDArray[np.float64]


@dataclass(frozen=True)
class PooledPredictor:
    """The pooled model with its fields.

    Attributes
    ----------
    model : PooledModel
        The regression.
    about : dict
        The content of ``pooled.json`` without the model.
    specs : tuple of FieldSpec
        Fields of a record, in the order of the model's inputs.
    """

    model: PooledModel
    about: dict[str, Any]
    specs: tuple[FieldSpec, ...]

    kind = "pooled"
    carries_over = False

    @property
    def level(self) -> float:
        """Level of the intervals."""
        return float(self.about["interval"])

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
        return [
            self._answer(*row)
            for row in zip(
                inputs.tolist(), predicted.tolist(), half.tolist(), parts.tolist(), strict=True
            )
        ]

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


def pooled_predictor(content: dict[str, Any], model: PooledModel) -> PooledPredictor:
    """Make the predictor of a ``pooled.json``."""
    specs = tuple(
        FieldSpec(
            name=name,
            kind="whole" if name in content["calendar"] else "amount",
            unit=content["units"][name],
            low=float(model.low[i]),
            high=float(model.high[i]),
            limits=tuple(content["calendar"][name]) if name in content["calendar"] else None,
        )
        for i, name in enumerate(model.features)
    )
    about = {key: value for key, value in content.items() if key != "model"}
    return PooledPredictor(model, about, specs)
