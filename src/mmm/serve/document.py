"""The OpenAPI document: what flask-openapi3 collects, plus the bodies that depend on the model."""

from __future__ import annotations

import re
from base64 import b64encode
from hashlib import sha256
from typing import Any

from flask import Flask, redirect
from flask_openapi3 import OpenAPI
from flask_openapi3_swagger.plugins import RegisterPlugin

from mmm.serve.loading import Service
from mmm.serve.regional import REGION, RegionalPredictor
from mmm.serve.requests import SCENARIO, RecordForms, region_forms
from mmm.serve.schemas import HISTORY, RECORDS, OptimizeRequest

REFERENCE = "#/components/schemas/{model}"
JSON = "application/json"
#: What is blank differs between dialects of regular expressions: the pattern of the study's texts,
#: a character that is not blank, is spelled out for the readers of the document.
BLANK = r"\t\n\x0b\f\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
DETAIL = {
    "name": "detail",
    "in": "query",
    "required": False,
    "description": "0: only predicted_revenue; 1: interval, contributions, extrapolation too",
    "schema": {"type": "string", "enum": ["0", "1"], "default": "1"},
}


def describe(app: OpenAPI, service: Service, forms: RecordForms) -> dict[str, Any]:
    """Return the whole document."""
    document: dict[str, Any] = app.api_doc
    document["components"].pop("securitySchemes", None)  # null where there are none
    schemas = document["components"]["schemas"]
    for path in document["paths"].values():
        for operation in path.values():
            _drop_default(operation["responses"])
    _predict(document["paths"]["/predict"]["post"], schemas, service, forms)
    if service.regional is not None:
        _contribution(document["paths"]["/contribution"]["post"], schemas, service.regional)
    if service.planner is not None:
        channels = service.planner.plan.channels
        _what_if(document["paths"]["/what-if"]["post"], schemas, channels)
        _optimize(document["paths"]["/optimize"]["post"], schemas, channels)
    return document


def _drop_default(responses: dict[str, Any]) -> None:
    """Remove the answer that the library adds to operations that cannot give it."""
    schema = responses.get("422", {}).get("content", {}).get(JSON, {}).get("schema", {})
    if schema.get("type") == "array":
        del responses["422"]


def _reference(model: str) -> dict[str, str]:
    return {"$ref": REFERENCE.format(model=model)}


def _body(schema: dict[str, Any], example: Any) -> dict[str, Any]:
    return {"required": True, "content": {JSON: {"schema": schema, "example": example}}}


def _predict(
    operation: dict[str, Any], schemas: dict[str, Any], service: Service, forms: RecordForms
) -> None:
    schemas["Record"] = forms.record.model_json_schema()
    record = _reference("Record")
    records = {"type": "array", "items": record, "minItems": 1, "maxItems": RECORDS}
    options: list[dict[str, Any]] = [record, records]
    if forms.history is not None:
        schemas["HistoryWeek"] = forms.history.model_json_schema()
        history = {"type": "array", "items": _reference("HistoryWeek"), "maxItems": HISTORY}
        options.append(
            {
                "type": "object",
                "properties": {"records": records, "history": history},
                "required": ["records"],
                "additionalProperties": False,
            }
        )
    operation["requestBody"] = _body({"anyOf": options}, service.predictor.about.example)
    operation["parameters"] = [DETAIL]
    answers = operation["responses"]["200"]["content"][JSON]
    one = answers["schema"]
    answers["schema"] = {"anyOf": [one, {"type": "array", "items": one}]}


def _contribution(
    operation: dict[str, Any], schemas: dict[str, Any], predictor: RegionalPredictor
) -> None:
    forms = region_forms(predictor)
    assert forms.history is not None
    schemas["RegionRecord"] = forms.record.model_json_schema()
    schemas["RegionHistoryWeek"] = forms.history.model_json_schema()
    records = {"type": "array", "minItems": 1, "maxItems": RECORDS}
    properties = {
        REGION: {"type": "string", "enum": list(predictor.names)},
        "records": records | {"items": _reference("RegionRecord")},
        "history": {
            "type": "array",
            "items": _reference("RegionHistoryWeek"),
            "maxItems": HISTORY,
        },
    }
    schema = {
        "type": "object",
        "properties": properties,
        "required": [REGION, "records"],
        "additionalProperties": False,
    }
    operation["requestBody"] = _body(schema, predictor.example)


def _what_if(operation: dict[str, Any], schemas: dict[str, Any], channels: list[str]) -> None:
    schema = SCENARIO.json_schema(ref_template=REFERENCE)
    forms = schema.pop("$defs")
    for form in forms.values():
        for name, about in form.get("properties", {}).items():
            if about.get("pattern") == r"\S":
                about["pattern"] = f"[^{BLANK}]"
            if name in ("channel", "from"):
                about["enum"] = channels
            elif name in ("to", "channels"):
                about["items"] = {"type": "string", "enum": channels}
            if name == "to":
                about["uniqueItems"] = True
    schemas.update(forms)
    example = {"kind": "multiply", "name": "Half", "channel": channels[0], "factor": 0.5}
    operation["requestBody"] = _body(schema, example)


def _optimize(operation: dict[str, Any], schemas: dict[str, Any], channels: list[str]) -> None:
    schema = OptimizeRequest.model_json_schema(ref_template=REFERENCE)
    for option in schema["properties"]["bounds"]["anyOf"]:
        if option.get("type") == "object":
            option["propertyNames"] = {"enum": channels}
    schemas["OptimizeRequest"] = schema
    operation["requestBody"] = _body(_reference("OptimizeRequest"), {})


def docs_policy(page: str) -> str:
    """Return the policy of Swagger UI's page: its own files, and the script written in it."""
    scripts = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    hashes = [b64encode(sha256(script.encode()).digest()).decode() for script in scripts]
    allowed = " ".join(["'self'", *(f"'sha256-{value}'" for value in hashes)])
    return (
        f"default-src 'none'; script-src {allowed}; style-src 'self' 'unsafe-inline'; "
        "img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    )


def add_docs(app: Flask) -> None:
    """Add Swagger UI's page and its files below ``/docs``; it sends the document nowhere."""
    app.config["SWAGGER_CONFIG"] = {"validatorUrl": None}
    app.config["SEND_FILE_MAX_AGE_DEFAULT"] = 3600
    app.register_blueprint(RegisterPlugin.register(doc_url="/openapi.json"), url_prefix="/docs")
    app.add_url_rule("/docs", "docs", lambda: redirect("/docs/swagger"))
