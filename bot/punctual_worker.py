"""A gunicorn worker whose threads are for requests that have arrived, and for no more than it can serve.

gunicorn's own gives a new connection a thread at once and lets it wait there, so that a handful of
clients who send their request byte by byte stop a whole server. Here the poller, which waits for any number
of connections, looks at what has arrived without taking it, and hands it on when it is a whole request.

What is answered from memory the poller answers itself: to wake a thread, and to be woken by it, would take
longer. Only where the client has taken what it was sent before, so that sending cannot make it wait.

Requests that find no thread wait in a line. Who comes when it is full, or has stood in it for too long, is
turned away by the poller itself, which takes a fraction of what serving takes: those in the line keep
getting their answers in time. Where there is no room for one more connection, the one goes that has kept its
request back for the longest.
"""

from __future__ import annotations

import fcntl
import socket
import sys
import termios
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from selectors import EVENT_READ
from typing import Any

from gunicorn.workers.gthread import TConn

from bot.arrivals import AT_MOST, Arrival, look_at
from bot.channels.overload import PROBES, Shed, is_push, is_turned_away, refusal, unread
from bot.http_exchange import respond
from bot.sharing_worker import DEFERS, SharingWorker
from bot.waiting_line import Line, Patience

# Seconds for a request that a thread reads on to be over.
OVER_WITHIN = 30.0
# Seconds in the line, then to be told: WeChat hangs up after five. Pushes that wait for being told.
WAITS, TOLD_WITHIN, TOLD_AT_MOST = Patience(2.0, once_it_stands=0.3), Patience(1.5, 1.5), 32
_COMPLAIN_EVERY = 10.0
# Seconds for which a busy thread may keep the poller from its turn (Python's own: ten times that).
_SWITCH_EVERY = 0.0005


class PunctualWorker(SharingWorker):
    """``worker_class`` in ``gunicorn.conf.py``, which says how many may wait and who counts the others."""

    def __init__(self, *arguments: Any, **options: Any) -> None:  # noqa: ANN401 - gunicorn's own
        super().__init__(*arguments, **options)
        self.waiting_at_most = 0
        self.is_at_once: Callable[[Arrival], bool] = lambda arrival: False
        self.observe_shed: Callable[[Shed], None] = lambda shed: None
        self._handled: dict[TConn, float] = {}
        self._shed, self._complain_at = 0, 0.0

    def init_process(self) -> None:
        """Threads are made after the fork: one that nothing but probes may use, and one to tell pushes."""
        self._line = Line(WAITS, self.cfg.threads)
        self._to_tell = Line(TOLD_WITHIN, at_once=1)
        self._probes, self._teller = ThreadPoolExecutor(1), ThreadPoolExecutor(1)
        sys.setswitchinterval(_SWITCH_EVERY)
        super().init_process()

    def on_pending_socket_readable(self, conn: TConn, client: socket.socket) -> None:
        """Hand a request on, or wait for more of it: the poller wakes again when so much is there.

        Woken before, it is the end of what the client has to say, and a thread finds out.
        """
        arrival = look_at(client)
        if arrival.is_end:
            self._forget(conn, self.pending_conns)
        elif arrival.wanted > arrival.arrived >= conn.wanted:
            conn.wanted = arrival.wanted
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, arrival.wanted)
        else:
            if conn.wanted > 1:
                client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, 1)
            conn.arrival = arrival
            self._serve(conn, self.pending_conns)

    def on_client_socket_readable(self, conn: TConn, client: socket.socket) -> None:
        """The same for the next request of a connection that was kept."""
        conn.arrival = arrival = look_at(client)
        if arrival.is_end:
            self._forget(conn, self.keepalived_conns)
        elif arrival.wanted <= arrival.arrived:
            self._serve(conn, self.keepalived_conns)
        else:
            self.poller.unregister(client)
            self.keepalived_conns.remove(conn)
            self._await(conn)

    def enqueue_req(self, conn: TConn) -> None:
        """Let a request stand in the line, unless it is full."""
        if conn.arrival.path in PROBES:
            self._submit(self._probes, self.handle, conn)
        elif len(self._line) < self.cfg.threads + self.waiting_at_most:
            self._line.join(conn, self._submit(self.tpool, self.handle, conn))
        else:
            self._turn_away(conn)

    def handle(self, conn: TConn) -> Any:  # noqa: ANN401 - gunicorn's own
        """Handle a request in a thread, but not for ever."""
        self._handled[conn] = time.monotonic() + OVER_WITHIN
        try:
            return super().handle(conn)
        finally:
            del self._handled[conn]

    def handle_request(self, req: Any, conn: TConn) -> Any:  # noqa: ANN401 - gunicorn's own
        """Have the application respond."""
        self._count_request()
        is_kept = self.cfg.keepalive and len(self.keepalived_conns) < self.max_keepalived
        has_others = len(self._line) > 1 and self._is_busy()
        return respond(self, req, conn, is_last=has_others or not (self.alive and is_kept))

    def finish_request(self, conn: TConn, fs: Future[Any]) -> None:
        """Keep the connection for the next request, or let the client close it."""
        if fs.cancelled():
            return  # it was turned away
        self._line.leave(conn)
        if self._to_tell.leave(conn):
            self._count(Shed.TOLD)
        if fs.exception() is None and fs.result() is False:
            self._let_go(conn)
        else:
            super().finish_request(conn, fs)

    def has_work(self) -> bool:
        """Whether anybody stands in the line, or has been served from it just now."""
        return bool(self._line)

    def wait_for_and_dispatch_events(self, timeout: float) -> None:
        """Wake in time to see who has waited for too long, and whether to accept."""
        has_waiting = self._line or self._to_tell
        super().wait_for_and_dispatch_events(min(timeout, DEFERS) if has_waiting else timeout)

    def murder_pending(self) -> None:
        """Close what did not arrive in time, end what a thread still reads or writes, turn away the rest."""
        super().murder_pending()
        now = time.monotonic()
        for conn, due in list(self._handled.items()):
            if due < now:
                _hang_up(conn.sock)
        for conn in self._to_tell.overdue(now):
            self._refuse(conn)
        for conn in self._line.overdue(now):
            self._turn_away(conn)
        self._complain(now)

    def _count_request(self) -> None:
        """A worker that is to serve so many and no more has served one more."""
        self.nr += 1
        if self.nr >= self.max_requests and self.alive:
            self.log.info("Autorestarting worker after current request.")
            self.alive: bool = False

    def _serve(self, conn: TConn, conns: deque[TConn]) -> None:
        """Answer the request that has arrived, or have a thread do it."""
        conns.remove(conn)
        conn.data_ready = True
        if self.is_at_once(conn.arrival) and _has_taken_all(conn.sock):
            self._answer(conn, is_new=conns is self.pending_conns)
        else:
            self.poller.unregister(conn.sock)
            self.enqueue_req(conn)

    def _answer(self, conn: TConn, *, is_new: bool) -> None:
        """Without a thread. Who keeps the connection, and has sent no more, is waited for where he was."""
        is_kept = super().handle(conn)
        if is_kept and self.alive and not conn.parser.unreader.buf.getvalue():
            conn.sock.setblocking(False)
            conn.set_timeout()
            self.keepalived_conns.append(conn)
            if is_new:
                self.poller.modify(conn.sock, EVENT_READ, partial(self.on_client_socket_readable, conn))
        else:
            self.poller.unregister(conn.sock)
            turn: Future[Any] = Future()
            turn.set_result(is_kept)
            self.finish_request(conn, turn)

    def _submit(self, pool: ThreadPoolExecutor, handle: Callable[[TConn], Any], conn: TConn) -> Future[Any]:
        future = pool.submit(handle, conn)
        future.add_done_callback(partial(self.method_queue.defer, self.finish_request, conn))
        return future

    def _turn_away(self, conn: TConn) -> None:
        """A push is told by its channel, as long as there are not too many of them either."""
        if is_push(conn.arrival.path) and len(self._to_tell) < TOLD_AT_MOST:
            self._to_tell.join(conn, self._submit(self._teller, self._tell, conn))
        else:
            self._refuse(conn)

    def _tell(self, conn: TConn) -> Any:  # noqa: ANN401 - gunicorn's own
        is_turned_away.set(True)  # for this thread alone, which does nothing else
        return self.handle(conn)

    def _refuse(self, conn: TConn) -> None:
        """Reply without a thread."""
        arrival: Arrival = conn.arrival
        shed = Shed.UNREAD if is_push(arrival.path) else Shed.REFUSED
        conn.sock.setblocking(False)
        with suppress(OSError):  # there may be nothing left to take
            conn.sock.recv(AT_MOST)
        with suppress(OSError):  # the client may have gone
            conn.sock.send(unread() if shed is Shed.UNREAD else refusal(is_page=arrival.is_page))
        self._count(shed)
        if arrival.is_whole:
            self._close(conn)
        else:
            self._let_go(conn)

    def _count(self, shed: Shed) -> None:
        self._shed += 1
        self.observe_shed(shed)

    def _complain(self, now: float) -> None:
        if self._shed and now > self._complain_at:
            self.log.warning("overloaded: turned %d requests away", self._shed)
            self._shed, self._complain_at = 0, now + _COMPLAIN_EVERY


def _has_taken_all(client: socket.socket) -> bool:
    """Whether nothing that was sent to a client is still on its way."""
    waiting = bytearray(4)
    fcntl.ioctl(client, termios.TIOCOUTQ, waiting)
    return not any(waiting)


def _hang_up(client: socket.socket) -> None:
    """Wake the thread that waits for the client."""
    with suppress(OSError):  # it may have gone already
        client.shutdown(socket.SHUT_RDWR)
