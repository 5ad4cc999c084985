"""Checks on fitted models, each against data of which the right verdict is known."""

import numpy as np
import pandas as pd
import pytest
from scipy.signal import lfilter
from studies import drawn_model, make_frame, make_study

from mmm.data.weekly import weekly_data
from mmm.decide.returns import Contributions
from mmm.model.baseline import baseline_design
from mmm.model.evaluation import Beaten
from mmm.model.ols import fit_ols
from mmm.trust.diagnostics import (
    agreement_table,
    coverage_finding,
    pattern_finding,
    plausibility_findings,
    residual_findings,
    vif_table,
)

N_WEEKS = 300
INTERCEPT = np.ones((N_WEEKS, 1))


def repeated(rho, rng, n_weeks=N_WEEKS):
    """Return noise of unit variance whose neighbors correlate by `rho`."""
    noise = lfilter([np.sqrt(1 - rho**2)], [1, -rho], rng.normal(size=n_weeks + 100))[100:]
    return (noise - noise.mean()) / noise.std()


# Residuals of the straight line


def residual_verdicts(noise, bend=0.0):
    """Fit the straight line to a world with this noise, and return the verdict of each check."""
    study = make_study()
    frame = make_frame(len(noise))
    tv = frame["tv_spend"]
    frame["sales"] = 1000 + 2 * tv + frame["search_spend"] + bend * tv**2 + 20 * noise
    found = residual_findings(fit_ols(weekly_data(frame, study), study))
    return {finding.check: finding.status for finding in found}


WATSON = "autocorrelation (Durbin-Watson)"
EIGHT = "autocorrelation to 8 weeks"
VARIANCE = "changing variance (Breusch-Pagan)"
NORMAL = "normal residuals (Jarque-Bera)"
CURVE = "curvature (RESET)"


def test_white_noise_around_a_straight_line_passes_every_check(rng):
    verdicts = residual_verdicts(rng.normal(size=N_WEEKS))
    assert verdicts == dict.fromkeys((WATSON, EIGHT, VARIANCE, NORMAL, CURVE), "PASS")


@pytest.mark.parametrize("rho", [0.45, -0.45])
def test_noise_that_remembers_last_week_needs_review(rng, rho):
    verdicts = residual_verdicts(repeated(rho, rng))
    assert verdicts[WATSON] == verdicts[EIGHT] == "REVIEW"
    assert verdicts[NORMAL] == "PASS"


def test_a_memory_of_a_tenth_is_none(rng):
    assert residual_verdicts(repeated(0.1, rng))[WATSON] == "PASS"


def test_a_memory_of_eight_weeks_is_seen_where_neighbors_show_none(rng):
    noise = lfilter([1], [1, *np.zeros(7), -0.6], rng.normal(size=N_WEEKS))
    verdicts = residual_verdicts(noise)
    assert (verdicts[WATSON], verdicts[EIGHT]) == ("PASS", "REVIEW")


def test_noise_that_grows_with_spend_needs_review(rng):
    size = make_frame(N_WEEKS)["tv_spend"].to_numpy() / 100
    assert residual_verdicts(size * rng.normal(size=N_WEEKS))[VARIANCE] == "REVIEW"


def test_outlying_weeks_need_review(rng):
    noise = rng.normal(size=N_WEEKS)
    noise[[40, 90]] = 8.0
    assert residual_verdicts(noise)[NORMAL] == "REVIEW"


def test_a_bent_response_needs_review(rng):
    verdicts = residual_verdicts(rng.normal(size=N_WEEKS), bend=-0.004)
    assert verdicts[CURVE] == "REVIEW"


@pytest.mark.parametrize(("rho", "status"), [(0.0, "PASS"), (0.35, "REVIEW"), (0.75, "FAIL")])
def test_a_pattern_in_the_residuals_fails_where_it_is_strong(rng, rho, status):
    assert pattern_finding(repeated(rho, rng), INTERCEPT).status == status


def test_a_negative_correlation_is_written_with_a_minus(rng):
    found = pattern_finding(repeated(-0.6, rng), INTERCEPT)
    assert "correlate by −0." in found.finding
    assert "week to week" in found.remedy


def verdicts_with_controls(rng, rho, sets=200, n_weeks=104):
    """Return the share of regressions on season, 20 controls and 5 channels that do not pass."""
    angle = 2 * np.pi * np.arange(n_weeks) / 52.18
    season = [f(k * angle) for f in (np.sin, np.cos) for k in (1, 2)]
    shown = []
    for _ in range(sets):
        smooth = lfilter([1], [1, -0.5], rng.standard_normal((5, n_weeks)))
        others = rng.standard_normal((20, n_weeks))
        columns = np.column_stack([np.ones(n_weeks), *season, *others, *smooth])
        noise = repeated(rho, rng, n_weeks)
        residuals = noise - columns @ np.linalg.lstsq(columns, noise)[0]
        shown.append(pattern_finding(residuals, columns).status != "PASS")
    return np.mean(shown)


def test_many_controls_are_no_pattern_and_hide_none(rng):
    """Ljung and Box's test finds a pattern in 14 % of these, whatever the noise."""
    assert verdicts_with_controls(rng, 0.0) <= 0.05
    assert verdicts_with_controls(rng, 0.5) >= 0.65


def test_where_hardly_a_week_is_left_over_nothing_is_said(rng):
    noise = rng.standard_normal(40)
    assert pattern_finding(noise, rng.standard_normal((40, 30))).status == "PASS"
    assert pattern_finding(np.zeros(40), np.ones((40, 1))).status == "PASS"


@pytest.mark.parametrize(("share", "status"), [(0.3, "PASS"), (0.87, "REVIEW"), (0.97, "FAIL")])
def test_the_inflation_of_variance_is_that_of_the_shared_part(rng, share, status):
    """With a share R² in common, VIF = 1 / (1 - R²): 1.4, 7.7 and 33."""
    frame = make_frame(4000)
    common, own = rng.normal(size=(2, len(frame)))
    frame["tv_spend"] = 100 + 10 * common
    frame["search_spend"] = 100 + 10 * (np.sqrt(share) * common + np.sqrt(1 - share) * own)
    study = make_study()
    weekly = weekly_data(frame, study)
    design = baseline_design(weekly, study).matrix(weekly.weeks, weekly.controls)
    table = vif_table(weekly, design)
    np.testing.assert_allclose(table["vif"], 1 / (1 - share), rtol=0.1)
    assert set(table["status"]) == {status}


# A model that makes business sense


@pytest.fixture
def plausible(rng):
    """Return a function from weekly revenue by source to the findings about it."""
    study = make_study()
    weekly = weekly_data(make_frame(N_WEEKS), study)
    model = drawn_model(weekly, study, rng, n_draws=1)
    noise = repeated(0.0, rng)

    def judge(baseline, tv, search, *, explained=0.9, beaten=None, labels=None):
        weeks = np.ones(N_WEEKS)
        parts = Contributions(
            weeks=weekly.weeks,
            baseline=(baseline * weeks)[np.newaxis],
            channels=np.stack([tv * weeks, search * weeks], axis=1)[np.newaxis],
            synergy=np.zeros((1, N_WEEKS, 0)),
            names=["baseline", *model.channels],
        )
        signal = np.where(np.arange(N_WEEKS) % 2, 1.0, -1.0)
        signal -= noise * np.mean(noise * signal)  # uncorrelated: the parts of variance add up
        signal /= signal.std()
        fitted = 1000 + np.sqrt(explained) * signal
        kpi = fitted + np.sqrt(1 - explained) * noise
        found = plausibility_findings(model, parts, kpi, fitted, beaten, labels=labels)
        return {finding.check: finding for finding in found}

    return judge


def test_a_plausible_model_passes_every_check(plausible):
    found = plausible(700.0, 200.0, 100.0)
    assert {finding.status for finding in found.values()} == {"PASS"}
    assert found["media share"].finding == "media makes 30\xa0% of the outcome"
    assert found["holdout against naive forecasts"].finding == "no naive forecast is better"


def test_a_naive_forecast_that_is_better_fails_the_model(plausible):
    found = plausible(700.0, 200.0, 100.0, beaten=Beaten("last 4 weeks", 0.01))
    finding = found["holdout against naive forecasts"]
    assert (finding.status, finding.finding) == ("FAIL", "'last 4 weeks' is better (p = 0.010)")


def test_a_naive_forecast_whose_lead_may_be_chance_needs_review(plausible):
    found = plausible(700.0, 200.0, 100.0, beaten=Beaten("last 4 weeks", 0.3))
    finding = found["holdout against naive forecasts"]
    assert finding.status == "REVIEW"
    assert "chance" in finding.remedy


@pytest.mark.parametrize(("outside", "status"), [(0, "PASS"), (2, "PASS"), (5, "REVIEW")])
def test_unseen_weeks_outside_their_intervals_are_counted(rng, outside, status):
    draws = rng.standard_normal((400, 13))
    actual = np.where(np.arange(13) < outside, 4.0, 0.0)
    found = coverage_finding(draws, actual, interval=0.9)
    assert found.status == status
    assert found.finding.startswith(f"{13 - outside} of 13 in their 90\xa0% intervals")


def test_an_error_that_all_weeks_share_is_counted_once(rng):
    """A third of such forecasts have at most nine weeks inside, none of independent weeks."""
    draws = 3 * rng.standard_normal((400, 1)) + rng.standard_normal((400, 13))
    actual = np.where(np.arange(13) < 5, 9.0, 0.0)
    assert coverage_finding(draws, actual, interval=0.9).status == "PASS"


def test_a_baseline_below_zero_fails(plausible):
    baseline = np.where(np.arange(N_WEEKS) < 30, -1.0, 700.0)
    finding = plausible(baseline, 200.0, 100.0)["sign of the baseline"]
    assert (finding.status, finding.finding) == ("FAIL", "negative in 10\xa0% of the weeks")


@pytest.mark.parametrize(("baseline", "status"), [(420.0, "PASS"), (380.0, "REVIEW")])
def test_media_that_make_over_sixty_percent_need_review(plausible, baseline, status):
    finding = plausible(baseline, 500.0, 500.0 - baseline)["media share"]
    assert finding.status == status
    assert ("Above 60\xa0%" in finding.remedy) == (status == "REVIEW")


@pytest.mark.parametrize(
    ("explained", "status"),
    [(0.32, "PASS"), (0.28, "REVIEW"), (0.12, "REVIEW"), (0.08, "FAIL")],
)
def test_a_fit_that_explains_little_is_told(plausible, explained, status):
    finding = plausible(700.0, 200.0, 100.0, explained=explained)["explained variation"]
    assert finding.status == status
    assert f"{explained:.0%}".replace("%", "\xa0%") in finding.finding


@pytest.mark.parametrize("unit", [1.0, 1e-12, 1e12])
def test_a_channel_without_an_effect_is_named_whatever_the_unit(plausible, unit):
    found = plausible(700.0 * unit, 200.0 * unit, 1e-8 * unit, labels={"search": "Paid search"})
    finding = found["channels without an effect"]
    assert (finding.status, finding.finding) == ("REVIEW", "none seen for Paid search")
    found = plausible(700.0 * unit, 200.0 * unit, 1e-3 * unit)
    assert found["channels without an effect"].status == "PASS"


# Agreement between estimators

ORDER = np.array([1.0, 2.0, 3.0, 4.0])


@pytest.mark.parametrize(
    ("other", "verdict"),
    [
        (ORDER * 1.45, "agree"),
        (ORDER / 1.45, "agree"),
        (ORDER * 1.55, "magnitude differs"),
        (np.array([2.5, 2.0, 3.0, 4.0]), "magnitude differs"),  # one place apart
        (np.array([3.5, 2.0, 3.0, 4.0]), "magnitude differs"),  # two places apart
        (np.array([4.5, 2.0, 3.0, 4.0]), "sign or rank differs"),  # three places apart
        (np.array([-0.1, 2.0, 3.0, 4.0]), "sign or rank differs"),
        (np.array([0.0, 2.0, 3.0, 4.0]), "sign or rank differs"),
    ],
)
def test_estimators_agree_within_a_factor_and_three_ranks(other, verdict):
    table = agreement_table({"Lasso": other, "Ridge": ORDER}, ["a", "b", "c", "d"])
    assert list(table.columns) == ["channel", "Lasso", "Ridge", "verdict"]
    assert table["verdict"].iloc[0] == verdict


def test_agreement_does_not_depend_on_the_order_of_the_channels():
    estimates = {"Lasso": np.array([4.5, 2.0, 1.6, -1.0]), "Ridge": ORDER}
    names, turned = ["a", "b", "c", "d"], [2, 0, 3, 1]
    one = agreement_table(estimates, names)
    two = agreement_table({k: v[turned] for k, v in estimates.items()}, list("cadb"))
    pd.testing.assert_frame_equal(
        one.set_index("channel"), two.set_index("channel").loc[names], check_like=True
    )


def test_the_straight_line_is_shown_and_not_counted():
    estimates = {"OLS": -ORDER, "Ridge": ORDER, "Bayesian MMM": 1.2 * ORDER}
    table = agreement_table(estimates, ["a", "b", "c", "d"])
    assert list(table["OLS"]) == list(-ORDER)
    assert set(table["verdict"]) == {"agree"}
