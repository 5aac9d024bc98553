"""The operator's API as ``/openapi.json`` describes it."""

from __future__ import annotations

from typing import Any

from bot.admin.schemas import JobReply
from bot.channels.api_responses import json_response, problems
from bot.channels.openapi import ApiPart

_KEY = "adminKey"
_WHICH_KEY = "the key that BOT_ADMIN_KEY holds, or one that `keys create --scope rebuild` made"


def admin_api() -> ApiPart:
    """Paths, models and the key."""
    scheme = {"type": "http", "scheme": "bearer", "description": _WHICH_KEY}
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
                | _problems(of_400="the idempotency key cannot be used"),
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
                | _problems(of_404="there is no such job"),
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
    location = {"description": "address of the job", "schema": {"type": "string"}, "required": True}
    return response | {"headers": response["headers"] | {"Location": location}}


def _problems(**meanings: str) -> dict[str, Any]:
    off = "no key is set, so that the API is off, or the key is not good for this"
    return problems("401", "429", "500", of_403=off, of_503="the database cannot be reached", **meanings)
