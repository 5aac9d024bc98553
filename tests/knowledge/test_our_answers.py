"""The knowledge that comes with the bot: what its answers promise, however they are asked for."""

from __future__ import annotations

import re
from pathlib import Path

from bot.knowledge.loader import load

OURS = Path(__file__).parents[2] / "knowledge"


def test_no_answer_opens_with_a_bare_yes_or_no_which_is_wrong_for_the_question_put_the_other_way():
    answers = re.findall(r"^### Answer\n\n(.*)", "\n".join(_english()), re.MULTILINE)

    assert len(answers) > 200
    assert [answer for answer in answers if re.match(r"(Yes|No)[.,:]", answer)] == []


def test_an_entry_of_ours_is_written_in_both_languages():
    by_language = {}
    for entry in load(OURS).entries:
        by_language.setdefault(entry.id, set()).add(str(entry.language))

    assert {id_: found for id_, found in by_language.items() if len(found) != 2} == {}


def _english() -> list[str]:
    return [file.read_text("utf-8") for file in sorted((OURS / "en").glob("*.md"))]
