"""Regional files: what they are taken for, what is filled or left out, and what is refused."""

import numpy as np
import pandas as pd
import pytest
from regional_files import PEOPLE, Door, long_of, regional_table

from mmm.data.draft import Market
from mmm.data.guess import guess_roles
from mmm.errors import DataError
from mmm.show.workbook import Workbook
from mmm.store import Store


@pytest.fixture
def table():
    return regional_table()


def of(table, region):
    return table["region"] == region


# --- taken for regions ------------------------------------------------------------------------


@pytest.mark.parametrize("layout", ["wide", "long"])
def test_a_regional_file_is_taken_for_regions(table, tmp_path, layout):
    door = Door(table if layout == "wide" else long_of(table), tmp_path)
    assert (door.guess.layout, door.guess.region) == ("regions", "region")
    assert (door.study.data.region, door.study.data.population) == ("region", "population")
    weekly = door.clean()
    regions, week = weekly.regions, table["week"] == "2022-03-07"
    assert (regions.names, regions.by_population) == (tuple(PEOPLE), True)
    np.testing.assert_allclose(regions.heads, [0.4, 0.1, 0.25, 0.25])
    assert weekly.kpi[9] == pytest.approx(table["revenue"][week].sum())
    assert weekly.spend["tv"].iloc[9] == pytest.approx(table["tv_spend"][week].sum())
    own = table[week].set_index("region")
    np.testing.assert_allclose(regions.kpi[:, 9], own["revenue"])
    np.testing.assert_allclose(regions.spend[:, 9], own[["tv_spend", "search_spend"]])
    np.testing.assert_allclose(regions.controls[:, 9, 0], own["price"])
    assert weekly.controls["price"].iloc[9] == pytest.approx((own["price"] * regions.heads).sum())
    assert door.findings["regions"].status == "PASS"


def test_later_notebooks_get_the_regions_that_the_first_wrote(table, tmp_path):
    codes = {"North": "010", "South": "NA", "East": "1e3", "West": "West "}
    door = Door(table.assign(region=table["region"].map(codes)), tmp_path)
    weekly, store = door.clean(), Store(tmp_path)
    store.write_table("data/weekly.csv", door.frame)
    store.write_table("data/regions.csv", door.rows)
    book = Workbook(door.study, store)
    assert book.weekly.regions.names == weekly.regions.names
    np.testing.assert_allclose(book.weekly.regions.kpi, weekly.regions.kpi)
    np.testing.assert_allclose(book.train.regions.spend, weekly.regions.spend[:, :-13])


def test_regions_are_summed_or_one_is_picked_where_the_user_says_so(table, tmp_path):
    summed = Door(table, tmp_path, sum_regions=True)
    assert (summed.guess.region, summed.guess.regions) == ("", ["region"])
    assert (summed.clean().regions, summed.rows) == (None, None)
    one = Door(table, tmp_path, market=Market("region", "South"))
    assert (one.study.data.region, one.study.data.region_columns) == (None, ())
    np.testing.assert_allclose(one.clean().kpi, table["revenue"][of(table, "South")])


def test_columns_that_no_name_gives_away_can_be_named(table, tmp_path):
    blobs = table.rename(columns={"region": "blob", "population": "size"})
    door = Door(blobs, tmp_path, region="blob", population="size")
    assert (door.study.data.region, door.study.data.population) == ("blob", "size")
    assert door.guess.problems == []
    np.testing.assert_allclose(door.clean().regions.heads, [0.4, 0.1, 0.25, 0.25])


def test_without_a_population_heads_are_shares_of_the_outcome(table, tmp_path):
    weekly = Door(table.drop(columns="population"), tmp_path).clean()
    sales = table.groupby("region", sort=False)["revenue"].sum()
    assert not weekly.regions.by_population
    np.testing.assert_allclose(weekly.regions.heads, sales / sales.sum(), rtol=1e-3)


def test_an_outcome_of_the_whole_country_is_no_regional_one(table, tmp_path):
    table["revenue"] = table.groupby("week")["revenue"].transform("sum")
    door = Door(table, tmp_path)
    assert (door.guess.region, door.guess.regions) == ("", ["region"])
    with pytest.raises(DataError, match="'revenue' is the same in all 4 regions"):
        Door(table, tmp_path, region="region").clean()


def test_days_of_regions_become_full_weeks(table, tmp_path):
    days = table.loc[table.index.repeat(7)].reset_index(drop=True)
    days["week"] += pd.to_timedelta(days.groupby(["region", "week"]).cumcount(), unit="D")
    days = days.rename(columns={"week": "date"}).drop(index=[64])  # a day of South
    door = Door(days, tmp_path)
    weekly = door.clean()
    east = table[of(table, "East")]
    np.testing.assert_allclose(weekly.regions.kpi[2], 7 * east["revenue"])
    np.testing.assert_allclose(weekly.regions.spend[2, :, 0], 7 * east["tv_spend"])
    np.testing.assert_allclose(weekly.regions.controls[2, :, 0], east["price"])
    assert np.flatnonzero(np.isnan(weekly.regions.kpi[1])).tolist() == [2]
    assert "dropped: 1." in door.findings["aggregation"].finding


def test_values_of_units_are_averaged_by_units(table, tmp_path):
    table["revenue_per_order"] = np.where(of(table, "North"), 20.0, 10.0)
    weekly = Door(table.rename(columns={"revenue": "orders"}), tmp_path).clean()
    worth = np.where(of(table, "North"), 20.0, 10.0) * table["revenue"]
    np.testing.assert_allclose(weekly.revenue, worth.groupby(table["week"]).sum())


def test_texts_of_regions_become_columns_of_the_same_levels(table, tmp_path):
    table["promotion"] = "none"
    table.loc[of(table, "North") & (table["week"] < "2022-04-01"), "promotion"] = "sale"
    big = table["week"].between("2023-01-01", "2023-04-01")
    table.loc[big, "promotion"] = "sale"
    weekly = Door(table, tmp_path).clean()
    place = list(weekly.controls.columns).index("promotion: sale")
    assert weekly.controls["promotion: sale"].sum() == big.sum() / 4  # North alone is no majority
    assert weekly.regions.controls[0, :5, place].tolist() == [1.0] * 5
    assert weekly.regions.controls[1, :5, place].tolist() == [0.0] * 5


# --- missing weeks ----------------------------------------------------------------------------


def test_missing_rows_take_the_usual_share_and_are_said(table, tmp_path):
    missing = of(table, "South") & table["week"].between("2022-02-07", "2022-02-14")
    door = Door(table[~missing], tmp_path)
    weekly, whole = door.clean(), table.groupby("week")["revenue"].sum().to_numpy()
    assert np.isnan(weekly.regions.kpi[1, 5:7]).all()
    assert (weekly.regions.spend[1, 5:7] == 0).all()
    np.testing.assert_allclose(weekly.kpi[5:7], whole[5:7], rtol=0.05)
    np.testing.assert_allclose(weekly.kpi[7:], whole[7:])
    np.testing.assert_allclose(weekly.regions.controls[1, 5, 0], weekly.controls["price"].iloc[5])
    found = door.findings["regions"]
    assert found.status == "REVIEW"
    assert "2 KPIs of 440 are missing: South (2 weeks)" in found.finding


def test_a_large_region_may_miss_a_week(table, tmp_path):
    row = table.index[of(table, "North")][50]
    weekly = Door(table.drop(index=row), tmp_path).clean()
    whole = table.groupby("week")["revenue"].sum().to_numpy()
    assert np.isnan(weekly.regions.kpi[0, 50])
    np.testing.assert_allclose(weekly.kpi[50], whole[50], rtol=0.15)


def test_an_empty_outcome_or_control_of_a_region_is_missing(table, tmp_path):
    row = table.index[of(table, "East")][4]
    table.loc[row, ["revenue", "tv_spend"]] = np.nan
    weekly = Door(table, tmp_path).clean()
    assert np.isnan(weekly.regions.kpi[2, 4])
    assert weekly.regions.spend[2, 4, 0] == 0
    assert weekly.regions.spend[2, 4, 1] > 0


def test_a_region_may_start_late_and_one_with_three_weeks_is_left_out(table, tmp_path):
    late = of(table, "West") & (table["week"] < "2022-06-06")
    short = of(table, "South") & (table["week"] > "2022-01-17")
    door = Door(table[~late & ~short], tmp_path)
    weekly = door.clean()
    assert weekly.regions.names == ("North", "East", "West")
    assert len(weekly) == 110
    np.testing.assert_allclose(weekly.regions.heads, np.array([4.0, 2.5, 2.5]) / 9)
    found = door.findings
    assert "West (22 weeks, starts 2022-06-06)" in found["regions"].finding
    assert "South (3 of 110)" in found["regions left out"].finding
    whole = table[~of(table, "South")].groupby("week")["revenue"].sum()
    np.testing.assert_allclose(weekly.kpi[22:], whole.iloc[22:])
    np.testing.assert_allclose(weekly.kpi[:22].mean(), whole.iloc[:22].mean(), rtol=0.03)


def test_weeks_at_the_ends_that_few_regions_know_are_cut_off(table, tmp_path):
    door = Door(table[of(table, "South") | (table["week"] >= "2022-01-31")], tmp_path)
    assert door.clean().weeks[0] == pd.Timestamp("2022-01-31")
    assert "4 weeks at the ends" in door.findings["weeks of few regions"].finding


def test_weeks_in_between_that_few_regions_know_are_refused(table, tmp_path):
    gap = table["week"].between("2022-06-01", "2022-06-30") & ~of(table, "South")
    with pytest.raises(DataError, match=r"in 4 week.* 2022-06-06, without North, East and West"):
        Door(table[~gap], tmp_path).clean()


def test_one_region_with_enough_weeks_is_a_national_study(table, tmp_path):
    kept = of(table, "North") | (table["week"] < "2022-02-01")
    door = Door(table[kept], tmp_path, region="region")
    weekly = door.clean()
    assert weekly.regions is None
    np.testing.assert_allclose(weekly.kpi, table["revenue"][of(table, "North")])
    assert "Only 'North' has enough weeks" in door.findings["regions"].finding
    assert "South (5 of 110)" in door.findings["regions left out"].finding
    assert Door(table[kept], tmp_path).study.data.region is None


def test_no_region_with_enough_weeks_is_refused(table, tmp_path):
    turns = pd.factorize(table["week"])[0] % 4
    rows = pd.factorize(table["region"])[0] == turns
    with pytest.raises(DataError, match="none of 4 regions has a KPI above zero in half of"):
        Door(table[rows], tmp_path, region="region").clean()


# --- bad input --------------------------------------------------------------------------------


def test_two_rows_of_a_region_and_week_are_refused(table, tmp_path):
    twice = pd.concat([table, table.iloc[[6]]])
    with pytest.raises(DataError, match=r"1 row repeat.* first region 'East' on 2022-01-10"):
        Door(twice, tmp_path, region="region").clean()
    copied = pd.concat([long_of(table), long_of(table).iloc[[6]]])
    with pytest.raises(DataError, match=r"1 row repeat another one cell by cell.* data row 881"):
        Door(copied, tmp_path, region="region").clean()


@pytest.mark.parametrize(
    ("rows", "value", "said"),
    [
        ("South", np.nan, "missing for 1 of 4 regions, first 'South'"),
        ("East", 0, "is 0 for 'East': need a number above 0"),
        ("East", -5, "is -5 for 'East'"),
        ("first", 9e9, "from 4e[+]06 to 9e[+]09 for 'North', more than a region grows"),
    ],
)
def test_populations_that_are_none_are_refused(table, tmp_path, rows, value, said):
    table["population"] = table["population"].astype(float)
    table.loc[[0] if rows == "first" else of(table, rows), "population"] = value
    with pytest.raises(DataError, match=f"population 'population' .*{said}.*--ignore population"):
        Door(table, tmp_path, population="population").clean()


def test_a_population_that_grows_is_averaged_and_said(table, tmp_path):
    later = table["week"] >= "2023-01-01"
    table.loc[later & of(table, "South"), "population"] *= 1.1
    door = Door(table, tmp_path)
    heads = door.clean().regions.heads
    assert heads[1] == pytest.approx(1.053 / 10.053, rel=0.01)
    assert "by up to 10.0" in door.findings["population"].finding


def test_a_channel_of_one_region_is_said(table, tmp_path):
    table.loc[~of(table, "East"), "tv_spend"] = 0.0
    door = Door(table, tmp_path)
    door.clean()
    assert "TV (East)" in door.findings["channels of one region"].finding


@pytest.mark.parametrize("repeated", [True, False])
def test_a_channel_bought_nationally_counts_once_and_is_said(table, tmp_path, repeated):
    national = table.groupby("week")["tv_spend"].transform("first")
    share = 1 if repeated else table["region"].map(PEOPLE) / 1e4
    door = Door(table.assign(tv_spend=national * share), tmp_path)
    weekly = door.clean()
    np.testing.assert_allclose(weekly.spend["tv"], national[of(table, "North")])
    np.testing.assert_allclose(weekly.regions.spend[1, :, 0], 0.1 * weekly.spend["tv"])
    assert "population: TV." in door.findings["national channels"].finding


@pytest.mark.parametrize("name", ["Everything", "All Territories", "Total", "national"])
def test_a_region_that_is_the_total_is_refused(table, tmp_path, name):
    amounts = table.groupby("week")[["tv_spend", "search_spend", "revenue", "population"]]
    total = amounts.sum().reset_index().assign(region=name, price=10.0)
    if name == "All Territories":  # of more regions than the file has
        total["revenue"] *= 1.1
    both = pd.concat([table, total])
    for told in ({}, {"sum_regions": True}):
        with pytest.raises(DataError, match=f"region '{name}' .* count twice. Remove its rows"):
            Door(both, tmp_path, **told).clean()
    one = Door(both, tmp_path, market=Market("region", name)).clean()
    np.testing.assert_allclose(one.kpi, total["revenue"], rtol=1e-6)


@pytest.mark.parametrize("told", [{}, {"sum_regions": True}])
def test_regions_with_different_currencies_are_refused(table, tmp_path, told):
    table["currency"] = np.where(of(table, "South"), "GBP", "USD")
    with pytest.raises(DataError, match="says USD for region 'North' and GBP for 'South'"):
        Door(table, tmp_path, **told).clean()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"region": None}, "1 of 440 rows name no region in 'region', first data row 1"),
        ({"region": "NORTH"}, "'NORTH' and 'North' in column 'region' differ in capitals"),
        ({"tv_spend": -4.0}, "negative in 1 row, first -4 .* 2022-01-03 of region 'North'"),
    ],
)
def test_cells_that_mean_nothing_are_refused_with_their_place(table, tmp_path, change, said):
    for column, value in change.items():
        table.loc[0, column] = value
    with pytest.raises(DataError, match=said):
        Door(table, tmp_path, region="region").clean()


def test_text_among_numbers_names_the_region(table, tmp_path):
    door = Door(table, tmp_path)
    door.raw = door.raw.astype({"revenue": object})
    door.raw.loc[5, "revenue"] = "n/a"
    with pytest.raises(DataError, match="first 'n/a' in the week of 2022-01-10 of region 'South'"):
        door.clean()


def test_a_population_without_regions_is_refused(table, tmp_path):
    with pytest.raises(DataError, match=r"--population 'population': own.csv has no regions"):
        Door(table[of(table, "North")].drop(columns="region"), tmp_path, population="population")


# --- a row per variable -----------------------------------------------------------------------


def flat_of(table):
    """Return a master flat file: a row per variable, with the campaign of media."""
    names = {"revenue": "Sales", "tv_spend": "TV", "search_spend": "Search", "price": "Price"}
    flat = table.rename(columns=names | {"week": "Period", "region": "Geography"})
    flat = flat.melt(
        ["Period", "Geography"], list(names.values()), "VariableName", "VariableValue"
    )
    return flat.assign(Product=None)


def test_a_table_with_a_row_per_variable_gets_a_column_each(table, tmp_path):
    door = Door(flat_of(table), tmp_path)
    assert (door.study.data.region, set(door.study.channels)) == ("Geography", {"tv", "search"})
    assert any("the 4 variables of 'VariableName'" in note for note in door.guess.notes)
    weekly, same = door.clean(), Door(table.drop(columns="population"), tmp_path).clean()
    np.testing.assert_allclose(weekly.regions.kpi, same.regions.kpi)
    np.testing.assert_allclose(weekly.spend, same.spend)


def test_campaigns_of_a_variable_are_summed(table, tmp_path):
    flat = flat_of(table)
    is_tv = flat["VariableName"] == "TV"
    halves = [
        flat[is_tv].assign(VariableValue=flat["VariableValue"] / 2, Campaign=name)
        for name in ("Spring", "Autumn")
    ]
    door = Door(pd.concat([flat[~is_tv].assign(Campaign=None), *halves]), tmp_path)
    assert any("summed over 'Campaign'" in note for note in door.guess.notes)
    weekly = door.clean()
    place = weekly.channels.index("tv")
    north = table["tv_spend"][of(table, "North")]
    np.testing.assert_allclose(weekly.regions.spend[0, :, place], north)


def test_two_rows_of_a_variable_are_refused(table, tmp_path):
    flat = flat_of(table)
    with pytest.raises(DataError, match=r"1 row repeat a variable.* 2022-01-03, North, Sales in"):
        Door(pd.concat([flat, flat.iloc[[0]]]), tmp_path)


def test_published_files_of_regions_are_taken_for_regions(shared_data, tmp_path):
    meridian = Door(pd.read_csv(shared_data / "meridian" / "geo_all_channels.csv.gz"), tmp_path)
    assert (meridian.guess.region, meridian.guess.population) == ("geo", "population")
    weekly = meridian.clean()
    national = pd.read_csv(shared_data / "meridian" / "national_all_channels.csv")
    assert weekly.regions.kpi.shape == (40, 156)
    np.testing.assert_allclose(weekly.kpi, national["conversions"], rtol=1e-6)
    worth = meridian.raw["conversions"] * meridian.raw["revenue_per_conversion"]
    np.testing.assert_allclose(weekly.revenue, worth.groupby(meridian.raw["time"]).sum())
    for i, name in enumerate(weekly.channels):
        np.testing.assert_allclose(weekly.spend[name], national[f"Channel{i}_spend"], rtol=1e-6)
    pymc = pd.read_csv(shared_data / "pymc" / "mmm_multidimensional_example.csv")
    two = Door(pymc, tmp_path, kpi="y", spend=("x1", "x2"))
    assert two.clean().regions.names == ("geo_a", "geo_b")
    flat = Door(pd.read_csv(shared_data / "mmm_framework" / "geo_mff.csv.gz"), tmp_path)
    assert (flat.guess.region, flat.clean().regions.kpi.shape) == ("Geography", (8, 91))


def test_numbered_weeks_and_overlapping_territories_are_refused(shared_data, tmp_path):
    first, *_ = guess_roles(shared_data / "dma" / "mmm_dma_weekly.csv.gz").problems
    assert "column 'weekid' numbers the weeks from 0 to 108" in first.text
    real = pd.read_csv(shared_data / "conjura" / "conjura_sample_4999.csv.gz")
    brand = real[real["ORGANISATION_ID"].str.startswith("058b38")]
    told = {"region": "TERRITORY_NAME", "kpi": "ALL_PURCHASES_ORIGINAL_PRICE"}
    with pytest.raises(DataError, match="says USD for TERRITORY_NAME 'US' and GBP for 'UK'"):
        Door(brand, tmp_path, **told).clean()
    pounds = brand[brand["CURRENCY_CODE"] == "GBP"]
    with pytest.raises(DataError, match="'All Territories' is called like the total"):
        Door(pounds, tmp_path, **told).clean()
