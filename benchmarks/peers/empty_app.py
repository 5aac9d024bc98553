"""A Flask view that does nothing: what the web server and the framework cost by themselves."""

from __future__ import annotations

from flask import Flask

app = Flask(__name__)


@app.post("/ask")
def ask() -> str:
    """Nothing."""
    return ""
