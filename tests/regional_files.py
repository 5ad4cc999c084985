"""Small regional tables, and the studies that are drafted from them."""

from __future__ import annotations

import tomllib

import numpy as np
import pandas as pd

from mmm.data.clean import clean, clean_regions
from mmm.data.draft import Told
from mmm.data.files import read_table
from mmm.data.guess import guess_roles
from mmm.data.quality import audit
from mmm.data.study_draft import to_toml
from mmm.data.weekly import weekly_data
from mmm.study.load import parse_study

#: Regions and their population in thousands.
PEOPLE = {"North": 4000, "South": 1000, "East": 2500, "West": 2500}


def regional_table(n_weeks=110, seed=11):
    """Return a wide regional file: spend and sales per head differ from region to region."""
    rng = np.random.default_rng(seed)
    weeks = pd.date_range("2022-01-03", periods=n_weeks, freq="7D")
    parts = []
    for name, people in PEOPLE.items():
        tv, search = rng.gamma(4, 0.02, n_weeks) * people, rng.gamma(4, 0.01, n_weeks) * people
        sales = people * (1 + 0.1 * rng.normal(size=n_weeks)) + 0.5 * tv + search
        parts.append(
            pd.DataFrame(
                {
                    "week": weeks,
                    "region": name,
                    "population": people * 1000,
                    "tv_spend": tv.round(2),
                    "search_spend": search.round(2),
                    "price": rng.normal(10, 1, n_weeks).round(2),
                    "revenue": sales.round(2),
                }
            )
        )
    return pd.concat(parts).sort_values("week", kind="stable").reset_index(drop=True)


def long_of(table):
    """Return the same with a row per channel."""
    names = {"TV": "tv_spend", "Search": "search_spend"}
    rest = table.drop(columns=list(names.values()))
    return pd.concat([rest.assign(channel=n, spend=table[c]) for n, c in names.items()])


class Door:
    """What a file is taken for, and what becomes of it."""

    def __init__(self, table, folder, **told):
        path = folder / "own.csv"
        table.to_csv(path, index=False)
        self.raw = read_table(path)
        self.guess = guess_roles(path, Told(**told))
        text = to_toml(self.guess, "own")
        self.study = parse_study(tomllib.loads(text), text=text, name="own", folder=folder)

    def clean(self):
        """Return the national weeks with their regions."""
        self.frame = clean(self.raw, self.study)
        self.rows = clean_regions(self.raw, self.study)
        return weekly_data(self.frame, self.study, self.rows)

    @property
    def findings(self):
        """The audit's findings by check."""
        return {f.check: f for f in audit(self.frame, self.study)}
