"""What media do in one region, week by week: the cells of that region without a baseline.

A regional model knows what media do in each region, and one baseline: that of the whole country.
So it predicts the country, and of a region it says what media add there.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from pydantic import BaseModel

from mmm.arrays import Array
from mmm.data.weekly import WeeklyData
from mmm.decide.cells import BETWEEN, cell_model
from mmm.formatting import nearest
from mmm.model.additive import AdditiveModel
from mmm.model.files import Features
from mmm.model.intervals import tails
from mmm.serve.problems import SHOWN, RequestError, conflict, unusable
from mmm.serve.records import FieldSpec, extrapolated
from mmm.serve.weekly import WeeklyPredictor, values_of

#: Name of the region in a request, and of its column in a file where the study names none.
REGION = "region"


@dataclass(frozen=True)
class OneRegion:
    """A region's channels as a model of its own; only those that were ever bought there."""

    name: str
    predictor: WeeklyPredictor  #: Its carryover and its calendar; its baseline is not used.
    bought: tuple[int, ...]  #: Positions of its channels among those of the country.
    specs: tuple[FieldSpec, ...]  #: Fields of a record, with the ranges seen in this region.


@dataclass(frozen=True)
class RegionalPredictor:
    """A weekly model of several regions, asked about one of them."""

    whole: WeeklyPredictor  #: The whole country.

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Names of the regions."""
        split = self.whole.model.responses[0].regions
        assert split is not None
        return split.names

    @cached_property
    def heads(self) -> Array:
        """Share of each region in the population, shape (n_regions,)."""
        split = self.whole.model.responses[0].regions
        assert split is not None
        return split.heads

    @property
    def column(self) -> str:
        """Column of a file that holds the region."""
        return self.whole.about.region or REGION

    @cached_property
    def specs(self) -> tuple[FieldSpec, ...]:
        """Fields of a record: the week, the region's own media, value per unit."""
        media = [replace(spec, low=None, high=None) for spec in self.whole.history_specs[1:]]
        value = self.whole.specs[-1:] if self.whole.about.value.column else ()
        return (self.whole.specs[0], *media, *value)

    @property
    def history_specs(self) -> tuple[FieldSpec, ...]:
        """Fields of a week of history: the week and the region's own media."""
        return self.specs[: len(self.whole.history_specs)]

    @property
    def example(self) -> dict[str, Any]:
        """A request: of the model's own example, what the first region would have of it."""
        example, start = self.whole.about.example, self.whole.n_weeks
        record = {spec.name: example[spec.name] for spec in self.specs}
        for spec, response in zip(self.specs[1:], self.whole.model.responses, strict=False):
            assert response.regions is not None
            share = float(response.regions.shares(start, 1)[0, 0])
            record[spec.name] = round(share * float(example[spec.name]), 2)
        return {REGION: self.names[0], "records": [record]}

    @cached_property
    def _cells(self) -> tuple[AdditiveModel, WeeklyData]:
        return cell_model(self.whole.model, self.whole.features.weekly)

    @cached_property
    def _regions(self) -> dict[str, OneRegion]:
        return {}

    def region(self, name: str) -> OneRegion:
        """Return a region by its name.

        Raises
        ------
        RequestError
            422 if the model has no such region.
        """
        if name not in self.names:
            reason = f"the model has no region {name[:SHOWN]!r}"
            raise unusable(REGION, reason, f"Name one of its regions; {nearest(name, self.names)}")
        if name not in self._regions:
            self._regions[name] = self._region(name)
        return self._regions[name]

    def _region(self, name: str) -> OneRegion:
        cells, weekly = self._cells
        wanted = [f"{channel}{BETWEEN}{name}" for channel in self.whole.model.channels]
        bought = tuple(c for c, cell in enumerate(wanted) if cell in weekly.media)
        own = [wanted[c] for c in bought]
        place = {cell: i for i, cell in enumerate(cells.channels)}
        local = replace(weekly, media=weekly.media[own], spend=weekly.spend[own])
        model = replace(cells, responses=tuple(cells.responses[place[cell]] for cell in own))
        features = Features(self.whole.about, local)
        specs = list(self.specs)
        for c, cell in zip(bought, own, strict=True):
            seen = weekly.media[cell]
            specs[1 + c] = replace(specs[1 + c], low=float(seen.min()), high=float(seen.max()))
        predictor = replace(self.whole, model=model, features=features)
        return OneRegion(name, predictor, bought, tuple(specs))

    def contribution(
        self, name: str, records: list[BaseModel], history: list[BaseModel]
    ) -> list[dict[str, Any]]:
        """Say what media add in a region, week by week.

        Parameters
        ----------
        name : str
            One of the regions.
        records : list of BaseModel
            Weeks in a row; media are those of the region.
        history : list of BaseModel
            Weeks just before the first record; the region's observed weeks where none are given.

        Raises
        ------
        RequestError
            422 for an unknown region; 409 if the weeks do not fit the model's calendar, the
            carry-in is not known, or a channel was never bought in this region.
        """
        region = self.region(name)
        rows, past = values_of(records), values_of(history)
        own = self._own(rows, region, ""), self._own(past, region, "history")
        _, effect = region.predictor.due_to_media(*own)
        value = self.whole.value_of(rows)
        total = effect.total * value
        parts = np.zeros((len(rows), len(self.whole.model.channels)))
        parts[:, region.bought] = effect.channels.mean(axis=0) * value[:, np.newaxis]
        ends = np.quantile(total, tails(self.whole.level), axis=0).T.tolist()
        means = total.mean(axis=0).tolist()
        answers = zip(rows, means, ends, parts.tolist(), strict=True)
        return [self._answer(region, *answer) for answer in answers]

    def _own(self, rows: list[list[Any]], region: OneRegion, where: str) -> list[list[Any]]:
        """Keep the week and the media of the channels that were ever bought in a region."""
        n_channels = len(self.whole.model.channels)
        for c in sorted(set(range(n_channels)) - set(region.bought)):
            spent = next((i for i, row in enumerate(rows) if row[1 + c] > 0), None)
            if spent is not None:
                raise self._never_bought(f"{where}[{spent}].{self.specs[1 + c].name}", c, region)
        return [[row[0], *(row[1 + c] for c in region.bought)] for row in rows]

    def _never_bought(self, field: str, c: int, region: OneRegion) -> RequestError:
        channel = self.whole.model.channels[c]
        reason = f"{channel!r} was never bought in {region.name!r}: its effect there is not known"
        return conflict(field, reason, "Send 0.")

    def _answer(
        self,
        region: OneRegion,
        row: list[Any],
        mean: float,
        ends: list[float],
        parts: list[float],
    ) -> dict[str, Any]:
        has_draws = self.whole.model.n_draws > 1
        interval = {"level": self.whole.level, "low": ends[0], "high": ends[1]}
        return {
            "region": region.name,
            "week": row[0].isoformat(),
            "incremental": mean,
            "unit": self.whole.unit,
            "interval": interval if has_draws else None,
            "contributions": dict(zip(self.whole.model.channels, parts, strict=True)),
            "extrapolation": extrapolated(region.specs, [row[0].isoformat(), *row[1:]]),
        }


def regional_predictor(predictor: object) -> RegionalPredictor | None:
    """Return what answers about single regions; None where a model has no regions."""
    if not isinstance(predictor, WeeklyPredictor):
        return None
    responses = predictor.model.responses
    if predictor.model.pairs or any(response.regions is None for response in responses):
        return None
    return RegionalPredictor(predictor)
