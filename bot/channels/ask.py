"""``/ask``: a question as JSON or in the address, the reply as JSON; the web chat asks here too."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.parse import unquote_to_bytes

from flask import Blueprint
from pydantic import ValidationError
from werkzeug.wrappers import Request

from bot.answering.answerer import Answerer
from bot.answering.conversation import Converser
from bot.channels.callers import channel
from bot.channels.plain import answer_plainly
from bot.channels.problems import InvalidRequest, body, invalid_request, request_id
from bot.channels.schemas import AskRequest, ask_json, read_ask
from bot.channels.sessions import Sessions
from bot.domain import AskedQuestion, LoggedQuestion, Reply
from bot.ports import QuestionLog

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

Admit = Callable[["WSGIEnvironment"], None]


def everybody(_environ: WSGIEnvironment) -> None:
    """For bots that refuse nobody."""


def ask_blueprint(
    answerer: Answerer,
    sessions: Sessions,
    log: QuestionLog,
    clock: Callable[[], float],
    admit: Admit = everybody,
) -> Blueprint:
    """``POST /ask`` with a JSON body, ``GET /ask?question=…`` for a quick try; ``clock`` for the log.

    ``admit`` raises what is to be said to callers who may not ask.
    """
    blueprint = Blueprint("ask", __name__)
    converser = Converser(answerer)

    def reply(environ: WSGIEnvironment) -> bytes:
        admit(environ)
        asked_on, asked = channel(environ), _asked(environ)
        started = time.perf_counter()
        given = answer(asked, asked_on)
        latency_ms = 1000 * (time.perf_counter() - started)
        question = AskedQuestion.of(asked.question, given)
        user = asked.session_id or ""
        log.write(LoggedQuestion(question, asked_on, user, clock(), latency_ms, request_id()))
        return ask_json(given, request_id())

    def answer(asked: AskRequest, asked_on: str) -> Reply:
        if not asked.session_id:
            return answerer.answer(asked.question, asked.forced_language)
        talk = sessions.recall(asked_on, asked.session_id)
        reply, after = converser.reply(asked.question, talk, asked.forced_language)
        sessions.keep(asked_on, asked.session_id, after)
        return reply

    answer_plainly(blueprint, "/ask", reply)
    return blueprint


def _asked(environ: WSGIEnvironment) -> AskRequest:
    """What a request asks; raises InvalidRequest or RequestEntityTooLarge."""
    try:
        if environ["REQUEST_METHOD"] == "POST":
            return read_ask(body(environ))
        return AskRequest.model_validate(_arguments(environ))
    except ValidationError as error:
        raise invalid_request(error, AskRequest) from error


def _arguments(environ: WSGIEnvironment) -> dict[str, str]:
    """What the address carries; raises InvalidRequest for text that is not UTF-8, which would be mangled."""
    query = environ.get("QUERY_STRING", "").encode("latin-1")
    try:
        unquote_to_bytes(query).decode()
    except UnicodeDecodeError as error:
        raise InvalidRequest("the address is not UTF-8; percent-encode the question as UTF-8") from error
    return Request(environ, populate_request=False).args.to_dict()
