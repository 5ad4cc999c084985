"""The models of all series in one file, from which a budget is made without a fit."""

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
from mmm.store import Store

FILE, SCHEMA = "models/series.json", 1
#: Draws of each series that are stored.
KEPT = 200


@dataclass(frozen=True)
class StoredSeries:
    """What the file holds: the media part of each series' model, its weeks and its grades."""

    models: dict[str, AdditiveModel]
    weekly: dict[str, WeeklyData]
    currencies: dict[str, str]
    grades: dict[str, dict[str, str]]  #: Grade of the ROI of each channel.
    #: Series whose money is counted in others as well.
    repeated: frozenset[str] = frozenset()

    def write(self, store: Store) -> None:
        """Store the series, evenly spaced draws of each."""
        series = [
            {
                "name": name,
                "currency": self.currencies[name],
                "grades": self.grades[name],
                "repeated": name in self.repeated,
                **_weeks(self.weekly[name]),
                "model": _thinned(model).to_json(),
            }
            for name, model in self.models.items()
        ]
        store.write_json(FILE, {"schema": SCHEMA, "series": series})

    @classmethod
    def read(cls, store: Store) -> StoredSeries:
        """Read what :meth:`write` stored.

        Raises
        ------
        ArtefactError
            If the file is missing, damaged, or of another version.
        """
        content = store.read_json(FILE)
        try:
            if content["schema"] != SCHEMA:
                raise ArtefactError(f"{FILE} is of another version. {AGAIN}")
            series = content["series"]
            return cls(
                models={own["name"]: AdditiveModel.from_json(own["model"]) for own in series},
                weekly={own["name"]: _weekly(own) for own in series},
                currencies={own["name"]: own["currency"] for own in series},
                grades={own["name"]: own["grades"] for own in series},
                repeated=frozenset(own["name"] for own in series if own["repeated"]),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise ArtefactError(f"{FILE} is damaged ({error!r}). {AGAIN}") from error


def _thinned(model: AdditiveModel) -> AdditiveModel:
    count = min(KEPT, model.n_draws)
    return model.take(np.linspace(0, model.n_draws - 1, count).round().astype(np.int64))


def _weeks(weekly: WeeklyData) -> dict[str, Any]:
    """Return the weeks of a series; media and values only where they are not spend and one."""
    same = np.array_equal(weekly.media.to_numpy(float), weekly.spend.to_numpy(float))
    return {
        "first_week": f"{weekly.weeks[0]:%Y-%m-%d}",
        "spend": weekly.spend.to_dict("list"),
        "media": None if same else weekly.media.to_dict("list"),
        "value": None if (weekly.value == 1).all() else weekly.value.tolist(),
    }


def _weekly(own: dict[str, Any]) -> WeeklyData:
    """Return the weeks of a stored series; its KPI is not stored."""
    spend = pd.DataFrame(own["spend"]).astype(float)
    count = len(spend)
    media = spend if own["media"] is None else pd.DataFrame(own["media"]).astype(float)
    return WeeklyData(
        weeks=pd.date_range(own["first_week"], periods=count, freq=WEEK),
        kpi=np.full(count, np.nan),
        value=np.ones(count) if own["value"] is None else np.array(own["value"], dtype=float),
        spend=spend,
        media=media,
        controls=pd.DataFrame(index=spend.index),
    )
