"""One request and its response, by gunicorn's own parts, without what they do for each that need not be done.

Left out: looking settings up by name, looking up who may say where a request comes from, emptying a body that
was read, telling the time for a second that was told before, hooks that nobody has set.
"""

from __future__ import annotations

import time
from functools import lru_cache
from types import SimpleNamespace
from typing import Any

from gunicorn import util
from gunicorn.http.body import LengthReader
from gunicorn.http.message import Request
from gunicorn.http.parser import RequestParser
from gunicorn.http.wsgi import Response, create

from bot.gathering import Gathering


class DirectRequest(Request):  # type: ignore[misc]  # gunicorn has no types
    """Of a client that is no proxy: the application knows by itself which of them it believes."""

    def _peer_is_trusted_proxy(self) -> bool:
        return False


class DirectParser(RequestParser):  # type: ignore[misc]
    """The requests of a connection."""

    mesg_class = DirectRequest

    def finish_body(self, deadline: float | None = None, max_bytes: int | None = None) -> bool:
        """Whether nothing of a body is left on the wire."""
        if self.mesg and _is_read(self.mesg.body):
            return True
        return bool(super().finish_body(deadline, max_bytes))


class DatedResponse(Response):  # type: ignore[misc]
    """Written as gunicorn writes it."""

    def default_headers(self) -> list[str]:
        """The status line, and what every response tells."""
        connection = "upgrade" if self.upgrade else "close" if self.should_close() else "keep-alive"
        major, minor = self.req.version
        lines = (
            f"HTTP/{major}.{minor} {self.status}",
            f"Server: {self.version}",
            f"Date: {_date(int(time.time()))}",
            f"Connection: {connection}",
            *(["Transfer-Encoding: chunked"] if self.chunked else []),
        )
        return [f"{line}\r\n" for line in lines]


def fixed(config: Any) -> SimpleNamespace:  # noqa: ANN401 - gunicorn's
    """The settings as they are now, in a tenth of the time that the configuration takes to tell one."""
    names = [*config.settings, "is_ssl", "forwarded_allow_networks"]
    return SimpleNamespace(**{name: getattr(config, name) for name in names})


def respond(worker: Any, request: Any, connection: Any, *, is_last: bool) -> bool:  # noqa: ANN401 - gunicorn's
    """Have the worker's application respond; whether the connection may be kept.

    Raises StopIteration when a response has begun that cannot go on, and what an application raised before.
    """
    client = Gathering(connection.sock)
    peers = connection.client, connection.server
    response, environ = create(request, client, *peers, connection.cfg, DatedResponse)
    environ["wsgi.multithread"] = True
    if is_last:
        response.force_close()
    try:
        _write(response, worker.wsgi(environ, response.start_response), environ["wsgi.file_wrapper"])
    except OSError:
        raise
    except (Exception, SystemExit):  # the latter ends a worker that takes too long
        if not response.headers_sent:
            raise
        worker.log.exception("Error handling request")
        util.close_graceful(connection.sock)
        raise StopIteration from None
    client.flush()
    return not response.should_close()


def _write(response: Any, parts: Any, file_wrapper: type) -> None:  # noqa: ANN401
    try:
        if isinstance(parts, file_wrapper):
            response.write_file(parts)
        else:
            for part in parts:
                response.write(part)
        response.close()
    finally:
        if hasattr(parts, "close"):
            parts.close()


def _is_read(body: Any) -> bool:  # noqa: ANN401
    return isinstance(body.reader, LengthReader) and not body.reader.length and not body.failed


@lru_cache(1)
def _date(second: int) -> str:
    return str(util.http_date(second))
