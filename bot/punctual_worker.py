"""A gunicorn worker whose threads are for requests that have arrived: slow clients wait without one.

gunicorn's own gives a new connection a thread at once and lets it wait there, so that a handful of
clients who send their request byte by byte stop a whole server. Here the poller, which waits for any number
of connections, looks at what has arrived without taking it, and hands it on when it is a whole request.
"""

from __future__ import annotations

import re
import socket
import time
from contextlib import suppress
from functools import partial
from selectors import EVENT_READ
from typing import Any

from gunicorn.workers.gthread import TConn, ThreadWorker

# Seconds for a request to arrive, and for one that a thread reads on to be over.
ARRIVES_WITHIN, OVER_WITHIN = 10.0, 30.0
# Of a longer head gunicorn itself says what is wrong; of a longer body the rest is read by a thread.
_HEAD_AT_MOST, _BODY_AT_MOST = 16 * 1024, 32 * 1024
_HEAD_END = b"\r\n\r\n"
_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d{1,9})[ \t]*\r\n", re.IGNORECASE)
_NOT_BY_LENGTH = re.compile(rb"\r\n(expect|transfer-encoding):", re.IGNORECASE)


class PunctualWorker(ThreadWorker):  # type: ignore[misc]  # gunicorn has no types
    """``worker_class`` in ``gunicorn.conf.py``."""

    def __init__(self, *arguments: Any, **options: Any) -> None:  # noqa: ANN401 - gunicorn's own
        super().__init__(*arguments, **options)
        self._handled: dict[TConn, float] = {}

    def accept(self, listener: socket.socket) -> None:
        """Let a new connection wait for its request in the poller."""
        try:
            client, address = listener.accept()
        except (BlockingIOError, ConnectionAbortedError):  # another worker was first, or it has gone
            return
        self.nr_conns += 1
        self._await(TConn(self.cfg, client, address, listener.getsockname()))

    def on_pending_socket_readable(self, conn: TConn, client: socket.socket) -> None:
        """Hand a request on, or wait for more of it: the poller wakes again when so much is there.

        Woken before, it is the end of what the client has to say, and a thread finds out.
        """
        arrived, wanted = look_at(client)
        if wanted > arrived >= conn.wanted:
            conn.wanted = wanted
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, wanted)
            return
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, 1)
        super().on_pending_socket_readable(conn, client)

    def on_client_socket_readable(self, conn: TConn, client: socket.socket) -> None:
        """The same for the next request of a connection that was kept."""
        arrived, wanted = look_at(client)
        if wanted <= arrived:
            super().on_client_socket_readable(conn, client)
            return
        self.poller.unregister(client)
        self.keepalived_conns.remove(conn)
        self._await(conn)

    def handle(self, conn: TConn) -> Any:  # noqa: ANN401 - gunicorn's own
        """Handle a request in a thread, but not for ever."""
        self._handled[conn] = time.monotonic() + OVER_WITHIN
        try:
            return super().handle(conn)
        finally:
            del self._handled[conn]

    def murder_pending(self) -> None:
        """Close what did not arrive in time, and end what a thread still reads or writes."""
        super().murder_pending()
        now = time.monotonic()
        for conn, due in list(self._handled.items()):
            if due < now:
                _hang_up(conn.sock)

    def _await(self, conn: TConn) -> None:
        conn.timeout, conn.wanted = time.monotonic() + ARRIVES_WITHIN, 1
        self.pending_conns.append(conn)
        self.poller.register(conn.sock, EVENT_READ, partial(self.on_pending_socket_readable, conn))


def look_at(client: socket.socket) -> tuple[int, int]:
    """How many bytes have arrived, and how many must have before a thread is to read them."""
    try:
        arrived = client.recv(_HEAD_AT_MOST + _BODY_AT_MOST, socket.MSG_PEEK)
    except OSError:
        return 0, 0  # whoever reads it will see what is wrong
    head_end = arrived.find(_HEAD_END)
    if head_end < 0:
        is_too_long = len(arrived) >= _HEAD_AT_MOST
        return len(arrived), 0 if is_too_long else len(arrived) + 1
    end = head_end + len(_HEAD_END)
    return len(arrived), end + _body_length(arrived[:end])


def _body_length(head: bytes) -> int:
    """Bytes to wait for; none of a client that waits itself to be told to send, or that sends chunks."""
    length = _LENGTH.search(head)
    return min(int(length[1]), _BODY_AT_MOST) if length and not _NOT_BY_LENGTH.search(head) else 0


def _hang_up(client: socket.socket) -> None:
    """Wake the thread that waits for the client."""
    with suppress(OSError):  # it may have gone already
        client.shutdown(socket.SHUT_RDWR)
