"""``POST /admin/index/rebuild`` starts a build, ``GET /admin/jobs/…`` tells how far it is."""

from __future__ import annotations

import re
from collections.abc import Callable

from flask import Blueprint, Response, request, url_for
from werkzeug.exceptions import NotFound

from bot.admin.keys import require_key
from bot.admin.schemas import job_reply
from bot.channels.problems import InvalidRequest
from bot.domain import Job
from bot.ports import ApiKeys, Jobs

IDEMPOTENCY_HEADER = "Idempotency-Key"
_IDEMPOTENCY_KEY = re.compile(r"[ -~]{1,255}")
_POLL_SECONDS = 2


def admin_blueprint(
    key: str, jobs: Callable[[], Jobs], start: Callable[[str, Jobs], None], keys: ApiKeys | None = None
) -> Blueprint:
    """``key``: what a request must carry, or one of ``keys`` that may rebuild; ``jobs`` is called on
    first use; ``start`` runs a new job.
    """
    blueprint = Blueprint("admin", __name__, url_prefix="/admin")

    @blueprint.before_request
    def check_key() -> None:
        require_key(key, keys)

    @blueprint.post("/index/rebuild")
    def rebuild() -> Response:
        idempotency_key = _idempotency_key()
        job, is_new = jobs().request(idempotency_key)
        if is_new:
            start(job.id, jobs())
        response = _reply(job, 202)
        response.headers["Location"] = url_for("admin.job", job_id=job.id)
        return response

    @blueprint.get("/jobs/<job_id>")
    def job(job_id: str) -> Response:
        found = jobs().find(job_id)
        if found is None:
            raise NotFound("there is no such job; POST /admin/index/rebuild starts one")
        return _reply(found, 200)

    @blueprint.after_request
    def keep_private(response: Response) -> Response:
        response.headers["Cache-Control"] = "no-store"
        return response

    return blueprint


def _idempotency_key() -> str:
    """The client's, or empty; raises InvalidRequest for one that nobody could repeat for sure."""
    given = request.headers.get(IDEMPOTENCY_HEADER, "")
    if given and not _IDEMPOTENCY_KEY.fullmatch(given):
        raise InvalidRequest(f"{IDEMPOTENCY_HEADER}: send 1 to 255 ASCII characters")
    return given


def _reply(job: Job, status: int) -> Response:
    response = Response(job_reply(job).model_dump_json(), status, mimetype="application/json")
    if not job.state.is_over:
        response.headers["Retry-After"] = str(_POLL_SECONDS)
    return response
