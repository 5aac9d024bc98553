"""``/ask``: a question as JSON or in the address, the reply as JSON; the web chat asks here too."""

from __future__ import annotations

import time
from collections.abc import Callable
from urllib.parse import unquote_to_bytes

from flask import Blueprint, Response, request
from pydantic import ValidationError

from bot.answering.answerer import Answerer
from bot.answering.conversation import Converser
from bot.channels.callers import channel
from bot.channels.problems import InvalidRequest, body, invalid_request, request_id
from bot.channels.schemas import AskRequest, ask_reply
from bot.channels.sessions import Sessions
from bot.domain import AskedQuestion, LoggedQuestion, Reply
from bot.ports import QuestionLog


def ask_blueprint(
    answerer: Answerer, sessions: Sessions, log: QuestionLog, clock: Callable[[], float]
) -> Blueprint:
    """``POST /ask`` with a JSON body, ``GET /ask?question=…`` for a quick try; ``clock`` for the log."""
    blueprint = Blueprint("ask", __name__)
    converser = Converser(answerer)

    @blueprint.post("/ask")
    def post_question() -> Response:
        try:
            return reply(AskRequest.model_validate_json(body()))
        except ValidationError as error:
            raise invalid_request(error) from error

    @blueprint.get("/ask")
    def get_question() -> Response:
        try:
            return reply(AskRequest.model_validate(_arguments()))
        except ValidationError as error:
            raise invalid_request(error) from error

    def reply(asked: AskRequest) -> Response:
        asked_on, started = channel(), time.perf_counter()
        given = answer(asked, asked_on)
        latency_ms = 1000 * (time.perf_counter() - started)
        question = AskedQuestion.of(asked.question, given)
        user = asked.session_id or ""
        log.write(LoggedQuestion(question, asked_on, user, clock(), latency_ms, request_id()))
        return Response(ask_reply(given, request_id()).model_dump_json(), mimetype="application/json")

    def answer(asked: AskRequest, asked_on: str) -> Reply:
        if not asked.session_id:
            return answerer.answer(asked.question, asked.forced_language)
        talk = sessions.recall(asked_on, asked.session_id)
        reply, after = converser.reply(asked.question, talk, asked.forced_language)
        sessions.keep(asked_on, asked.session_id, after)
        return reply

    return blueprint


def _arguments() -> dict[str, str]:
    """What the address carries; raises InvalidRequest for text that is not UTF-8, which would be mangled."""
    try:
        unquote_to_bytes(request.query_string).decode()
    except UnicodeDecodeError as error:
        raise InvalidRequest("the address is not UTF-8; percent-encode the question as UTF-8") from error
    return request.args.to_dict()
