"""What differs between an entry and its successor, in words for whoever edits the knowledge."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from bot.domain import Entry
from bot.knowledge.columns import NAME_LISTS, QUESTION_LISTS
from bot.knowledge.markdown import one_line

# Fields in the order in which they are told; id and language tell entries apart and never change.
_TEXTS = ("question", "answer", "topic", "applies", "as_of", "is_volatile", "grade", "label")
_LISTS = (*QUESTION_LISTS, *NAME_LISTS)
_AROUND = 12
_SHOWN = 60
_NAMED = 8
# What Excel saves a plain CSV in, where Windows is Chinese or Western.
_CODE_PAGES = ("gbk", "big5", "cp1252")
_BEYOND = 0x10000


@dataclass(frozen=True)
class FieldChange:
    """A field that says something else; for lists, what came and what went (neither: another order)."""

    field: str
    old: str = ""
    new: str = ""
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()

    def __str__(self) -> str:
        if self.field in _LISTS:
            return f"{self.field}: {_of_lists(self.added, self.removed)}"
        if one_line(self.old) == one_line(self.new):
            return f"{self.field}: only blanks and line breaks differ"
        old, new = _excerpts(one_line(self.old), one_line(self.new))
        return f"{self.field}: {_quoted(old)} → {_quoted(new)}"


def changes(old: Entry, new: Entry) -> tuple[FieldChange, ...]:
    """Every field that differs; where the entries stand in their files does not count."""
    return (*_text_changes(old, new), *_list_changes(old, new))


def lost_characters(old: Entry, new: Entry) -> str:
    """A text of ``new`` that is one of ``old`` after a file was saved without the characters for it.

    Spreadsheet programs write "?" for what their CSV cannot hold. Empty if there is none.
    """
    for change in changes(old, new):
        pairs = [(change.old, change.new)]
        pairs += [(before, after) for after in change.added for before in change.removed]
        if lost := next((after for before, after in pairs if _is_lost(before, after)), ""):
            return lost
    return ""


def _text_changes(old: Entry, new: Entry) -> Iterator[FieldChange]:
    for name in _TEXTS:
        before, after = _shown(getattr(old, name)), _shown(getattr(new, name))
        if before != after:
            yield FieldChange(name, before, after)


def _list_changes(old: Entry, new: Entry) -> Iterator[FieldChange]:
    for name in _LISTS:
        before, after = _items(old, name), _items(new, name)
        if before != after:
            added = tuple(item for item in after if item not in before)
            removed = tuple(item for item in before if item not in after)
            yield FieldChange(name, added=added, removed=removed)


def _items(entry: Entry, name: str) -> tuple[str, ...]:
    return tuple(item if isinstance(item, str) else item.text for item in getattr(entry, name))


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


def _of_lists(added: tuple[str, ...], removed: tuple[str, ...]) -> str:
    parts = [f"{word} {_listed(items)}" for word, items in (("added", added), ("removed", removed)) if items]
    return "; ".join(parts) or "another order"


def _listed(items: tuple[str, ...]) -> str:
    more = f" and {len(items) - _NAMED} more" if len(items) > _NAMED else ""
    return ", ".join(_quoted(_cut(item)) for item in items[:_NAMED]) + more


def _excerpts(old: str, new: str) -> tuple[str, str]:
    """The parts that differ, each with a few characters around it."""
    start = _shared(old, new)
    end = _shared(old[start:][::-1], new[start:][::-1])
    # A mark of omission would not be shorter than one character.
    start, end = (count - _AROUND if count > _AROUND + 1 else 0 for count in (start, end))
    return _excerpt(old, start, end), _excerpt(new, start, end)


def _shared(one: str, other: str) -> int:
    """How many characters both begin with."""
    pairs = zip(one, other, strict=False)
    return next((n for n, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))


def _excerpt(text: str, start: int, end: int) -> str:
    stop = len(text) - end
    return ("…" if start else "") + _cut(text[start:stop]) + ("…" if end else "")


def _cut(text: str) -> str:
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "…"


def _quoted(text: str) -> str:
    return f'"{text}"' if text else "(empty)"


def _is_lost(old: str, new: str) -> bool:
    return "?" in new and any(new in _faded(old, code_page) for code_page in _CODE_PAGES)


def _faded(text: str, code_page: str) -> tuple[str, ...]:
    """What a code page leaves of a text; programs differ on characters beyond the first 65,536."""
    lost = {char for char in text if not char.encode(code_page, "ignore")}
    if not lost - {"？"}:
        return ()  # somebody may well have written the mark itself in its other width
    once = {ord(char): "?" for char in lost}
    twice = once | {ord(char): "??" for char in lost if ord(char) >= _BEYOND}
    return (text.translate(once), text.translate(twice))
