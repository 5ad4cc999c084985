"""Regional files that would be added up wrongly: refused, or read for what they are."""

import numpy as np
import pandas as pd
import pytest
from regional_files import Door, regional_table

from mmm.errors import DataError


@pytest.fixture
def table():
    return regional_table()


def test_a_region_that_is_the_sum_of_some_others_is_refused(table, tmp_path):
    some = table[table["region"].isin(["North", "South"])]
    both = some.groupby("week", as_index=False).sum(numeric_only=True).assign(region="Up")
    with pytest.raises(DataError, match="'Up' is the sum of North, South"):
        Door(pd.concat([table, both])[list(table.columns)], tmp_path).clean()


@pytest.mark.parametrize("name", ["Total US", "Total (all regions)", "US total"])
def test_a_region_called_like_a_total_is_refused_whatever_else_its_name_says(
    table, tmp_path, name
):
    whole = table.groupby("week", as_index=False).sum(numeric_only=True).assign(region=name)
    whole["revenue"] *= 1.03
    with pytest.raises(DataError, match="is called like the total"):
        Door(pd.concat([table, whole])[list(table.columns)], tmp_path).clean()


@pytest.mark.parametrize(("one", "other"), [("$", "€"), ("US Dollar", "Euro")])
def test_currencies_in_signs_or_words_are_not_added(table, tmp_path, one, other):
    table["currency"] = np.where(table["region"] == "South", other, one)
    with pytest.raises(DataError, match="cannot be added"):
        Door(table, tmp_path).clean()


def test_a_name_is_one_region_however_its_blanks_and_letters_are_written(table, tmp_path):
    ways = np.where(np.arange(len(table)) % 2, "Que\u0301bec  City", "Québec City")
    table["region"] = np.where(table["region"] == "South", ways, table["region"])
    assert len(Door(table, tmp_path).clean().regions.names) == 4


def test_days_of_some_regions_beside_weeks_of_others_are_refused(table, tmp_path):
    daily = table["region"].isin(["North", "South"])
    days = pd.concat(
        [table[daily].assign(week=table["week"] + pd.Timedelta(days=day)) for day in range(7)]
    )
    rest = table[~daily]
    with pytest.raises(DataError, match="mixes days and weeks"):
        Door(pd.concat([days, rest]).sort_values("week"), tmp_path).clean()
