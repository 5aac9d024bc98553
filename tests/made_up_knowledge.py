"""A knowledge folder made of characters: phrasings of an entry share two, the rest means nothing."""

from __future__ import annotations

from pathlib import Path
from random import Random

from tests.retrieval.questions import ORDINARY

LETTERS = sorted({letter for text in ORDINARY for letter in text if "\u4e00" <= letter <= "\u9fff"})


def write_knowledge(folder: Path, *, entries: int = 12, phrasings: int = 24) -> Path:
    """Entries ``e0``, ``e1`` …, and a background that has one character of an entry each."""
    random = Random(0)
    marks, rest = LETTERS[: 2 * entries], LETTERS[2 * entries :]
    for name in ("zh", "background"):
        (folder / name).mkdir(parents=True)
    texts = [_entry(random, number, marks[2 * number :][:2], rest, phrasings) for number in range(entries)]
    (folder / "zh" / "entries.md").write_text("\n".join(texts), "utf-8")
    background = [f"- {_question(random, [random.choice(marks)], rest)}" for _ in range(90)]
    (folder / "background" / "zh.md").write_text("# 背景\n\n" + "\n".join(background) + "\n", "utf-8")
    return folder


def _entry(random: Random, number: int, marks: list[str], rest: list[str], phrasings: int) -> str:
    first, *others = [_question(random, marks, rest) for _ in range(phrasings)]
    asked = "### 其他问法\n\n" + "\n".join(f"- {question}" for question in others) + "\n\n" if others else ""
    return f"## {first} {{#e{number}}}\n\n{asked}### 回答\n\n{''.join(marks)}。\n"


def _question(random: Random, marks: list[str], rest: list[str]) -> str:
    letters = marks + random.sample(rest, 8 - len(marks))
    random.shuffle(letters)
    return "".join(letters)
