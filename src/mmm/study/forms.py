"""The registry of adstock and saturation forms.

A form stands here with all that is known of it: its parameters in order, their limits, how they
are searched, what is believed of them. Its formula is registered under the same name in
:mod:`mmm.model.transforms`; its derivatives for the sampler in :mod:`mmm.model.bayes.density`
under its number; its curve for the report's sliders in ``whatif_model.js``. All else follows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Generic, Literal, TypeVar, get_args

from pydantic import BeforeValidator
from pydantic_core import PydanticKnownError

from mmm.errors import require_choice
from mmm.study.distributions import Beta, LogNormal

SearchScale = Literal["logit", "log", "identity"]
Prior = TypeVar("Prior", LogNormal, Beta)

#: Name of the adstock without carryover, and of the saturation that is a straight line.
NONE = "none"


@dataclass(frozen=True)
class SearchRange:
    """How a parameter is searched: its scale, where it usually lies and how far it may go.

    The usual values are the field's rules of thumb, weak enough that two years of data
    overrule them: about half of the effect within two weeks, half-saturation near the average
    weekly pressure, a slope a little above one.
    """

    scale: SearchScale  #: Scale on which the search moves and `spread` is measured.
    #: The usual value, and how far from it a value usually lies, on the scale.
    center: float
    spread: float
    #: Limits of the search.
    low: float
    high: float

    def __post_init__(self) -> None:
        require_choice(self.scale, get_args(SearchScale), "scale of a search")


@dataclass(frozen=True)
class Parameter(Generic[Prior]):
    """A parameter of a form."""

    #: As in model files and, where it is a key there, in ``[priors]`` of ``study.toml``.
    name: str
    limits: str  #: The values it may take, in words that follow "is not".
    is_valid: Callable[[float], bool]  #: Whether a value is within the limits.
    search: SearchRange  #: How the cross-validated search finds it.
    prior: Prior  #: What is believed of it where the study says nothing.
    #: Whether models have it in media units; search and prior have it in multiples of the
    #: channel's mean pressure.
    in_media_units: bool = False


@dataclass(frozen=True)
class Form:
    """An adstock or a saturation."""

    name: str  #: As in ``study.toml`` and in model files.
    parameters: tuple[Parameter[Any], ...] = ()  #: In the order its formula takes them.
    #: Its number in the compiled density, given once and never to another form; None where the
    #: density does not know it, so that only ridge regression can fit it.
    number: int | None = None
    #: Whether a simulated study may have it: its parameters are keys of ``[simulate]``.
    is_simulated: bool = False

    @property
    def parameter_names(self) -> tuple[str, ...]:
        """Names of the parameters, in order."""
        return tuple(parameter.name for parameter in self.parameters)


def _is_share(value: float) -> bool:
    return 0 <= value < 1


def _is_positive(value: float) -> bool:
    return value > 0


def _is_not_negative(value: float) -> bool:
    return value >= 0


RETENTION = Parameter(
    "retention",
    "from 0 to below 1",
    _is_share,
    search=SearchRange("logit", 0.4, 1.0, 0.01, 0.95),
    prior=Beta(a=1.2, b=1.8),
)
PEAK_DELAY = Parameter(
    "peak_delay",
    "at least 0",
    _is_not_negative,
    search=SearchRange("identity", 1.0, 1.5, 0.0, 6.0),
    prior=LogNormal(median=0.52, sd=1.1),
)
SHAPE = Parameter(
    "shape",
    "above 0",
    _is_positive,
    search=SearchRange("log", 1.5, 0.4, 0.5, 5.0),
    prior=LogNormal(median=1.4, sd=0.48),
)
SCALE = Parameter(
    "scale",
    "above 0",
    _is_positive,
    search=SearchRange("log", 2.5, 0.5, 0.5, 12.0),
    prior=LogNormal(median=1.9, sd=1.1),
)
HALF_SATURATION = Parameter(
    "half_saturation",
    "above 0",
    _is_positive,
    search=SearchRange("log", 1.0, 0.7, 0.1, 10.0),
    prior=LogNormal(median=1.6, sd=0.78),
    in_media_units=True,
)
SLOPE = Parameter(
    "slope",
    "above 0",
    _is_positive,
    search=SearchRange("log", 1.2, 0.3, 0.5, 4.0),
    prior=LogNormal(median=1.26, sd=0.24),
)

ADSTOCKS: dict[str, Form] = {
    form.name: form
    for form in (
        Form("geometric", (RETENTION,), number=1, is_simulated=True),
        Form("delayed", (RETENTION, PEAK_DELAY), number=2),
        Form("weibull", (SHAPE, SCALE), number=3),
        Form(NONE, number=0, is_simulated=True),
    )
}

SATURATIONS: dict[str, Form] = {
    form.name: form
    for form in (
        Form("hill", (HALF_SATURATION, SLOPE), number=1, is_simulated=True),
        Form("logistic", (HALF_SATURATION,), number=2),
        Form("log", (HALF_SATURATION,), number=3),
        Form(NONE, number=0, is_simulated=True),
    )
}


def parameters_of(adstock: str, saturation: str) -> tuple[Parameter[Any], ...]:
    """Return the parameters of a response: those of its carryover, then those of its curve."""
    return ADSTOCKS[adstock].parameters + SATURATIONS[saturation].parameters


def _named(forms: Mapping[str, Form]) -> BeforeValidator:
    """Refuse names that are not registered, in the words that pydantic has for a literal."""

    def check(name: object) -> object:
        if isinstance(name, str) and name in forms:
            return name
        *most, last = map(repr, forms)
        raise PydanticKnownError("literal_error", {"expected": f"{', '.join(most)} or {last}"})

    return BeforeValidator(check)


AdstockName = Annotated[str, _named(ADSTOCKS)]
SaturationName = Annotated[str, _named(SATURATIONS)]
