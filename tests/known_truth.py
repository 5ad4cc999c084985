"""Three channels whose returns are known, as a table and as a study."""

from pathlib import Path

import numpy as np
import pandas as pd

from mmm.data.clean import clean
from mmm.data.weekly import weekly_data
from mmm.study.study import Study

N_WEEKS = 104


def simulate(rng, *, scale=1.0):
    """Three channels with geometric carryover and Hill curves; returns table and true ROI."""
    week = np.arange(N_WEEKS)
    table = {"date": pd.date_range("2023-01-02", periods=N_WEEKS, freq="W-MON")}
    media, rois = np.zeros(N_WEEKS), {}
    for name, mean, retention, value in (
        ("tv", 50, 0.6, 1.2),
        ("web", 30, 0.2, 2.0),
        ("mail", 8, 0.1, 3.0),
    ):
        own = rng.standard_normal(N_WEEKS)
        spend = np.exp(0.5 * own)
        if name == "tv":
            spend *= np.repeat(rng.random(N_WEEKS // 4) > 0.35, 4)
        spend *= mean / spend.mean()
        weights = retention ** np.arange(13)
        level = np.convolve(spend / mean, weights / weights.sum())[:N_WEEKS]
        curve = level**1.2 / (level**1.2 + 1.2**1.2)
        media += value * spend.sum() * curve / curve.sum()
        table[name] = spend * scale
        rois[name] = value
    baseline = 400 * (1 + 0.1 * np.sin(2 * np.pi * week / 52.18) + 0.0005 * week)
    table["revenue"] = (baseline + media + 12 * rng.standard_normal(N_WEEKS)) * scale
    return pd.DataFrame(table), rois


def make_study(**changes):
    channels = {name: {"label": name, "spend": name} for name in ("tv", "web", "mail")}
    content = {
        "schema": 1,
        "name": "t",
        "folder": Path(),
        "title": "t",
        "question": "q",
        "seed": 1,
        "pre_history": "zero",
        "data": {"file": "t.csv", "date": "date", "kpi": "revenue"},
        "channels": channels,
    }
    return Study.model_validate(content | changes)


def load(table, study):
    return weekly_data(clean(table, study), study)
