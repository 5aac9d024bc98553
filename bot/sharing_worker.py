"""A gunicorn worker's connections: which it accepts, which wait for a request, which have to go.

All workers accept from one socket. One that is busy leaves a new connection to the others for a moment: else
some would wait beside an idle worker. Where there is no room for one more connection, the one goes that has
kept its request back for the longest.
"""

from __future__ import annotations

import errno
import socket
import time
from collections import deque
from contextlib import suppress
from functools import partial
from selectors import EVENT_READ
from typing import Any

from gunicorn.workers.gthread import TConn, ThreadWorker

from bot.arrivals import AT_MOST
from bot.http_exchange import DirectParser, fixed
from bot.open_files import open_files

# Seconds for a request to arrive, for a client to close.
ARRIVES_WITHIN, CLOSES_WITHIN = 10.0, 2.0
# Seconds for which a busy worker leaves what is new to the others: about what an answer takes.
DEFERS = 0.02
# Files that a worker opens beside its connections: database, model, log.
_OTHER_FILES = 200
_NO_ROOM = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)


class SharingWorker(ThreadWorker):  # type: ignore[misc]  # gunicorn has no types
    """Its connections wait in the poller, any number of them; what comes on them is for those who inherit."""

    def __init__(self, *arguments: Any, **options: Any) -> None:  # noqa: ANN401 - gunicorn's own
        super().__init__(*arguments, **options)
        self._leaving: deque[TConn] = deque()
        self._room, self._too_many = self.cfg.worker_connections, 0
        # It would rather accept nobody.
        self.worker_connections = float("inf")
        self._defers_until = 0.0

    def init_process(self) -> None:
        """What is to be done after the fork."""
        self._room = open_files(self._room + _OTHER_FILES) - _OTHER_FILES
        self._fixed = fixed(self.cfg)
        super().init_process()

    def has_work(self) -> bool:
        """Whether a new request would wait here."""
        raise NotImplementedError

    def accept(self, listener: socket.socket) -> None:
        """Let a new connection wait for its request in the poller, unless another worker should have it."""
        if not self._is_busy():
            self._accept_one(listener)

    def _accept_one(self, listener: socket.socket) -> bool:
        try:
            client, address = listener.accept()
        except (BlockingIOError, ConnectionAbortedError):  # another worker was first, or it has gone
            return False
        except OSError as error:
            if error.errno not in _NO_ROOM:
                raise
            self._too_many = 1
            return False
        self.nr_conns += 1
        conn = TConn(self._fixed, client, address, listener.getsockname())
        conn.parser = DirectParser(self._fixed, client, address)
        self._await(conn)
        return True

    def _await(self, conn: TConn) -> None:
        conn.timeout, conn.wanted = time.monotonic() + ARRIVES_WITHIN, 1
        self.pending_conns.append(conn)
        self.poller.register(conn.sock, EVENT_READ, partial(self.on_pending_socket_readable, conn))

    def wait_for_and_dispatch_events(self, timeout: float) -> None:
        """Those whom it has come before those whom it would accept."""
        ready = self.poller.select(timeout)
        for key, _ in sorted(ready, key=lambda event: event[0].fileobj in self.sockets):
            key.data(key.fileobj)
        self._share(time.monotonic())

    def murder_pending(self) -> None:
        """Close what did not arrive in time, what does not leave, and what there is no room for."""
        super().murder_pending()
        self._make_room()
        now = time.monotonic()
        while self._leaving and self._leaving[0].timeout < now:
            self._forget(self._leaving[0], self._leaving)

    def _share(self, now: float) -> None:
        """While busy, accept only what no other worker has accepted for a moment."""
        if not self._is_busy():
            self.worker_connections = float("inf")
        elif self.worker_connections:
            self.worker_connections, self._defers_until = 0, now + DEFERS
        elif self.alive and now >= self._defers_until:
            self._defers_until = now + DEFERS
            for listener in self.sockets:
                while self._accept_one(listener):
                    pass

    def _is_busy(self) -> bool:
        """Whether others may be less so."""
        return self.has_work() and self.cfg.workers > 1

    def _make_room(self) -> None:
        """Close the connections that have waited longest for their requests, where there are too many."""
        for _ in range(max(self._too_many, self.nr_conns - self._room)):
            if waiting := self.pending_conns or self.keepalived_conns:
                self._forget(waiting[0], waiting)
        self._too_many = 0

    def _let_go(self, conn: TConn) -> None:
        """Close when the client has: with more of its request to come, the response might be cut off."""
        with suppress(OSError):  # it may have gone already
            conn.sock.shutdown(socket.SHUT_WR)
        if conn.sock.fileno() < 0:
            self._close(conn)
            return
        conn.timeout = time.monotonic() + CLOSES_WITHIN
        conn.sock.setblocking(False)
        self._leaving.append(conn)
        self.poller.register(conn.sock, EVENT_READ, partial(self._on_leaving, conn))

    def _on_leaving(self, conn: TConn, client: socket.socket) -> None:
        try:
            is_gone = not client.recv(AT_MOST)
        except OSError as error:
            is_gone = not isinstance(error, BlockingIOError)
        if is_gone:
            self._forget(conn, self._leaving)

    def _forget(self, conn: TConn, conns: deque[TConn]) -> None:
        """Close a connection that the poller waits for."""
        conns.remove(conn)
        self.poller.unregister(conn.sock)
        self._close(conn)

    def _close(self, conn: TConn) -> None:
        self.nr_conns -= 1
        conn.close()
