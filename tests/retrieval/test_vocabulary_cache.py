"""A vocabulary that was learnt before: the same questions give the same, other questions another."""

from __future__ import annotations

import pytest

from bot.disk_cache import DiskCache
from bot.retrieval import vocabulary, vocabulary_cache
from bot.retrieval.stored_vocabulary import read_vocabulary
from bot.retrieval.vocabulary_cache import cache_file, vocabulary_file

QUESTIONS = ["怎么退款", "退款要多久", "怎么申请退款", "how to refund", "refund time", "refund status"]


@pytest.fixture
def learnt(monkeypatch) -> list[list[str]]:
    """What is really learnt from, time after time."""
    times: list[list[str]] = []
    real = vocabulary.learn_vocabulary
    monkeypatch.setattr(vocabulary, "learn_vocabulary", lambda asked: times.append(asked) or real(asked))
    return times


def test_the_same_questions_are_learnt_from_once(tmp_path, learnt):
    first = vocabulary_file(QUESTIONS, DiskCache(cache_file(tmp_path)))
    second = vocabulary_file(QUESTIONS, DiskCache(cache_file(tmp_path)))
    (tmp_path / "vocabulary.npz").write_bytes(second)

    assert learnt == [QUESTIONS]
    assert first == second == vocabulary_file(QUESTIONS, None)
    assert read_vocabulary(tmp_path / "vocabulary.npz").words == {"refund": 3}


def test_another_question_or_another_dictionary_has_it_learnt_anew(tmp_path, learnt, monkeypatch):
    kept = DiskCache(cache_file(tmp_path))
    vocabulary_file(QUESTIONS, kept)
    vocabulary_file([*QUESTIONS, "refund"], kept)
    monkeypatch.setattr(vocabulary_cache, "version", lambda name: "another")
    vocabulary_file(QUESTIONS, kept)

    assert learnt == [QUESTIONS, [*QUESTIONS, "refund"], QUESTIONS]
