"""Checks of what twins cannot see, grades with caps, joint returns, other choices, placebos."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from studies import make_frame, make_study

from mmm.data.weekly import weekly_data
from mmm.decide.plan import current_plan
from mmm.decide.returns import roi
from mmm.errors import StudyError
from mmm.findings import Finding
from mmm.model.bayes.fit import fit_bayes
from mmm.study.distributions import WILD, LogNormal
from mmm.trust import (
    ChannelFinding,
    Units,
    channels_to_help,
    confounding_findings,
    extrapolation_findings,
    grade_table,
    inseparable,
    joint_table,
    misfit_finding,
    named_findings,
    of_the_model,
    placebo_findings,
    plausible_findings,
    robustness_table,
    share_graded,
    specification_curve,
    specification_findings,
    together_finding,
)
from mmm.trust.confounding import lead_p_value, partial_r2, robustness_value
from mmm.trust.experiments import NEXT, PAUSE, Design, designed, next_weeks
from mmm.trust.linear_view import LEADS, LinearView
from mmm.trust.placebo import surrogate_spend, with_placebo
from mmm.trust.specifications import (
    Specification,
    all_specifications,
    contraction_findings,
    mode_roi,
    on_log_scale,
    prior_variants,
    rolling_origin,
)


def recovery_of(grades):
    rows = []
    for unit, (own, marginal) in grades.items():
        for metric, grade in (("roi", own), ("mroi", marginal)):
            numbers = dict.fromkeys(
                (
                    "error",
                    "error_median",
                    "slope",
                    "coverage",
                    "estimate_at_zero",
                    "lower_bound_at_zero",
                ),
                0.5,
            )
            rows.append({"unit": unit, "metric": metric, "grade": grade, **numbers, "twins": 24})
    return pd.DataFrame(rows)


# -- grades ------------------------------------------------------------------------------------


def test_a_cap_lowers_its_channel_and_a_cap_of_the_model_lowers_all():
    recovery = recovery_of({"tv": ("A", "B"), "search": ("D", "A")})
    passed = Finding("x", "REVIEW", "")
    one = grade_table(recovery, ["tv", "search"], [ChannelFinding("tv", passed, "because")])
    assert list(one["grade_roi"]) == ["C", "D"]
    assert list(one["grade_mroi"]) == ["C", "A"]
    assert list(one["recovered_roi"]) == ["A", "D"]
    assert list(one["caps"]) == ["because", ""]
    every = grade_table(recovery, ["tv", "search"], [ChannelFinding("", passed, "all")])
    assert list(every["grade_mroi"]) == ["C", "C"]


def test_a_cap_of_the_roi_leaves_the_next_unit_of_money_its_grade():
    recovery = recovery_of({"tv": ("A", "A")})
    found = ChannelFinding("tv", Finding("x", "REVIEW", ""), roi_cap="never off")
    (row,) = grade_table(recovery, ["tv"], [found]).itertuples()
    assert (row.grade_roi, row.grade_mroi, row.caps) == ("C", "A", "never off")


def test_a_finding_without_a_cap_leaves_the_grade():
    recovery = recovery_of({"tv": ("A", "A")})
    finding = ChannelFinding("tv", Finding("x", "REVIEW", ""))
    assert grade_table(recovery, ["tv"], [finding])["grade_roi"][0] == "A"


def test_the_share_of_spend_with_a_good_grade():
    table = grade_table(recovery_of({"tv": ("A", "D"), "search": ("C", "A")}), ["tv", "search"])
    spend = pd.Series({"tv": 30.0, "search": 10.0})
    assert share_graded(table, spend) == pytest.approx(0.75)


def test_findings_name_their_channel():
    found = [
        ChannelFinding("tv", Finding("c", "PASS", "")),
        ChannelFinding("", Finding("d", "PASS", "")),
    ]
    assert [f.check for f in named_findings(found, {"tv": "TV"})] == ["TV: c", "d"]


def test_only_failed_checks_of_the_model_cap():
    found = of_the_model(
        [Finding("a", "PASS", ""), Finding("b", "REVIEW", ""), Finding("c", "FAIL", "")]
    )
    assert [f.cap for f in found] == ["a failed check of the model (c)"]


def test_the_worst_channels_are_helped_first_and_one_always():
    table = grade_table(
        recovery_of({"a": ("A", "A"), "b": ("D", "A"), "c": ("B", "C"), "d": ("B", "B")}),
        list("abcd"),
    )
    assert channels_to_help(table) == [1, 2]
    assert channels_to_help(table, most=1) == [1]
    assert channels_to_help(table[table["channel"] == "a"]) == [0]
    assert channels_to_help(table.assign(error=np.nan)) == []


# -- confounding -------------------------------------------------------------------------------


def test_the_robustness_value_is_that_of_cinelli_and_hazlett():
    # f^2 = t^2 / freedom; their Darfur example: t = 4.18 at 783 degrees of freedom, RV 13.9 %
    partial = 4.18**2 / (4.18**2 + 783)
    assert robustness_value(partial, 1.0) == pytest.approx(0.139, abs=0.001)
    assert robustness_value(partial, 0.0) == 0


def test_partial_r2_is_one_for_what_explains_all_and_zero_for_what_adds_nothing(rng):
    given, added = rng.standard_normal((50, 2)), rng.standard_normal((50, 1))
    outcome = given @ [1.0, 2.0] + added[:, 0]
    assert partial_r2(outcome, added, given) == pytest.approx(1)
    assert partial_r2(outcome, given[:, :1], given) == pytest.approx(0, abs=1e-9)


def test_spend_that_follows_last_weeks_sales_is_found_and_free_spend_is_not(fitted):
    _study, weekly, model = fitted
    view, media = LinearView.of(model, weekly), weekly.media.iloc[:, 0].to_numpy(float)
    assert lead_p_value(view, 0) > 0.01
    residual = weekly.kpi - model.predict(weekly).mean(axis=0)
    chasing = media + 20 * media.mean() * np.roll(residual, 1) / weekly.kpi.mean()
    later = view.later.copy()
    later[:, 0] = np.stack([np.roll(chasing, -k) for k in range(1, LEADS + 1)], axis=1)
    assert lead_p_value(replace(view, later=later), 0) < 1e-4


def test_spend_that_is_all_season_is_capped(fitted):
    study, weekly, model = fitted
    angle = 2 * np.pi * weekly.weeks.day_of_year.to_numpy(float) / 365.25
    seasonal = weekly.spend.assign(search=1000 * (2 + np.sin(angle)))
    smooth = replace(weekly, spend=seasonal)
    plan = current_plan(model, weekly, window_weeks=study.window_weeks)
    robust = robustness_table(model, weekly, plan, margin=1.0)
    caps = {f.channel: f.cap for f in confounding_findings(model, smooth, study, robust) if f.cap}
    assert caps == {"search": "its spend follows the baseline"}


# -- plausibility ------------------------------------------------------------------------------


def test_a_pattern_in_the_residuals_fails_and_caps(fitted):
    study, weekly, model = fitted
    assert misfit_finding(model, weekly, study).finding.status == "PASS"
    wave = 0.2 * weekly.kpi.mean() * np.sin(np.arange(len(weekly)) / 4)
    found = misfit_finding(model, replace(weekly, kpi=weekly.kpi + wave), study)
    assert found.finding.status == "FAIL"
    assert found.cap
    swing = 0.02 * weekly.kpi.mean() * (-1.0) ** np.arange(len(weekly))
    found = misfit_finding(model, replace(weekly, kpi=weekly.kpi + swing), study)
    assert found.cap
    assert found.finding.status != "PASS"
    assert "−" in found.finding.finding


def test_channels_that_all_move_together_are_capped(fitted, rng):
    study, weekly, _ = fitted
    assert together_finding(weekly, study).finding.status == "PASS"
    common = np.exp(0.8 * rng.standard_normal(len(weekly)))
    together = replace(weekly, spend=weekly.spend.mul(common, axis=0))
    assert together_finding(together, study).cap


def test_an_implausible_roi_is_refused(fitted):
    study, weekly, model = fitted
    plan = current_plan(model, weekly, window_weeks=study.window_weeks)
    assert {f.finding.status for f in plausible_findings(plan, study)} == {"PASS"}
    strict = study.model_copy(update={"trust": type(study.trust)(plausible_roi=(50.0, 60.0))})
    assert {f.finding.status for f in plausible_findings(plan, strict)} == {"FAIL"}


def test_the_plausible_range_is_ordered():
    with pytest.raises(StudyError, match="need 0 <= low < high"):
        make_study(trust={"plausible_roi": (3.0, 1.0)})


def test_a_plan_beyond_what_was_seen_is_reviewed(plan):
    table = pd.DataFrame(
        {"channel": plan.channels, "current_spend": 100.0, "recommended_spend": [100.0, 9e4, 90.0]}
    )
    status = {f.channel: f.finding.status for f in extrapolation_findings(table, plan)}
    assert status == {"tv": "PASS", "video": "REVIEW", "search": "PASS"}


# -- joint returns -----------------------------------------------------------------------------


def test_channels_bought_together_get_a_joint_return(fitted):
    _study, weekly, model = fitted
    assert inseparable(model, weekly) == []
    copied = weekly.media.assign(video=weekly.media["tv"] * 0.5)
    same = replace(model.responses[1], parameters=model.responses[0].parameters)
    half = same.parameters | {"half_saturation": same.parameters["half_saturation"] * 0.5}
    twin = replace(same, parameters=half)
    paired = replace(model, responses=(model.responses[0], twin, model.responses[2]))
    bought = replace(weekly, media=copied, spend=copied)
    assert inseparable(paired, bought) == [(0, 1)]
    plan, units = current_plan(paired, bought, window_weeks=52), Units.of(model.channels, [(0, 1)])
    recovery = recovery_of(dict.fromkeys(units.names, ("B", "B")))
    table = joint_table(plan, units, recovery, interval=0.9)
    assert list(table["unit"]) == ["tv + video", "tv", "video"]
    assert list(table["note"]) == ["joint", *["not told apart from the others"] * 2]
    assert ((table["roi_low"] < table["roi"]) & (table["roi"] < table["roi_high"])).all()
    draws = plan.incremental([0, 1]) / plan.total_spend[:2].sum()
    assert table["roi"][0] == pytest.approx(np.median(draws))


# -- other choices -----------------------------------------------------------------------------


def test_the_studys_own_choice_changes_nothing(fitted):
    study, weekly, model = fitted
    base = pd.Series([1.0, 2.0, 3.0], index=model.channels)
    curve = specification_curve(weekly, study, base, [Specification()])
    assert np.allclose(curve["change"], 1)
    assert list(curve["roi"]) == pytest.approx([1.0, 2.0, 3.0])


def test_all_choices_are_combined_and_logs_need_a_positive_outcome(fitted):
    _, weekly, _ = fitted
    assert len(set(all_specifications(weekly))) == 36
    negative = replace(weekly, kpi=weekly.kpi - weekly.kpi.max())
    assert len(list(all_specifications(negative))) == 18


def test_effects_that_multiply_come_back_in_money(fitted):
    study, weekly, _ = fitted
    additive = mode_roi(weekly, study)
    multiplied = mode_roi(weekly, study, Specification(scale="multiplicative"))
    assert np.abs(np.log(multiplied / additive)).max() < 0.7
    logged = on_log_scale(weekly)
    assert logged.kpi.mean() == pytest.approx(weekly.kpi.mean(), rel=0.05)


def test_a_regular_baseline_is_the_study_without_its_components(fitted):
    study, weekly, _ = fitted
    bare = study.baseline.model_copy(update={"season_harmonics": 0, "trend": False})
    plain = study.model_copy(update={"baseline": bare})
    regular = Specification(baseline="regular")
    np.testing.assert_allclose(mode_roi(weekly, plain, regular), mode_roi(weekly, plain))
    assert not np.allclose(mode_roi(weekly, study, regular), mode_roi(weekly, study), rtol=1e-4)


def test_other_priors_change_one_belief_at_a_time(fitted):
    study, _, _ = fitted
    variants = prior_variants(study)
    words = ("lower", "higher")
    beliefs = ("slope", "half-saturation", "ROI centre")
    assert list(variants) == [f"{belief} {word}" for belief in beliefs for word in words]
    for priors in variants.values():
        fields = type(priors).model_fields
        changed = [n for n in fields if getattr(priors, n) != getattr(study.priors, n)]
        assert len(changed) == 1
    own, higher = study.priors.slope, variants["slope higher"].slope
    assert higher.median == pytest.approx(own.median * np.exp(own.sd))
    assert higher.sd == own.sd


def test_beliefs_that_no_curve_has_are_not_varied(fitted):
    study, _, _ = fitted
    straight = {n: c.model_copy(update={"saturation": "none"}) for n, c in study.channels.items()}
    variants = prior_variants(study.model_copy(update={"channels": straight}))
    assert list(variants) == ["ROI centre lower", "ROI centre higher"]


def test_a_belief_without_bounds_is_varied_within_those_of_a_study(fitted):
    study, _, _ = fitted
    unsure = study.priors.model_copy(update={"slope": LogNormal(median=1.0, sd=10.0)})
    variants = prior_variants(study.model_copy(update={"priors": unsure}))
    assert variants["slope higher"].slope.median == WILD


def test_earlier_origins_start_with_now(fitted):
    study, weekly, model = fitted
    base = pd.Series([1.0, 2.0, 3.0], index=model.channels)
    table = rolling_origin(weekly, study, base)
    assert list(table.columns) == [
        "channel",
        *(f"weeks_less_{weeks}" for weeks in (0, 13, 26, 39)),
    ]
    assert list(table["weeks_less_0"]) == pytest.approx([1.0, 2.0, 3.0])


def findings_of(others, earlier, draws):
    curve = pd.DataFrame({"channel": "tv", "roi": others})
    priors = pd.DataFrame({"channel": ["tv"], "roi": [2.0], "x": [others[0]]})
    origins = pd.DataFrame({"channel": ["tv"], "weeks_less_0": [2.0], "weeks_less_13": [earlier]})
    posterior = pd.DataFrame({"tv": draws})
    found = specification_findings(curve, priors, origins, posterior, break_even=1.0, interval=0.9)
    return [f.finding.status for f in found]


def test_a_claim_that_others_would_not_make_is_reviewed(rng):
    sure = np.exp(np.log(2) + 0.1 * rng.standard_normal(400))
    assert findings_of([1.8, 2.2, 2.4], 2.1, sure) == ["PASS", "PASS", "PASS"]
    assert findings_of([0.5, 0.6, 2.4], 2.1, sure) == ["REVIEW", "REVIEW", "PASS"]
    assert findings_of([1.8, 2.2, 2.4], 0.9, sure) == ["PASS", "PASS", "REVIEW"]


def test_where_nothing_is_claimed_nothing_is_contradicted(rng):
    unsure = np.exp(rng.standard_normal(400))
    assert findings_of([0.5, 0.6, 2.4], 0.4, unsure) == ["PASS", "PASS", "PASS"]


def test_a_prior_that_did_not_move_is_said_so(rng):
    normal = rng.standard_normal(400)
    draws = pd.DataFrame({"tv": np.exp(0.2 * normal), "search": np.exp(1.2 * normal)})
    found = contraction_findings(draws, make_study())
    assert [f.finding.status for f in found] == ["PASS", "REVIEW"]
    assert contraction_findings(draws[:1], make_study()) == []


# -- placebo and experiments -------------------------------------------------------------------


def test_a_surrogate_keeps_its_values_and_season_and_meets_other_weeks(fitted, rng):
    study, weekly, _ = fitted
    real = weekly.spend.to_numpy(float)[:, 0]
    fake = surrogate_spend(weekly, study, 0, rng=rng)
    assert np.array_equal(np.sort(fake), np.sort(real))
    assert np.corrcoef(fake, real)[0, 1] < 0.5
    wider, more = with_placebo(weekly, study, fake)
    assert wider.channels == [*weekly.channels, "placebo"] == more.channel_names


def test_a_credited_surrogate_is_reviewed_only_where_something_is_claimed():
    table = pd.DataFrame(
        {"channel": ["a", "b", "c"], "roi_low": [0.1, 0.5, 0.5], "roi": 1.0, "roi_high": 2.0}
    )
    grades = {"a": "A", "b": "D", "c": "B"}
    found = placebo_findings(table.assign(own_roi=4.0), grades)
    assert [f.finding.status for f in found] == ["PASS", "PASS", "REVIEW"]
    alike = placebo_findings(table.assign(roi_low=0.0, own_roi=1.4), grades)
    assert [f.finding.status for f in alike] == ["REVIEW", "PASS", "REVIEW"]
    assert "1.40" in alike[0].finding.finding
    nothing = placebo_findings(table.assign(roi_low=0.0, roi=0.1, own_roi=0.1), grades)
    assert {f.finding.status for f in nothing} == {"PASS"}


def test_the_next_weeks_repeat_the_last_year_and_a_pause_is_dark(fitted, rng):
    _, weekly, _ = fitted
    longer = next_weeks(weekly)
    assert len(longer) == len(weekly) + NEXT
    assert np.allclose(longer.spend.iloc[-1], weekly.spend.iloc[len(weekly) - 52 + NEXT - 1])
    paused = designed(longer, Design(1, "pause"), rng=rng)
    assert (paused.spend["video"].iloc[-NEXT : PAUSE - NEXT] == 0).all()
    assert paused.spend["tv"].equals(longer.spend["tv"])
    varied = designed(longer, Design(1, "vary"), rng=rng)
    ratio = (varied.spend["video"] / longer.spend["video"]).iloc[-NEXT:]
    assert set(ratio.round(2)) == {0.25, 1.0, 1.75}
    assert longer.spend.iloc[-1].equals(next_weeks(weekly).spend.iloc[-1])


def test_a_channel_without_variation_left_does_not_break_the_checks():
    study = make_study()
    weekly = weekly_data(make_frame(), study)
    fit = fit_bayes(
        weekly, study, seed=1, draws=60, warmup=40, chains=1, insist=False, forms="own"
    )
    plan = current_plan(fit.model, weekly)
    robust = robustness_table(fit.model, weekly, plan, margin=1.0)
    assert np.isfinite(robust.drop(columns="channel").to_numpy()).all()
    assert np.isfinite(roi(plan)).all()
