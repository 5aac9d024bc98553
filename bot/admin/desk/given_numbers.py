"""Numbers that come with an address or a form: bounded, whatever somebody writes there."""

from __future__ import annotations

from flask import request

# What every database can compare a number with.
MOST = 2**31 - 1


def number_given(name: str, usual: int, least: int = 0, most: int = MOST) -> int:
    """The whole number of that name, moved between the bounds; the usual one where there is none."""
    return min(max(request.values.get(name, usual, type=int), least), most)


def end_given() -> int | None:
    """The number before which a page of a list ends; None on its first page."""
    return number_given("before", MOST) if "before" in request.values else None
