"""The OpenAPI document: what flask-openapi3 collects, plus the bodies that depend on the model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import flask_openapi3_swagger
from flask import Flask, Response, send_from_directory
from flask_openapi3 import OpenAPI

from mmm.serve.loading import Service
from mmm.serve.requests import SCENARIO, RecordForms
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


def _body(schema: dict[str, Any], example: Any) -> dict[str, Any]:
    return {"required": True, "content": {JSON: {"schema": schema, "example": example}}}


def _predict(
    operation: dict[str, Any], schemas: dict[str, Any], service: Service, forms: RecordForms
) -> None:
    schemas["Record"] = forms.record.model_json_schema()
    record = {"$ref": REFERENCE.format(model="Record")}
    records = {"type": "array", "items": record, "minItems": 1, "maxItems": RECORDS}
    options: list[dict[str, Any]] = [record, records]
    if forms.history is not None:
        schemas["HistoryWeek"] = forms.history.model_json_schema()
        week = {"$ref": REFERENCE.format(model="HistoryWeek")}
        history = {"type": "array", "items": week, "maxItems": HISTORY}
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


def _what_if(operation: dict[str, Any], schemas: dict[str, Any], channels: list[str]) -> None:
    schema = SCENARIO.json_schema(ref_template=REFERENCE)
    forms = schema.pop("$defs")
    for form in forms.values():
        for name, about in form.get("properties", {}).items():
            if about.get("pattern") == r"\S":
                about["pattern"] = f"[^{BLANK}]"
            if name in ("channel", "from"):
                about["enum"] = channels
            elif name == "to":
                about.update(uniqueItems=True, items={"type": "string", "enum": channels})
            elif name == "channels":
                about["items"] = {"type": "string", "enum": channels}
    schemas.update(forms)
    example = {"kind": "multiply", "name": "Half", "channel": channels[0], "factor": 0.5}
    operation["requestBody"] = _body(schema, example)


def _optimize(operation: dict[str, Any], schemas: dict[str, Any], channels: list[str]) -> None:
    schema = OptimizeRequest.model_json_schema(ref_template=REFERENCE)
    for option in schema["properties"]["bounds"]["anyOf"]:
        if option.get("type") == "object":
            option["propertyNames"] = {"enum": channels}
    schemas["OptimizeRequest"] = schema
    operation["requestBody"] = _body({"$ref": REFERENCE.format(model="OptimizeRequest")}, {})


#: The page may load its own files, and styles that Swagger UI sets on its elements.
DOCS_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)


PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>MMM service</title>
<link rel="icon" href="/docs/files/images/swagger.svg">
<link rel="stylesheet" href="/docs/files/css/swagger-ui.css">
</head>
<body>
<div id="swagger-ui"></div>
<noscript>This page needs JavaScript; see <a href="/openapi.json">/openapi.json</a></noscript>
<script src="/docs/files/js/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script>
</body>
</html>
"""


#: No validator: it would send the document to a server on the network.
START = """window.ui = SwaggerUIBundle({
  url: "/openapi.json", dom_id: "#swagger-ui", validatorUrl: null, deepLinking: true
});
"""


def add_docs(app: Flask) -> None:
    """Add ``/docs`` and the files it loads."""
    folder = Path(flask_openapi3_swagger.__file__).parent / "templates" / "swagger"

    def file(name: str) -> Response:
        return send_from_directory(folder, name, max_age=3600)

    app.add_url_rule("/docs", "docs", lambda: Response(PAGE, mimetype="text/html"))
    app.add_url_rule(
        "/docs/start.js", "docs_start", lambda: Response(START, mimetype="text/javascript")
    )
    app.add_url_rule("/docs/files/<path:name>", "docs_files", file)
