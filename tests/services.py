"""Small persisted models and services for the tests of the API and of batch scoring."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
from panels import load, small_study
from regional import split_model, split_weeks
from studies import mixed_model

from mmm.model.files import features_of, fitted_table
from mmm.panel.pooled import fit_as_published, split_rows
from mmm.panel.predictor import describe_pooled, focus_rows, pooled_model
from mmm.panel.twin import simulate_twin
from mmm.store import Store

#: The classic request of the pooled regression.
CLASSIC = {
    "GOOGLE_PAID_SEARCH_SPEND": 100000,
    "GOOGLE_SHOPPING_SPEND": 50000,
    "GOOGLE_PMAX_SPEND": 30000,
    "META_FACEBOOK_SPEND": 80000,
    "META_INSTAGRAM_SPEND": 20000,
    "EMAIL_CLICKS": 5000,
    "ORGANIC_SEARCH_CLICKS": 10000,
    "DIRECT_CLICKS": 8000,
    "BRANDED_SEARCH_CLICKS": 3000,
    "year": 2024,
    "month": 5,
    "day_of_week": 2,
}


def store_weekly(folder, model, weekly, frame, study):
    """Write what notebook 04 writes, and return the folder of models."""
    store = Store(folder)
    store.write_json("models/model.json", model.to_json())
    store.write_json("models/model_features.json", features_of(model, weekly, frame, study))
    table = fitted_table(model, weekly, study.holdout.weeks)
    store.write_table("tables/fitted_weeks.csv", table)
    return folder / "models"


def store_regional(folder, simulation, study, weekly):
    """Write a model of three regions; return the folder of models, the model, weeks and study."""
    rng = np.random.default_rng(8)
    data = study.data.model_copy(update={"region": "dma"})
    changes = {"synergy": (), "pre_history": "average", "window_weeks": 52}
    optimize = study.optimize.model_copy(update={"objective": "mean"})
    plain = study.model_copy(update={"data": data, "optimize": optimize, **changes})
    split = split_weeks(weekly)
    model = mixed_model(weekly, plain, rng, n_draws=4)
    model = split_model(model, split, rng.uniform(0.5, 1.5, (model.n_draws, 3)))
    return store_weekly(folder, model, split, simulation.frame, plain), model, split, plain


def store_pooled(folder: Path, study=None) -> Path:
    """Write what notebook 03 writes for a (small) panel, and return the folder of models."""
    study, store = study or small_study(), Store(folder)
    file = folder / "panel.csv"
    store.write_bytes("panel.csv", simulate_twin(study).csv)
    panel = load(file, study)
    fit = fit_as_published(panel, study.panel)
    model = pooled_model(panel, study.panel, fit)
    store.write_json("models/pooled.json", describe_pooled(model, fit, study.panel, study))
    store.write_table("tables/panel_literal_fitted.csv", focus_rows(panel, study.panel, model))
    store.write_table("tables/panel_literal_scores.csv", fit.scores)
    rows = panel.frame[[*model.features, "revenue"]]
    rows = rows.assign(train=split_rows(panel.frame, study.panel))
    rows.to_parquet(folder / "rows.parquet")  # of the test alone, to score all rows
    return folder / "models"


def copy_models(source: Path, target: Path) -> Path:
    """Copy a folder of models for a test that damages it."""
    return Path(shutil.copytree(source, target))
