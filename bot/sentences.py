"""What the program says of itself, kept so that a page can say it in another language.

The text is English, for commands, logs and the API; the template and its values go with it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

_PACKED = '{"template": '


class Sentence(str):
    """A text that knows the template (``%(name)s``) and the values it was made of; both may be sentences."""

    template: str
    values: Mapping[str, object]

    def __new__(cls, template: str = "", /, **values: object) -> Sentence:
        """Errors among the values count as what they say."""
        known = {name: _plain(value) for name, value in values.items()}
        sentence = super().__new__(cls, template % known if known else template)
        sentence.template, sentence.values = template, known
        return sentence

    def __str__(self) -> str:
        return self

    def lines(self) -> list[str]:
        """Its parts, where it was joined of several; else its lines."""
        if self.template and not self.template.strip("%(0123456789)s\n"):
            return [str(part) for part in self.values.values()]
        return self.splitlines()


def joined(parts: Iterable[str]) -> Sentence:
    """One text of several, a line each."""
    values = {str(number): part for number, part in enumerate(parts)}
    return Sentence("\n".join(f"%({number})s" for number in values), **values)


def lines_of(text: str) -> list[str]:
    """The lines of a text, sentences where they are some."""
    return text.lines() if isinstance(text, Sentence) else text.splitlines()


def packed(text: str) -> str:
    """A text on one line, from which ``unpacked`` makes the same sentence; what is none stays as it is."""
    return json.dumps(_packed(text), ensure_ascii=False) if isinstance(text, Sentence) else text


def unpacked(text: str) -> str:
    """What was packed; any other text stays as it is."""
    if not text.startswith(_PACKED):
        return text
    try:
        return _unpacked(json.loads(text))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return text


def _plain(value: object) -> object:
    return value if isinstance(value, int | float) else str(value)


def _packed(sentence: Sentence) -> dict[str, Any]:
    values = {
        name: _packed(value) if isinstance(value, Sentence) else value
        for name, value in sentence.values.items()
    }
    return {"template": sentence.template, "values": values}


def _unpacked(fields: Mapping[str, Any]) -> Sentence:
    values = {
        name: _unpacked(value) if isinstance(value, dict) else value
        for name, value in fields["values"].items()
    }
    return Sentence(fields["template"], **values)
