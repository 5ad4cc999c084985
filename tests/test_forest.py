"""The random forest: a flexible benchmark on the same features."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from mmm.model.curves import Curves
from mmm.model.forest import fit_forest


@pytest.fixture(scope="module")
def curves(weekly, study):
    shared = {"retention": 0.3, "half_saturation": 4e4, "slope": 1.0}
    return Curves((shared,) * len(study.channels), 0.01, 0.0)


@pytest.fixture(scope="module")
def fit(weekly, study, curves):
    return fit_forest(weekly.head(110), study, curves, trees=30, seed=1)


def test_the_forest_follows_the_training_weeks(fit, weekly):
    predicted = fit.predict(weekly)
    assert predicted.shape == (len(weekly),)
    assert np.corrcoef(predicted[:110], weekly.kpi[:110])[0, 1] > 0.9
    assert predicted.min() >= weekly.kpi.min()
    assert predicted.max() <= weekly.kpi.max()


def test_the_same_seed_grows_the_same_forest(fit, weekly, study, curves):
    again = fit_forest(weekly.head(110), study, curves, trees=30, seed=1)
    assert_array_equal(again.predict(weekly), fit.predict(weekly))


def test_its_features_are_adstocked_media_then_the_baseline(fit, weekly):
    features = fit.features(weekly)
    assert features.shape == (len(weekly), 3 + len(fit.design.kept))
    shares = 0.3 ** np.arange(9)
    adstocked = features[20, 2] * shares.sum()
    assert_allclose(adstocked, shares @ weekly.media["search"].to_numpy()[12:21][::-1])


def test_permutation_contributions_are_shares_that_favour_what_matters(fit, weekly):
    shares = fit.permutation_contributions(weekly.head(110), rng=np.random.default_rng(3))
    assert list(shares.index) == weekly.channels
    assert shares.min() >= 0
    assert shares.sum() == pytest.approx(1.0)
    assert shares["tv"] > shares["search"]  # ROI 2.0 against 0.8 on the same spend
