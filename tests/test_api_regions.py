"""The service and batch scoring of a regional model: the country as ever, and single regions."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from regional import NAMES, split_model, split_weeks
from services import copy_models, store_regional, store_weekly
from studies import drawn_model, make_frame, make_study

from mmm import decide
from mmm.data.weekly import weekly_data
from mmm.decide.returns import current_plan
from mmm.errors import DataError
from mmm.serve import create_app
from mmm.serve.batch import ADDED, ADDED_BY_REGION, score_file
from mmm.serve.loading import load_service
from mmm.store import Store
from mmm.study.streams import stream

CHANNELS = ("tv", "video", "search")


@pytest.fixture(scope="module")
def stored(tmp_path_factory, simulation, study, weekly):
    """A stored model of three regions, with its weeks and a client of its service."""
    folder = tmp_path_factory.mktemp("regions")
    models, model, split, plain = store_regional(folder, simulation, study, weekly)
    client = create_app(models).test_client()
    return SimpleNamespace(model=model, weekly=split, folder=models, client=client, study=plain)


def country(stored, media, weeks):
    """Return records of the whole country."""
    return [
        {"week": f"{week:%Y-%m-%d}", **spend_of(row), "strike": 0.0}
        for week, row in zip(weeks, media.tolist(), strict=True)
    ]


def spend_of(row):
    return {f"{name}_spend": value for name, value in zip(CHANNELS, row, strict=True)}


def of_region(stored, region, media, start):
    """Return a region's records: its share of media of the whole country."""
    shares = np.stack(
        [r.regions.shares(start, len(media))[:, region] for r in stored.model.responses], axis=1
    )
    weeks = stored.weekly.weeks[0] + pd.to_timedelta(7 * (start + np.arange(len(media))), "D")
    return [
        {"week": f"{week:%Y-%m-%d}", **spend_of(row)}
        for week, row in zip(weeks, (media * shares).tolist(), strict=True)
    ]


def post(stored, path, body):
    answer = stored.client.post(path, json=body)
    assert answer.status_code == 200, answer.text
    return answer.json


def contributions(answers):
    return np.array([list(answer["contributions"].values()) for answer in answers])


# The country


def test_predictions_of_all_weeks_are_those_of_the_table(stored):
    media = stored.weekly.media.to_numpy(float)
    records = country(stored, media, stored.weekly.weeks)
    strikes = stored.weekly.controls["strike"].tolist()
    records = [row | {"strike": s} for row, s in zip(records, strikes, strict=True)]
    fitted = pd.read_csv(stored.folder.parent / "tables" / "fitted_weeks.csv")["fitted"]
    got = [answer["predicted_revenue"] for answer in post(stored, "/predict", records)]
    assert_allclose(got, fitted, rtol=1e-9)
    assert_allclose(got, stored.model.expected(stored.weekly) * stored.weekly.value, rtol=1e-9)
    for week in (0, 3, 60, len(records) - 1):
        one = post(stored, "/predict?detail=0", records[week])["predicted_revenue"]
        assert_allclose(one, fitted[week], rtol=1e-9)


def test_future_weeks_and_history_are_split_as_the_model_splits_them(stored):
    past, n_weeks = stored.weekly.media.to_numpy(float), len(stored.weekly)
    future = past[-6:] * 1.4
    known = np.vstack([past, future])
    expected = stored.model.media_effect(known).channels.mean(axis=0)
    weeks = stored.weekly.weeks[0] + pd.to_timedelta(7 * np.arange(len(known)), "D")
    records = country(stored, known, weeks)
    answers = post(stored, "/predict", records[n_weeks:])
    assert_allclose(contributions(answers)[:, 1:], expected[n_weeks:], rtol=1e-9)
    history = [{k: v for k, v in row.items() if k != "strike"} for row in records[:-1]]
    later = post(stored, "/predict", {"records": records[-1:], "history": history[n_weeks - 8 :]})
    assert_allclose(contributions(later)[0, 1:], expected[-1], rtol=1e-9)
    dark = [row | dict.fromkeys(spend_of([0.0] * 3), 0.0) for row in history[-8:]]
    silent = known.copy()
    silent[-9:-1] = 0.0
    got = post(stored, "/predict", {"records": records[-1:], "history": dark})
    expected = stored.model.media_effect(silent).channels.mean(axis=0)[-1]
    assert_allclose(contributions(got)[0, 1:], expected, rtol=1e-9)


def test_scenarios_and_budgets_are_those_of_the_plan(stored):
    plan = current_plan(stored.model, stored.weekly, window_weeks=stored.study.window_weeks)
    body = {"kind": "multiply", "name": "More", "channel": "tv", "factor": 1.5}
    expected = plan.revenue([1.5, 1, 1]) - plan.revenue([1, 1, 1])
    answer = post(stored, "/what-if", body)
    assert_allclose(answer["revenue_change"], np.median(expected), rtol=1e-9)
    answer = post(stored, "/optimize", {})
    rng = stream(stored.study.seed, "optimizer")
    best = decide.optimize(plan, stored.study.bounds, rng=rng, objective="mean").best
    got = [row["recommended_spend"] for row in answer["channels"]]
    assert_allclose(got, best.spend, atol=0.011)
    assert_allclose(answer["gain"]["mean"], best.gain.mean(), rtol=1e-6)
    gain = plan.revenue(best.multipliers) - plan.revenue(np.ones(3))
    assert_allclose(answer["gain"]["mean"], gain.mean(), rtol=1e-6)
    assert answer["gain"]["mean"] > 0


# One region


def test_the_model_lists_its_regions(stored):
    regions = stored.client.get("/model").json["regions"]
    assert [region["name"] for region in regions] == list(NAMES)
    assert_allclose([region["share"] for region in regions], [0.5, 0.3, 0.2])


@pytest.mark.parametrize("start", [0, 40, "future"])
def test_regions_add_up_to_the_country(stored, start):
    past, n_weeks = stored.weekly.media.to_numpy(float), len(stored.weekly)
    start = n_weeks if start == "future" else start
    media = np.vstack([past, past[-5:] * 0.7])[start:]
    expected = stored.model.media_effect(np.vstack([past[:start], media])).channels[:, start:]
    total = np.zeros(expected.shape[1:])
    for region, name in enumerate(NAMES):
        body = {"region": name, "records": of_region(stored, region, media, start)}
        answers = post(stored, "/contribution", body)
        parts = contributions(answers)
        assert_allclose([a["incremental"] for a in answers], parts.sum(axis=1), rtol=1e-9)
        assert all(a["region"] == name and a["unit"] == stored.study.currency for a in answers)
        assert all(a["interval"]["low"] <= a["interval"]["high"] for a in answers)
        total += parts
    assert_allclose(total, expected.mean(axis=0), rtol=1e-9)


def test_history_of_a_region_is_its_own(stored):
    past, n_weeks = stored.weekly.media.to_numpy(float), len(stored.weekly)
    rows = of_region(stored, 1, past, 0)
    alone = post(stored, "/contribution", {"region": "South", "records": rows[-1:]})
    body = {"region": "South", "records": rows[-1:], "history": rows[n_weeks - 9 : n_weeks - 1]}
    assert_allclose(
        contributions(post(stored, "/contribution", body)), contributions(alone), rtol=1e-9
    )
    dark = [row | dict.fromkeys(spend_of([0.0] * 3), 0.0) for row in body["history"]]
    less = post(stored, "/contribution", body | {"history": dark})
    assert (contributions(less) < contributions(alone)).all()


def test_spend_beyond_what_a_region_has_seen_is_flagged(stored):
    rows = of_region(stored, 2, stored.weekly.media.to_numpy(float)[-1:] * 50, 129)
    answer = post(stored, "/contribution", {"region": "West", "records": rows})[0]
    assert [item["field"] for item in answer["extrapolation"]] == list(spend_of([0] * 3))
    seen = stored.weekly.regions.media[2, :, 0]
    assert_allclose(answer["extrapolation"][0]["high"], seen.max(), rtol=1e-9)


def rows_of(stored, region, count=3):
    past = stored.weekly.media.to_numpy(float)
    return of_region(stored, region, past[:count], 0)


@pytest.mark.parametrize(
    ("change", "status", "field", "told"),
    [
        ({"region": "Nroth"}, 422, "region", "did you mean 'North'?"),
        ({"region": "x" * 500}, 422, "region", "North, South, West"),
        ({"region": None}, 422, "region", "GET /model lists the regions"),
        ({"region": 3}, 422, "region", "GET /model lists the regions"),
        ({"records": []}, 422, "records", "between 1 and"),
        ({"records": {}}, 422, "records", "a list of weeks"),
        ({"budget": 3}, 422, "budget", "unknown beside"),
        ({"history": [{"week": "2022-01-03"}]}, 422, "history[0].tv_spend", "missing"),
    ],
)
def test_wrong_questions_about_a_region_are_refused(stored, change, status, field, told):
    body = {"region": "North", "records": rows_of(stored, 0)} | change
    answer = stored.client.post("/contribution", json=body)
    assert (answer.status_code, answer.json["field"]) == (status, field), answer.text
    assert told in answer.json["reason"] + answer.json["remedy"]
    assert len(answer.data) < 2_000


def test_controls_and_gaps_are_refused_in_a_region_too(stored):
    rows = rows_of(stored, 0)
    body = {"region": "North", "records": [rows[0] | {"strike": 0.0}]}
    answer = stored.client.post("/contribution", json=body)
    assert (answer.status_code, answer.json["field"]) == (422, "records[0].strike")
    answer = stored.client.post("/contribution", json=body | {"records": [rows[0], rows[2]]})
    assert (answer.status_code, answer.json["field"]) == (409, "[1].week")


@pytest.mark.parametrize("name", ["region", "dma"])
def test_a_prediction_of_one_region_is_refused_with_the_way_to_go(stored, name):
    week = stored.client.get("/model").json["example"]
    one = week | {name: "North"}
    for body in (one, [week, one], {"records": [week], name: "North"}, {"records": [one]}):
        answer = stored.client.post("/predict", json=body)
        assert (answer.status_code, answer.json["field"]) == (422, name)
        assert "POST /contribution" in answer.json["remedy"]


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [
        (b"{", "application/json", 400),
        (b'{"region": "North", "region": "South"}', "application/json", 400),
        (b'{"region": "North", "records": [{"tv_spend": NaN}]}', "application/json", 400),
        (b'{"region": "\xff"}', "application/json", 400),
        (b"[" * 100_000, "application/json", 400),
        (b"{}", "text/plain", 415),
        (b" " * 1_100_000, "application/json", 413),
        (b"[]", "application/json", 422),
        (b"null", "application/json", 422),
        (b"{}", "application/json", 422),
        (b'{"region": "North", "records": [3]}', "application/json", 422),
        (b'{"region": "North", "records": [{}], "history": 3}', "application/json", 422),
    ],
)
def test_bad_bodies_about_a_region_are_refused_with_a_remedy(stored, content, kind, status):
    answer = stored.client.post("/contribution", data=content, content_type=kind)
    assert answer.status_code == status, answer.text
    assert list(answer.json) == ["error", "field", "reason", "remedy"]
    assert answer.json["reason"]
    assert answer.json["remedy"]


def test_no_more_weeks_than_of_the_country_are_answered_at_a_time(stored):
    body = {"region": "North", "records": rows_of(stored, 0)[:1] * 1_001}
    answer = stored.client.post("/contribution", json=body)
    assert (answer.status_code, answer.json["field"]) == (422, "records")


def test_a_channel_never_bought_in_a_region_has_no_effect_there_to_tell(stored, tmp_path):
    models = copy_models(stored.folder, tmp_path / "models")
    content = Store(models).read_json("model.json")
    split = content["responses"][0]["regions"]
    split["share"] = [[a + c, b, 0.0] for a, b, c in split["share"]]
    split["early"] = [split["early"][0] + split["early"][2], split["early"][1], 0.0]
    Store(models).write_json("model.json", content)
    client = create_app(models).test_client()
    rows = rows_of(stored, 2)
    answer = client.post("/contribution", json={"region": "West", "records": rows})
    assert (answer.status_code, answer.json["field"]) == (409, "[0].tv_spend")
    assert "never bought in 'West'" in answer.json["reason"]
    rows = [row | {"tv_spend": 0.0} for row in rows]
    answers = client.post("/contribution", json={"region": "West", "records": rows}).json
    assert all(a["contributions"]["tv"] == 0 < a["contributions"]["video"] for a in answers)


def test_the_example_of_the_document_is_answered(stored):
    document = stored.client.get("/openapi.json").json
    body = document["paths"]["/contribution"]["post"]["requestBody"]["content"]["application/json"]
    assert post(stored, "/contribution", body["example"])
    assert body["schema"]["properties"]["region"]["enum"] == list(NAMES)
    assert stored.client.get("/model").json["regions"][0]["name"] == body["example"]["region"]


def test_a_national_service_has_no_regions(weekly_folder):
    client = create_app(weekly_folder).test_client()
    assert client.post("/contribution", json={}).status_code == 404
    assert "regions" not in client.get("/model").json


def test_units_of_a_region_are_worth_what_the_record_says(tmp_path):
    frame = make_frame().assign(value=2.5)
    data = {"file": "s.csv", "date": "week", "kpi": "sales", "value_column": "value"}
    study = make_study(data=data | {"kpi_type": "units"})
    weekly = split_weeks(weekly_data(frame, study))
    drawn = drawn_model(weekly, study, np.random.default_rng(3))
    model = split_model(drawn, weekly, np.ones((drawn.n_draws, 3)))
    client = create_app(store_weekly(tmp_path, model, weekly, frame, study)).test_client()
    row = {"week": "2022-01-03", "tv_spend": 100.0, "search_spend": 50.0, "value": 2.5}
    rows = [row, row | {"week": "2022-01-10", "value": 0.0}]
    priced, free = client.post("/contribution", json={"region": "North", "records": rows}).json
    assert priced["incremental"] > 0 == free["incremental"] == free["contributions"]["tv"]
    double = {"region": "North", "records": [row | {"value": 5.0}]}
    twice = client.post("/contribution", json=double).json[0]
    assert_allclose(twice["interval"]["high"], 2 * priced["interval"]["high"], rtol=1e-12)
    missing = {"region": "North", "records": [{k: v for k, v in row.items() if k != "value"}]}
    answer = client.post("/contribution", json=missing)
    assert (answer.status_code, answer.json["field"]) == (422, "records[0].value")


# Files


def long_table(stored):
    """Return a row per region and week, regions in turn within a week."""
    past = stored.weekly.media.to_numpy(float)
    every = [
        pd.DataFrame(of_region(stored, r, past, 0)).assign(dma=n) for r, n in enumerate(NAMES)
    ]
    return pd.concat(every).sort_values("week", kind="stable").reset_index(drop=True)


def test_a_file_of_regions_gets_what_the_service_answers(stored, tmp_path):
    rows = long_table(stored).assign(note="kept")
    rows.to_csv(tmp_path / "in.csv", index=False)
    predictor = load_service(stored.folder).predictor
    assert score_file(predictor, tmp_path / "in.csv", tmp_path / "out.csv") == len(rows)
    table = pd.read_csv(tmp_path / "out.csv")
    assert list(table.columns) == [*rows.columns, *ADDED_BY_REGION]
    for region, name in enumerate(NAMES):
        records = of_region(stored, region, stored.weekly.media.to_numpy(float), 0)
        answers = post(stored, "/contribution", {"region": name, "records": records})
        own = table[table["dma"] == name]
        assert_allclose(own["incremental"], [a["incremental"] for a in answers], rtol=1e-9)
        assert_allclose(own["incremental_low"], [a["interval"]["low"] for a in answers], rtol=1e-9)
    national = stored.model.media_effect(stored.weekly.media.to_numpy(float)).total.mean(axis=0)
    assert_allclose(table.groupby("week")["incremental"].sum(), national, rtol=1e-9)


def test_a_file_without_regions_is_of_the_country(stored, simulation, tmp_path):
    simulation.frame.to_csv(tmp_path / "in.csv", index=False, date_format="%Y-%m-%d")
    score_file(load_service(stored.folder).predictor, tmp_path / "in.csv", tmp_path / "out.csv")
    table = pd.read_csv(tmp_path / "out.csv")
    assert set(ADDED) <= set(table.columns)
    fitted = pd.read_csv(stored.folder.parent / "tables" / "fitted_weeks.csv")["fitted"]
    assert_allclose(table["predicted_revenue"], fitted, rtol=1e-9)


@pytest.mark.parametrize(
    ("row", "column", "value", "message"),
    [
        (4, "dma", "Sout", "data row 5, column 'dma': .*did you mean 'South'"),
        (4, "dma", "", "data row 5, column 'dma'"),
        (7, "tv_spend", "-1", "data row 8, column 'tv_spend'"),
        (7, "week", "2022-13-40", "data row 8, column 'week'"),
        (7, "week", "2022-01-03", "data row 8, column 'week': .* does not follow"),
    ],
)
def test_a_mistake_in_a_file_of_regions_is_named(stored, tmp_path, row, column, value, message):
    rows = long_table(stored).astype(str)
    rows.loc[row, column] = value
    rows.to_csv(tmp_path / "in.csv", index=False)
    with pytest.raises(DataError, match=message):
        score_file(
            load_service(stored.folder).predictor, tmp_path / "in.csv", tmp_path / "out.csv"
        )
    assert not (tmp_path / "out.csv").exists()


def test_weeks_are_counted_per_region(stored, tmp_path, monkeypatch):
    monkeypatch.setattr("mmm.serve.batch.WEEKS", 130)
    predictor = load_service(stored.folder).predictor
    long_table(stored).to_csv(tmp_path / "in.csv", index=False)
    assert score_file(predictor, tmp_path / "in.csv", tmp_path / "out.csv") == 390
    monkeypatch.setattr("mmm.serve.batch.WEEKS", 129)
    with pytest.raises(DataError, match="more than 129 weeks"):
        score_file(predictor, tmp_path / "in.csv", tmp_path / "again.csv")
