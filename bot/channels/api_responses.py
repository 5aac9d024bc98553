"""How the API's description tells of responses: with their model, their headers, and what errors mean."""

from __future__ import annotations

from typing import Any

SCHEMA_REF = "#/components/schemas/{model}"
_PROBLEMS = {
    "400": "the request cannot be understood",
    "401": "the key is missing, unknown, expired or revoked",
    "403": "the key is not good for this",
    "404": "there is no such thing",
    "413": "the body is larger than 64 KiB",
    "429": "asked too often; try again after as many seconds as the header says",
    "500": "something went wrong here",
    "503": "the service cannot do it now",
}
_HEADERS = {
    "X-Request-ID": ("names the request in the log: the client's own id or a new one", "string"),
    "Retry-After": ("seconds after which to try again", "integer"),
    "WWW-Authenticate": ("Bearer: what kind of key is wanted", "string"),
}
_HEADERS_OF = {"401": ("WWW-Authenticate",), "429": ("Retry-After",)}


def content(model: str, media_type: str = "application/json") -> dict[str, Any]:
    """A body that a model describes."""
    return {"content": {media_type: {"schema": {"$ref": SCHEMA_REF.format(model=model)}}}}


def json_response(text: str, model: str, media_type: str = "application/json") -> dict[str, Any]:
    """A response that a model describes."""
    return {"description": text, "headers": headers()} | content(model, media_type)


def headers(*names: str) -> dict[str, Any]:
    """The header that every response has, and others."""
    described = {name: _HEADERS[name] for name in ("X-Request-ID", *names)}
    return {
        name: {"description": text, "schema": {"type": kind}, "required": True}
        for name, (text, kind) in described.items()
    }


def problems(*statuses: str, **meanings: str) -> dict[str, Any]:
    """Errors by status; ``of_404="…"`` says better what this one means here."""
    own = {name.removeprefix("of_"): text for name, text in meanings.items()}
    texts = {status: _PROBLEMS[status] for status in statuses} | own
    return {status: _problem(status, text) for status, text in sorted(texts.items())}


def _problem(status: str, text: str) -> dict[str, Any]:
    response = json_response(text, "ProblemReply", "application/problem+json")
    return response | {"headers": headers(*_HEADERS_OF.get(status, ()))}
