"""Questions that were normalised before: their forms stay the same, as long as their file does."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bot.answering import normal_forms
from bot.answering.normal_forms import NormalForms, cache_file
from bot.answering.normalising import normalise
from bot.disk_cache import DiskCache
from bot.domain import Entry, KnowledgeBase, Phrasing, Place
from bot.knowledge import parse_cache


def entry(file: str, question: str, *others: str) -> Entry:
    phrasings = tuple(Phrasing(text, Place(Path(file), 2)) for text in others)
    return Entry(question, "zh", question, phrasings, "答", "t", Place(Path(file), 1))


BASE = KnowledgeBase(
    (entry("a.md", "怎麼付款？？", "HOW to pay\ud800"), entry("b.md", "小程式ＡＢＣ")),
    background=(Phrasing("明天下雨嗎", Place(Path("c.md"), 1)),),
)
TEXTS = ["怎麼付款？？", "HOW to pay\ud800", "小程式ＡＢＣ", "明天下雨嗎"]


@pytest.fixture
def made(monkeypatch) -> list[str]:
    """The texts that are really normalised from now on."""
    texts: list[str] = []
    monkeypatch.setattr(normal_forms, "normalise", lambda text: texts.append(text) or normalise(text))
    return texts


@pytest.fixture
def forms(tmp_path):
    return lambda base: NormalForms(base, DiskCache(cache_file(tmp_path)))


def test_a_second_build_normalises_nothing_and_gets_the_same(forms, made):
    first = [forms(BASE)(text) for text in TEXTS]
    made.clear()
    second = [forms(BASE)(text) for text in TEXTS]

    assert first == second == [normalise(text) for text in TEXTS]
    assert made == []


def test_only_the_questions_of_a_changed_file_are_normalised_again(forms, made):
    forms(BASE)(TEXTS[0])
    made.clear()
    changed = replace(BASE, entries=(BASE.entries[0], entry("b.md", "小程式ＡＢＣ", "新問法")))

    assert forms(changed)("新問法") == normalise("新問法")
    assert made == ["小程式ＡＢＣ", "新問法"]


def test_a_question_of_no_file_is_normalised_too(forms):
    assert forms(BASE)("別的問題！！") == normalise("別的問題！！")


def test_another_normaliser_makes_them_anew(forms, made, monkeypatch):
    forms(BASE)(TEXTS[0])
    made.clear()
    monkeypatch.setattr(normal_forms, "version", lambda name: "another")
    forms(BASE)(TEXTS[0])

    assert made == TEXTS


def test_without_a_usable_cache_nothing_is_lost(tmp_path):
    (tmp_path / "knowledge").write_text("in the way")

    assert NormalForms(BASE, DiskCache(cache_file(tmp_path)))(TEXTS[0]) == normalise(TEXTS[0])


def test_the_other_questions_of_a_changed_file_are_normalised_with_it(forms, made):
    one, other = entry("a.md", "怎么付款"), entry("a.md", "怎么收款")
    forms(KnowledgeBase((one, other)))("怎么付款")
    made.clear()

    forms(KnowledgeBase((one, entry("a.md", "怎么退款"))))("怎么付款")

    assert made == ["怎么付款", "怎么退款"]


def test_the_forms_are_kept_beside_what_was_parsed_so_that_one_sweep_clears_both(tmp_path):
    assert cache_file(tmp_path).parent == parse_cache.cache_file(tmp_path).parent
