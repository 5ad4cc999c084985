"""The prediction service in process: numbers, refusals, headers, document."""

import json
import re
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from browser import chromium
from numpy.testing import assert_allclose
from scipy.stats import norm
from services import CLASSIC, copy_models, store_weekly
from studies import drawn_model, make_frame, make_study
from werkzeug.serving import make_server

from mmm import decide
from mmm.data.weekly import weekly_data
from mmm.decide import returns
from mmm.errors import ArtefactError
from mmm.model.intervals import mixture_interval
from mmm.serve import create_app
from mmm.serve.loading import load_service
from mmm.serve.requests import BODY_LIMIT
from mmm.serve.schemas import WhatIfAnswer
from mmm.store import Store
from mmm.study.schema import Multiply


@pytest.fixture(scope="module")
def pooled(pooled_folder):
    return create_app(pooled_folder).test_client()


@pytest.fixture(scope="module")
def client(weekly_folder):
    return create_app(weekly_folder).test_client()


@pytest.fixture(scope="module", params=["pooled", "weekly"])
def either(request, pooled, client):
    return pooled if request.param == "pooled" else client


@pytest.fixture(scope="module")
def week(client):
    """The example of the weekly model: the week after the data."""
    return client.get("/model").json["example"]


def revenue(answers):
    return [answer["predicted_revenue"] for answer in answers]


def refused(answer, status, field=None):
    """Check the form of a refusal, and return its body."""
    assert answer.status_code == status, answer.text
    assert answer.mimetype == "application/json"
    body = answer.json
    assert set(body) == {"error", "field", "reason", "remedy"}
    assert all(body[key] for key in ("error", "reason", "remedy"))
    assert "Traceback" not in answer.text
    if field is not None:
        assert body["field"] == field
    return body


# Reading


def test_says_that_it_runs(either):
    answer = either.get("/")
    assert answer.text == "MMM Model is running!"
    assert answer.mimetype == "text/plain"


def test_health_names_model_study_and_versions(pooled, client):
    assert pooled.get("/health").json == {
        "status": "ok",
        "model": "pooled",
        "study": "ecommerce_panel",
        "version": "0.1.0",
        "schema": 1,
    }
    assert client.get("/health").json["model"] == "drawn"


def test_model_lists_fields_with_unit_and_range(pooled, client):
    fields = {field["name"]: field for field in pooled.get("/model").json["features"]}
    assert list(fields) == list(CLASSIC)
    assert (fields["month"]["minimum"], fields["month"]["maximum"]) == (1, 12)
    assert "currencies" in fields["GOOGLE_PMAX_SPEND"]["unit"]
    weekly = client.get("/model").json
    assert weekly["takes_history"]
    assert weekly["planning"]["channels"] == {"tv": "TV", "video": "VIDEO", "search": "SEARCH"}
    assert weekly["grades"] == []


def test_optimize_keeps_the_groups_and_the_objective_of_the_study(
    weekly_folder, tmp_path, model, weekly
):
    models = copy_models(weekly_folder, tmp_path / "models")
    features = Store(models).read_json("model_features.json")
    group = {"name": "two", "channels": ["tv", "video"], "low": 0.0, "high": 0.6}
    changed = features | {"groups": [group], "objective": "mean"}
    Store(models).write_json("model_features.json", changed)
    answer = create_app(models).test_client().post("/optimize", json={}).json
    spend = {row["channel"]: row["recommended_spend"] for row in answer["channels"]}
    assert spend["tv"] + spend["video"] <= 0.6 * answer["budget"] + 0.02
    bounds = tuple(tuple(medium["bounds"]) for medium in features["media"])
    limits = decide.Limits(bounds, (decide.GroupShare("two", (0, 1), 0.0, 0.6),))
    plan = returns.current_plan(model, weekly, window_weeks=features["window_weeks"])
    rng = np.random.default_rng(np.random.SeedSequence(features["seed"]).spawn(32)[7])
    best = decide.optimize(plan, limits, rng=rng, objective="mean").best
    assert_allclose(list(spend.values()), best.spend, atol=0.01)


def test_model_repeats_the_grades_of_notebook_08(weekly_folder, tmp_path):
    models = copy_models(weekly_folder, tmp_path / "models")
    row = {"channel": "tv", "label": "TV", "grade_roi": "A", "grade_mroi": "B", "sentence": "So."}
    Store(models).write_json("grades.json", {"grades": [row | {"helps": "nothing"}]})
    assert create_app(models).test_client().get("/model").json["grades"] == [row]


def test_example_is_answered(either):
    example = either.get("/model").json["example"]
    assert either.post("/predict", json=example).status_code == 200


# The same numbers as the tables


def test_classic_request_gives_the_predicted_revenue(pooled, pooled_folder):
    answer = pooled.post("/predict?detail=0", json=CLASSIC)
    assert list(answer.json) == ["predicted_revenue"]
    model = json.loads((pooled_folder / "pooled.json").read_text())["model"]
    expected = model["intercept"] + np.dot(model["coefficients"], list(CLASSIC.values()))
    assert_allclose(answer.json["predicted_revenue"], expected, rtol=1e-12)


def test_pooled_predictions_equal_the_table(pooled, pooled_folder):
    table = pd.read_csv(pooled_folder.parent / "tables" / "panel_literal_fitted.csv")
    assert set(table["part"]) == {"train", "holdout"}
    got = []
    for start in range(0, len(table), 1000):
        records = table[list(CLASSIC)].iloc[start : start + 1000].to_dict("records")
        got += revenue(pooled.post("/predict?detail=0", json=records).json)
    assert_allclose(got, table["fitted"], rtol=1e-9)


def test_pooled_predictions_of_all_rows_give_the_scores(pooled_folder):
    rows = pd.read_parquet(pooled_folder.parent / "rows.parquet")
    model = load_service(pooled_folder).predictor.model
    scores = pd.read_csv(pooled_folder.parent / "tables" / "panel_literal_scores.csv").iloc[0]
    error = (rows["revenue"] - model.predict(rows[list(CLASSIC)].to_numpy(float))) ** 2
    assert_allclose(error[rows["train"]].mean(), scores["train_mse"], rtol=1e-9)
    assert_allclose(error[~rows["train"]].mean(), scores["test_mse"], rtol=1e-9)


def test_weekly_predictions_equal_the_table(client, weekly_folder, simulation, study):
    table = pd.read_csv(weekly_folder.parent / "tables" / "fitted_weeks.csv")
    assert set(table["part"]) == {"train", "holdout"}
    columns = ["week", *(c.spend for c in study.channels.values()), "strike"]
    frame = simulation.frame[columns].assign(week=table["week"])
    records = frame.to_dict("records")
    assert_allclose(
        revenue(client.post("/predict", json=records).json), table["fitted"], rtol=1e-9
    )
    one_by_one = [client.post("/predict?detail=0", json=record).json for record in records]
    assert_allclose(revenue(one_by_one), table["fitted"], rtol=1e-9)


def test_contributions_add_up_and_equal_those_of_notebook_05(client, simulation, study, plan):
    last = simulation.frame.iloc[[-1]].assign(week=lambda t: t["week"].astype(str).str[:10])
    columns = ["week", *(c.spend for c in study.channels.values()), "strike"]
    answer = client.post("/predict", json=last[columns].to_dict("records")).json[0]
    weekly = weekly_data(simulation.frame, study)
    parts = returns.contributions(plan.model, weekly).by_week().iloc[-1]
    assert_allclose(list(answer["contributions"].values()), parts.to_numpy(), rtol=1e-9)
    assert list(answer["contributions"]) == list(parts.index)
    assert_allclose(sum(answer["contributions"].values()), answer["predicted_revenue"], rtol=1e-9)


def test_a_list_gives_what_single_records_give(pooled):
    records = [CLASSIC | {"month": month} for month in range(1, 13)]
    together = pooled.post("/predict", json=records).json
    alone = [pooled.post("/predict", json=record).json for record in records]
    assert_allclose(revenue(together), revenue(alone), rtol=1e-12)


def test_history_replaces_the_observed_weeks(client, week):
    last = pd.Timestamp(week["week"])
    media = {key: value for key, value in week.items() if key.endswith("_spend")}
    dark = [
        {"week": f"{last - pd.Timedelta(weeks=8 - i):%Y-%m-%d}", **dict.fromkeys(media, 0)}
        for i in range(8)
    ]
    without = client.post("/predict", json={"records": [week], "history": dark}).json
    observed = client.post("/predict", json={"records": [week]}).json
    assert revenue(without) < revenue(observed)
    assert revenue(observed) == revenue([client.post("/predict", json=week).json])


def test_earlier_records_carry_over_into_later_ones(client, week):
    following = week | {"week": f"{pd.Timestamp(week['week']) + pd.Timedelta(weeks=1):%Y-%m-%d}"}
    low = client.post("/predict", json=[week | {"tv_spend": 0}, following]).json
    high = client.post("/predict", json=[week | {"tv_spend": 100_000}, following]).json
    assert low[1]["predicted_revenue"] < high[1]["predicted_revenue"]


@pytest.fixture
def units(tmp_path):
    """A study with everything a record can hold: its table, weeks, model and service."""
    frame = make_frame().assign(value=2.5, grp=np.arange(104.0) % 17, season=["a", "b"] * 52)
    study = make_study(
        channels={
            "tv": {"label": "TV", "spend": "tv_spend", "exposure": "grp", "adstock": "geometric"},
            "search": {
                "label": "Search",
                "spend": "search_spend",
                "adstock": "geometric",
                "max_lag": 3,
            },
        },
        data={
            "file": "small.csv",
            "date": "week",
            "kpi": "sales",
            "kpi_type": "units",
            "value_column": "value",
        },
        controls={"categorical": ["season"]},
        baseline={"season_harmonics": 1, "holidays": "DE"},
    )
    weekly = weekly_data(frame, study)
    model = drawn_model(weekly, study, np.random.default_rng(3))
    folder = store_weekly(tmp_path, model, weekly, frame, study)
    columns = ["week", "grp", "search_spend", "season", "value"]
    records = frame[columns].assign(week=frame["week"].dt.strftime("%Y-%m-%d"))
    return records.to_dict("records"), weekly, model, create_app(folder).test_client()


def test_text_controls_values_and_exposures_are_understood(units):
    records, weekly, model, client = units
    expected = model.predict(weekly)
    got = revenue(client.post("/predict", json=records).json)
    assert_allclose(got, expected.mean(axis=0) * 2.5, rtol=1e-9)
    one = client.post("/predict", json=records[50]).json["predicted_revenue"]
    assert_allclose(one, got[50], rtol=1e-9)
    body = refused(client.post("/predict", json=records[0] | {"season": "c"}), 422, "season")
    assert "'a' or 'b'" in body["reason"]


def test_units_that_are_given_away_bring_nothing(units):
    records, *_, client = units
    free, sold = client.post("/predict", json=[records[50] | {"value": 0}, records[51]]).json
    assert free["predicted_revenue"] == free["interval"]["low"] == free["interval"]["high"] == 0
    assert set(free["contributions"].values()) == {0}
    assert [item["field"] for item in free["extrapolation"]] == ["value"]
    assert sold["interval"]["low"] < sold["predicted_revenue"] < sold["interval"]["high"]


# Intervals and extrapolation


def test_pooled_interval_is_that_of_ols(pooled, pooled_folder):
    rows = pd.read_parquet(pooled_folder.parent / "rows.parquet")
    train = rows[rows["train"]]
    fit = sm.OLS(train["revenue"], sm.add_constant(train[list(CLASSIC)])).fit()
    new = sm.add_constant(pd.DataFrame([CLASSIC], dtype=float), has_constant="add")
    expected = fit.get_prediction(new).conf_int(obs=True, alpha=0.1)[0]
    interval = pooled.post("/predict", json=CLASSIC).json["interval"]
    assert_allclose([interval["low"], interval["high"]], expected, rtol=1e-6)


def test_mixture_interval_of_one_draw_is_the_normal_one():
    low, high = mixture_interval(np.array([[10.0, 20.0]]), np.array([2.0]), 0.9)
    z = norm.ppf(0.95)
    assert_allclose(low, [10 - 2 * z, 20 - 2 * z], rtol=1e-9)
    assert_allclose(high, [10 + 2 * z, 20 + 2 * z], rtol=1e-9)


def test_mixture_interval_holds_the_stated_share(rng):
    mean, noise = rng.normal(0, [[1.0, 5.0]] * 200, (200, 2)), rng.uniform(0.1, 4, 200)
    mean[:50] += 40  # two humps
    low, high = mixture_interval(mean, noise, 0.8)
    for ends, share in ((low, 0.1), (high, 0.9)):
        got = norm.cdf((ends - mean) / noise[:, np.newaxis]).mean(axis=0)
        assert_allclose(got, share, atol=1e-8)


def test_values_beyond_training_are_flagged(pooled, client, week):
    extreme = CLASSIC | {"GOOGLE_PMAX_SPEND": 1e11, "year": 2030}
    flagged = pooled.post("/predict", json=extreme).json["extrapolation"]
    assert {"GOOGLE_PMAX_SPEND", "year"} <= {item["field"] for item in flagged}
    for item in flagged:
        assert not item["low"] <= item["value"] <= item["high"]
    flagged = client.post("/predict", json=week | {"tv_spend": 1e9}).json["extrapolation"]
    assert [item["field"] for item in flagged] == ["week", "tv_spend"]


# Budget questions


def test_what_if_gives_the_numbers_of_notebook_06(client, plan, study):
    scenario = {"kind": "multiply", "name": "More TV", "channel": "tv", "factor": 1.2}
    answer = client.post("/what-if", json=scenario).json
    result = decide.evaluate(Multiply(**scenario), plan)
    low, median, high = returns.summarize(result.revenue_change, study.interval)
    got = [answer[f"revenue_change{end}"] for end in ("_low", "", "_high")]
    assert_allclose(got, [low, median, high], rtol=1e-9)
    assert_allclose(answer["spend_change"], result.spend_change, rtol=1e-9)
    described = {k for k, f in WhatIfAnswer.model_fields.items() if f.is_required()}
    assert set(answer) == described  # the KPI is money: no change in units


def test_what_if_counts_units_where_the_kpi_does(units):
    answer = units[-1].post("/what-if", json=MORE).json
    assert set(answer) == set(WhatIfAnswer.model_fields)
    for end in ("_low", "", "_high"):
        assert_allclose(answer[f"revenue_change{end}"], 2.5 * answer[f"kpi_change{end}"])


def test_optimize_gives_the_numbers_of_notebook_07(client, plan, study):
    answer = client.post("/optimize", json={}).json
    rng = np.random.default_rng(np.random.SeedSequence(study.seed).spawn(32)[7])
    bounds = study.bounds
    best = decide.optimize(plan, bounds, rng=rng).best
    got = [channel["recommended_spend"] for channel in answer["channels"]]
    assert_allclose(got, best.spend, atol=0.011)
    assert {line["status"] for line in answer["certificate"]} <= {"PASS", "FAIL"}
    assert_allclose(answer["gain"]["mean"], best.gain.mean(), rtol=1e-6)
    assert set(answer["profit"]) == set(answer["gain"])


def test_optimize_keeps_budget_and_bounds(client):
    spend = client.get("/model").json["planning"]["spend"]
    answer = client.post("/optimize", json={"add": 1000, "bounds": {"tv": [1, 1]}}).json
    assert_allclose(answer["budget"], sum(spend.values()) + 1000, atol=0.01)
    plans = {line["channel"]: line["recommended_spend"] for line in answer["channels"]}
    assert_allclose(plans["tv"], spend["tv"], atol=0.01)
    assert_allclose(sum(plans.values()), answer["budget"], atol=0.005)


MORE = {"kind": "multiply", "name": "x", "channel": "tv", "factor": 1.1}
MOVE = {"kind": "shift", "name": "x", "from": "tv", "to": ["search"], "share": 0.1}


@pytest.mark.parametrize(
    ("path", "body", "status", "field"),
    [
        ("/what-if", {"kind": "no"}, 422, "kind"),
        ("/what-if", MORE | {"channel": "radio"}, 422, "channel"),
        ("/what-if", MORE | {"factor": -1}, 422, "factor"),
        ("/what-if", MORE | {"factor": "2"}, 422, "factor"),
        ("/what-if", MORE | {"factr": 1}, 422, "factr"),
        ("/what-if", MORE | {"factor": 1e308}, 422, "factor"),
        ("/what-if", MOVE | {"to": ["tv"]}, 409, None),
        ("/what-if", MOVE | {"to": ["radio"]}, 422, "to[0]"),
        ("/what-if", MOVE | {"to": []}, 422, "to"),
        ("/what-if", [], 422, None),
        ("/optimize", [], 422, None),
        ("/optimize", {"budget": 1}, 409, "budget"),
        ("/optimize", {"budget": 0}, 422, "budget"),
        ("/optimize", {"budget": 1e6, "add": 1e6}, 409, "add"),
        ("/optimize", {"bounds": {"radio": [0, 1]}}, 422, "bounds.radio"),
        ("/optimize", {"bounds": {"tv": [2, 1]}}, 409, "bounds.tv"),
        ("/optimize", {"bounds": {"tv": [1]}}, 422, "bounds.tv[1]"),
        ("/optimize", {"money": 1}, 422, "money"),
    ],
)
def test_wrong_budget_questions_are_refused(client, path, body, status, field):
    refused(client.post(path, json=body), status, field)


def test_a_second_optimization_at_the_same_time_is_asked_to_wait(client, monkeypatch):
    started, go_on = threading.Event(), threading.Event()

    def slow(planner, request):
        started.set()
        go_on.wait(10)
        return {}

    monkeypatch.setattr("mmm.serve.app.best_budget", slow)
    with ThreadPoolExecutor() as pool:
        first = pool.submit(client.application.test_client().post, "/optimize", json={})
        assert started.wait(10)
        refused(client.post("/optimize", json={}), 429)
        go_on.set()
        assert first.result().status_code == 200


def test_the_pooled_model_alone_has_no_budget(pooled):
    assert pooled.get("/model").json["planning"] is None
    refused(pooled.post("/optimize", json={}), 404)
    assert "/optimize" not in pooled.get("/openapi.json").json["paths"]


# Refusals

RAW = {
    "nothing": (b"", 400),
    "half an object": (b'{"a"', 400),
    "two documents": (b"{} {}", 400),
    "NaN": (b'{"year": NaN}', 400),
    "Infinity": (b'{"year": -Infinity}', 400),
    "duplicate keys": (b'{"year": 1, "year": 2}', 400),
    "deep nesting": (b"[" * 100_000, 400),
    "deep closed nesting": (b'{"a":' * 50_000 + b"1" + b"}" * 50_000, 400),
    "endless digits": (b"1" * 10_000, 400),
    "not UTF-8": (b'{"a": "\xff"}', 400),
    "byte order mark": (b"\xef\xbb\xbf{}", 400),
    "a string": (b'"record"', 422),
    "a number": (b"1", 422),
    "null": (b"null", 422),
    "an empty list": (b"[]", 422),
    "an empty record": (b"{}", 422),
    "a list of lists": (b"[[]]", 422),
    "too many records": (b"[" + b"1," * 1000 + b"1]", 422),
    "a lone surrogate": (b'{"\\ud800": 1}', 422),
    "a null byte": (b'{"\\u0000": 1}', 422),
    "too large": (b'"' + b"x" * BODY_LIMIT + b'"', 413),
}


@pytest.mark.parametrize("kind", RAW)
def test_malformed_bodies_are_refused(either, kind):
    raw, status = RAW[kind]
    refused(either.post("/predict", data=raw, content_type="application/json"), status)


@pytest.mark.parametrize(
    "value", ["1", "abc", None, True, [], {}, -1, 1e13, 10**400, "NaN", -1e-300]
)
def test_wrong_amounts_are_refused_by_name(pooled, value):
    text = json.dumps(CLASSIC | {"EMAIL_CLICKS": value})
    answer = pooled.post("/predict", data=text, content_type="application/json")
    refused(answer, 422, "EMAIL_CLICKS")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *(("month", value) for value in (0, 13, 1.5)),
        *(("day_of_week", value) for value in (7, 1e-42)),
        *(("year", value) for value in (1e9, "2024")),
    ],
)
def test_days_that_do_not_exist_are_refused(pooled, field, value):
    refused(pooled.post("/predict", json=CLASSIC | {field: value}), 422, field)


def test_whole_numbers_may_be_written_as_decimals(pooled):
    """Clients of some languages know only one kind of number."""
    one = pooled.post("/predict", json=CLASSIC)
    other = pooled.post("/predict", json=CLASSIC | {"year": 2024.0, "month": 5.0})
    assert one.json == other.json


def test_unknown_and_missing_fields_are_named(pooled):
    body = refused(
        pooled.post("/predict", json=CLASSIC | {"TIKTOK_SPEND": 1}), 422, "TIKTOK_SPEND"
    )
    assert "EMAIL_CLICKS" in body["remedy"]
    short = {k: v for k, v in CLASSIC.items() if k not in ("year", "month")}
    body = refused(pooled.post("/predict", json=[CLASSIC, short]), 422, "[1].year")
    assert "year, month" in body["reason"]


def test_wrong_weeks_are_refused(client, week):
    for value, status in [
        ("2024-13-01", 422),
        ("2024-W01-1", 422),
        ("20240101", 422),
        (20240101, 422),
        ("0001-01-01", 409),
        ("9999-12-31", 409),
        ("2021-12-27", 409),  # before the data
        ("2024-01-02", 409),  # a Tuesday
    ]:
        field = "week" if status == 422 else "[0].week"
        refused(client.post("/predict", json=week | {"week": value}), status, field)


def test_gaps_between_weeks_are_refused(client, week):
    later = week | {"week": "2024-12-30"}
    refused(client.post("/predict", json=[week, week]), 409, "[1].week")
    body = refused(client.post("/predict", json=later), 409, "history")
    assert week["week"] in body["reason"]
    history = [{k: v for k, v in week.items() if k != "strike"}]
    refused(client.post("/predict", json={"records": [later], "history": history}), 409, "history")
    assert client.post("/predict", json={"records": [week], "history": []}).status_code == 200
    refused(client.post("/predict", json={"records": [week], "more": 1}), 422, "more")
    refused(client.post("/predict", json={"records": [week], "history": 1}), 422, "history")
    body = {"records": [week], "history": [{"week": week["week"]}]}
    refused(client.post("/predict", json=body), 422, "history[0].tv_spend")


def test_other_content_types_are_refused(either):
    for kind in ("text/plain", "application/x-www-form-urlencoded", None):
        refused(either.post("/predict", data=b"{}", content_type=kind), 415)


def test_wrong_paths_and_methods_are_refused_in_json(either):
    refused(either.get("/nothing"), 404)
    refused(either.get("/health//"), 404)
    refused(either.get("/predict/"), 404)
    refused(either.get("/docs/swagger/../../../schemas.py"), 404)
    answer = either.get("/predict")
    refused(answer, 405)
    assert "POST" in answer.headers["Allow"]
    for method in ("PUT", "DELETE", "PATCH", "TRACE"):
        refused(either.open("/predict", method=method), 405)


@pytest.mark.parametrize("query", ["detail=2", "detail=", "detail=0&detail=1", "x=1"])
def test_wrong_queries_are_refused(pooled, query):
    refused(pooled.post(f"/predict?{query}", json=CLASSIC), 422, "detail")


def test_a_failure_of_ours_shows_no_trace(weekly_folder, monkeypatch, caplog):
    client = create_app(weekly_folder).test_client()
    monkeypatch.setattr("mmm.serve.app.best_budget", lambda *_: 1 / 0)
    answer = client.post("/optimize", json={})
    refused(answer, 500)
    assert "ZeroDivision" not in answer.text
    assert "ZeroDivisionError" in caplog.text


def test_an_answer_that_is_no_number_is_refused(weekly_folder, monkeypatch):
    client = create_app(weekly_folder).test_client()
    monkeypatch.setattr("mmm.serve.app.what_if", lambda *_: {"profit_change": float("inf")})
    body = refused(client.post("/what-if", json=MORE), 409)
    assert "beyond any number" in body["reason"]


# Headers, log, document


def test_security_headers_are_on_every_answer(either):
    for answer in (either.get("/"), either.get("/nothing"), either.post("/predict", data=b"x")):
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["X-Frame-Options"] == "DENY"
        assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
        assert answer.headers["Cache-Control"] == "no-store"


def test_other_hosts_are_refused_where_only_some_are_trusted(pooled_folder):
    client = create_app(pooled_folder, hosts=("localhost",)).test_client()
    assert client.get("/health").status_code == 200
    refused(client.get("/health", headers={"Host": "evil.example"}), 400)


def test_the_log_has_no_bodies_and_no_line_breaks(pooled, caplog):
    caplog.set_level("INFO", logger="mmm.serve")
    pooled.post("/predict", json=CLASSIC | {"secret": "hunter2"})
    pooled.get("/a%0Ab")
    assert "hunter2" not in caplog.text
    assert [record.getMessage().count("\n") for record in caplog.records] == [0, 0]
    assert 'POST "/predict" 422' in caplog.text


def test_the_documentation_page_needs_no_network(either):
    assert either.get("/docs").headers["Location"] == "/docs/swagger"
    page = either.get("/docs/swagger")
    assert "http:" not in page.text
    assert "https:" not in page.text
    policy = page.headers["Content-Security-Policy"]
    assert re.search("script-src 'self' 'sha256-[^']+'; ", policy)
    for file in ("css/swagger-ui.css", "js/swagger-ui-bundle.js", "images/swagger.svg"):
        assert f"swagger/{file}" in page.text
        assert either.get(f"/docs/swagger/{file}", buffered=True).status_code == 200
    assert '"validatorUrl": null' in page.text


def test_the_documentation_page_works_under_its_policy(pooled_folder):
    with chromium() as browser:
        server = make_server("127.0.0.1", 0, create_app(pooled_folder), threaded=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        page, requested, complaints = browser.new_page(), [], []
        page.on("request", lambda request: requested.append(request.url))
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(f"http://127.0.0.1:{server.port}/docs")
        page.locator(".opblock", has_text="/health").click()
        page.get_by_role("button", name="Try it out").click()
        page.get_by_role("button", name="Execute").click()
        answer = page.locator(".live-responses-table").first
        answer.wait_for()
        assert "ecommerce_panel" in answer.inner_text()
        server.shutdown()
    assert complaints == []
    own = ("data:", f"http://127.0.0.1:{server.port}/")
    assert all(url.strip().startswith(own) for url in requested)


def test_the_service_costs_nothing_until_it_is_asked_for():
    code = (
        "import sys, mmm, mmm.serve.batch, mmm.show.workbook\n"
        "print(sorted({'flask', 'waitress', 'flask_openapi3'} & sys.modules.keys()))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


# Loading


def test_a_folder_without_a_model_is_refused(tmp_path):
    with pytest.raises(ArtefactError, match=r"run_all\.py"):
        create_app(tmp_path)


@pytest.mark.parametrize(
    ("file", "content", "message"),
    [
        ("model.json", "{", "not a model"),
        ("model.json", "[" * 100_000, "not a model"),
        ("model.json", "[]", "damaged"),
        ("model.json", '{"schema": 1}', "damaged"),
        ("model_features.json", '{"schema": 2}', "damaged"),
        ("model_features.json", '{"schema": 1}', "schema 1, this version reads 2"),
    ],
)
def test_a_damaged_model_is_named(weekly_folder, tmp_path, file, content, message):
    folder = copy_models(weekly_folder, tmp_path / "models")
    (folder / file).write_text(content)
    with pytest.raises(ArtefactError, match=message):
        create_app(folder)


def test_of_a_panel_both_models_are_served(weekly_folder, pooled_folder, tmp_path):
    folder = copy_models(weekly_folder, tmp_path / "models")
    (folder / "pooled.json").write_bytes((pooled_folder / "pooled.json").read_bytes())
    both = create_app(folder).test_client()
    assert both.post("/predict", json=CLASSIC).status_code == 200
    assert list(both.get("/model").json["planning"]["channels"]) == ["tv", "video", "search"]
    assert create_app(folder / "model.json").test_client().get("/health").json["model"] == "drawn"


def test_units_without_a_value_are_answered_in_units(tmp_path):
    frame = make_frame()
    data = {"file": "small.csv", "date": "week", "kpi": "sales", "kpi_type": "units"}
    study = make_study(data={**data, "kpi_label": "Orders"})
    weekly = weekly_data(frame, study)
    model = drawn_model(weekly, study, np.random.default_rng(3))
    client = create_app(store_weekly(tmp_path, model, weekly, frame, study)).test_client()
    assert client.get("/model").json["unit"] == "Orders"
    cut = {"kind": "multiply", "name": "Off", "channel": "tv", "factor": 0.0}
    found = client.post("/what-if", json=cut).json
    assert found["kpi_change"] < 0
    assert found["kpi_change_low"] <= found["kpi_change"] <= found["kpi_change_high"]
    for key in ("revenue_change", "profit_change", "p_gain"):
        assert found[key] is None, key
    best = client.post("/optimize", json={"add": 100.0}).json
    assert best["gain"]["mean"] > 0
    assert (best["profit"], best["p_gain"]) == (None, None)
    assert not any("$" in line["finding"] for line in best["certificate"])
    likely = {line["check"]: line["finding"] for line in best["certificate"]}["the gain is likely"]
    assert "what a unit is worth is not known" in likely
