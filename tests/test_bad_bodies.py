"""Bad requests: every endpoint answers with error, field, reason and remedy, and goes on."""

import json

import pytest
from bad_inputs import bodies
from services import CLASSIC

from mmm.serve import create_app

BODIES = bodies.corpus()
ANSWER_LIMIT = 2_000


@pytest.fixture(scope="module")
def folders(weekly_folder, pooled_folder):
    return {"weekly": weekly_folder, "pooled": pooled_folder}


@pytest.fixture(scope="module")
def clients(folders):
    return {name: create_app(folder).test_client() for name, folder in folders.items()}


def test_the_corpus_is_large():
    assert len(BODIES) >= 300


def test_the_good_bodies_are_answered(clients):
    for body in (bodies.WEEK, {"records": [bodies.WEEK], "history": [bodies.PAST]}):
        assert clients["weekly"].post("/predict", json=body).status_code == 200
    assert clients["pooled"].post("/predict", json=CLASSIC).status_code == 200
    for scenario in (bodies.MORE, bodies.MOVE, bodies.GIVE, bodies.STOP):
        assert clients["weekly"].post("/what-if", json=scenario).status_code == 200


@pytest.mark.parametrize("name", BODIES)
def test_a_bad_body_is_refused_with_a_remedy(name, clients, caplog):
    service, path, content, kind, status, expected = BODIES[name]
    answer = clients[service].post(path, data=content, content_type=kind)
    assert answer.status_code == status, answer.text
    assert answer.mimetype == "application/json"
    told = json.loads(answer.data.decode("utf-8"))
    assert list(told) == ["error", "field", "reason", "remedy"]
    assert all(isinstance(told[key], str) and told[key] for key in ("error", "reason", "remedy"))
    assert told["field"] is None or told["field"]
    assert any(expected in str(value) for value in told.values()), told
    assert len(answer.data) < ANSWER_LIMIT
    assert "Traceback" not in answer.text
    assert "unexpected failure" not in caplog.text


def test_the_service_answers_as_before_after_all_of_them(folders):
    client = create_app(folders["weekly"]).test_client()
    before = client.post("/predict", json=bodies.WEEK).data
    files = {path: path.read_bytes() for path in folders["weekly"].iterdir()}
    for body in BODIES.values():
        if body.service == "weekly":
            client.post(body.path, data=body.content, content_type=body.kind)
    assert client.post("/predict", json=bodies.WEEK).data == before
    assert {path: path.read_bytes() for path in folders["weekly"].iterdir()} == files
