"""The operator's API as ``/openapi.json`` describes it."""

from __future__ import annotations

from typing import Any

from bot.admin.schemas import JobReply
from bot.channels.openapi import ApiPart, json_response

_KEY = "adminKey"


def admin_api() -> ApiPart:
    """Paths, models and the key."""
    scheme = {"type": "http", "scheme": "bearer", "description": "the key that BOT_ADMIN_KEY holds"}
    return ApiPart(_paths(), (JobReply,), {_KEY: scheme})


def _paths() -> dict[str, Any]:
    return {
        "/admin/index/rebuild": {
            "post": {
                "operationId": "rebuildIndex",
                "summary": "Rebuild the index from the knowledge folder",
                "description": "One rebuild at a time: while one is under way, it is the reply.",
                "security": [{_KEY: []}],
                "parameters": [_idempotency_key()],
                "responses": {"202": _with_location(json_response("the job to poll", "JobReply"))}
                | _problems("400", "401", "403", "500", "503"),
            }
        },
        "/admin/jobs/{job_id}": {
            "get": {
                "operationId": "job",
                "summary": "How far a rebuild is, and what came of it",
                "security": [{_KEY: []}],
                "parameters": [
                    {"name": "job_id", "in": "path", "required": True, "schema": {"type": "string"}}
                ],
                "responses": {"200": json_response("the job as it is now", "JobReply")}
                | _problems("401", "403", "404", "500", "503"),
            }
        },
    }


def _idempotency_key() -> dict[str, Any]:
    return {
        "name": "Idempotency-Key",
        "in": "header",
        "description": "requests with the same key get the same job, also after it is over",
        "schema": {"type": "string", "minLength": 1, "maxLength": 255},
    }


def _with_location(response: dict[str, Any]) -> dict[str, Any]:
    location = {"description": "address of the job", "schema": {"type": "string"}}
    return response | {"headers": {"Location": location}}


_PROBLEMS = {
    "400": "the idempotency key cannot be used",
    "401": "the key is missing or wrong",
    "403": "no key is set: the API is off",
    "404": "there is no such job",
    "500": "something went wrong here",
    "503": "the database cannot be reached",
}


def _problems(*statuses: str) -> dict[str, Any]:
    return {
        status: json_response(_PROBLEMS[status], "ProblemReply", "application/problem+json")
        for status in statuses
    }
