"""A channel's response in ``model.json``: its draws, and how its media spread over regions."""

from __future__ import annotations

from typing import Annotated, Self

import numpy as np
from pydantic import Field, model_validator

from mmm.model.parts import (
    Amounts,
    Gapped,
    Numbers,
    Part,
    Positions,
    Rows,
    Tuple,
    require,
    require_count,
    require_distinct,
    tuple_of,
)
from mmm.model.response import ChannelResponse
from mmm.model.split import RegionSplit
from mmm.study.forms import NONE, AdstockName, SaturationName, parameters_of
from mmm.study.frozen import Text

#: Weeks that a carryover may last, far above what a study file may ask for.
LONGEST = 104


class SplitPart(Part):
    """How a channel's media spread over regions."""

    names: Annotated[tuple[str, ...], tuple_of(Annotated[list[Text], Field(min_length=2)])]
    heads: Amounts
    share: Rows
    early: Amounts
    effect: Rows

    @model_validator(mode="after")
    def _regions_are_as_many(self) -> Self:
        require_distinct("names", self.names)
        regions = len(self.names)
        for name in ("heads", "early"):
            values = getattr(self, name)
            require_count(name, values, regions, "regions")
            require(abs(values.sum() - 1) < 1e-6, f"{name} add up to {values.sum():g}, not 1")
        require(bool((self.heads > 0).all()), "heads: a region has nobody")
        for name in ("share", "effect"):
            rows = getattr(self, name)
            require(len(rows) > 0, f"{name} is empty")
            for i, row in enumerate(rows):
                require_count(f"{name}[{i}]", row, regions, "regions")
                require(bool((row >= 0).all()), f"{name}[{i}]: {row.min():g} is negative")
        return self


class ResponsePart(Part):
    """Draws of one channel's curve: each of its own pair of forms, or of one of the others."""

    name: Text
    adstock: AdstockName
    saturation: SaturationName
    max_lag: int = Field(ge=0, le=LONGEST)
    parameters: dict[str, Gapped]
    beta: Numbers
    history: Amounts
    others: Annotated[
        tuple[tuple[str, str], ...], tuple_of(list[Tuple[tuple[AdstockName, SaturationName]]])
    ]
    form: Positions | None
    regions: SplitPart | None = None

    @classmethod
    def of(cls, response: ChannelResponse) -> Self:
        """Return the content that :meth:`read` reads."""
        split = response.regions and SplitPart.model_construct(**vars(response.regions))
        return cls.model_construct(**vars(response) | {"regions": split})

    def read(self) -> ChannelResponse:
        """Return the response that the content describes."""
        split = self.regions and RegionSplit(**dict(self.regions))
        return ChannelResponse(**dict(self) | {"regions": split})

    @model_validator(mode="after")
    def _parameters_fit_the_forms(self) -> Self:
        forms = [(self.adstock, self.saturation), *self.others]
        own = np.zeros(len(self.beta), dtype=np.int64) if self.form is None else self.form
        require_count("form", own, len(self.beta), "draws of beta")
        bad = [number for number in own.tolist() if number >= len(forms)]
        require(not bad, f"form: {bad[:1]} is not one of {len(forms)} pairs of forms")
        for name, draws in self.parameters.items():
            require_count(f"parameters.{name}", draws, len(self.beta), "draws of beta")
        for number, (adstock, saturation) in enumerate(forms):
            for parameter in parameters_of(adstock, saturation):
                name = parameter.name
                require(name in self.parameters, f"parameters: {name} is missing")
                values = self.parameters[name][own == number].tolist()
                wrong = [value for value in values if not parameter.is_valid(value)]
                require(not wrong, f"parameters.{name}: {wrong[:1]} is not {parameter.limits}")
        require(
            len(self.history) >= self.max_lag,
            f"history: {len(self.history)} weeks, but the carryover lasts {self.max_lag}",
        )
        if self.saturation != NONE:  # the straight line of OLS may fall
            bad = [value for value in self.beta.tolist() if value < 0]
            require(not bad, f"beta: {bad[:1]} is negative")
        if self.regions is not None:
            require_count("regions.effect", self.regions.effect, len(self.beta), "draws of beta")
        return self
