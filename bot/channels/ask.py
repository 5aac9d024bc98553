"""``/ask``: a question as JSON or in the address, the reply as JSON."""

from __future__ import annotations

from urllib.parse import unquote_to_bytes

from flask import Blueprint, Response, request
from pydantic import ValidationError

from bot.answering.answerer import Answerer
from bot.answering.conversation import Converser
from bot.channels.problems import InvalidRequest, body, invalid_request, request_id
from bot.channels.schemas import AskRequest, ask_reply
from bot.channels.sessions import Sessions
from bot.domain import Reply


def ask_blueprint(answerer: Answerer, sessions: Sessions) -> Blueprint:
    """``POST /ask`` with a JSON body, ``GET /ask?question=…`` for a quick try."""
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
        body = ask_reply(answer(asked), request_id()).model_dump_json()
        return Response(body, mimetype="application/json")

    def answer(asked: AskRequest) -> Reply:
        talk = sessions.recall(asked.session_id) if asked.session_id else None
        if talk is None or not asked.session_id:
            return answerer.answer(asked.question, asked.forced_language)
        reply, after = converser.reply(asked.question, talk, asked.forced_language)
        sessions.keep(asked.session_id, after)
        return reply

    return blueprint


def _arguments() -> dict[str, str]:
    """What the address carries; raises InvalidRequest for text that is not UTF-8, which would be mangled."""
    try:
        unquote_to_bytes(request.query_string).decode()
    except UnicodeDecodeError as error:
        raise InvalidRequest("the address is not UTF-8; percent-encode the question as UTF-8") from error
    return request.args.to_dict()
