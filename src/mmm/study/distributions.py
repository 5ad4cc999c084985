"""The distributions that a prior may have."""

from __future__ import annotations

from pydantic import Field

from mmm.study.frozen import Frozen

#: Beyond this (or below its inverse) a belief about a quantity without unit is a slip of the pen.
WILD = 1e4


class LogNormal(Frozen):
    """A positive quantity by its median and the standard deviation of its logarithm."""

    median: float = Field(ge=1 / WILD, le=WILD)
    sd: float = Field(gt=0, le=10)


class Beta(Frozen):
    """A share between 0 and 1."""

    a: float = Field(gt=0, le=WILD)
    b: float = Field(gt=0, le=WILD)
