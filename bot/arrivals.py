"""What has arrived of a request, looked at without taking it."""

from __future__ import annotations

import re
import socket
from dataclasses import dataclass

# Of a longer head gunicorn itself says what is wrong; of a longer body the rest is read by a thread.
_HEAD_AT_MOST, _BODY_AT_MOST = 16 * 1024, 32 * 1024
AT_MOST = _HEAD_AT_MOST + _BODY_AT_MOST
_HEAD_END = b"\r\n\r\n"
_TARGET = re.compile(rb"[A-Z]+ ([^ ?\r\n]*)")
# In heads in lower case: looking for either case would take ten times as long.
_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d{1,9})[ \t]*\r\n")
_PAGE = re.compile(rb"\r\naccept:[^\r\n]*text/html")


@dataclass(frozen=True)
class Arrival:
    """Bytes that are here, and how many must be before a thread is to read them; ``is_end``: no more come.

    Once the head is here, also that head, in lower case too, what is here of the body, and whether the whole
    request is here when the wanted bytes are.
    """

    arrived: int
    wanted: int
    head: bytes = b""
    body: bytes = b""
    is_end: bool = False
    is_whole: bool = False
    lower_head: bytes = b""

    @property
    def path(self) -> bytes:
        """Of the address; empty for what is none."""
        target = _TARGET.match(self.head)
        return target[1] if target else b""

    @property
    def is_page(self) -> bool:
        """Whether a browser wants a page."""
        return bool(_PAGE.search(self.lower_head))

    def has(self, header: bytes) -> bool:
        """Whether a header, in lower case, was sent."""
        return _has(self.lower_head, header)


def look_at(client: socket.socket) -> Arrival:
    """What is there now, of a client that is said to have sent something."""
    try:
        data = client.recv(AT_MOST, socket.MSG_PEEK)
    except BlockingIOError:
        return Arrival(0, 1)
    except OSError:
        return Arrival(0, 0, is_end=True)
    head_end = data.find(_HEAD_END)
    if head_end < 0:
        is_too_long = len(data) >= _HEAD_AT_MOST
        return Arrival(len(data), 0 if is_too_long else len(data) + 1, is_end=not data)
    end = head_end + len(_HEAD_END)
    return _with_head(data[:end], data[end:])


def _with_head(head: bytes, body: bytes) -> Arrival:
    lower_head = head.lower()
    length = _body_length(lower_head)
    return Arrival(
        len(head) + len(body),
        len(head) + min(length or 0, _BODY_AT_MOST),
        head,
        body,
        is_whole=length is not None and length <= _BODY_AT_MOST,
        lower_head=lower_head,
    )


def _body_length(head: bytes) -> int | None:
    """None of a client that waits itself to be told to send, or that sends chunks."""
    if _has(head, b"expect") or _has(head, b"transfer-encoding"):
        return None
    length = _LENGTH.search(head)
    return int(length[1]) if length else 0


def _has(head: bytes, header: bytes) -> bool:
    return b"\r\n%b:" % header in head
