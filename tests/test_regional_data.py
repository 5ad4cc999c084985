"""A regional file becomes national weeks and a table of its regions; what cannot is refused."""

from dataclasses import replace

import numpy as np
import pytest
from studies import make_frame, make_study, raw_study

from mmm.data.regions import Regions, national
from mmm.data.weekly import weekly_data
from mmm.errors import StudyError


def regions_of(weekly):
    """Return two equal regions that together are the national weeks."""
    both = np.stack([weekly.kpi, weekly.kpi]) / 2
    media = np.stack([weekly.spend.to_numpy()] * 2) / 2
    return Regions(
        names=("North", "South"),
        heads=np.array([0.5, 0.5]),
        kpi=both,
        spend=media,
        media=media,
        controls=np.zeros((2, len(weekly), 0)),
        by_population=False,
    )


def test_regions_are_cut_with_the_weeks_they_belong_to():
    weekly = weekly_data(make_frame(), make_study())
    weekly = replace(weekly, regions=regions_of(weekly))
    first, rest = weekly.head(60), weekly.after(60)
    assert (first.regions.kpi.shape, rest.regions.spend.shape) == ((2, 60), (2, 44, 2))
    np.testing.assert_allclose(rest.regions.kpi.sum(axis=0), rest.kpi)
    assert national(first).regions is None
    assert len(national(first)) == len(first)


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"population": "pop"}, "population needs region"),
        ({"region": "dma", "region_columns": ["dma"]}, "region_columns leaves none to model"),
        ({"region": "dma", "market": {"column": "dma", "value": "X"}}, "market leaves none"),
    ],
)
def test_keys_that_contradict_each_other_are_refused(keys, said):
    data = raw_study()["data"] | keys
    with pytest.raises(StudyError, match=said):
        make_study(data=data)
