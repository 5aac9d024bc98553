"""Frozen values of the operator's desk: what is told of users, questions and operators."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class DeskSession:
    """Somebody who has logged in. ``csrf_token``: what forms of theirs carry; ``notice``: to show once."""

    operator: str
    csrf_token: str
    notice: str = ""


@dataclass(frozen=True)
class Login:
    """How an attempt ended: with a token, or with seconds to wait (0: wrong name or password)."""

    token: str = ""
    wait: float = 0.0


@dataclass(frozen=True)
class AuditRecord:
    """Who did what to what; ``at`` in seconds since the epoch, ``id`` 0 until it is written."""

    at: float
    operator: str
    action: str
    subject: str
    id: int = 0
