"""The forms of adstock and saturation: names, parameters and their limits."""

from __future__ import annotations

from typing import Any, Literal

#: Names of the parameters of each form, in the order its function takes them.
ADSTOCK_PARAMETERS: dict[str, tuple[str, ...]] = {
    "none": (),
    "geometric": ("retention",),
    "delayed": ("retention", "peak_delay"),
    "weibull": ("shape", "scale"),
}


SATURATION_PARAMETERS: dict[str, tuple[str, ...]] = {
    "none": (),
    "hill": ("half_saturation", "slope"),
    "logistic": ("half_saturation",),
    "log": ("half_saturation",),
}


AdstockKind = Literal["geometric", "delayed", "weibull", "none"]


SaturationKind = Literal["hill", "logistic", "log", "none"]


#: Values that a parameter of a curve may take, by its name.
PARAMETERS: dict[str, tuple[str, Any]] = {
    "retention": ("from 0 to below 1", lambda value: 0 <= value < 1),
    "peak_delay": ("at least 0", lambda value: value >= 0),
    "shape": ("above 0", lambda value: value > 0),
    "scale": ("above 0", lambda value: value > 0),
    "half_saturation": ("above 0", lambda value: value > 0),
    "slope": ("above 0", lambda value: value > 0),
}
