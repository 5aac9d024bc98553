"""Bytes nobody has vouched for -> named fields. XML or JSON, told apart by the body itself.

The console lets a mini program choose JSON; official accounts push XML. The Content-Type
is not consulted: WeChat is not consistent about it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias
from xml.etree import ElementTree  # see _parse  # nosec B405
from xml.etree.ElementTree import Element, ParseError  # names  # nosec B405

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from bot.wechat.characters import clean
from bot.wechat.errors import MalformedPushError

Field: TypeAlias = "str | dict[str, Field] | tuple[Field, ...]"

# Far above any push WeChat documents; the worst body of this size is parsed in 40 ms.
MAX_BODY_BYTES = 64 * 1024

# ``List/item/field`` is the deepest nesting WeChat documents.
_MAX_DEPTH = 8


class Format(StrEnum):
    """How a push is written; the reply has to follow."""

    XML = "xml"
    JSON = "json"


@dataclass(frozen=True)
class Document:
    """A body's fields; scalars as text, repeated ones as tuples."""

    format: Format
    fields: dict[str, Field]

    def text(self, *path: str) -> str:
        """The text at this path, stripped; the first of several; empty when there is none."""
        value: Field = self.fields
        if path[0] not in self.fields:  # most are not: each kind of push has its own
            return ""
        for name in path:
            value = value.get(name, "") if isinstance(value, dict) else ""
            if isinstance(value, tuple):
                value = value[0] if value else ""
        return value.strip() if isinstance(value, str) else ""


def read_document(body: bytes, max_bytes: int = MAX_BODY_BYTES) -> Document:
    """The fields of a body, or :class:`MalformedPushError` with the reason."""
    if len(body) > max_bytes:
        raise MalformedPushError(
            "the body has %(length)s bytes, at most %(most)s are read", length=len(body), most=max_bytes
        )
    # Damaged bytes cost a character, not the user's whole message.
    text = clean(body.decode(errors="replace")).lstrip("\ufeff \t\r\n")
    if text.startswith("<"):
        return Document(Format.XML, _read_xml(text))
    if text.startswith("{"):
        return Document(Format.JSON, _read_json(text))
    raise MalformedPushError("the body is neither XML nor JSON")


def _read_xml(text: str) -> dict[str, Field]:
    try:
        root = _parse(text)
    except (ParseError, DefusedXmlException) as error:
        raise MalformedPushError(
            "the body is not acceptable XML: %(error)s", error=str(error)[:200]
        ) from error
    if root.tag != "xml":
        raise MalformedPushError("the body's root element is not <xml>")
    return _children(root, _MAX_DEPTH)


def _parse(text: str) -> Element:
    """Without a DTD there is nothing to be defused, which would take longer than all the rest."""
    if "<!DOCTYPE" in text:
        return fromstring(text, forbid_dtd=True)
    return ElementTree.XML(text)  # no DTD, no entities  # nosec B314


def _children(element: Element, depth: int) -> dict[str, Field]:
    return _grouped((child.tag, _xml_field(child, depth - 1)) for child in element)


def _xml_field(element: Element, depth: int) -> Field:
    if len(element) and depth:
        return _children(element, depth)
    return element.text or ""


class _Pairs(list[tuple[str, object]]):
    """A JSON object with its duplicate names still in it."""


def _read_json(text: str) -> dict[str, Field]:
    try:
        # Numbers stay text: MsgId exceeds 2^53, and int() refuses thousands of digits.
        value = json.loads(
            text,
            strict=False,
            parse_int=str,
            parse_float=str,
            object_pairs_hook=_Pairs,
        )
    except (ValueError, RecursionError) as error:
        raise MalformedPushError("the body is not acceptable JSON: %(error)s", error=str(error)) from error
    return _members(value, _MAX_DEPTH)


def _members(pairs: _Pairs, depth: int) -> dict[str, Field]:
    return _grouped((name, _json_field(value, depth - 1)) for name, value in pairs)


def _json_field(value: object, depth: int) -> Field:
    match value:
        case str():
            return clean(value)
        case _Pairs() if depth:
            return _members(value, depth)
        case list() if depth:
            return tuple(_json_field(item, depth - 1) for item in value)
        case _:
            return ""


def _grouped(pairs: Iterable[tuple[str, Field]]) -> dict[str, Field]:
    groups: dict[str, list[Field]] = {}
    for name, value in pairs:
        groups.setdefault(name, []).append(value)
    return {name: _one_or_all(values) for name, values in groups.items()}


def _one_or_all(values: list[Field]) -> Field:
    return values[0] if len(values) == 1 else tuple(values)
