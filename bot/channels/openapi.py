"""The OpenAPI 3.1 description at ``/openapi.json`` and its page at ``/docs``, without the internet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, jsonify, render_template, send_from_directory
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from bot.channels.api_responses import SCHEMA_REF, content, headers, json_response, problems
from bot.channels.callers import CHANNEL_HEADER, CHAT
from bot.channels.schemas import AskReply, AskRequest, FeedbackRequest, ProblemReply
from bot.channels.security_headers import PagePolicy, protect

API_VERSION = "1.0.0"
_KEY = "apiKey"
_KEY_SCHEME = {
    "type": "http",
    "scheme": "bearer",
    "description": "a key that `flask --app wsgi keys create` made",
}
_CHANNEL = {
    "name": CHANNEL_HEADER,
    "in": "header",
    "description": "sent by this server's own web chat, whose questions are logged apart and need no key",
    "schema": {"type": "string", "enum": [CHAT]},
}
# The package is only a carrier of Swagger UI's files; none of its code is imported.
_ASSETS_PACKAGE = "flask-openapi3-swagger"
_ASSETS = "flask_openapi3_swagger/templates/swagger"


@dataclass(frozen=True)
class ApiPart:
    """Further paths as OpenAPI describes them, the models they name, and what they are secured with."""

    paths: Mapping[str, Any]
    models: tuple[type[BaseModel], ...]
    security_schemes: Mapping[str, Any]


def openapi_blueprint(*parts: ApiPart) -> Blueprint:
    """The description, its page, and the page's assets."""
    blueprint = Blueprint(
        "openapi",
        __name__,
        template_folder="templates",
        static_folder="static/docs",
        static_url_path="/docs/static",
    )
    # Swagger UI writes style attributes and HTML.
    protect(blueprint, PagePolicy(styles="'self' 'unsafe-inline'", is_typed=False))
    assets = Path(str(distribution(_ASSETS_PACKAGE).locate_file(_ASSETS)))

    @blueprint.get("/openapi.json")
    def description() -> Response:
        return jsonify(document(*parts))

    @blueprint.get("/docs")
    def page() -> str:
        return render_template("docs.html")

    @blueprint.get("/docs/<path:name>")
    def asset(name: str) -> Response:
        return send_from_directory(assets, name)

    return blueprint


def document(*parts: ApiPart) -> dict[str, Any]:
    """The whole description; its schemas are those that requests are checked with."""
    further_models = [model for part in parts for model in part.models]
    models: list[type[BaseModel]] = [AskRequest, AskReply, FeedbackRequest, ProblemReply, *further_models]
    further = {path: item for part in parts for path, item in part.paths.items()}
    own = {_KEY: _KEY_SCHEME}
    schemes = own | {name: scheme for part in parts for name, scheme in part.security_schemes.items()}
    _, schemas = models_json_schema([(model, "validation") for model in models], ref_template=SCHEMA_REF)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "WeChat mini program question answering",
            "version": API_VERSION,
            "description": "Answers questions about mini program types in Simplified Chinese, "
            "Traditional Chinese and English, and says so when it does not know. Questions with the same "
            "session_id may go on from each other for 30 minutes.",
        },
        "paths": _paths() | further,
        "components": {"schemas": schemas["$defs"], "securitySchemes": schemes},
    }


def _paths() -> dict[str, Any]:
    answers = {"200": json_response("the reply", "AskReply")}
    answers |= _problems(of_503="no index can serve, the keys cannot be read, or too many others wait")
    return {
        "/ask": {
            "post": _public("ask", "Ask a question", answers)
            | {"requestBody": {"required": True} | content("AskRequest"), "parameters": [_CHANNEL]},
            "get": _public("askByAddress", "Ask a question in the address", answers)
            | {"parameters": [*_ask_parameters(), _CHANNEL]},
        },
        "/feedback": {"post": _feedback()},
        "/healthz": {"get": _probe("healthz", "Whether the process is up")},
        "/readyz": {"get": _probe("readyz", "Whether it can answer, and from which index")},
        "/metrics": {"get": _metrics()},
    }


def _public(name: str, summary: str, responses: dict[str, Any]) -> dict[str, Any]:
    """An operation that takes a key, and needs none unless its operator wants one."""
    return {
        "operationId": name,
        "summary": summary,
        "security": [{}, {_KEY: []}],
        "responses": responses,
    }


def _ask_parameters() -> list[dict[str, Any]]:
    schema = AskRequest.model_json_schema()
    return [
        {"name": name, "in": "query", "required": name in schema["required"], "schema": _in_address(field)}
        for name, field in schema["properties"].items()
    ]


def _in_address(field: dict[str, Any]) -> dict[str, Any]:
    """A field's schema where there is no null: it is left out instead."""
    kinds: list[dict[str, Any]] = field.get("anyOf", [field])
    return {"description": field["description"]} | next(kind for kind in kinds if kind.get("type") != "null")


def _feedback() -> dict[str, Any]:
    responses = {"204": {"description": "it is remembered", "headers": headers()}}
    responses |= _problems(
        of_404="no such request is known", of_503="the database fails, or too many others wait"
    )
    body = {"required": True} | content("FeedbackRequest")
    operation = _public("giveFeedback", "Say what a user thinks of an answer", responses)
    return operation | {"requestBody": body, "parameters": [_CHANNEL]}


def _problems(**meanings: str) -> dict[str, Any]:
    return problems("400", "401", "403", "413", "429", "500", **meanings)


def _metrics() -> dict[str, Any]:
    text = {"text/plain": {"schema": {"type": "string"}}}
    return {
        "operationId": "metrics",
        "summary": "What Prometheus collects",
        "responses": {
            "200": {"description": "metrics of all workers", "headers": headers(), "content": text}
        },
    }


def _probe(name: str, summary: str) -> dict[str, Any]:
    response = {
        "description": "its state",
        "headers": headers(),
        "content": {"application/json": {"schema": {"type": "object"}}},
    }
    return {
        "operationId": name,
        "summary": summary,
        "responses": {"200": response, "503": response},
    }
