"""Two wordings of a text side by side: which words went, which came."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher

# Latin words and numbers whole, everything else by the character.
_WORD = re.compile(r"[A-Za-z0-9]+|\s+|.", re.DOTALL)


@dataclass(frozen=True)
class Span:
    """Words that stayed (both the same), or that were ``old`` and are ``new``; either may be empty."""

    old: str
    new: str

    @property
    def is_same(self) -> bool:
        """Whether nothing changed here."""
        return self.old == self.new


def text_diff(old: str, new: str) -> Iterator[Span]:
    """The spans in their order: put together, their sides are the two texts."""
    before, after = _WORD.findall(old), _WORD.findall(new)
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    for _tag, i, j, k, m in matcher.get_opcodes():
        yield Span("".join(before[i:j]), "".join(after[k:m]))
