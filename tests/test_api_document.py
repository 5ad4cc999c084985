"""The service keeps its own OpenAPI document: random requests, valid and not."""

import re
from contextlib import nullcontext

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from hypothesis import given as random
from pydantic import TypeAdapter, ValidationError
from services import store_regional

from mmm.serve import create_app
from mmm.serve.document import BLANK
from mmm.study.frozen import Text

#: Examples per operation and kind; benchmarks/service.py sends thousands.
EXAMPLES = settings().max_examples // 2


@pytest.fixture(scope="module")
def pooled_app(pooled_folder):
    return create_app(pooled_folder)


@pytest.fixture(scope="module")
def weekly_app(weekly_folder):
    return create_app(weekly_folder)


@pytest.fixture(scope="module")
def regional_app(tmp_path_factory, simulation, study, weekly):
    folder = tmp_path_factory.mktemp("regions")
    return create_app(store_regional(folder, simulation, study, weekly)[0])


def check_all(app):
    """Send random requests to every operation; count them."""
    document = schemathesis.openapi.from_wsgi("/openapi.json", app)
    sent = 0
    for found in document.get_all_operations():
        operation = found.ok()
        modes = list(schemathesis.GenerationMode)
        for mode in modes if operation.body else modes[:1]:

            @settings(
                max_examples=EXAMPLES,
                database=None,
                phases=[Phase.generate],
                suppress_health_check=list(HealthCheck),
            )
            @random(case=operation.as_strategy(generation_mode=mode))
            def check(case):
                nonlocal sent
                case.call_and_validate()
                sent += 1

            check()
    return sent


@pytest.mark.hypothesis
def test_the_pooled_service_keeps_its_document(pooled_app):
    assert check_all(pooled_app) > EXAMPLES


@pytest.mark.hypothesis
def test_the_weekly_service_keeps_its_document(weekly_app):
    assert check_all(weekly_app) > 3 * EXAMPLES


@pytest.mark.hypothesis
def test_the_regional_service_keeps_its_document(regional_app):
    assert check_all(regional_app) > 4 * EXAMPLES


def test_the_document_of_a_regional_service_says_what_a_region_is_asked(regional_app):
    document = regional_app.test_client().get("/openapi.json").json
    assert list(document["paths"])[4] == "/contribution"
    asked = document["paths"]["/contribution"]["post"]
    assert "no baseline" in asked["summary"]
    assert list(asked["responses"]) == ["200", "400", "409", "413", "415", "422"]
    record = document["components"]["schemas"]["RegionRecord"]
    assert "strike" not in record["properties"]
    assert record["required"] == ["week", "tv_spend", "video_spend", "search_spend"]


def test_the_document_lists_every_path_and_refusal(weekly_app):
    document = weekly_app.test_client().get("/openapi.json").json
    assert document["openapi"].startswith("3.1")
    assert list(document["paths"]) == [
        "/",
        "/health",
        "/model",
        "/predict",
        "/what-if",
        "/optimize",
    ]
    responses = document["paths"]["/predict"]["post"]["responses"]
    assert list(responses) == ["200", "400", "409", "413", "415", "422"]
    record = document["components"]["schemas"]["Record"]
    assert record["additionalProperties"] is False
    assert record["properties"]["week"]["format"] == "date"


def test_blank_texts_are_spelled_out_for_every_dialect():
    """The document's pattern says of every character what pydantic says."""
    texts = TypeAdapter(Text)
    for number in [*range(0xD800), *range(0xE000, 0x11000)]:
        accepted = re.search(f"[^{BLANK}]", chr(number)) is not None
        if accepted != (not chr(number).isspace()) or not accepted:
            with nullcontext() if accepted else pytest.raises(ValidationError):
                texts.validate_python(chr(number))
