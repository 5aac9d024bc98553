"""Calls that are over in time, however slowly the other side drips: httpx's own limit guards each read.

The headers of an answer that arrive byte by byte would keep a call open for hours.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable
from ssl import SSLContext
from typing import Any

import httpcore
import httpx


class _Deadline(threading.local):
    """When this thread's call has to be over, on the monotonic clock."""

    at = float("inf")

    def left(self) -> float:
        """The time that a read may take, never more than its own; raises ReadTimeout when there is none."""
        left = self.at - time.monotonic()
        if left <= 0:
            raise httpcore.ReadTimeout
        return left


class _Stream(httpcore.NetworkStream):
    """A connection whose reads know when the call has to be over."""

    def __init__(self, inner: httpcore.NetworkStream, deadline: _Deadline) -> None:
        self._inner = inner
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, self._deadline.left())

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, timeout)

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        return _Stream(self._inner.start_tls(ssl_context, server_hostname, timeout), self._deadline)

    def get_extra_info(self, info: str) -> Any:  # noqa: ANN401 - httpcore's own
        return self._inner.get_extra_info(info)


class _Network(httpcore.NetworkBackend):
    """Makes such connections."""

    def __init__(self, inner: httpcore.NetworkBackend, deadline: _Deadline) -> None:
        self._inner = inner
        self._deadline = deadline

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        connected = self._inner.connect_tcp(host, port, timeout, local_address, socket_options)
        return _Stream(connected, self._deadline)


class PunctualTransport(httpx.HTTPTransport):
    """httpx's transport; all of an answer must be here within the ``read`` timeout of its request."""

    def __init__(self) -> None:
        super().__init__()
        self._deadline = _Deadline()
        context = httpx.create_ssl_context()
        network = _Network(httpcore.SyncBackend(), self._deadline)
        self._pool = httpcore.ConnectionPool(ssl_context=context, network_backend=network)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """The response, whose body is read in what is left of the time; for one thread to read."""
        seconds = request.extensions["timeout"]["read"]
        self._deadline.at = time.monotonic() + seconds
        return super().handle_request(request)
