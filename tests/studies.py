"""Small studies, tables and models that many tests share."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import tomlkit

from mmm.model.additive import joined
from mmm.model.baseline import baseline_design
from mmm.model.curves import additive_model
from mmm.study.forms import parameters_of
from mmm.study.load import parse_study


def make_channel(name):
    """Return a channel with geometric carryover, the form that simulated studies have."""
    return {
        "label": name.upper(),
        "spend": f"{name}_spend",
        "adstock": "geometric",
        "max_lag": 8,
    }


def raw_study(names=("tv", "search"), **changes):
    """Return the parsed TOML of a small study; keyword arguments replace its tables."""
    raw = {
        "schema": 1,
        "title": "Small",
        "question": "Which channels pay?",
        "seed": 3,
        "pre_history": "zero",
        "data": {"file": "small.csv", "date": "week", "kpi": "sales"},
        "channels": {name: make_channel(name) for name in names},
        "baseline": {"season_harmonics": 1},
    }
    return raw | changes


def make_study(names=("tv", "search"), **changes):
    """Return the validated small study."""
    raw = raw_study(names, **changes)
    return parse_study(raw, text=tomlkit.dumps(raw), name="small", folder=Path())


def make_frame(n_weeks=104, channels=("tv", "search"), seed=7):
    """Return a clean table with spend of about 100 a week and sales of about 1,000."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({"week": pd.date_range("2022-01-03", periods=n_weeks, freq="7D")})
    for name in channels:
        frame[f"{name}_spend"] = rng.gamma(2.0, 50.0, n_weeks).round(2)
    media = frame.iloc[:, 1:].sum(axis=1)
    frame["sales"] = (1000 + 0.5 * media + rng.normal(0, 10, n_weeks)).round(2)
    return frame


def simulated_study(*, roi=(2.0, 1.5, 0.8), noise=0.01, weeks=130, seed=5, synergy=0.2):
    """Return a study of three channels with a known truth."""
    names = ("tv", "video", "search")
    channels = {
        name: {
            "weekly_spend": 40_000.0,
            "roi": value,
            "retention": keep,
            "half_saturation": 1.2,
            "slope": 1.2,
            "variation": 0.5,
        }
        for name, value, keep in zip(names, roi, (0.6, 0.4, 0.1), strict=True)
    }
    process = {
        "weeks": weeks,
        "start": pd.Timestamp("2022-01-03").date(),
        "weekly_baseline": 600_000.0,
        "trend_per_year": 0.05,
        "season": 0.08,
        "noise": noise,
        "synergy_share": synergy,
        "channels": channels,
        "shocks": [{"column": "strike", "first_week": 40, "weeks": 4, "effect": -0.1}],
    }
    return make_study(
        names,
        simulate=process,
        synergy=[{"channels": ["tv", "video"]}],
        controls={"columns": ["strike"]},
        baseline={"season_harmonics": 2},
    )


def assert_same_numbers(one, two):
    """Compare parsed JSON: processors differ in the last digit of a number, not elsewhere."""
    assert type(one) is type(two)
    if isinstance(one, dict):
        assert one.keys() == two.keys()
        one, two = list(one.values()), list(two.values())
    if isinstance(one, list):
        for left, right in zip(one, two, strict=True):
            assert_same_numbers(left, right)
    elif isinstance(one, float):
        assert one == pytest.approx(two, rel=1e-10, abs=1e-12)
    else:
        assert one == two


def drawn_model(weekly, study, rng, n_draws=5):
    """Return a model whose draws are random but plausible: nothing is fitted."""
    design = baseline_design(weekly, study)
    means = weekly.media.to_numpy(float).mean(axis=0)
    parameters = [
        {
            "retention": rng.uniform(0.05, 0.85, n_draws),
            "half_saturation": mean * rng.uniform(0.4, 2.5, n_draws),
            "slope": rng.uniform(0.6, 2.2, n_draws),
        }
        for mean in means
    ]
    size = weekly.kpi.mean() * rng.uniform(0.02, 0.3, (n_draws, len(means) + len(study.pairs)))
    baseline = weekly.kpi.mean() * rng.uniform(0.0, 0.1, (n_draws, len(design.kept)))
    return additive_model(
        "drawn",
        weekly,
        study,
        parameters=parameters,
        beta=size,
        design=design,
        baseline=baseline,
        noise=np.ones(n_draws),
    )


#: Pairs of forms, such as a model that is averaged over them has.
FORMS = (("geometric", "hill"), ("delayed", "logistic"), ("weibull", "log"))


def mixed_model(weekly, study, rng, n_draws=5):
    """Return a model whose draws take turns among three pairs of forms: nothing is fitted."""
    models = []
    for adstock, saturation in FORMS:
        change = {"adstock": adstock, "saturation": saturation}
        channels = {n: c.model_copy(update=change) for n, c in study.channels.items()}
        formed = study.model_copy(update={"channels": channels})
        plain = drawn_model(weekly, formed, rng, n_draws)
        blurred = [
            replace(response, parameters=_near_usual(response, media.mean(), rng))
            for response, media in zip(
                plain.responses, weekly.media.to_numpy(float).T, strict=True
            )
        ]
        models.append(replace(plain, responses=tuple(blurred)))
    return joined(models).take(np.arange(3 * n_draws).reshape(3, -1).T.ravel()[:n_draws])


def _near_usual(response, mean, rng):
    """Draw parameters of a response's forms around their usual values."""
    size = len(response.beta)
    return {
        parameter.name: parameter.search.center
        * rng.uniform(0.6, 1.6, size)
        * (mean if parameter.in_media_units else 1)
        for parameter in parameters_of(response.adstock, response.saturation)
    }
