"""A desk over a database of the test's own, as a browser uses it."""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from bot.admin.desk.blueprint import desk_blueprint
from bot.admin.desk.reports import Reports
from bot.admin.desk.settings_page import Health
from bot.answering.answerer import Answerer
from bot.app import create_app
from bot.channels.chat import ChatOptions, chat_blueprint
from bot.channels.problems import register_problems
from bot.desk_service import desk_parts
from bot.domain import LoggedQuestion, Source, Verdict
from bot.operations import Operations
from bot.settings import Settings
from bot.store.feedback import FeedbackRows
from bot.stores import Stores
from bot.wechat_service import WechatService
from tests.fakes import FakeIndex, make_entry
from tests.store.values import ASKED

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


# A desk whose reports are of a day of the test's own: Sunday 22 November 2026, 10:30 in Shanghai.
SHANGHAI = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 22, 10, 30, tzinfo=SHANGHAI).timestamp()
FEES = make_entry(
    "fees",
    "开店要交多少钱",
    answer="不收**开店费**。\n\n| 项目 | 费用 |\n|---|---|\n| 认证 | 300 元 |\n\n<script>alert(1)</script>",
    asked=("店铺收费吗",),
    topic="payment",
    as_of="2026-10",
    is_volatile=True,
    related=("filing",),
    sources=("official",),
)
FILING = make_entry("filing", "备案要多久", as_of="2024-03-01")
FILING_IN_ENGLISH = make_entry(
    "filing", "How long does filing take?", answer="20 days.", language="en", as_of="2026-11-22"
)
SOURCE = Source("official", True, {"zh": "收费标准", "en": "Fees"}, "https://shop.example/fees")


@dataclass
class QuestionsAsked:
    """Puts questions into the log, and verdicts on them."""

    stores: Stores
    now: float = NOW

    def ask(self, question: str, minutes_ago: float = 0.0, **fields: object) -> str:
        """The request id of a question that was asked so long ago."""
        whose = {"channel": "chat", "user": "u1", "latency_ms": 4.5, "request_id": uuid.uuid4().hex}
        whose |= {name: fields.pop(name) for name in whose if name in fields}
        asked = replace(ASKED, question=question, **fields)
        self.stores.question_rows.add([LoggedQuestion(asked, asked_at=self.now - 60 * minutes_ago, **whose)])
        return whose["request_id"]

    def judge(self, request_id: str, verdict: Verdict, comment: str = "", minutes_ago: float = 0.0) -> None:
        given_at = self.now - 60 * minutes_ago
        FeedbackRows(self.stores.database, lambda: given_at).give(request_id, verdict, comment)


@pytest.fixture
def log(stores: Stores) -> QuestionsAsked:
    return QuestionsAsked(stores)


@pytest.fixture
def index() -> FakeIndex:
    return FakeIndex(FEES, FILING, FILING_IN_ENGLISH, sources=[SOURCE])


@pytest.fixture
def reports(stores: Stores, index: FakeIndex) -> Reports:
    return Reports(
        lambda: stores.question_figures,
        lambda: stores.question_search,
        lambda: index,
        lambda: stores.jobs,
        ("ask", "chat", "official:default", "official:shop"),
        lambda: NOW,
    )


@pytest.fixture
def reader(stores: Stores, reports: Reports) -> Operator:
    """Somebody who reads the reports at the desk."""
    stores.desk_access.set_password(NAME, PASSWORD)
    reader = Operator(reading_app(stores, reports))
    reader.log_in()
    return reader


def reading_app(stores: Stores, reports: Reports) -> Flask:
    """The desk with these reports, and the chat that it links to."""
    app = Flask("bot", static_folder=None)
    register_problems(app)
    app.register_blueprint(chat_blueprint(Answerer(reports.index), ChatOptions()))
    operations = Operations(stores.settings)
    live = operations.live_index()
    health = Health(live, lambda: live.state, operations.knowledge_digest, lambda: stores.question_log.state)
    desk = desk_parts(operations, stores, live, WechatService(stores.settings), health)
    app.register_blueprint(desk_blueprint(replace(desk, reports=reports, timezone=SHANGHAI)))
    return app
