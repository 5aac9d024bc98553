"""A desk over a database of the test's own, as a browser uses it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from bot.app import create_app
from bot.settings import Settings
from bot.stores import Stores

NAME, PASSWORD = "mei", "correct horse battery"
KNOWLEDGE = Path(__file__).parents[2] / "data" / "knowledge"
ENGLISH = {"Accept-Language": "en"}


class Operator:
    """A browser at the desk; posts carry the token of the page before, as its forms do."""

    def __init__(self, app: Flask, language: str = "en") -> None:
        self.http = app.test_client()
        self._headers = {"Accept-Language": language}
        self._token = ""

    def get(self, path: str, **options) -> TestResponse:
        return self._seen(self.http.get(f"/admin{path}", headers=self._headers, **options))

    def post(self, path: str, headers: dict[str, str] | None = None, **fields) -> TestResponse:
        fields = {"csrf_token": self._token} | fields
        sent = self._headers | (headers or {})
        return self._seen(self.http.post(f"/admin{path}", data=fields, headers=sent))

    def log_in(self, name: str = NAME, password: str = PASSWORD, **fields) -> TestResponse:
        return self.post("/login", name=name, password=password, **fields)

    def _seen(self, response: TestResponse) -> TestResponse:
        if found := re.search(r'name="csrf_token" value="([^"]+)"', response.get_data(as_text=True)):
            self._token = found[1]
        return response


@pytest.fixture
def desk_settings(tmp_path: Path) -> Settings:
    """A bot without an index; nothing here needs the model."""
    folders = {"index_dir": tmp_path / "index", "data_dir": tmp_path / "data"}
    return Settings(knowledge_dir=KNOWLEDGE, **folders)


@pytest.fixture
def stores(desk_settings: Settings) -> Stores:
    return Stores(desk_settings)


@pytest.fixture
def desk_app(desk_settings: Settings) -> Flask:
    return create_app(desk_settings)


@pytest.fixture
def stranger(desk_app: Flask, stores: Stores) -> Operator:
    """A browser that has not logged in to a desk that is open."""
    stores.desk_access.set_password(NAME, PASSWORD)
    return Operator(desk_app)


@pytest.fixture
def operator(stranger: Operator) -> Operator:
    """A browser that has logged in."""
    stranger.log_in()
    stranger.get("/audit")
    return stranger
