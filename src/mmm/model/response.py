"""How one channel's media turn into KPI: draws of carryover, saturation and size."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from mmm.arrays import Array
from mmm.model.split import RegionSplit
from mmm.model.transforms import adstock_weights, carry_over, saturate, saturation_with_slope
from mmm.study.forms import ADSTOCKS, SATURATIONS, parameters_of

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
    regions: RegionSplit | None = None  #: How its media spread; None for one market.

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
        """Return adstocked media, the weeks before the first one counted.

        Parameters
        ----------
        media : ndarray, shape (n_weeks,)
            Pressure per week, from the first week of the data on.

        Returns
        -------
        ndarray, shape (n_draws, n_weeks)
            Or, with regions, (n_draws, n_regions, n_weeks): per head, see :class:`RegionSplit`.
        """
        return self.carried(media, history=self.history)

    def carried(self, media: Array, *, start: int = 0, history: Array | None = None) -> Array:
        """Return what media leave behind, as :meth:`adstock_media`.

        Parameters
        ----------
        media : ndarray, shape (n_weeks,)
            Pressure per week.
        start : int, default 0
            First of these weeks, counted from the first week of the data.
        history : ndarray, shape (n_before,), optional
            Pressure of the weeks before `start`; none if not given.
        """
        if self.regions is None:
            return carry_over(media, self.weights, history=history)
        weights, past = self.weights, np.zeros(0) if history is None else history
        local = self.regions.spread(media, start)
        before = self.regions.spread(past, start - len(past))
        levels = np.empty((len(weights), *local.shape))
        for region in range(len(local)):
            levels[:, region] = carry_over(local[region], weights, history=before[region])
        return levels

    def curve(self, adstocked: Array) -> Array:
        """Return the saturated share of adstocked media, shape (n_draws, n_weeks).

        Parameters
        ----------
        adstocked : ndarray, shape (n_weeks,) or (n_draws, n_weeks)
            With regions (n_draws, n_regions, n_weeks), as :meth:`carried` returns it; without the
            axis of regions it is the same per head in all of them.
        """
        if self.regions is None:
            return self._curve(adstocked)
        if adstocked.ndim < 3:
            sizes = self.regions.effect @ self.regions.heads
            return np.asarray(sizes[:, np.newaxis] * self._curve(adstocked))
        return self._over_regions(self._shares_by_region(adstocked))

    def by_region(self, adstocked: Array) -> Array:
        """Return what each region adds to :meth:`curve`, shape (n_draws, n_regions, n_weeks).

        `adstocked`, of that shape: per head, as :meth:`carried` returns it.
        """
        return self._sizes()[:, :, np.newaxis] * self._shares_by_region(adstocked)

    def _shares_by_region(self, adstocked: Array) -> Array:
        flat = adstocked.reshape(len(self.beta), -1)
        return self._curve(flat).reshape(adstocked.shape)

    def _sizes(self) -> Array:
        """Return heads times the factor on the effect, shape (n_draws, n_regions)."""
        assert self.regions is not None
        return self.regions.heads * self.regions.effect

    def _curve(self, adstocked: Array) -> Array:
        shape = len(self.beta), adstocked.shape[-1]
        if self.form is None:
            own = self._shape(self.saturation, slice(None))
            return np.broadcast_to(saturate(self.saturation, adstocked, *own), shape)
        levels, shares = np.broadcast_to(adstocked, shape), np.empty(shape)
        for draws, (_, kind) in self._by_form():
            shares[draws] = saturate(kind, levels[draws], *self._shape(kind, draws))
        return shares

    def _over_regions(self, shares: Array) -> Array:
        """Add up regions, shape (n_draws, n_weeks); `shares` (n_draws, n_regions, n_weeks)."""
        return np.asarray((self._sizes()[:, np.newaxis] @ shares)[:, 0])

    def curve_with_slope(self, adstocked: Array, change: Array) -> tuple[Array, Array]:
        """Return :meth:`curve` and its slope in a direction, both of shape (n_draws, n_weeks).

        Parameters
        ----------
        adstocked : ndarray
            As :meth:`carried` returns it.
        change : ndarray
            Direction, of the same shape.
        """
        flat = adstocked.reshape(len(self.beta), -1)
        curve, slope = (part.reshape(adstocked.shape) for part in self._with_slope(flat))
        slope = slope * change
        if self.regions is None:
            return curve, slope
        return self._over_regions(curve), self._over_regions(slope)

    def _with_slope(self, adstocked: Array) -> tuple[Array, Array]:
        if self.form is None:
            own = self._shape(self.saturation, slice(None))
            curve, slope = saturation_with_slope(self.saturation, adstocked, *own)
            return np.broadcast_to(curve, adstocked.shape), np.broadcast_to(slope, adstocked.shape)
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
            regions=self.regions and self.regions.take(draws),
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


def joined_response(same: Sequence[ChannelResponse]) -> ChannelResponse:
    """Return one response with the draws of several of one channel, whatever their forms."""
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
        regions=_joined_split(same),
    )


def _joined_split(same: Sequence[ChannelResponse]) -> RegionSplit | None:
    found = [response.regions for response in same if response.regions is not None]
    if not found:
        return None
    return replace(found[0], effect=np.concatenate([split.effect for split in found]))
