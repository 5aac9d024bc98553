"""Putting aside what was asked in vain, and what of it stays on record."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask

from bot.admin.desk.access import auditing, notifying
from bot.admin.desk.audit_page import add_audit_page
from bot.admin.desk.blueprint import desk_frame
from bot.admin.desk.teaching import Teaching
from bot.admin.desk.unanswered_page import add_unanswered_pages
from bot.answering.answerer import Answerer
from bot.answering.normalising import normalise
from bot.channels.chat import ChatOptions, chat_blueprint
from bot.knowledge.editing import Editor
from bot.knowledge.loader import parse_each
from bot.reports_teaching import Ask, Dismissal, DistinctQuestion, Overview, QuestionGroup, Want
from tests.admin.desk.conftest import NAME, NOW, PASSWORD, SHANGHAI, Operator

TEXT = "王小明的店能退款吗"
ASKS = tuple(Ask(TEXT, "u1", NOW - n, Want.ABSTAIN) for n in range(3))
KEY = "0123456789abcdef" * 4
GROUP = QuestionGroup(KEY, (DistinctQuestion(KEY, TEXT, "zh", ASKS),), ())


class OneGroup:
    """A list of one group, which can be put aside and taken back."""

    def __init__(self) -> None:
        self.group = GROUP

    def overview(self) -> Overview:
        return Overview((self.group,))

    def dismiss(self, group: QuestionGroup, times: int) -> None:
        self.group = replace(group, dismissal=Dismissal(group.key, NOW, times))

    def restore(self, group: QuestionGroup) -> None:
        self.group = replace(group, dismissal=None)


@pytest.fixture
def listed() -> OneGroup:
    return OneGroup()


@pytest.fixture
def teacher(stores, index, listed: OneGroup) -> Operator:
    """Somebody who goes through the list at the desk."""
    stores.desk_access.set_password(NAME, PASSWORD)
    app = Flask("bot", static_folder=None)
    app.register_blueprint(chat_blueprint(Answerer(lambda: index), ChatOptions()))
    blueprint = desk_frame(lambda: stores.desk_access, SHANGHAI)
    teaching = Teaching(
        listed,
        Editor(Path("nowhere"), parse_each, normalise),
        stores.knowledge_edits,
        lambda: stores.jobs,
        lambda job_id, jobs, by: None,
        lambda: True,
        lambda: NOW,
        SHANGHAI,
    )
    add_unanswered_pages(
        blueprint, teaching, auditing(lambda: stores.audit), notifying(lambda: stores.desk_access)
    )
    add_audit_page(blueprint, lambda: stores.audit)
    app.register_blueprint(blueprint)
    operator = Operator(app)
    operator.log_in()
    operator.get("/audit")
    return operator


def test_the_audit_log_keeps_no_words_of_customers(teacher: Operator):
    teacher.post("/unanswered/put-aside", group=KEY, times="5")
    teacher.post("/unanswered/take-back", group=KEY)
    page = teacher.get("/audit").text

    assert page.count("0123456789ab ×3") == 2
    assert "王小明" not in page


def test_what_is_put_aside_says_until_when(teacher: Operator, listed: OneGroup):
    teacher.post("/unanswered/put-aside", group=KEY, times="5")

    assert listed.overview().groups[0].dismissal.times == 5
    assert "Put aside until it is asked 5 more times." in teacher.get("/audit").text
