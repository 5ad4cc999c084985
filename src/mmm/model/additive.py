"""What every estimator returns: a fitted model that keeps its draws, as plain data."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mmm.arrays import Array
from mmm.data.weekly import WeeklyData
from mmm.errors import require_choice
from mmm.model.baseline import BaselineDesign
from mmm.model.flexible import FlexibleBaseline
from mmm.model.schema import DesignPart, FlexiblePart, ModelFile, ResponsePart
from mmm.model.transforms import adstock_weights, carry_over, saturate, saturation_with_slope
from mmm.study.forms import ADSTOCKS, SATURATIONS, parameters_of
from mmm.study.schema import PreHistory


@dataclass(frozen=True)
class MediaEffect:
    """KPI due to media, per draw and week."""

    #: Shape (n_draws, n_weeks, n_channels): main effect of each channel, in KPI units.
    channels: Array
    synergy: Array  #: Shape (n_draws, n_weeks, n_pairs): joint effect of each pair, in KPI units.

    @property
    def total(self) -> Array:
        """All media together, shape (n_draws, n_weeks)."""
        return np.asarray(self.channels.sum(axis=2) + self.synergy.sum(axis=2))


Index = NDArray[np.int64]
#: Names of an adstock and of a saturation, as in :mod:`mmm.study.forms`.
FormPair = tuple[str, str]


@dataclass(frozen=True)
class ChannelResponse:
    """Draws of one channel's carryover, saturation and size.

    Each draw has one pair of forms: the response's own, or one of the others it is averaged with.
    """

    name: str
    #: Its own forms, as named in :mod:`mmm.study.forms`.
    adstock: str
    saturation: str
    max_lag: int  #: Last lag with an effect, in weeks.
    #: Shape (n_draws,): parameters of the forms, half-saturation in media units; NaN in draws
    #: whose forms do not have the parameter.
    parameters: dict[str, Array]
    #: Shape (n_draws,): KPI per week at full saturation (per media unit where the curve is a
    #: straight line).
    beta: Array
    history: Array  #: Shape (max_lag,): media of the weeks before the first one.
    others: tuple[FormPair, ...] = ()  #: Further pairs of forms.
    #: Shape (n_draws,): number of each draw's pair in :attr:`forms`; None where all draws have
    #: its own forms.
    form: Index | None = None

    @property
    def forms(self) -> tuple[FormPair, ...]:
        """Pairs of forms, its own first."""
        return ((self.adstock, self.saturation), *self.others)

    @property
    def form_of_draws(self) -> Index:
        """Number of each draw's pair in :attr:`forms`, shape (n_draws,)."""
        return np.zeros(len(self.beta), dtype=np.int64) if self.form is None else self.form

    @property
    def weights(self) -> Array:
        """Lag weights, shape (n_draws, n_lags): zero beyond the last lag of a draw's form."""
        if self.form is None:
            return self._weights(self.adstock, slice(None))
        filled = np.zeros((len(self.beta), self.max_lag + 1))
        for draws, (adstock, _) in self._by_form():
            own = self._weights(adstock, draws)
            filled[draws, : own.shape[1]] = own
        return filled

    def _weights(self, adstock: str, draws: Index | slice) -> Array:
        values = [self.parameters[name][draws] for name in ADSTOCKS[adstock].parameter_names]
        if not values:
            return np.ones((len(self.beta[draws]), 1))
        return adstock_weights(adstock, *values, max_lag=self.max_lag)

    def _by_form(self) -> Iterator[tuple[Index, FormPair]]:
        """Yield the positions of the draws of each pair of forms that has any, and the pair."""
        for number, pair in enumerate(self.forms):
            draws = np.flatnonzero(self.form_of_draws == number)
            if len(draws):
                yield draws, pair

    def _shape(self, saturation: str, draws: Index | slice) -> list[Array]:
        """Return parameters of a saturation, in the order its function takes them."""
        return [self.parameters[name][draws] for name in SATURATIONS[saturation].parameter_names]

    def adstock_media(self, media: Array) -> Array:
        """Return adstocked media, the weeks before the first one counted, (n_draws, n_weeks).

        `media`, shape (n_weeks,): pressure per week.
        """
        return carry_over(media, self.weights, history=self.history)

    def curve(self, adstocked: Array) -> Array:
        """Return the saturated share of adstocked media, shape (n_draws, n_weeks).

        `adstocked`, shape (n_weeks,) or (n_draws, n_weeks).
        """
        shape = len(self.beta), adstocked.shape[-1]
        if self.form is None:
            own = self._shape(self.saturation, slice(None))
            return np.broadcast_to(saturate(self.saturation, adstocked, *own), shape)
        levels, shares = np.broadcast_to(adstocked, shape), np.empty(shape)
        for draws, (_, kind) in self._by_form():
            shares[draws] = saturate(kind, levels[draws], *self._shape(kind, draws))
        return shares

    def curve_with_slope(self, adstocked: Array) -> tuple[Array, Array]:
        """Return :meth:`curve` and its slope per unit of media, both of shape (n_draws, n_weeks).

        `adstocked`, shape (n_draws, n_weeks).
        """
        if self.form is None:
            own = self._shape(self.saturation, slice(None))
            return saturation_with_slope(self.saturation, adstocked, *own)
        both = np.empty((2, *adstocked.shape))
        for draws, (_, kind) in self._by_form():
            shape = self._shape(kind, draws)
            both[:, draws] = saturation_with_slope(kind, adstocked[draws], *shape)
        return both[0], both[1]

    def take(self, draws: Index) -> ChannelResponse:
        """Return the response with some of its draws.

        `draws`: positions of the draws to keep.
        """
        return replace(
            self,
            beta=self.beta[draws],
            parameters={name: values[draws] for name, values in self.parameters.items()},
            form=None if self.form is None else self.form[draws],
        )

    def of_one_form(self) -> ChannelResponse:
        """Return a response all of whose draws have the same forms with those as its own."""
        if self.form is None:
            return self
        adstock, saturation = self.forms[self.form[0]]
        known = [parameter.name for parameter in parameters_of(adstock, saturation)]
        parameters = {name: self.parameters[name] for name in known}
        settled = {"adstock": adstock, "saturation": saturation, "parameters": parameters}
        return replace(self, others=(), form=None, **settled)


@dataclass(frozen=True)
class AdditiveModel:
    r"""Baseline plus saturated, carried-over media plus synergy, with draws of every parameter.

    Notes
    -----
    :math:`\mu_t = b_t + \sum_c \beta_c f_c(a_{tc}) + \sum_{(i,j)} \gamma_{ij} f_i f_j`.
    """

    name: str  #: Estimator, e.g. ``ridge``.
    responses: tuple[ChannelResponse, ...]  #: One per channel.
    pairs: tuple[tuple[int, int], ...]  #: Channels with synergy.
    gamma: Array  #: Shape (n_draws, n_pairs): KPI per week when both curves of a pair are at one.
    design: BaselineDesign  #: How weeks become baseline terms.
    baseline: Array  #: Shape (n_draws, n_terms): coefficients of those terms, KPI units.
    noise: Array  #: Shape (n_draws,): standard deviation of the weekly noise, KPI units.
    #: What the regular baseline cannot draw; nothing for estimators without it.
    flexible: FlexibleBaseline | None = None
    info: dict[str, Any] = field(default_factory=dict)

    @property
    def channels(self) -> list[str]:
        """Names of the channels."""
        return [response.name for response in self.responses]

    @property
    def n_draws(self) -> int:
        """Number of draws; one for a point estimate."""
        return len(self.noise)

    def take(self, draws: NDArray[np.intp]) -> AdditiveModel:
        """Return the model with some of its draws.

        `draws`: positions of the draws to keep.
        """
        return replace(
            self,
            responses=tuple(response.take(draws) for response in self.responses),
            gamma=self.gamma[draws],
            baseline=self.baseline[draws],
            noise=self.noise[draws],
            flexible=self.flexible and self.flexible.take(draws),
        )

    def of_main_forms(self) -> AdditiveModel:
        """Return the model with the draws of the forms that most draws have."""
        if all(response.form is None for response in self.responses):
            return self
        numbers = np.stack([response.form_of_draws for response in self.responses], axis=1)
        _, kind, counts = np.unique(numbers, axis=0, return_inverse=True, return_counts=True)
        main = self.take(np.flatnonzero(kind.ravel() == counts.argmax()))
        return replace(main, responses=tuple(r.of_one_form() for r in main.responses))

    def curves(self, media: Array) -> Array:
        """Return each channel's saturated share, shape (n_draws, n_weeks, n_channels).

        `media`, shape (n_weeks, n_channels): pressure per week.
        """
        shares = [r.curve(r.adstock_media(media[:, c])) for c, r in enumerate(self.responses)]
        return np.stack(shares, axis=2)

    def effect_of_curves(self, curves: Array) -> MediaEffect:
        """Scale saturated shares to KPI units.

        `curves`, shape (n_draws, n_weeks, n_channels): result of :meth:`curves`.
        """
        beta = np.stack([response.beta for response in self.responses], axis=1)
        joint = [curves[:, :, i] * curves[:, :, j] for i, j in self.pairs]
        product = np.stack(joint, axis=2) if joint else np.zeros((*curves.shape[:2], 0))
        return MediaEffect(beta[:, np.newaxis] * curves, self.gamma[:, np.newaxis] * product)

    def media_effect(self, media: Array) -> MediaEffect:
        """Return the KPI due to media.

        `media`, shape (n_weeks, n_channels): pressure per week, from the first week of the data
        on.
        """
        return self.effect_of_curves(self.curves(np.asarray(media, dtype=float)))

    def baseline_effect(self, weeks: pd.DatetimeIndex, controls: pd.DataFrame) -> Array:
        """Return the KPI without media, shape (n_draws, n_weeks)."""
        regular = np.asarray(self.baseline @ self.design.matrix(weeks, controls).to_numpy(float).T)
        return regular if self.flexible is None else regular + self.flexible.effect(weeks)

    def predict(self, weekly: WeeklyData) -> Array:
        """Return the expected KPI, shape (n_draws, n_weeks).

        `weekly`: weeks from the first one of the data on.
        """
        media = self.media_effect(weekly.media.to_numpy(float))
        return self.baseline_effect(weekly.weeks, weekly.controls) + media.total

    def expected(self, weekly: WeeklyData) -> Array:
        """Return the expected KPI of all weeks, mean over draws, shape (n_weeks,).

        `weekly`: all weeks from the first one of the data on.
        """
        return np.asarray(self.predict(weekly).mean(axis=0))

    def to_json(self) -> dict[str, Any]:
        """Return the model as plain data; :meth:`from_json` reads it back to the last digit."""
        flexible = self.flexible
        parts = {
            "responses": [ResponsePart.model_construct(**vars(r)) for r in self.responses],
            "design": DesignPart.model_construct(**vars(self.design)),
            "flexible": flexible and FlexiblePart.of(flexible),
        }
        file = ModelFile.model_construct(schema=ModelFile.SCHEMA, **vars(self) | parts)
        return file.content()

    @classmethod
    def from_json(cls, content: dict[str, Any]) -> AdditiveModel:
        """Read a model written by :meth:`to_json`.

        Raises
        ------
        ArtefactError
            If it was written by another version of the project, or is damaged.
        """
        file = ModelFile.read(content)
        values = dict(file) | {
            "responses": tuple(ChannelResponse(**dict(r)) for r in file.responses),
            "design": BaselineDesign(**dict(file.design)),
            "flexible": file.flexible and file.flexible.read(),
        }
        return cls(**{item.name: values[item.name] for item in fields(cls)})


def joined(models: Sequence[AdditiveModel]) -> AdditiveModel:
    """Return one model with the draws of several that differ in the forms of their curves.

    Parameters
    ----------
    models : sequence of AdditiveModel
        Models of the same channels, pairs and baseline; the first one's forms become the own
        forms of the responses.

    Returns
    -------
    AdditiveModel
        With the draws of one model after those of another, so that any evenly spaced selection
        has each in proportion.
    """
    first = models[0]
    if len(models) == 1:
        return first
    every = zip(*(model.responses for model in models), strict=True)
    return replace(
        first,
        responses=tuple(_joined_response(same) for same in every),
        gamma=np.concatenate([model.gamma for model in models]),
        baseline=np.concatenate([model.baseline for model in models]),
        noise=np.concatenate([model.noise for model in models]),
        flexible=_joined_baseline([model.flexible for model in models]),
    )


def _joined_baseline(same: Sequence[FlexibleBaseline | None]) -> FlexibleBaseline | None:
    found = [flexible for flexible in same if flexible is not None]
    if not found:
        return None
    return replace(
        found[0],
        coefficients=np.concatenate([flexible.coefficients for flexible in found]),
        sd=np.concatenate([flexible.sd for flexible in found]),
    )


def _joined_response(same: Sequence[ChannelResponse]) -> ChannelResponse:
    forms = list(dict.fromkeys(pair for response in same for pair in response.forms))
    names = dict.fromkeys(name for response in same for name in response.parameters)
    numbers = [
        np.array([forms.index(pair) for pair in response.forms])[response.form_of_draws]
        for response in same
    ]
    parameters = {
        name: np.concatenate([r.parameters.get(name, np.full(len(r.beta), np.nan)) for r in same])
        for name in names
    }
    longest = max(same, key=lambda response: response.max_lag)
    return replace(
        same[0],
        max_lag=longest.max_lag,
        parameters=parameters,
        beta=np.concatenate([response.beta for response in same]),
        history=longest.history,
        others=tuple(forms[1:]),
        form=np.concatenate(numbers) if len(forms) > 1 else None,
    )


def media_history(weekly: WeeklyData, *, pre_history: PreHistory, max_lag: int) -> Array:
    """Return the assumed media of the weeks before the first one.

    Shape (max_lag, n_channels): media per week, in media units.
    """
    require_choice(pre_history, get_args(PreHistory), "pre_history")
    media = weekly.media.to_numpy(float)
    early = np.zeros(media.shape[1]) if pre_history == "zero" else media[:13].mean(axis=0)
    return np.tile(early, (max_lag, 1))


def usual_media(media: Array) -> Array:
    """Return each channel's mean media from its first week on air to its last; 1 for a silent one.

    Weeks before a launch and after a stop say nothing about how much the channel usually buys.

    Parameters
    ----------
    media : ndarray, shape (n_weeks, n_channels)
        Pressure per week.

    Examples
    --------
    >>> usual_media(np.array([[0.0, 0.0], [2.0, 0.0], [0.0, 0.0], [4.0, 0.0], [0.0, 0.0]]))
    array([2., 1.])
    """
    on_air = media > 0
    weeks = len(media) - on_air[::-1].argmax(axis=0) - on_air.argmax(axis=0)
    return np.where(on_air.any(axis=0), media.sum(axis=0) / weeks, 1.0)
