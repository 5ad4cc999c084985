"""Column names of marketing files with their true roles, to measure the guess of roles by.

`columns/columns.csv` holds one row a name: the file it is from, its language, its role and the
kind of its values; `columns/sources.csv` says where each file is described, and what it lacks.
`table_of` makes a plausible weekly table of one file's columns.
"""

import zlib
from difflib import SequenceMatcher
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mmm.data.guess import guess_roles

FOLDER = Path(__file__).parent / "columns"
KEYS = ("region", "channel", "campaign")
ROLES = (*KEYS, "date", "kpi", "spend", "exposure", "control", "event", "population", "ignored")
NUMBERS = ("money", "count", "share", "flag", "index", "rate")
WEEKS = 130
START = "2021-01-04"


def read(name):
    """Read one of the two tables, with every cell as text."""
    return pd.read_csv(FOLDER / name, dtype=str, keep_default_na=False)


COLUMNS = read("columns.csv").rename(columns={"values": "kind"})
SOURCES = read("sources.csv").set_index("file")


# --- tables made of the names ---------------------------------------------------------------


def table_of(file):
    """A weekly table with the columns of `file`, always the same one.

    130 weeks from 2021-01-04, repeated for up to three levels of each region, channel and
    campaign. Dates are text as the file writes them; `date:week` numbers the weeks.
    """
    rows = COLUMNS[COLUMNS["file"] == file]
    rng = np.random.default_rng(zlib.crc32(file.encode()))
    grid = _grid(rows)
    week = grid["week"].to_numpy()
    spends = {row.column: _spend(rng, len(grid)) for row in _of(rows, "spend")}
    exposures, latent = _exposures(rng, rows, spends, len(grid))
    kpi = _kpi(rng, week, [*spends.values(), *latent])
    table = {}
    for row in rows.itertuples():
        if row.kind.startswith("date:"):
            table[row.column] = _dates(row, week)
        elif row.role in KEYS:
            table[row.column] = grid[row.column]
        elif row.role == "kpi":
            table[row.column] = kpi if row.kind == "money" else np.ceil(kpi / 30).astype(int)
        elif row.role == "spend":
            table[row.column] = spends[row.column]
        elif row.role == "exposure":
            table[row.column] = exposures[row.column]
        elif row.role == "population":
            table[row.column] = _population(rng, grid)
        elif row.kind.startswith("text:"):
            table[row.column] = _texts(rng, row, grid)
        elif row.role == "ignored" and row.kind in ("money", "count"):
            table[row.column] = _outcome(rng, row, kpi)
        else:
            table[row.column] = _driver(rng, row.kind)[week]
    return pd.DataFrame(table)


def _of(rows, role):
    return rows[rows["role"] == role].itertuples()


def _levels(kind):
    return kind.removeprefix("text:").split("|")[:3]


def _grid(rows):
    """One row for each week and each level of the keys."""
    keys = {row.column: _levels(row.kind) for row in rows.itertuples() if row.role in KEYS}
    product = pd.MultiIndex.from_product([range(WEEKS), *keys.values()], names=["week", *keys])
    return product.to_frame(index=False)


def _dates(row, week):
    """The weeks' dates in the format of the column; a second date is the end of the week."""
    form = row.kind.removeprefix("date:")
    if form == "week":
        return week + 1
    days = pd.date_range(START, periods=WEEKS, freq="W-MON")
    if row.role != "date" and "%d" in form:
        days += pd.Timedelta(days=6)
    texts = days.to_period("D").strftime(form)[week]
    return texts.astype(int) if texts.str.isdecimal().all() else texts


def _spend(rng, size):
    """Gamma noise around a level of the column's own, with some rows of nothing."""
    level = np.exp(rng.uniform(np.log(500), np.log(50_000)))
    running = rng.random(size) > rng.uniform(0.02, 0.3)
    return (rng.gamma(2, level / 2, size) * running).round(2)


def _exposures(rng, rows, spends, size):
    """Spend over a noisy price; a medium without spend in the file gets a hidden one."""
    exposures, hidden = {}, []
    for row in _of(rows, "exposure"):
        if spends:
            spend = spends[max(spends, key=lambda name: _likeness(name, row.column))]
        else:
            spend = _spend(rng, size)
            hidden.append(spend)
        price = np.exp(rng.uniform(np.log(0.005), np.log(2))) * rng.lognormal(0, 0.1, size)
        exposures[row.column] = (spend / price).round().astype(int)
    return exposures, hidden


def _likeness(one, other):
    return SequenceMatcher(None, one.lower(), other.lower()).ratio()


def _kpi(rng, week, drivers):
    """Baseline with a season, a quarter more by the media, and noise of four percent."""
    level = 8 * sum(driver.mean() for driver in drivers) if drivers else 100_000
    season = 1 + 0.15 * np.sin(2 * np.pi * week / 52 + rng.uniform(0, 6))
    shares = rng.dirichlet(np.ones(len(drivers))) if drivers else []
    lift = sum(s * np.sqrt(d / d.mean()) for s, d in zip(shares, drivers, strict=True))
    return (level * (season + 0.25 * lift) * rng.normal(1, 0.04, len(week))).round(2)


def _outcome(rng, row, kpi):
    """Another outcome: the KPI over a noisy value."""
    noise = rng.lognormal(0, 0.08, len(kpi))
    if row.kind == "money":
        return (kpi * rng.uniform(0.2, 0.9) * noise).round(2)
    return (kpi / rng.uniform(20, 200) / noise).round().astype(int)


def _driver(rng, kind):
    """One value a week: a flag, or a random walk or a season of the kind's size."""
    if kind == "flag":
        return (rng.random(WEEKS) < 0.1).astype(int)
    walk = rng.normal(0, 0.02, WEEKS).cumsum()
    season = 0.2 * np.sin(2 * np.pi * np.arange(WEEKS) / 52 + rng.uniform(0, 6))
    path = 1 + (walk if rng.random() < 0.5 else season) + rng.normal(0, 0.01, WEEKS)
    if kind == "share":
        return np.clip(0.4 * path, 0, 1).round(4)
    size = {"index": 100, "rate": 2, "money": rng.uniform(5, 500), "count": 5000}[kind]
    numbers = np.maximum(size * path, 0)
    return numbers.round().astype(int) if kind == "count" else numbers.round(3)


def _population(rng, grid):
    """A constant of each region, the first key."""
    codes = grid.iloc[:, 1].astype("category").cat.codes
    return rng.integers(100_000, 5_000_000, codes.max() + 1)[codes]


def _texts(rng, row, grid):
    """Ids and attributes follow the first key; a text of events is mostly its first word."""
    levels = np.array(_levels(row.kind))
    if row.role == "event":
        rare = rng.random(WEEKS) < 0.1
        return levels[np.where(rare, rng.integers(1, len(levels), WEEKS), 0)][grid["week"]]
    if grid.shape[1] == 1:
        return levels[np.zeros(len(grid), int)]
    return levels[grid.iloc[:, 1].astype("category").cat.codes % len(levels)]


# --- the tables themselves --------------------------------------------------------------------


def test_there_are_enough_names_files_and_languages():
    assert len(COLUMNS.drop_duplicates(["file", "column"])) == len(COLUMNS) >= 450
    assert COLUMNS["language"].nunique() >= 10
    assert len(SOURCES) >= 30


def test_roles_and_kinds_of_values_are_known():
    assert set(COLUMNS["role"]) <= set(ROLES)
    number = COLUMNS["kind"].isin(NUMBERS)
    assert (number | COLUMNS["kind"].str.match(r"date:(%|week$)|text:.+\|")).all()
    assert (COLUMNS["column"].str.strip() == COLUMNS["column"]).all()
    assert COLUMNS["column"].ne("").all()


@pytest.mark.parametrize("role", ["kpi", "date"])
def test_each_file_has_one_kpi_and_one_date_unless_it_says_otherwise(role):
    found = COLUMNS["role"].eq(role).groupby(COLUMNS["file"]).sum()
    expected = ~SOURCES["missing"].str.split().map(lambda words: role in words)
    assert (found == expected.loc[found.index]).all()


def test_each_file_has_a_source_and_says_what_is_from_memory():
    assert set(COLUMNS["file"]) == set(SOURCES.index)
    assert SOURCES.index.is_unique
    assert SOURCES["source"].str.match("(repository|documentation|memory): .+").all()
    assert SOURCES["title"].ne("").all()


@pytest.mark.parametrize("file", SOURCES.index)
def test_a_plausible_table_is_made_of_each_file(file):
    rows, table = COLUMNS[COLUMNS["file"] == file], table_of(file)
    assert list(table) == list(rows["column"])
    assert len(table) == WEEKS * 3 ** rows["role"].isin(KEYS).sum()
    assert not table.isna().any(axis=None)
    for role in ("kpi", "spend", "exposure"):
        numbers = table[rows["column"][rows["role"] == role]]
        assert (numbers >= 0).all(axis=None)
        assert (numbers.nunique() > WEEKS / 2).all()
    pd.testing.assert_frame_equal(table, table_of(file))


# --- the guess of their roles ----------------------------------------------------------------

#: Roles by which a column enters a model.
IN_THE_MODEL = ("date", "kpi", "spend", "control", "event")
LEAST_RIGHT = 0.9


@pytest.fixture(scope="session")
def guessed(tmp_path_factory):
    """What each name is taken for: role, certainty and verdict beside its true role."""
    folder = tmp_path_factory.mktemp("columns")
    return pd.concat([judged(file, folder / f"{file}.csv") for file in SOURCES.index])


def judged(file, path):
    table_of(file).to_csv(path, index=False)
    found = {column.column: column for column in guess_roles(path).columns}
    rows = COLUMNS[COLUMNS["file"] == file].copy()
    rows["guess"] = [found[name].role for name in rows["column"]]
    rows["why"] = [found[name].why for name in rows["column"]]
    return rows.assign(right=_is_right(rows))


def _is_right(rows):
    driver = rows["role"].eq("event") & rows["guess"].eq("control")
    return rows["guess"].eq(rows["role"]) | driver


def test_no_role_is_wrong_in_silence(guessed):
    wrong = guessed[~guessed["right"] & guessed["guess"].isin(IN_THE_MODEL)]
    assert wrong[["file", "column", "role", "guess", "why"]].to_dict("records") == []


def test_most_names_are_right_without_asking(guessed):
    assert guessed["right"].mean() >= LEAST_RIGHT
    languages = guessed.groupby("language")["right"].mean()
    assert (languages >= LEAST_RIGHT - 0.1).all(), languages.sort_values()


def test_what_is_left_out_is_said(guessed):
    left = guessed[guessed["guess"].eq("ignored")]
    assert left["why"].str.len().gt(5).all()
