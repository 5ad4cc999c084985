"""The same model with one response per channel and region: each cell has its own budget."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from mmm.arrays import Array
from mmm.data.weekly import WeeklyData
from mmm.model.additive import AdditiveModel
from mmm.model.response import ChannelResponse
from mmm.study.forms import NONE, SATURATIONS

#: Between the names of channel and region in the name of a cell.
BETWEEN = " | "


def cell_model(model: AdditiveModel, weekly: WeeklyData) -> tuple[AdditiveModel, WeeklyData]:
    """Return a regional model and its weeks with a channel per channel and region.

    Parameters
    ----------
    model : AdditiveModel
        A model of several regions.
    weekly : WeeklyData
        Its weeks; their media and spend are split as the model says.

    Returns
    -------
    model : AdditiveModel
        The same effect and baseline, channels in the order of regions within channels; channels
        that were never bought in a region have no cell there.
    weekly : WeeklyData
        The same weeks, one column a cell.

    Raises
    ------
    ValueError
        If the model has no regions, or pairs with synergy.
    """
    if any(response.regions is None for response in model.responses) or model.pairs:
        raise ValueError("cells need a model of regions, without synergy")
    responses, media, spend = [], {}, {}
    for response in model.responses:
        split = response.regions
        assert split is not None
        shares = split.shares(0, len(weekly))
        for region in np.flatnonzero(shares.any(axis=0)):
            cell = _cell(response, int(region))
            responses.append(cell)
            media[cell.name] = weekly.media[response.name].to_numpy(float) * shares[:, region]
            spend[cell.name] = weekly.spend[response.name].to_numpy(float) * shares[:, region]
    cells = replace(weekly, spend=pd.DataFrame(spend), media=pd.DataFrame(media), regions=None)
    return replace(model, responses=tuple(responses)), cells


def _cell(response: ChannelResponse, region: int) -> ChannelResponse:
    split = response.regions
    assert split is not None
    heads = float(split.heads[region])
    return replace(
        response,
        name=f"{response.name}{BETWEEN}{split.names[region]}",
        parameters={name: _scaled(name, v, heads) for name, v in response.parameters.items()},
        beta=response.beta * _size(response, heads) * split.effect[:, region],
        history=response.history * split.early[region],
        regions=None,
    )


def _scaled(name: str, values: Array, heads: float) -> Array:
    """Return a parameter for a market of so many heads; only half-saturation depends on them."""
    in_media_units = {
        parameter.name
        for form in SATURATIONS.values()
        for parameter in form.parameters
        if parameter.in_media_units
    }
    return values * heads if name in in_media_units else values


def _size(response: ChannelResponse, heads: float) -> Array:
    """Return the factor on the size per draw: a straight line is per unit of media already."""
    straight = np.array([saturation == NONE for _, saturation in response.forms])
    return np.where(straight[response.form_of_draws], 1.0, heads)
