"""Random forest on adstocked media and baseline: a flexible benchmark, never the planner."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.ensemble import RandomForestRegressor

from mmm.arrays import Array
from mmm.data.weekly import WeeklyData
from mmm.model.baseline import BaselineDesign, baseline_design
from mmm.model.curves import Curves, media_features
from mmm.study.study import Study


@dataclass(frozen=True)
class ForestFit:
    """A fitted forest with what it needs to build its features."""

    regression: RandomForestRegressor
    design: BaselineDesign
    study: Study
    curves: Curves

    def features(self, weekly: WeeklyData) -> Array:
        """Return adstocked media beside the baseline terms, shape (n_weeks, n_features)."""
        return _features(weekly, self.study, self.curves, self.design)

    def predict(self, weekly: WeeklyData) -> Array:
        """Return the expected KPI, shape (n_weeks,)."""
        return np.asarray(self.regression.predict(self.features(weekly)))

    def permutation_contributions(
        self, weekly: WeeklyData, *, rng: np.random.Generator, repeats: int = 5
    ) -> pd.Series:
        """Return how much the squared error grows when a channel's weeks are shuffled.

        Parameters
        ----------
        weekly : WeeklyData
            The weeks to judge on.
        repeats : int, default 5
            Shuffles per channel.

        Returns
        -------
        Series
            Share of the total growth per channel; zero where shuffling does not hurt.
        """
        features = self.features(weekly)
        error = np.mean((weekly.kpi - self.regression.predict(features)) ** 2)
        growth = {}
        for index, name in enumerate(weekly.channels):
            worse = []
            for _ in range(repeats):
                shuffled = features.copy()
                shuffled[:, index] = rng.permutation(shuffled[:, index])
                worse.append(np.mean((weekly.kpi - self.regression.predict(shuffled)) ** 2))
            growth[name] = max(float(np.mean(worse) - error), 0.0)
        total = sum(growth.values())
        return pd.Series(growth) / (total or 1.0)


def _features(weekly: WeeklyData, study: Study, curves: Curves, design: BaselineDesign) -> Array:
    media = media_features(weekly, study, curves.parameters, curve=False)
    baseline = design.matrix(weekly.weeks, weekly.controls).to_numpy(float)
    return np.hstack([media, baseline])


def fit_forest(
    weekly: WeeklyData, study: Study, curves: Curves, *, trees: int, seed: int
) -> ForestFit:
    """Fit a random forest.

    Parameters
    ----------
    weekly : WeeklyData
        Training weeks.
    study : Study
        The study.
    curves : Curves
        Carryover found by the ridge search.
    trees : int
        Number of trees.
    seed : int
        Seed of the forest.
    """
    design = baseline_design(weekly, study)
    regression = RandomForestRegressor(
        n_estimators=trees, min_samples_leaf=3, random_state=seed, n_jobs=1
    ).fit(_features(weekly, study, curves, design), weekly.kpi)
    return ForestFit(regression, design, study, curves)
