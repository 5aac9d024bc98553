"""``/ask``: a question as JSON or in the address, the reply as JSON."""

from __future__ import annotations

from flask import Blueprint, Response, request
from pydantic import ValidationError

from bot.answering.answerer import Answerer
from bot.channels.problems import invalid_request, request_id
from bot.channels.schemas import AskRequest, ask_reply


def ask_blueprint(answerer: Answerer) -> Blueprint:
    """``POST /ask`` with a JSON body, ``GET /ask?question=…`` for a quick try."""
    blueprint = Blueprint("ask", __name__)

    @blueprint.post("/ask")
    def post_question() -> Response:
        try:
            return reply(AskRequest.model_validate_json(request.get_data()))
        except ValidationError as error:
            raise invalid_request(error) from error

    @blueprint.get("/ask")
    def get_question() -> Response:
        try:
            return reply(AskRequest.model_validate(request.args.to_dict()))
        except ValidationError as error:
            raise invalid_request(error) from error

    def reply(asked: AskRequest) -> Response:
        answer = answerer.answer(asked.question, asked.forced_language)
        body = ask_reply(answer, request_id()).model_dump_json()
        return Response(body, mimetype="application/json")

    return blueprint
