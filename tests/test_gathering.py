"""How a response reaches its client: head and body at once, nothing lost, in order."""

from __future__ import annotations

import socket

import pytest

from bot.gathering import Gathering


@pytest.fixture
def pair():
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.settimeout(5)
        yield Gathering(ours), theirs


def test_the_head_goes_with_the_beginning_of_the_body(pair):
    ours, theirs = pair
    ours.sendall(b"head ")
    ours.sendall(b"body ")

    assert theirs.recv(100) == b"head body "


def test_what_comes_later_goes_as_it_comes(pair):
    ours, theirs = pair
    for part in (b"head ", b"first ", b"second"):
        ours.sendall(part)

    assert theirs.recv(100) == b"head first second"


def test_a_head_without_a_body_goes_when_it_is_all(pair):
    ours, theirs = pair
    ours.sendall(b"head")
    ours.flush()
    ours.flush()
    theirs.setblocking(False)

    assert theirs.recv(100) == b"head"
    with pytest.raises(BlockingIOError):
        theirs.recv(100)


def test_whatever_else_is_sent_comes_after_the_head(pair, tmp_path):
    ours, theirs = pair
    file = tmp_path / "file"
    file.write_bytes(b"file")
    ours.sendall(b"head ")
    with file.open("rb") as opened:
        ours.sendfile(opened)

    assert theirs.recv(100) == b"head file"
