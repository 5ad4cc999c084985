"""Weeks that stand out are named, with what each of them weighs."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from statsmodels.regression.linear_model import OLS

from mmm.decide.plan import current_plan
from mmm.decide.returns import roi
from mmm.trust import outlier_finding, outlier_table
from mmm.trust.outliers import studentized


@pytest.fixture(scope="module")
def draws(fitted):
    study, weekly, model = fitted
    plan = current_plan(model, weekly, window_weeks=study.window_weeks)
    return pd.DataFrame(roi(plan), columns=model.channels)


def judged(fitted, draws, week=None, size=0.0):
    """Return table and finding where one week's outcome is off by so many noise widths."""
    study, weekly, model = fitted
    kpi = weekly.kpi.copy()
    if week is not None:
        kpi[week] += size * float(np.median(model.noise))
    odd = replace(weekly, kpi=kpi)
    table = outlier_table(model, odd, study, draws.median())
    return table, outlier_finding(table, draws, study).finding


def test_residuals_are_studentized_as_statsmodels_does(rng):
    columns, kpi = rng.standard_normal((60, 5)), rng.standard_normal(60)
    usual = OLS(kpi, columns).fit().get_influence().resid_studentized_external
    np.testing.assert_allclose(studentized(kpi, columns), usual)


def test_a_week_with_a_column_of_its_own_never_stands_out(rng):
    kpi = rng.standard_normal(60)
    kpi[7] = 1e3
    columns = np.column_stack([np.ones(60), np.arange(60) == 7])
    assert studentized(kpi, columns)[7] == 0
    assert abs(studentized(kpi, columns[:, :1])[7]) > 100
    assert not studentized(kpi, np.eye(60)).any()


def test_without_an_outlier_nothing_is_named(fitted, draws):
    table, finding = judged(fitted, draws)
    assert list(table.columns) == ["week", "studentized", *draws.columns]
    assert table.empty
    assert (finding.status, finding.finding) == ("PASS", "no week stands out")


def test_a_week_that_weighs_is_named_with_its_weight(fitted, draws):
    _, weekly, _ = fitted
    week = int(weekly.spend["tv"].to_numpy()[10:].argmax()) + 10
    table, finding = judged(fitted, draws, week, 15.0)
    assert list(table["week"]) == [f"{weekly.weeks[week]:%Y-%m-%d}"]
    assert table["studentized"][0] > 6
    assert finding.status == "REVIEW"
    assert f"{weekly.weeks[week]:%Y-%m-%d}" in finding.finding
    assert "the return of" in finding.finding


def test_a_week_that_weighs_little_is_named_and_passes(fitted, rng):
    study, weekly, _ = fitted
    draws = pd.DataFrame(np.exp(0.6 * rng.standard_normal((500, 3))), columns=weekly.channels)
    usual = draws.median()
    table = pd.DataFrame({"week": ["2023-05-01"], "studentized": [-4.0], **(1.2 * usual)})
    finding = outlier_finding(table, draws, study).finding
    assert finding.status == "PASS"
    assert finding.finding.startswith("the week of 2023-05-01 (−4.00 standard")
    sure = draws**0.1 * usual**0.9  # the same change is more than such an interval allows
    finding = outlier_finding(table.assign(tv=1.2 * sure["tv"].median()), sure, study).finding
    assert finding.status == "REVIEW"
    assert f"{study.labels['tv']} changes by +20\xa0%" in finding.finding
