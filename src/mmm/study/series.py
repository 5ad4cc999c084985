"""The keys of a file that holds many series, each to be a study of its own; and exchange rates."""

from __future__ import annotations

import math
from typing import Annotated

from pydantic import BeforeValidator, model_validator

from mmm.study.frozen import Frozen, Text


def _pairs(table: object) -> object:
    """Return a table as pairs, which may stand in a frozen model; refuse rates that are none."""
    if not isinstance(table, dict):
        return table
    for name, rate in table.items():
        if isinstance(rate, int | float) and not 0 < rate < math.inf:
            raise ValueError(f"{name} = {rate:g}: a rate is above zero and finite")
    return tuple(table.items())


#: Exchange rates: a table in the file, pairs of currency and rate in the model.
Rates = Annotated[tuple[tuple[Text, float], ...], BeforeValidator(_pairs)]


class SeriesKeys(Frozen):
    """Many series in one file: a study for each value of the column `series`.

    Each series is in one currency: that of the study, or the one in its `currency_column`. `fx`
    holds the units of the study's currency per unit of each other one, for one budget over all.
    """

    series: Text | None = None
    currency_column: Text | None = None
    fx: Rates = ()

    @model_validator(mode="after")
    def _belongs_to_series(self) -> SeriesKeys:
        given = [name for name in ("currency_column", "fx") if getattr(self, name)]
        if given and self.series is None:
            raise ValueError(f"{given[0]} needs series, the column that names them")
        if self.fx and self.currency_column is None:
            raise ValueError("fx needs currency_column, which names the currency of each row")
        if self.series is not None and self.series == self.currency_column:
            raise ValueError("series and currency_column are the same column")
        return self
