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

from bot.channels.schemas import AskReply, AskRequest, FeedbackRequest, ProblemReply
from bot.channels.security_headers import PagePolicy, protect

API_VERSION = "1.0.0"
_REF = "#/components/schemas/{model}"
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
    schemes = {name: scheme for part in parts for name, scheme in part.security_schemes.items()}
    _, schemas = models_json_schema([(model, "validation") for model in models], ref_template=_REF)
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
    answers = {"200": json_response("the reply", "AskReply")} | _problems("503", "no index can serve")
    body = {"required": True} | _content("AskRequest")
    parameters = [
        {"name": name, "in": "query", "required": name == "question", "schema": {"$ref": ref}}
        for name, ref in (
            ("question", "#/components/schemas/AskRequest/properties/question"),
            ("session_id", "#/components/schemas/AskRequest/properties/session_id"),
            ("language", "#/components/schemas/AskRequest/properties/language"),
        )
    ]
    return {
        "/ask": {
            "post": {
                "operationId": "ask",
                "summary": "Ask a question",
                "requestBody": body,
                "responses": answers,
            },
            "get": {
                "operationId": "askByAddress",
                "summary": "Ask a question in the address",
                "parameters": parameters,
                "responses": answers,
            },
        },
        "/feedback": {"post": _feedback()},
        "/healthz": {"get": _probe("healthz", "Whether the process is up")},
        "/readyz": {"get": _probe("readyz", "Whether it can answer, and from which index")},
        "/metrics": {"get": _metrics()},
    }


def _metrics() -> dict[str, Any]:
    text = {"text/plain": {"schema": {"type": "string"}}}
    return {
        "operationId": "metrics",
        "summary": "What Prometheus collects",
        "responses": {"200": {"description": "metrics of all workers", "content": text}},
    }


def _feedback() -> dict[str, Any]:
    unknown = {"404": json_response("no such request is known", "ProblemReply", "application/problem+json")}
    return {
        "operationId": "giveFeedback",
        "summary": "Say what a user thinks of an answer",
        "requestBody": {"required": True} | _content("FeedbackRequest"),
        "responses": {"204": {"description": "it is remembered"}}
        | unknown
        | _problems("503", "the database fails"),
    }


def _problems(status: str, text: str) -> dict[str, Any]:
    """The errors of every operation, and one of this."""
    texts = {
        "400": "the request cannot be understood",
        "413": "the body is larger than 64 KiB",
        "500": "something went wrong here",
        status: text,
    }
    return {
        code: json_response(said, "ProblemReply", "application/problem+json") for code, said in texts.items()
    }


def _probe(name: str, summary: str) -> dict[str, Any]:
    response = {
        "description": "its state",
        "content": {"application/json": {"schema": {"type": "object"}}},
    }
    return {
        "operationId": name,
        "summary": summary,
        "responses": {"200": response, "503": response},
    }


def json_response(text: str, model: str, media_type: str = "application/json") -> dict[str, Any]:
    """A response that a model describes."""
    return {"description": text} | _content(model, media_type)


def _content(model: str, media_type: str = "application/json") -> dict[str, Any]:
    return {"content": {media_type: {"schema": {"$ref": _REF.format(model=model)}}}}
