"""Makes an entry's section of a file say something else: lines that still say what they shall stay."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from bot.domain import Entry
from bot.knowledge.markdown import LABELS, SectionPart, parse_text, section_parts, tidy
from bot.knowledge.markdown_writing import (
    render,
    render_answer,
    render_item,
    render_label,
    render_questions,
)
from bot.knowledge.merging import placeless

# A field's name, and its label's where that is another.
_LABELLED = {
    name: "volatile" if name == "is_volatile" else name
    for name in (
        "topic",
        "applies",
        "as_of",
        "is_volatile",
        "grade",
        "sources",
        "related",
        "label",
        "includes",
    )
}


def edited_section(text: str, old: Entry, new: Entry) -> str:
    """The section of ``old``, lines ending in ``\\n``, with what differs in ``new``; anew if it must."""
    if placeless(old) == placeless(new):
        return text
    edited = _edited(text, old, new)
    found, problems = parse_text(edited, new.language, name=Path())
    is_right = not problems and [placeless(entry) for entry in found] == [placeless(new)]
    return edited if is_right else render(new) + "\n" * _blank_lines_at_end(text)


def _edited(text: str, old: Entry, new: Entry) -> str:
    lines = text.split("\n")
    parts = section_parts(text)
    # From the end, so that the lines before stay where they are.
    for part in reversed(parts):
        if part.kind == "answer" and old.answer != new.answer:
            _replace_answer(lines, part, new)
        elif part.kind in ("phrasings", "not_this"):
            _change_items(lines, part, old, new)
    _add_missing_lists(lines, {part.kind: part for part in parts}, new)
    _change_head(lines, parts[0], old, new)
    return "\n".join(lines)


def _replace_answer(lines: list[str], part: SectionPart, new: Entry) -> None:
    stop = part.stop - _blank_lines(lines[part.start : part.stop])
    lines[part.start + 1 : stop] = ["", *render_answer(tidy(new.answer)).split("\n")]


def _change_items(lines: list[str], part: SectionPart, old: Entry, new: Entry) -> None:
    before, after = ([item.text for item in getattr(entry, part.kind)] for entry in (old, new))
    if before == after:
        return
    if not after:
        lines[part.start : part.stop] = []
        return
    kept = set(after)
    last = max((line for _, line in part.items), default=part.start)
    added = [render_item(text) for text in after if text not in before]
    lines[last + 1 : last + 1] = added if part.items else ["", *added]
    for text, line in reversed(part.items):
        if text not in kept:
            del lines[line]


def _add_missing_lists(lines: list[str], parts: dict[str, SectionPart], new: Entry) -> None:
    """Where there was no such part; other ways to ask come before the answer, what it is not comes last."""
    if "not_this" not in parts and new.not_this:
        end = len(lines) - _blank_lines(lines)
        lines[end:end] = ["", *render_questions(new, "not_this").split("\n")]
    if "phrasings" not in parts and new.phrasings and "answer" in parts:
        start = parts["answer"].start
        lines[start:start] = [*render_questions(new, "phrasings").split("\n"), ""]


def _change_head(lines: list[str], head: SectionPart, old: Entry, new: Entry) -> None:
    places = {LABELS.get(_label_of(text), ""): line for text, line in head.items}
    changed = [label for name, label in _LABELLED.items() if getattr(old, name) != getattr(new, name)]
    known = [label for label in changed if label in places]
    for label in sorted(known, key=lambda label: -places[label]):
        line = places[label]
        lines[line : line + 1] = _written(render_label(new, label))
    end = head.items[-1][1] + 1 if head.items else head.start + 1
    end -= sum(not render_label(new, label) for label in known)
    more = [line for label in changed if label not in places for line in _written(render_label(new, label))]
    lines[end:end] = more if head.items or not more else ["", *more]
    if old.question != new.question:
        lines[head.start] = render(new).partition("\n")[0]


def _label_of(text: str) -> str:
    return text.replace("：", ":").partition(":")[0].strip().lower()


def _written(line: str) -> list[str]:
    return [line] if line else []


def _blank_lines(lines: Sequence[str]) -> int:
    return next((n for n, line in enumerate(reversed(lines)) if line.strip()), len(lines))


def _blank_lines_at_end(text: str) -> int:
    """Beyond the line break that every section ends with."""
    return max(0, _blank_lines(text.split("\n")) - 1)
