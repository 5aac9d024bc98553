"""Asking held-out questions: of what is known without them, and nothing else."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace

import numpy as np
import pytest

from bot.disk_cache import DiskCache
from bot.retrieval import learnt_cache
from bot.retrieval.cross_validation import Learning, ask, ask_all
from bot.retrieval.decision import SIGNALS
from bot.retrieval.learnt_cache import LearntCache, cache_file
from bot.retrieval.training_set import TrainingSet
from tests.retrieval.test_training import training_set

# Entries with 6 phrasings each; the last 12 of 24 background questions are no near misses.
DATA = training_set()
SECOND_OF_EACH = np.arange(24) % 6 == 1
LATER_HALF = np.arange(24) >= 12
NO_ENTRY = np.zeros(4, bool)


def asked(
    data: TrainingSet = DATA,
    is_asked=SECOND_OF_EACH,
    background=LATER_HALF,
    absent=NO_ENTRY,
    learning: Learning | None = None,
):
    return ask(data, is_asked, background, absent, learning or Learning())


def signal(found, name: str) -> np.ndarray:
    return found.signals[:, SIGNALS.index(name)]


def test_phrasings_come_first_then_the_background_each_under_its_own_number():
    found = asked()

    assert found.numbers.tolist() == [1, 7, 13, 19, *range(24 + 12, 24 + 24)]
    assert found.is_in_scope.tolist() == [True] * 4 + [False] * 12
    assert found.is_right.tolist() == [True] * 4 + [False] * 12
    assert not found.is_near_miss.any()


def test_what_somebody_wrote_as_a_near_miss_is_one():
    found = asked(background=np.arange(24) % 4 == 0)

    assert found.is_near_miss.tolist() == [False] * 4 + [True] * 3 + [False] * 3
    assert found.near_share == 0.35


@pytest.mark.parametrize("name", ["best phrasing", "best background"])
def test_no_question_is_compared_with_itself(name):
    found = asked()

    assert signal(found, name).max() < 1 - 1e-3
    assert signal(found, "best phrasing")[:4].min() > 0.8
    assert signal(found, "best background")[4:].max() < 0.8  # its whole half is held out


def test_what_an_absent_entry_is_asked_is_a_near_miss_that_nobody_answers():
    data = training_set(near_misses=False)
    absent = np.array([False, True, False, False])
    found = asked(data, SECOND_OF_EACH & (np.arange(24) // 6 != 1), absent=absent)

    assert found.numbers.tolist() == [1, 13, 19, *range(6, 12), *range(36, 48)]
    assert found.is_near_miss.tolist() == [False] * 3 + [True] * 6 + [False] * 12
    assert found.is_in_scope.tolist() == found.is_right.tolist() == [True] * 3 + [False] * 18
    assert signal(found, "best phrasing")[3:9].max() < 0.5


def test_what_an_absent_entry_says_makes_no_difference():
    """Of two entries one is left, and how far ahead it is does not hang on the other's answer."""
    data, absent = training_set(entries=2), np.array([False, True])
    moved = data.passages.vectors * np.array([[1], [-1]], np.float32)
    elsewhere = replace(data, passages=replace(data.passages, vectors=moved))

    once, again = (asked(each, np.arange(12) < 2, absent=absent).signals for each in (data, elsewhere))
    assert once.tolist() == again.tolist()


def test_what_a_present_entry_says_does():
    moved = replace(DATA, passages=replace(DATA.passages, vectors=-DATA.passages.vectors))

    assert (signal(asked(), "best score")[:4] > signal(asked(moved), "best score")[:4] + 3).all()


def test_every_question_is_asked_once_a_round():
    found = ask_all(DATA, lambda *_: None, Learning())

    assert np.bincount(found.numbers).tolist() == [3] * 48


def test_of_the_same_questions_another_build_remembers_and_an_entry_more_counts(tmp_path):
    """A new entry that nothing is asked yet: its questions' evidence is not that of the entries before."""
    more = replace(
        DATA,
        entry_ids=(*DATA.entry_ids, "new"),
        passages=DATA.passages.and_nobodys(DATA.passages.where(np.arange(4) == 0)),
    )
    more = replace(more, passages=replace(more.passages, entries=np.arange(5)))
    learning = Learning(LearntCache(DiskCache(cache_file(tmp_path))))

    for data, absent in ((DATA, NO_ENTRY), (more, np.zeros(5, bool)), (DATA, NO_ENTRY)):
        remembered = asked(data, absent=absent, learning=learning)
        assert remembered.signals == pytest.approx(asked(data, absent=absent).signals, abs=1e-6)


@pytest.mark.parametrize(("most", "kept"), [(767, 1), (768, 2)])
def test_evidence_that_is_too_large_to_be_kept_is_found_anew(most, kept, tmp_path, monkeypatch):
    """Three kinds of it for 16 questions and 4 entries, 4 bytes each; the classifier is kept in any case."""
    monkeypatch.setattr(learnt_cache, "_MOST_BYTES", most)
    file = cache_file(tmp_path)
    asked(learning=Learning(LearntCache(DiskCache(file))))

    with closing(sqlite3.connect(file)) as database:
        assert database.execute("SELECT count(*) FROM cached").fetchall() == [(kept,)]


def test_where_nothing_is_held_out_nothing_is_asked():
    found = asked(is_asked=np.zeros(24, bool), background=np.zeros(24, bool))

    assert found.signals.shape == (0, len(SIGNALS))
