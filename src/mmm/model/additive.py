"""What every estimator returns: a fitted model that keeps its draws, as plain data."""

from __future__ import annotations

from collections.abc import Sequence
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
from mmm.model.response import ChannelResponse, joined_response
from mmm.model.schema import DesignPart, FlexiblePart, ModelFile, ResponsePart
from mmm.model.split import RegionSplit
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
    def has_regions(self) -> bool:
        """Whether the channels' media are split over regions."""
        return all(response.regions is not None for response in self.responses)

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

    def effect_of_levels(self, levels: Sequence[Array]) -> MediaEffect:
        """Scale the shares of adstocked media, one array a channel, to KPI units."""
        shares = [r.curve(level) for r, level in zip(self.responses, levels, strict=True)]
        return self.effect_of_curves(np.stack(shares, axis=2))

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

    def media_by_region(self, weekly: WeeklyData) -> Array:
        """Return the KPI due to media in each region, shape (n_draws, n_regions, n_weeks).

        Parameters
        ----------
        weekly : WeeklyData
            Weeks from the first one of the data on; with the regions that the model knows, or
            split over them as in the data.
        """
        media, parts = weekly.media.to_numpy(float), []
        for c, response in enumerate(self.responses):
            levels = response.adstock_media(media[:, c])
            parts.append(response.beta[:, np.newaxis, np.newaxis] * response.by_region(levels))
        return np.asarray(sum(parts))

    def baseline_effect(self, weeks: pd.DatetimeIndex, controls: pd.DataFrame) -> Array:
        """Return the KPI without media, shape (n_draws, n_weeks)."""
        regular = np.asarray(self.baseline @ self.design.matrix(weeks, controls).to_numpy(float).T)
        return regular if self.flexible is None else regular + self.flexible.effect(weeks)

    def predict(self, weekly: WeeklyData) -> Array:
        """Return the expected KPI, shape (n_draws, n_weeks).

        `weekly`: weeks from the first one of the data on.
        """
        media = self.split_as(weekly).media_effect(weekly.media.to_numpy(float))
        return self.baseline_effect(weekly.weeks, weekly.controls) + media.total

    def split_as(self, weekly: WeeklyData) -> AdditiveModel:
        """Return the model with media split over regions as some weeks bought them.

        Held-out weeks may be split otherwise than the year that later weeks repeat.
        """
        regions = weekly.regions
        if regions is None or not self.has_regions:
            return self
        responses = []
        for c, response in enumerate(self.responses):
            split = response.regions
            assert split is not None
            seen = RegionSplit.of(split.names, split.heads, regions.media[:, :, c], split.effect)
            responses.append(replace(response, regions=replace(seen, early=split.early)))
        return replace(self, responses=tuple(responses))

    def expected(self, weekly: WeeklyData) -> Array:
        """Return the expected KPI of all weeks, mean over draws, shape (n_weeks,).

        `weekly`: all weeks from the first one of the data on.
        """
        return np.asarray(self.predict(weekly).mean(axis=0))

    def to_json(self) -> dict[str, Any]:
        """Return the model as plain data; :meth:`from_json` reads it back to the last digit."""
        flexible = self.flexible
        parts = {
            "responses": [ResponsePart.of(response) for response in self.responses],
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
            "responses": tuple(response.read() for response in file.responses),
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
        responses=tuple(joined_response(same) for same in every),
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
