"""``/feedback``: what a user thinks of an answer, by the request id that came with it."""

from __future__ import annotations

import threading
from collections.abc import Callable

from flask import Blueprint, Response, request
from pydantic import ValidationError
from werkzeug.exceptions import NotFound

from bot.channels.problems import body, invalid_request
from bot.channels.schemas import FeedbackRequest
from bot.domain import Verdict
from bot.ports import Feedback

# A question that was just asked is on its way to the log for about this long altogether.
_LOOKS, _PAUSE = 5, 0.1


def feedback_blueprint(open_feedback: Callable[[], Feedback], sleep: Callable[[float], object]) -> Blueprint:
    """``POST /feedback``; opens the store with the first one."""
    blueprint = Blueprint("feedback", __name__)
    # One at a time: made-up ids must not keep every thread of a worker waiting.
    may_wait = threading.Lock()

    @blueprint.post("/feedback")
    def post_feedback() -> Response:
        try:
            given = FeedbackRequest.model_validate_json(body(request.environ))
        except ValidationError as error:
            raise invalid_request(error, FeedbackRequest) from error
        if not (give(given) or give_patiently(given)):
            raise NotFound("no question of this request_id is known; send the one that the reply gave")
        return Response(status=204)

    def give(given: FeedbackRequest) -> bool:
        return open_feedback().give(given.request_id, Verdict(given.verdict), given.comment or "")

    def give_patiently(given: FeedbackRequest) -> bool:
        if not may_wait.acquire(blocking=False):
            return False
        try:
            return any(sleep(_PAUSE) or give(given) for _ in range(_LOOKS))
        finally:
            may_wait.release()

    return blueprint
