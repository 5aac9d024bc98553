"""``/ask``: a question as JSON or in the address, the reply as JSON."""

from __future__ import annotations

from urllib.parse import unquote_to_bytes

from flask import Blueprint, Response, request
from pydantic import ValidationError

from bot.answering.answerer import Answerer
from bot.channels.problems import InvalidRequest, body, invalid_request, request_id
from bot.channels.schemas import AskRequest, ask_reply


def ask_blueprint(answerer: Answerer) -> Blueprint:
    """``POST /ask`` with a JSON body, ``GET /ask?question=…`` for a quick try."""
    blueprint = Blueprint("ask", __name__)

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
        answer = answerer.answer(asked.question, asked.forced_language)
        body = ask_reply(answer, request_id()).model_dump_json()
        return Response(body, mimetype="application/json")

    return blueprint


def _arguments() -> dict[str, str]:
    """What the address carries; raises InvalidRequest for text that is not UTF-8, which would be mangled."""
    try:
        unquote_to_bytes(request.query_string).decode()
    except UnicodeDecodeError as error:
        raise InvalidRequest("the address is not UTF-8; percent-encode the question as UTF-8") from error
    return request.args.to_dict()
