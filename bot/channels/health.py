"""``/healthz`` (the process is up) and ``/readyz`` (it can answer, from what, and what it had to refuse)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict

from flask import Blueprint, Response, jsonify

from bot.domain import IndexState, LogState
from bot.errors import BotError
from bot.ports import IndexFacts


def health_blueprint(
    facts: Callable[[], IndexFacts],
    state: Callable[[], IndexState],
    digest: Callable[[], str],
    log: Callable[[], LogState],
) -> Blueprint:
    """``facts`` of the live index and its ``state``; ``digest`` of the knowledge folder as it is now; the
    ``log``'s state.
    """
    blueprint = Blueprint("health", __name__)

    @blueprint.get("/healthz")
    def healthz() -> Response:
        return jsonify(status="ok")

    @blueprint.get("/readyz")
    def readyz() -> Response:
        try:
            live = facts()
        except BotError as error:
            response = jsonify(status="failing", reason=str(error))
            response.status_code = 503
            return response
        return jsonify(
            status="ok",
            model=live.model,
            index_version=live.version,
            knowledge_digest=live.digest,
            built_at=live.built_at,
            stale=live.digest != digest(),
            refused=_refused(state()),
            store=_store(log()),
        )

    return blueprint


def _refused(state: IndexState) -> dict[str, str] | None:
    """The version that should serve but cannot, and why."""
    return asdict(state.refused) if state.refused else None


def _store(state: LogState) -> dict[str, str | int]:
    """It answers either way, so a store that fails does not make it unready."""
    status = {"status": "failing", "reason": state.reason} if state.reason else {"status": "ok"}
    return status | {"waiting": state.waiting, "dropped": state.dropped}
