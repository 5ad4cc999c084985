"""The Flask application: routes, errors as JSON, headers, and a log without bodies."""

from __future__ import annotations

import json
import logging
import threading
import time
from http import HTTPStatus
from pathlib import Path
from typing import Any

import numpy as np
from flask import Response, g, request
from flask_openapi3 import Info, OpenAPI
from pydantic import BaseModel
from werkzeug.exceptions import HTTPException

from mmm.serve import schemas
from mmm.serve.document import add_docs, describe, docs_policy
from mmm.serve.loading import Service, load_service
from mmm.serve.planning import Planner, best_budget, what_if
from mmm.serve.problems import RequestError, conflict, refused, unusable
from mmm.serve.records import FieldSpec
from mmm.serve.regional import RegionalPredictor
from mmm.serve.requests import (
    BODY_LIMIT,
    read_budget,
    read_json,
    read_question,
    read_region_question,
    read_scenario,
    record_forms,
    region_forms,
    require_no_region,
)

RUNNING = "MMM Model is running!"
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
}
JSON_POLICY = "default-src 'none'; frame-ancestors 'none'"
Responses = dict[str | int | HTTPStatus, type[BaseModel] | dict[Any, Any] | None]

#: Problems that any question may have, for the document.
PROBLEMS: Responses = dict.fromkeys((400, 409, 413, 415, 422), schemas.Error)

log = logging.getLogger("mmm.serve")


def create_app(model_path: str | Path, *, hosts: tuple[str, ...] | None = None) -> OpenAPI:
    """Make the application of one model.

    Raises
    ------
    ArtefactError
        If there is no model, or it was written by another version.
    """
    service = load_service(Path(model_path))
    info = Info(
        title=f"MMM service: {service.predictor.about.title}",
        version=service.version,
        description="Predictions, what-if and budgets of one fitted marketing mix model.",
    )
    app = OpenAPI("mmm.serve", info=info, doc_ui=False, validation_error_model=schemas.Error)
    app.config["MAX_CONTENT_LENGTH"] = BODY_LIMIT
    app.config["TRUSTED_HOSTS"] = list(hosts) if hosts else None
    app.url_map.merge_slashes = False
    _add_errors(app)
    _add_headers(app)
    _add_reading(app, service)
    _add_predict(app, service)
    if service.regional is not None:
        _add_contribution(app, service.regional)
    if service.planner is not None:
        _add_planning(app, service.planner)
    document = describe(app, service, record_forms(service.predictor))
    app.add_url_rule("/openapi.json", "openapi", lambda: _json(document))
    add_docs(app)
    return app


def _json(value: Any, status: int = 200) -> Response:
    try:
        text = json.dumps(value, allow_nan=False, separators=(",", ":"))
    except ValueError:  # inputs so large that the answer is no number
        raise conflict(None, "the answer is beyond any number", "Send smaller amounts.") from None
    return Response(text + "\n", status=status, mimetype="application/json")


def _add_reading(app: OpenAPI, service: Service) -> None:
    """Add the routes that only read."""
    model = _model_answer(service)
    health = {
        "status": "ok",
        "model": service.name,
        "study": service.predictor.about.study,
        "version": service.version,
        "schema": service.schema,
    }
    text: Responses = {200: {"content": {"text/plain": {"schema": {"type": "string"}}}}}

    @app.get("/", summary="Say that the service runs", responses=text)
    def index() -> Response:
        return Response(RUNNING, mimetype="text/plain")

    @app.get("/health", summary="Model, study and versions", responses={200: schemas.Health})
    def state() -> Response:
        return _json(health)

    form = schemas.ModelAnswer if service.regional is None else schemas.RegionalModelAnswer

    @app.get("/model", summary="Fields, ranges, example", responses={200: form})
    def about() -> Response:
        return _json(model)


def _model_answer(service: Service) -> dict[str, Any]:
    predictor, planner = service.predictor, service.planner
    about = predictor.about
    return {
        "model": service.name,
        "kind": predictor.kind,
        "study": about.study,
        "title": about.title,
        "outcome": predictor.outcome,
        "unit": predictor.unit,
        "interval": predictor.level,
        "features": [_field(spec) for spec in predictor.specs],
        "example": about.example,
        "takes_history": predictor.carries_over,
        "planning": None if planner is None else _planning(planner),
        "grades": service.grades,
        **({} if service.regional is None else {"regions": _regions(service.regional)}),
    }


def _regions(predictor: RegionalPredictor) -> list[dict[str, Any]]:
    pairs = zip(predictor.names, predictor.heads.tolist(), strict=True)
    return [{"name": name, "share": share} for name, share in pairs]


def _field(spec: FieldSpec) -> dict[str, Any]:
    low, high = (None, None) if spec.kind in ("week", "level") else spec.bounds
    return {
        "name": spec.name,
        "kind": spec.kind,
        "unit": spec.unit,
        "low": spec.low,
        "high": spec.high,
        "minimum": low,
        "maximum": high,
        "levels": list(spec.levels),
    }


def _planning(planner: Planner) -> dict[str, Any]:
    spend = planner.plan.total_spend.tolist()
    return {
        "channels": planner.labels,
        "bounds": planner.bounds,
        "window": planner.window,
        "currency": planner.about.currency,
        "spend": dict(zip(planner.plan.channels, spend, strict=True)),
    }


def _add_predict(app: OpenAPI, service: Service) -> None:
    forms, predictor = record_forms(service.predictor), service.predictor

    @app.post(
        "/predict",
        summary="Predict the revenue of one record or a list",
        responses={200: schemas.Prediction, **PROBLEMS},
    )
    def predict() -> Response:
        detail = _detail()
        body = read_json(request.get_data(), request.mimetype)
        if service.regional is not None:
            require_no_region(body, service.regional)
        question = read_question(body, forms)
        with np.errstate(all="ignore"):
            answers = predictor.predict(question.records, question.history, detail=detail)
        return _json(answers[0] if question.is_single else answers)


def _add_contribution(app: OpenAPI, predictor: RegionalPredictor) -> None:
    forms = region_forms(predictor)

    @app.post(
        "/contribution",
        summary="What media add in one region, week by week; a region has no baseline of its own",
        responses={200: schemas.Contributions, **PROBLEMS},
    )
    def contribution() -> Response:
        body = read_json(request.get_data(), request.mimetype)
        question = read_region_question(body, forms)
        weeks = question.weeks
        with np.errstate(all="ignore"):
            answers = predictor.contribution(question.region, weeks.records, weeks.history)
        return _json(answers)


def _strict_body() -> bytes:
    """Return the body as it was sent, once it is known to be strict JSON."""
    body = request.get_data()
    read_json(body, request.mimetype)
    return body


def _detail() -> bool:
    if not request.query_string:
        return True
    values = request.args.getlist("detail")
    if set(request.args) - {"detail"} or len(values) > 1 or values not in (["0"], ["1"]):
        reason = "the only query parameter is detail, once, 0 or 1"
        raise unusable("detail", reason, "Use /predict?detail=0 for the prediction alone.")
    return values == ["1"]


def _add_planning(app: OpenAPI, planner: Planner) -> None:
    at_work = threading.Lock()

    @app.post(
        "/what-if",
        summary="What a scenario would change",
        responses={200: schemas.WhatIfAnswer, **PROBLEMS},
    )
    def scenario() -> Response:
        question = read_scenario(_strict_body())
        with np.errstate(all="ignore"):
            return _json(what_if(planner, question))

    @app.post(
        "/optimize",
        summary="The best allocation found for a budget",
        responses={200: schemas.OptimizeAnswer, **PROBLEMS, 429: schemas.Error},
    )
    def optimize() -> Response:
        question = read_budget(_strict_body())
        if not at_work.acquire(blocking=False):
            remedy = "Ask again in a few seconds."
            raise RequestError(
                429, "busy", field=None, reason="a budget is at work", remedy=remedy
            )
        try:
            with np.errstate(all="ignore"):
                return _json(best_budget(planner, question))
        finally:
            at_work.release()


def _add_errors(app: OpenAPI) -> None:
    @app.errorhandler(RequestError)
    def problem(error: RequestError) -> Response:
        return _json(error.to_json(), error.status)

    @app.errorhandler(HTTPException)
    def http(error: HTTPException) -> Response:
        status = error.code or 400
        answer = _json(refused(status, error.name, _reason(error, status)).to_json(), status)
        if status == 405:
            answer.headers["Allow"] = dict(error.get_headers()).get("Allow", "")
        return answer

    @app.errorhandler(Exception)
    def unexpected(error: Exception) -> Response:
        log.error("unexpected failure", exc_info=error)
        told = RequestError(
            500,
            "internal error",
            field=None,
            reason="the service failed; its log says how",
            remedy="Tell the people who run it.",
        )
        return _json(told.to_json(), told.status)


def _reason(error: HTTPException, status: int) -> str:
    if status == 413:
        return f"the body is larger than {BODY_LIMIT} bytes"
    if status in (404, 405):
        missing = "method" if status == 405 else "path"
        return f"{request.method} {request.path[:200]}: there is no such {missing}"
    return error.description or error.name


def _add_headers(app: OpenAPI) -> None:
    @app.before_request
    def start() -> None:
        g.started = time.perf_counter()

    @app.after_request
    def finish(response: Response) -> Response:
        response.headers.update(HEADERS)
        policy = JSON_POLICY
        if request.endpoint == "swagger.swagger":
            policy = docs_policy(response.get_data(as_text=True))
        response.headers["Content-Security-Policy"] = policy
        if request.endpoint != "swagger.static":
            response.headers["Cache-Control"] = "no-store"
        spent = 1000 * (time.perf_counter() - g.get("started", time.perf_counter()))
        path = json.dumps(request.path[:200])
        size = response.content_length or 0
        log.info("%s %s %d %dB %.1fms", request.method, path, response.status_code, size, spent)
        return response
