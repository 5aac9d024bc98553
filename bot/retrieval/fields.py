"""JSON that somebody may have edited -> a dataclass that holds what it says it holds."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from typing import Any, TypeVar, cast

from pydantic import TypeAdapter

Fields = TypeVar("Fields")


def typed(kind: Callable[..., Fields], text: str) -> Fields:
    """The dataclass of a JSON object; raises TypeError, ValueError or RecursionError.

    That is unless all of its fields are there, each of its type, and no others.
    """
    kind(**json.loads(text))
    found: Fields = _adapter(kind).validate_json(text, strict=True)
    return found


@cache
def _adapter(kind: Callable[..., Any]) -> TypeAdapter[Any]:
    return TypeAdapter(cast("Any", kind))
