"""Lint: each weakness is named once, with the line and the remedy; a sound folder is silent."""

from __future__ import annotations

import numpy as np
import pytest

from bot.answering.normalising import normalise
from bot.knowledge.lint import lint

LETTERS = "abcdefgh"
SOURCES = """\
| id | official | title (zh) | title (en) | address |
|---|---|---|---|---|
| S1 | yes | 公告 | Notice | weixin.qq.com |
"""


def made_up(entry_id: str, mark: str = "", *, labels: str = "as_of: 2026\n- sources: S1") -> str:
    """A sound entry whose phrasings are its own; ``mark`` tells one language's from the other's."""
    asked = "\n".join(f"- {entry_id} {mark} {letter}" for letter in LETTERS)
    return (
        f"## Is it {entry_id}{mark}? {{#{entry_id}}}\n\n- {labels}\n\n"
        f"### Other ways to ask\n\n{asked}\n\n### Answer\n\nYes.\n"
    )


@pytest.fixture
def sound(folder):
    """A folder with one entry in both languages that lint has nothing to say about."""
    folder.write("sources.md", SOURCES)
    folder.write("zh/a.md", made_up("a", "zh"))
    folder.write("en/a.md", made_up("a", "en"))
    return folder


@pytest.fixture
def said(sound):
    """What lint says about the folder, as an operator reads it."""
    return lambda embed=None: [str(problem) for problem in lint(sound.path, normalise, embed)]


def embed_by_first_letter(texts: list[str]) -> np.ndarray:
    """Questions about the same first letter mean the same."""
    vectors = [[text.startswith("is it a"), not text.startswith("is it a")] for text in texts]
    return np.array(vectors, dtype=np.float32)


def test_a_sound_folder_gets_no_remark(said):
    assert said(embed_by_first_letter) == []


def test_mistakes_of_form_are_among_the_remarks(sound, said):
    sound.write("en/b.md", b"\xff")

    assert said() == ["en/b.md:1: error: not UTF-8; save the file with UTF-8 encoding"]


def test_one_phrasing_in_two_entries_is_an_error_naming_both_places(sound, said):
    sound.write("zh/b.md", made_up("b", "zh").replace("- b zh a", "- “A” zh, a!"))
    sound.write("en/b.md", made_up("b", "en"))

    assert said() == [
        'zh/b.md:8: error: "“A” zh, a!" is already a phrasing of a (zh/a.md:8); remove or reword one of them'
    ]


def test_one_phrasing_twice_in_an_entry_is_only_a_warning(sound, said):
    sound.write("en/a.md", made_up("a", "en").replace("- a en b", "- a en a\n- a en b"))

    assert said() == [
        'en/a.md:9: warning: "a en a" is already a phrasing of a (en/a.md:8); remove or reword one of them'
    ]


def test_a_phrasing_that_is_the_question_of_another_entry_is_an_error(sound, said):
    sound.write("zh/b.md", made_up("b", "zh"))
    sound.write("en/b.md", made_up("b", "en").replace("- b en h", "- is it aen"))

    assert said() == [
        'en/b.md:15: error: "is it aen" is already a phrasing of a (en/a.md:1); remove or reword one of them'
    ]


def test_a_phrasing_that_the_background_calls_out_of_scope_is_an_error(sound, said):
    sound.write("background/en.md", "- the weather\n- A EN H?\n")

    assert said() == [
        'background/en.md:2: error: "A EN H?" is already a phrasing of a (en/a.md:15); '
        "remove or reword one of them"
    ]


def test_an_entry_without_a_twin_is_named_with_the_folder_it_lacks(sound, said):
    sound.write("en/b.md", made_up("b"))

    assert said() == ['en/b.md:1: warning: entry "b" has no twin in zh/; add an entry with the same id there']


@pytest.mark.parametrize(("label", "kind"), [("related", "related"), ("includes", "included")])
def test_an_id_that_leads_nowhere_is_an_error(sound, said, label, kind):
    labels = f"as_of: 2026\n- sources: S1\n- {label}: a, gone"
    sound.write("zh/a.md", made_up("a", "zh", labels=labels))

    assert said() == [f'zh/a.md:1: error: entry "a": {kind} id "gone" does not exist']


@pytest.mark.parametrize(
    ("labels", "remark"),
    [
        ("sources: S1", "has no date; add as_of"),
        ("as_of: 2026", "names no source; add sources"),
        ("as_of: 2026\n- sources: S1, S9", 'source "S9" is not in sources.md; add a row for it'),
    ],
)
def test_an_answer_without_date_or_known_source_is_named(sound, said, labels, remark):
    sound.write("en/a.md", made_up("a", "en", labels=labels))

    assert said() == [f'en/a.md:1: warning: entry "a" {remark}']


def test_smalltalk_needs_neither_date_nor_source(sound, said):
    sound.write("en/a.md", made_up("a", "en", labels="topic: smalltalk"))

    assert said() == []


@pytest.mark.parametrize(
    ("name", "longest", "too_long", "excess"),
    [
        ("zh", "好" * 120, "好" * 121, "121 characters long (at most 120)"),
        ("en", "yes " * 70, "yes " * 71, "71 words long (at most 70)"),
    ],
)
def test_a_first_paragraph_over_its_length_is_named(sound, said, name, longest, too_long, excess):
    sound.write(f"{name}/a.md", made_up("a", name).replace("Yes.", f"{longest}\n\n{too_long}"))
    assert said() == []

    sound.write(f"{name}/a.md", made_up("a", name).replace("Yes.", too_long))
    assert said() == [f'{name}/a.md:1: warning: entry "a" its first paragraph is {excess}; shorten it']


def test_an_entry_with_too_few_phrasings_is_told_how_many_to_write(sound, said):
    sound.write("en/a.md", made_up("a", "en").replace("- a en h\n", ""))

    assert said() == ['en/a.md:1: warning: entry "a" has 7 other ways to ask; write at least 8']


def test_questions_that_mean_the_same_to_the_model_are_named_in_pairs(sound, said):
    for language in ("zh", "en"):
        sound.write(f"{language}/b.md", made_up("an-a", language).replace("Is it an-a", "Is it a, b"))

    assert said() == []
    assert said(embed_by_first_letter) == [
        f'{name}/b.md:1: warning: entry "an-a" is nearly the same question as "a" '
        f"({name}/a.md:1, cosine 1.000); merge them or make the headings differ"
        for name in ("en", "zh")
    ]


def test_questions_that_differ_to_the_model_are_not_named(sound, said):
    for language in ("zh", "en"):
        sound.write(f"{language}/b.md", made_up("b", language))

    assert said(embed_by_first_letter) == []


def test_remarks_come_in_the_order_of_files_and_lines(sound, said):
    sound.write("zh/a.md", made_up("a", "zh", labels="as_of: 2026\n- topik: x"))
    sound.write("en/b.md", made_up("b"))

    assert [text.split(": ")[0] for text in said()] == ["en/b.md:1", "zh/a.md:1", "zh/a.md:4"]
