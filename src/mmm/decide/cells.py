"""The same model with one response per channel and region: each cell has its own budget."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from mmm.arrays import Array
from mmm.data.weekly import WeeklyData
from mmm.model.additive import AdditiveModel
from mmm.model.response import ChannelResponse
from mmm.model.split import RegionSplit
from mmm.study.forms import NONE, SATURATIONS

#: Between the names of channel and region in the name of a cell.
BETWEEN = " | "


#: Regions of a channel whose budgets move together: their positions.
Group = tuple[int, ...]


def cell_model(
    model: AdditiveModel, weekly: WeeklyData, groups: Mapping[str, Sequence[Group]] | None = None
) -> tuple[AdditiveModel, WeeklyData]:
    """Return a regional model and its weeks with a channel per channel and region.

    Parameters
    ----------
    model : AdditiveModel
        A model of several regions.
    weekly : WeeklyData
        Its weeks; their media and spend are split as the model says.
    groups : mapping of str to sequence of tuple of int, optional
        Regions of each channel that share a cell; a cell per region by default.

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
        shares, bought = split.shares(0, len(weekly)), weekly.spend[response.name].to_numpy(float)
        for group in bought_groups(split, (groups or {}).get(response.name), len(weekly)):
            cell = _cell(response, group[0]) if len(group) == 1 else _joint(response, group)
            share = shares[:, list(group)].sum(axis=1)
            own = weekly.media[response.name].to_numpy(float)
            responses.append(cell)
            media[cell.name] = own * share if len(group) == 1 else own
            spend[cell.name] = bought * share
            if weekly.regions is not None:  # where prices differ, media say nothing of money
                paid = weekly.regions.spend[:, :, weekly.channels.index(response.name)]
                spend[cell.name] = paid[list(group)].sum(axis=0)
    cells = replace(weekly, spend=pd.DataFrame(spend), media=pd.DataFrame(media), regions=None)
    return replace(model, responses=tuple(responses)), cells


def bought_groups(split: RegionSplit, groups: Sequence[Group] | None, n_weeks: int) -> list[Group]:
    """Return the groups of regions in which a channel was ever bought, those regions alone.

    Parameters
    ----------
    split : RegionSplit
        How the channel's media spread.
    groups : sequence of tuple of int or None
        Groups of regions; one of each region where there are none.
    n_weeks : int
        Weeks of the data.
    """
    ever = np.flatnonzero(split.shares(0, n_weeks).any(axis=0)).tolist()
    chosen = [(r,) for r in ever] if groups is None else groups
    bought = [tuple(r for r in group if r in ever) for group in chosen]
    return [group for group in bought if group]


def cell_name(channel: str, split: RegionSplit, group: Group) -> str:
    """Return the name of a cell: channel and region, or the first region and how many more."""
    region, more = split.names[group[0]], len(group) - 1
    return f"{channel}{BETWEEN}{region}{f' and {more} more' if more else ''}"


def _joint(response: ChannelResponse, group: Group) -> ChannelResponse:
    """Return the response of several regions together to the media of the whole country."""
    split, places = response.regions, list(group)
    assert split is not None
    part = replace(
        split,
        names=tuple(split.names[place] for place in places),
        heads=split.heads[places],
        share=split.share[:, places],
        early=split.early[places],
        effect=split.effect[:, places],
    )
    return replace(response, name=cell_name(response.name, split, group), regions=part)


def _cell(response: ChannelResponse, region: int) -> ChannelResponse:
    split = response.regions
    assert split is not None
    heads = float(split.heads[region])
    return replace(
        response,
        name=cell_name(response.name, split, (region,)),
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
