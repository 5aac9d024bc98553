"""The OpenAPI 3.1 description at ``/openapi.json`` and its page at ``/docs``, without the internet."""

from __future__ import annotations

from importlib.metadata import distribution
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, jsonify, redirect, render_template, send_from_directory
from pydantic.json_schema import models_json_schema
from werkzeug.wrappers import Response as BaseResponse

from bot.channels.schemas import AskReply, AskRequest, FeedbackRequest, ProblemReply

API_VERSION = "1.0.0"
_REF = "#/components/schemas/{model}"
# The package is only a carrier of Swagger UI's files; none of its code is imported.
_ASSETS_PACKAGE = "flask-openapi3-swagger"
_ASSETS = "flask_openapi3_swagger/templates/swagger"


def openapi_blueprint() -> Blueprint:
    """The description, its page, and the page's assets."""
    blueprint = Blueprint("openapi", __name__, template_folder="templates")
    assets = Path(str(distribution(_ASSETS_PACKAGE).locate_file(_ASSETS)))

    @blueprint.get("/")
    def home() -> BaseResponse:
        return redirect("/docs")

    @blueprint.get("/openapi.json")
    def description() -> Response:
        return jsonify(document())

    @blueprint.get("/docs")
    def page() -> str:
        return render_template("docs.html")

    @blueprint.get("/docs/<path:name>")
    def asset(name: str) -> Response:
        return send_from_directory(assets, name)

    return blueprint


def document() -> dict[str, Any]:
    """The whole description; its schemas are those that requests are checked with."""
    models = (AskRequest, AskReply, FeedbackRequest, ProblemReply)
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
        "paths": _paths(),
        "components": {"schemas": schemas["$defs"]},
    }


def _paths() -> dict[str, Any]:
    answers = {"200": _json("the reply", "AskReply")} | _problems("503", "no index can serve")
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
    }


def _feedback() -> dict[str, Any]:
    unknown = {"404": _json("no such request is known", "ProblemReply", "application/problem+json")}
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
    return {code: _json(said, "ProblemReply", "application/problem+json") for code, said in texts.items()}


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


def _json(text: str, model: str, media_type: str = "application/json") -> dict[str, Any]:
    return {"description": text} | _content(model, media_type)


def _content(model: str, media_type: str = "application/json") -> dict[str, Any]:
    return {"content": {media_type: {"schema": {"$ref": _REF.format(model=model)}}}}
