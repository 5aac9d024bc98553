"""The server."""

from __future__ import annotations

from typing import Any

from flask import Flask, jsonify, request

from benchmarks.peers.chatterbot_flask.bot import chatterbot

app = Flask(__name__)
bot = chatterbot()


@app.post("/ask")
def ask() -> Any:  # noqa: ANN401 - as Flask has it
    """What ChatterBot says."""
    response = bot.get_response(request.get_json()["question"])
    return jsonify(answer=response.text, score=float(response.confidence))
