"""What was changed from the desk, kept so that it can be taken back."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.reports_teaching import KnowledgeEdit
from bot.store import knowledge_edits
from bot.store.knowledge_edits import KnowledgeEdits

EDIT = KnowledgeEdit(0, 0.0, "zh/shop.md", "zh", "refund", "怎么退款？", 7, "旧的\r\n", "新的\r\n")


@pytest.fixture
def edits(database, clock):
    return KnowledgeEdits(database, clock)


def test_an_edit_comes_back_as_it_was_with_number_and_time(edits, clock):
    (made,) = edits.add([EDIT])

    assert made == replace(EDIT, id=made.id, made_at=clock.now)
    assert edits.find(made.id) == made
    assert edits.find(made.id + 1) is None


def test_the_newest_come_first_and_older_ones_page_by_page(edits):
    made = edits.add([replace(EDIT, question=f"{n}") for n in range(5)])
    first = edits.recent(2)

    assert [edit.question for edit in first] == ["4", "3"]
    assert [edit.question for edit in edits.recent(2, before=first[-1].id)] == ["2", "1"]
    assert edits.recent(2, before=made[0].id) == []


def test_what_was_undone_stays_in_the_list(edits, clock):
    (made,) = edits.add([EDIT])
    clock.now += 5
    edits.mark_undone(made.id)

    assert edits.recent(1) == [replace(made, undone_at=clock.now)]


def test_the_oldest_go_when_there_are_very_many(edits, monkeypatch):
    monkeypatch.setattr(knowledge_edits, "KEPT", 3)
    for n in range(5):
        edits.add([replace(EDIT, question=f"{n}")])

    assert [edit.question for edit in edits.recent(10)] == ["4", "3", "2"]
