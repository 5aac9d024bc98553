"""A client's socket, to which the head of a response goes together with what follows."""

from __future__ import annotations

import socket
from typing import Any


class Gathering:
    """Keeps what is sent first until more is sent, or ``flush``: the client is woken once, not twice."""

    def __init__(self, client: socket.socket) -> None:
        self._client = client
        self._head: bytes | None = None

    def sendall(self, data: bytes) -> None:
        """As the socket's own; raises OSError when the client has gone."""
        if self._head is None:
            self._head = data
        else:
            self._client.sendall(self._head + data if self._head else data)
            self._head = b""

    def flush(self) -> None:
        """Send what is kept."""
        if self._head:
            self._client.sendall(self._head)
            self._head = b""

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever else the socket can do
        self.flush()
        return getattr(self._client, name)
