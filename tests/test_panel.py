"""Reading, cleaning, guarding, pooling and modelling a panel of daily series."""

import datetime as dt
import gzip
import io
import shutil
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from panels import FOCUS, ISO, load, panel_study, small_study

from mmm.data.clean import clean
from mmm.errors import ArtefactError, DataError, StudyError
from mmm.model.additive import AdditiveModel
from mmm.panel import source as panel_source
from mmm.panel.cleaning import (
    clean_panel,
    focus_table,
    panel_spec,
    require_one_currency,
    series_table,
    used_channels,
    weekly_panel,
    without_roll_ups,
)
from mmm.panel.corrected import clustered_errors, compare, fit_corrected, scenario_beside
from mmm.panel.guards import audit_panel, audit_pooled
from mmm.panel.pooled import (
    CLASSIC_FEATURES,
    fit_as_published,
    least_squares,
    naive_predictions,
    normal_equations_gap,
    split_rows,
)
from mmm.panel.reasons import CAPS, NO_ESTIMATE
from mmm.panel.schema import (
    BRAND,
    COLUMNS,
    CURRENCY,
    DATE,
    MEDIATORS,
    SERIES,
    TERRITORY,
    read_panel,
)
from mmm.panel.series import channel_summary, series_returns, wide_table
from mmm.panel.twin import simulate_twin
from mmm.show import panel as panel_sections
from mmm.show import panel as prose
from mmm.show import series as series_sections
from mmm.show import workbook
from mmm.show.workbook import Workbook
from mmm.store import Store
from mmm.study.panel import PanelSpec


@pytest.fixture(scope="module")
def study():
    return panel_study()


@pytest.fixture(scope="module")
def real_file(shared_data):
    return shared_data / "conjura" / "conjura_sample_4999.csv.gz"


@pytest.fixture(scope="module")
def real(real_file, study):
    return load(real_file, study)


@pytest.fixture(scope="module")
def text():
    return simulate_twin(small_study()).csv.decode()


@pytest.fixture
def small_file(text, tmp_path):
    file = tmp_path / "conjura_mmm_data.csv"
    lines = text.splitlines(keepends=True)
    file.write_text("".join(lines[:4001]), "utf-8")
    return file


@pytest.fixture(scope="module")
def small(text, study, tmp_path_factory):
    file = tmp_path_factory.mktemp("small") / "conjura_mmm_data.csv"
    file.write_text(text, "utf-8")
    return load(file, study)


@pytest.fixture(scope="module")
def literal(real, study):
    return fit_as_published(real, study.panel)


@pytest.fixture(scope="module")
def honest(real, study):
    return fit_corrected(real, study.panel)


def with_frame(panel, **columns):
    return replace(panel, frame=panel.frame.assign(**columns))


def in_other_money(panel, series, factor):
    """Restate one series in a currency that is `factor` times as small."""
    money = ["revenue", *panel.spend_columns]
    rows = (panel.frame[SERIES] == series).to_numpy()
    factors = np.where(rows, factor, 1.0)
    return with_frame(panel, **{name: panel.frame[name] * factors for name in money})


# --- reading -----------------------------------------------------------------------------------


def test_the_schema_is_that_of_the_published_file(real_file):
    with gzip.open(real_file, "rt") as file:
        assert file.readline().strip().split(",") == list(COLUMNS)


def test_day_first_copies_read_the_same_with_their_declared_format(small_file, tmp_path):
    raw = pd.read_csv(small_file, dtype=str)
    raw[DATE] = pd.to_datetime(raw[DATE]).dt.strftime("%d/%m/%Y")
    copy = tmp_path / "day_first.csv"
    raw.to_csv(copy, index=False)
    iso, other = read_panel(small_file, date_format=ISO), read_panel(copy, date_format="%d/%m/%Y")
    pd.testing.assert_frame_equal(iso, other)
    for wrong in (ISO, "%m/%d/%Y"):
        with pytest.raises(DataError, match="not in the declared format"):
            read_panel(copy, date_format=wrong)


def test_a_panel_without_declared_date_format_is_refused(study):
    data = study.data.model_copy(update={"date_format": None})
    with pytest.raises(StudyError, match="date_format"):
        panel_spec(study.model_copy(update={"data": data}))


def test_a_study_without_panel_says_so(study):
    with pytest.raises(StudyError, match="no \\[panel\\] table"):
        panel_spec(study.model_copy(update={"panel": None}))


def test_rows_in_any_order_and_further_columns_are_accepted(small_file, tmp_path):
    raw = pd.read_csv(small_file, dtype=str)
    shuffled = raw.sample(frac=1, random_state=1).reset_index(names="Unnamed: 0")
    copy = tmp_path / "shuffled.csv.gz"
    shuffled.to_csv(copy, index=False)
    one, two = read_panel(small_file, date_format=ISO), read_panel(copy, date_format=ISO)
    pd.testing.assert_frame_equal(one, two)


def changed(text, change):
    raw = pd.read_csv(io.StringIO(text), dtype=str, nrows=600)
    return change(raw.copy())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda raw: raw.drop(columns="EMAIL_CLICKS"), "first 'EMAIL_CLICKS'"),
        (lambda raw: raw.iloc[:0], "no rows"),
        (lambda raw: pd.concat([raw, raw.iloc[[5]]]), "repeat a day"),
        (lambda raw: raw.assign(META_FACEBOOK_SPEND="€ 5"), "something else"),
        (lambda raw: raw.assign(CURRENCY_CODE=["EUR", *raw[CURRENCY][1:]]), "changes within"),
        (lambda raw: raw.assign(CURRENCY_CODE=[None, *raw[CURRENCY][1:]]), "lack a series"),
        (lambda raw: raw.assign(DATE_DAY=[None, *raw[DATE][1:]]), "first nan"),
    ],
)
def test_a_broken_file_is_refused_with_the_reason(text, tmp_path, change, message):
    file = tmp_path / "broken.csv"
    changed(text, change).to_csv(file, index=False)
    with pytest.raises(DataError, match=message):
        read_panel(file, date_format=ISO)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(DataError, match=r"absent\.csv: no such file"):
        read_panel(tmp_path / "absent.csv", date_format=ISO)


# --- cleaning ----------------------------------------------------------------------------------


def test_cleaning_follows_the_classic_rules_on_the_real_rows(real, real_file):
    raw = pd.read_csv(real_file).sort_values([SERIES, DATE]).reset_index(drop=True)
    frame = real.frame
    assert len(frame) == 4999
    for gone in ("TIKTOK", "GOOGLE_VIDEO", "GOOGLE_DISPLAY", "META_OTHER", "VERTICAL"):
        assert not [name for name in frame if gone in name]
    expected = raw["ALL_PURCHASES_ORIGINAL_PRICE"] - raw["ALL_PURCHASES_GROSS_DISCOUNT"]
    np.testing.assert_array_equal(frame["revenue"], expected)
    total = raw[[f"{c}_SPEND" for c in real.channels]].fillna(0).sum(axis=1)
    np.testing.assert_allclose(frame["total_spend"], total)
    np.testing.assert_allclose(frame["blended_roi"], expected / (total + 1))
    day = pd.to_datetime(raw[DATE])
    assert (frame["year"] == day.dt.year).all()
    assert (frame["month"] == day.dt.month).all()
    assert (frame["week"] == day.dt.isocalendar().week).all()
    assert (frame["day_of_week"] == day.dt.day_of_week).all()


def test_the_cleaning_report_counts_what_was_filled(real, real_file):
    raw = pd.read_csv(real_file)
    spend = raw[[f"{c}_SPEND" for c in real.channels]]
    steps = real.steps.set_index("step")["effect"]
    assert steps["fill spend with 0"] == f"{spend.isna().sum().sum():,} of {spend.size:,} values"
    assert steps["read"] == "4,999 rows, 50 columns, 8 series"


def test_empty_spend_is_zero_and_no_sum_is_nan(real, small):
    for panel in (real, small):
        filled = [c for c in panel.frame if c.endswith(("_SPEND", "_CLICKS"))]
        numbers = panel.frame[[*filled, "revenue", "total_spend", "blended_roi"]]
        assert np.isfinite(numbers.to_numpy(float)).all()
        weeks = weekly_panel(panel)
        assert not weeks.isna().to_numpy().any()


def test_an_empty_price_stops_and_an_unknown_channel_too(real_file, study):
    raw = read_panel(real_file, date_format=ISO)
    raw.loc[3, "ALL_PURCHASES_ORIGINAL_PRICE"] = np.nan
    with pytest.raises(DataError, match="ORIGINAL_PRICE is empty in 1 rows"):
        clean_panel(raw, study.panel, date_format=ISO)
    with pytest.raises(DataError, match="unknown channel 'RADIO'"):
        clean_panel(raw, panel_study(drop=("RADIO",)).panel, date_format=ISO)


# --- guards ------------------------------------------------------------------------------------


def test_currencies_are_never_added_up_unconverted(real):
    with pytest.raises(DataError, match=r"3 currencies \(EUR, GBP, USD\)"):
        require_one_currency(real.frame, "total revenue")
    pounds = real.frame[real.frame[CURRENCY] == "GBP"]
    assert require_one_currency(pounds, "total revenue") == "GBP"


def test_all_territories_is_not_mixed_with_its_countries(real, honest):
    series = series_table(real.frame).set_index("series")
    rolled = series.index[series["roll_up"]]
    assert list(series.loc[rolled, "brand"].str[:6]) == ["058b38"]
    kept = without_roll_ups(real.frame)
    assert len(kept) == len(real.frame) - 458
    mixed = kept.groupby("ORGANISATION_ID", observed=True)[TERRITORY].agg(set)
    assert not any("All Territories" in names and len(names) > 1 for names in mixed)
    assert honest.rows["left_out"] == 458


def test_the_audit_names_every_trap(real, small, study):
    found = {check.check: check for check in audit_panel(real, study.panel)}
    assert found["currencies"].status == "REVIEW"
    assert "458 rows" in found["roll-ups"].finding
    assert "4 of 40 pairs" in found["empty spend"].finding
    assert "never a control" in found["discounts"].finding
    assert found["dates"].status == "PASS"
    one = replace(small, frame=small.frame[small.frame[SERIES] == FOCUS])
    calm = {c.check: c.status for c in audit_panel(one, study.panel)}
    assert calm["currencies"] == calm["roll-ups"] == "PASS"


def test_gaps_negative_revenue_and_sums_that_are_no_numbers_are_flagged(small, study):
    frame = small.frame.drop(index=small.frame.index[40])
    frame = frame.assign(revenue=np.where(np.arange(len(frame)) == 7, -1.0, frame["revenue"]))
    frame = frame.assign(total_spend=np.where(np.arange(len(frame)) == 7, np.nan, 1.0))
    found = {c.check: c for c in audit_panel(replace(small, frame=frame), study.panel)}
    assert "1 series have gaps" in found["dates"].finding
    assert "Negative on 1" in found["revenue"].finding
    assert found["empty spend"].status == "FAIL"


def test_discounts_and_mediators_are_no_controls(real, study):
    for name in ("ALL_PURCHASES_GROSS_DISCOUNT", "DIRECT_CLICKS"):
        controls = study.controls.model_copy(update={"columns": (name,)})
        with pytest.raises(StudyError, match=name):
            focus_table(real, study.model_copy(update={"controls": controls}))
    assert not [c for c in weekly_panel(real) if "DISCOUNT" in c or c in MEDIATORS]


def test_the_honest_version_has_no_mediator_and_no_discount_among_its_inputs(honest):
    terms = set(honest.terms["term"])
    assert not terms & set(MEDIATORS)
    assert not [term for term in terms if "DISCOUNT" in term]
    assert {"EMAIL_CLICKS", "GOOGLE_PMAX_SPEND"} <= terms


def test_an_mse_is_never_called_rmse_and_each_r2_has_naive_ones_beside(literal, honest):
    for fit in (literal, honest):
        for part in ("train", "test"):
            mse, rmse = fit.scores[f"{part}_mse"], fit.scores[f"{part}_rmse"]
            np.testing.assert_allclose(rmse, np.sqrt(mse))
        assert fit.scores["kind"].tolist() == ["model", "naive", "naive"]
        assert fit.scores["test_r2"].notna().all()


# --- weeks -------------------------------------------------------------------------------------


def test_weeks_start_on_monday_and_partial_ones_are_left_out(real):
    weeks = weekly_panel(real)
    assert (weeks[DATE].dt.day_of_week == 0).all()
    own = weeks[weeks[SERIES] == FOCUS]  # 2021-09-23 (Thursday) to 2024-05-23 (Thursday)
    assert own[DATE].min() == pd.Timestamp("2021-09-27")
    assert own[DATE].max() == pd.Timestamp("2024-05-13")
    days = real.frame[(real.frame[SERIES] == FOCUS) & real.frame[DATE].between(*WEEK_ONE)]
    assert own["revenue"].iloc[0] == pytest.approx(days["revenue"].sum())
    assert len(days) == 7


WEEK_ONE = (pd.Timestamp("2021-09-27"), pd.Timestamp("2021-10-03"))


def test_the_focus_series_is_a_table_the_weekly_study_can_read(real, study):
    frame = clean(focus_table(real, study), study)
    assert len(frame) == 138
    assert frame["GOOGLE_PMAX_SPEND"].iloc[0] == 0


def test_the_focus_table_writes_dates_in_the_declared_format(real, study):
    other = replace(real, date_format="%d/%m/%Y")
    assert focus_table(other, study)[DATE].iloc[0] == "27/09/2021"


def test_an_unknown_focus_or_another_currency_is_refused(real, study):
    with pytest.raises(DataError, match="'nobody' is not in the file"):
        focus_table(real, panel_study(focus="nobody"))
    with pytest.raises(DataError, match="is in GBP, the study says USD"):
        focus_table(real, study.model_copy(update={"currency": "USD"}))


# --- pooled regressions ------------------------------------------------------------------------


def eliminate(matrix, target):
    """Solve the normal equations by Gauss-Jordan elimination in extended precision."""
    wide = np.asarray(matrix, dtype=np.longdouble)
    size = np.sqrt((wide**2).sum(axis=0))
    scaled = wide / size
    system = np.column_stack([scaled.T @ scaled, scaled.T @ np.asarray(target, np.longdouble)])
    for i in range(len(system)):
        best = i + int(np.argmax(np.abs(system[i:, i])))
        system[[i, best]] = system[[best, i]]
        system[i] /= system[i, i]
        for j in range(len(system)):
            if j != i:
                system[j] -= system[j, i] * system[i]
    return system[:, -1] / size


def test_the_literal_regression_equals_the_normal_equations_on_the_real_rows(real, literal, study):
    train = real.frame[real.frame[DATE] <= "2023-12-31"]
    features = train[list(CLASSIC_FEATURES)].to_numpy(float)
    matrix = np.column_stack([np.ones(len(train)), features])
    solution = eliminate(matrix, train["revenue"].to_numpy(float))
    np.testing.assert_allclose(literal.terms["coefficient"], solution.astype(float), rtol=1e-6)
    assert literal.rows["train_rows"] == len(train) == 4756
    assert normal_equations_gap(real, study.panel, literal) < 1e-6


def test_a_28_day_mean_beats_the_literal_regression_on_the_real_rows(real, literal, study):
    assert literal.beaten_by[0] == "last 28 days"
    assert literal.score("pooled regression", "test_r2") < 0
    assert literal.score("last 28 days", "test_r2") > 0.5
    found = {c.check: c for c in audit_pooled(real, literal, 1e-10)}
    assert found["naive baselines"].status == "FAIL"
    assert found["pooled currencies"].status == "FAIL"
    assert found["pooled roll-ups"].status == "FAIL"
    assert found["mediators"].status == "REVIEW"
    assert found["normal equations"].status == "PASS"
    assert "last 28 days beat" not in prose.honest_reading(literal, study.panel)
    assert "last 28 days" in prose.literal_reading(literal, study.panel)


def test_the_normal_equations_check_can_fail_and_can_be_impossible(real, literal, study):
    found = {c.check: c.status for c in audit_pooled(real, literal, 1e-3)}
    assert found["normal equations"] == "FAIL"
    found = {c.check: c.status for c in audit_pooled(real, literal, float("nan"))}
    assert found["normal equations"] == "REVIEW"
    same = with_frame(real, DIRECT_CLICKS=0.0)
    assert np.isnan(normal_equations_gap(same, study.panel, fit_as_published(same, study.panel)))


def test_training_includes_the_cut_off_day(real, study):
    train = split_rows(real.frame, study.panel)
    assert real.frame[DATE][train].max() == pd.Timestamp("2023-12-31")
    assert real.frame[DATE][~train].min() == pd.Timestamp("2024-01-01")
    late = panel_study(cutoff=pd.Timestamp("2030-01-01").date()).panel
    with pytest.raises(DataError, match="no rows after the cut-off"):
        split_rows(real.frame, late)


def test_least_squares_by_hand():
    features = np.array([[0.0, 5.0], [1.0, 5.0], [2.0, 5.0]])
    np.testing.assert_allclose(least_squares(features, np.array([1.0, 3.0, 5.0])), [1, 2, 0])


def naive_by_hand(days_of, target, n_train, *, days):
    """Forecast series from their days: those before `n_train` of each train."""
    rows = [(name, day, i < n_train[name]) for name in days_of for i, day in days_of[name]]
    frame = pd.DataFrame(rows, columns=[SERIES, DATE, "train"])
    frame[DATE] = pd.Timestamp("2024-01-01") + pd.to_timedelta(frame[DATE], unit="D")
    train = frame.pop("train").to_numpy()
    return naive_predictions(frame, np.array(target), train, days=days)


def test_naive_forecasts_by_hand():
    days = {"a": [*enumerate([0, 1, 2])], "b": [*enumerate([0, 1])], "c": [(0, 1)]}
    target, n_train = [1.0, 3.0, 9.0, 10.0, 7.0, 5.0], {"a": 2, "b": 1, "c": 0}
    naive = naive_by_hand(days, target, n_train, days=1)
    np.testing.assert_allclose(naive["series mean"], [2, 2, 2, 10, 10, 14 / 3])
    np.testing.assert_allclose(naive["last 1 days"], [3, 3, 3, 10, 10, 14 / 3])


def test_the_last_days_are_days_and_not_rows():
    days = {"a": [*enumerate([0, 1, 9, 10, 11])]}
    naive = naive_by_hand(days, [1.0, 2.0, 6.0, 8.0, 0.0], {"a": 4}, days=5)
    np.testing.assert_allclose(naive["last 5 days"], 7.0)


def test_the_scenario_adds_its_share_of_spend_times_the_coefficient(real, literal, study):
    test = real.frame[real.frame[DATE] > "2023-12-31"]
    for row in literal.scenario.itertuples():
        own = test[test[CURRENCY] == row.currency]["GOOGLE_PAID_SEARCH_SPEND"].sum()
        assert row.extra_spend == pytest.approx(0.3 * own)
        coefficient = literal.coefficient("GOOGLE_PAID_SEARCH_SPEND")
        assert row.extra_revenue == pytest.approx(coefficient * row.extra_spend)
    beside = scenario_beside(literal, fit_corrected(real, study.panel), real, None)
    assert (beside["naive_extra_revenue"] == 0).all()


def test_the_honest_version_does_not_depend_on_the_currency_of_a_series(small, study):
    other = in_other_money(small, small.frame[SERIES].iloc[0], 1000.0)
    one, two = fit_corrected(small, study.panel), fit_corrected(other, study.panel)
    np.testing.assert_allclose(one.terms["coefficient"], two.terms["coefficient"], rtol=1e-6)
    np.testing.assert_allclose(one.scores["test_r2"], two.scores["test_r2"], rtol=1e-6)
    before, after = fit_as_published(small, study.panel), fit_as_published(other, study.panel)
    name = "META_FACEBOOK_SPEND"
    assert before.coefficient(name) != pytest.approx(after.coefficient(name), rel=0.01)


def test_errors_clustered_by_brand_are_those_of_the_sandwich(rng):
    """Liang and Zeger's formula by hand, with the usual correction for few clusters."""
    brand = np.repeat(["a", "b", "c", "d", "e"], 40)
    inputs = rng.normal(size=(200, 3)) + (brand == "b")[:, np.newaxis]
    outcome = inputs @ [1.0, 0.5, 0.0] + rng.normal(size=5)[np.repeat(np.arange(5), 40)]
    error = outcome - inputs @ np.linalg.lstsq(inputs, outcome, rcond=None)[0]
    moments = np.array([inputs[brand == name].T @ error[brand == name] for name in "abcde"])
    bread = np.linalg.inv(inputs.T @ inputs)
    covariance = bread @ moments.T @ moments @ bread * (5 / 4) * (199 / 197)
    found = clustered_errors(inputs, outcome, pd.Series(brand))
    np.testing.assert_allclose(found, np.sqrt(np.diag(covariance)), rtol=1e-9)


def test_one_brand_alone_has_no_intervals(small, study):
    brand = small.frame[BRAND].iloc[0]
    one = replace(small, frame=small.frame[small.frame[BRAND] == brand].reset_index(drop=True))
    fit = fit_corrected(one, study.panel)
    assert fit.terms["coefficient"].notna().all()
    assert fit.terms[["low", "high"]].isna().all(axis=None)
    text = prose.difference_reading(compare(fit_as_published(one, study.panel), fit, one), fit)
    assert "(– to –)" in text


def test_the_comparison_is_explained_in_computed_sentences(real, literal, honest, study):
    table = compare(literal, honest, real)
    text = prose.difference_reading(table, honest)
    worst = table.loc[(table["literal"] - table["honest"]).abs().idxmax()]
    assert f"{worst['honest']:.1f}" in text
    assert "Meta Facebook would destroy revenue" in text
    scenario = scenario_beside(literal, honest, real, None)
    assert "5.56" in prose.scenario_reading(literal, honest, scenario, study.panel)
    assert "458 rows" in prose.honest_reading(honest, study.panel)


def test_a_scenario_of_a_channel_without_a_coefficient_is_refused_beforehand():
    kept = {"focus": FOCUS, "cutoff": dt.date(2023, 12, 31), "drop": ("TIKTOK",)}
    with pytest.raises(ValueError, match="'META_OTHER' is no input of the classic regression"):
        PanelSpec(**kept, scenario_channel="META_OTHER")
    with pytest.raises(ValueError, match="'TIKTOK' is dropped"):
        PanelSpec(**kept, scenario_channel="TIKTOK")


# --- models per series -------------------------------------------------------------------------


@pytest.fixture(scope="module")
def returns(real, study):
    return series_returns(real, study)


def test_every_channel_that_was_bought_has_a_graded_roi(returns, real):
    table = returns.channels
    assert len(table) == 8 * 5
    assert (table["roi"].isna() == (table["grade"] == "")).all()
    assert set(table.loc[table["grade"] == "", "reason"]) == {"unused"}
    assert ((table["grade"] != "").to_numpy() == used_channels(real).to_numpy().ravel()).all()
    known = table[table["grade"] != ""]
    assert (known["roi_low"] < known["roi"]).all()
    assert (known["roi"] < known["roi_high"]).all()
    assert set(known["grade"]) <= {"B", "C", "D"}
    summary = channel_summary(table)
    assert (summary["estimated"] + summary["unused"] == summary["series"]).all()
    assert (summary[["B", "C", "D"]].sum(axis=1) == summary["estimated"]).all()


def test_what_limits_a_channel_caps_its_grade(returns):
    for row in returns.channels.itertuples():
        for reason in filter(None, row.reason.split("; ")):
            assert reason in NO_ESTIMATE or row.grade >= CAPS[reason]


def test_the_reasons_on_the_real_rows_are_those_of_the_data(returns):
    table = returns.channels.set_index([returns.channels["series"].str[:4], "channel"])["reason"]
    assert table["b383", "META_INSTAGRAM"] == "unused"
    assert table["7b93", "META_FACEBOOK"].startswith("too few weeks")
    assert table["596e", "META_INSTAGRAM"].startswith("too few active weeks")
    assert table["914d", "GOOGLE_SHOPPING"].startswith("too little spend")


def one_series(panel, name=FOCUS, **columns):
    frame = panel.frame[panel.frame[SERIES] == name].reset_index(drop=True)
    return replace(panel, frame=frame.assign(**columns))


def reasons(panel, study):
    table = series_returns(panel, study).channels
    return dict(zip(table["channel"], table["reason"], strict=True))


def test_the_parameters_of_a_series_follow_the_forms_of_its_channels(small, study):
    name = small.frame[SERIES].iloc[0]
    own = one_series(small, name)
    longer = {
        key: channel.model_copy(update={"adstock": "weibull"})
        for key, channel in study.channels.items()
    }
    changed = study.model_copy(update={"channels": longer})
    counts = [series_returns(own, s).fits["parameters"].iloc[0] for s in (study, changed)]
    used = int(used_channels(own).to_numpy().sum())
    assert counts == [6 + 4 * used, 6 + 5 * used]


def grades(panel, study):
    table = series_returns(panel, study).channels.set_index("channel")
    return table["grade"]


def test_channels_that_cannot_be_told_apart_are_graded_d(real, study):
    twin = 2 * one_series(real).frame["META_FACEBOOK_SPEND"]
    copied = one_series(real, GOOGLE_PMAX_SPEND=twin.to_numpy())
    found = reasons(copied, study)
    assert found["GOOGLE_PMAX"].startswith("moves with others")
    assert found["META_FACEBOOK"].startswith("moves with others")
    assert grades(copied, study)["GOOGLE_PMAX"] == "D"


def test_constant_spend_is_graded_d(real, study):
    days = len(one_series(real).frame)
    constant = one_series(real, GOOGLE_PMAX_SPEND=np.full(days, 5.0))
    table = series_returns(constant, study).channels.set_index("channel").loc["GOOGLE_PMAX"]
    assert table["reason"].startswith("never varies")
    assert table["grade"] == "D"
    assert table["roi_low"] < table["roi"] < table["roi_high"]


def test_negative_spend_missing_days_and_three_weeks_get_no_roi(real, study):
    days = len(one_series(real).frame)
    found = reasons(one_series(real, GOOGLE_PMAX_SPEND=np.full(days, -1.0)), study)
    assert found["GOOGLE_PMAX"] == "negative spend"
    assert found["META_FACEBOOK"] == "negative spend"
    own = one_series(real)
    gap = replace(own, frame=own.frame.drop(index=range(300, 320)))
    assert reasons(gap, study)["META_FACEBOOK"] == "days missing"
    short = replace(own, frame=own.frame.iloc[:27])
    table = series_returns(short, study)
    assert set(table.channels["reason"]) <= {"too short", "unused"}
    assert table.channels["roi"].isna().all()
    assert table.models == {}


def test_the_roi_of_a_series_does_not_depend_on_its_currency(real, study):
    one = series_returns(one_series(real), study).channels
    two = series_returns(in_other_money(one_series(real), FOCUS, 100.0), study).channels
    width = np.log(one["roi_high"] / one["roi_low"])
    gap = np.abs(np.log(one["roi"] / two["roi"]))
    assert (gap.dropna() < 0.25 * width.dropna()).all()


def test_the_result_does_not_depend_on_the_number_of_processes(real, study, returns):
    names = returns.fits.dropna(subset="holdout_r2")["series"].iloc[:2]
    part = replace(real, frame=real.frame[real.frame[SERIES].isin(names)])
    here, elsewhere = series_returns(part, study), series_returns(part, study, jobs=2)
    pd.testing.assert_frame_equal(here.channels, elsewhere.channels)
    pd.testing.assert_frame_equal(here.fits, elsewhere.fits)


def test_the_wide_table_shows_every_series_once(returns):
    wide = wide_table(returns)
    assert len(wide) == 8
    assert wide.columns[:4].tolist() == ["brand", "territory", "currency", "weeks"]
    row = wide[(wide["brand"] == "069f2d")].iloc[0]
    assert row["META_INSTAGRAM"] == "unused"
    assert wide["META_FACEBOOK"].iloc[0][-1] in "BCD"
    text = series_sections.reading(
        returns.channels, returns.fits, channel_summary(returns.channels)
    )
    known = int((returns.channels["grade"] != "").sum())
    assert text.startswith(f"- {known} of 40 pairs")
    assert "What pooling does" in text


# --- source and notebooks ----------------------------------------------------------------------


def test_the_published_file_is_used_when_it_is_there(real_file, tmp_path):
    study = panel_study(tmp_path / "study")
    study.folder.mkdir()
    with gzip.open(real_file) as packed, study.data_file.open("wb") as plain:
        shutil.copyfileobj(packed, plain)
    panel_source.check(study)
    store = Store(tmp_path / "out")
    assert len(panel_source.load_focus(study, store)) == 138
    assert panel_source.panel_truth(study, store) is None
    assert not (tmp_path / "out" / "data").exists()


def test_without_the_file_a_twin_is_made_and_its_truth_stored(tmp_path):
    study, store = small_study(tmp_path / "study"), Store(tmp_path / "out")
    panel_source.check(study)
    with pytest.raises(ArtefactError, match=r"conjura_mmm_data\.csv is missing"):
        panel_source.open_panel(study, store)
    raw = panel_source.load_focus(study, store)
    assert len(clean(raw, study)) > 52
    assert FOCUS in panel_source.panel_truth(study, store)
    model = AdditiveModel.from_json(store.read_json(panel_source.FOCUS_TRUTH))
    assert model.channels == study.channel_names
    missing = panel_study(tmp_path / "study", twin=None)
    with pytest.raises(DataError, match=r"\[panel\.twin\]"):
        panel_source.check(missing)


@pytest.fixture
def shown(monkeypatch):
    content = []

    def display(data, **options):
        content.append(data.get("text/markdown") or data.get("text/html") or data["text/plain"])

    monkeypatch.setattr(workbook, "display", display)
    return content


def test_the_sections_show_tables_and_sentences_and_store_them(tmp_path, shown):
    study, store = small_study(tmp_path / "study"), Store(tmp_path / "out")
    book = Workbook(study, store)
    panel_source.load_focus(study, store)
    panel_sections.cleaning(book)
    panel_sections.pooled(book)
    series_sections.returns(book)
    text = "\n".join(shown)
    assert "simulated twin" in text
    assert "last 28 days" in text
    assert "Beside the truth" in text
    assert "unused" in text
    assert "£" not in text  # amounts of many currencies are not written in one
    tables = {path.name for path in (tmp_path / "out" / "tables").iterdir()}
    assert {"panel_guards.csv", "panel_scenario.csv", "panel_series_roi.csv"} <= tables
    scores = store.read_table("tables/panel_literal_scores.csv")
    np.testing.assert_allclose(scores["test_rmse"], np.sqrt(scores["test_mse"]), rtol=1e-6)


def test_the_sections_are_silent_for_other_studies(study, tmp_path, shown):
    book = Workbook(study.model_copy(update={"panel": None}), Store(tmp_path))
    panel_sections.cleaning(book)
    panel_sections.pooled(book)
    series_sections.returns(book)
    assert shown == []
