"""What every table of ``study.toml`` is: frozen, without unknown keys and wrong types."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints

Text = Annotated[str, StringConstraints(strip_whitespace=False, pattern=r"\S")]


class Frozen(BaseModel):
    """A table of the study file: unknown keys and wrong types are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)
