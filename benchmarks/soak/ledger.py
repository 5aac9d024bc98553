"""What became of every request, and what no customer should see: errors, double and outdated answers."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from benchmarks.performance.figures import percentile
from benchmarks.soak.editions import Editions, edition_told
from benchmarks.soak.open_loop import Response
from benchmarks.soak.traffic import PROBE, Traffic
from bot.answering.script import to_traditional
from bot.channels.wechat.phrases import CHINESE, ENGLISH

_BUSY = tuple(
    words.encode()
    for words in (CHINESE.too_many, ENGLISH.too_many, to_traditional(CHINESE.too_many, like=""))
)


class End(StrEnum):
    """How a request ended; ``refused``: 503 with when to try again; ``told``: words that there are too many;
    ``unread``: a push that got ``success`` and nothing else; ``taken``: one whose user hears by a message.
    """

    ANSWERED = "answered"
    TAKEN = "taken"
    REFUSED = "refused"
    TOLD = "told"
    UNREAD = "unread"
    ERROR = "error"


WELL = (End.ANSWERED, End.TAKEN)


@dataclass(frozen=True)
class Entry:
    """A request: its channel, when it was due, how long it took and how it ended."""

    channel: str
    due: float
    seconds: float
    end: End


class Ledger:
    """Notes every response."""

    def __init__(self, traffic: Traffic, editions: Editions) -> None:
        self._traffic = traffic
        self._editions = editions
        self._replies: dict[str, bytes] = {}
        self.entries: list[Entry] = []
        self.errors: Counter[str] = Counter()
        self.outdated = 0
        self.changed = 0
        self.mini_users: set[str] = set()

    def note(self, response: Response) -> None:
        """One response."""
        channel, request = response.request.channel, response.request
        end = _end(response)
        if end is End.ERROR:
            self.errors[f"{channel}: {response.status or 'no reply'}"] += 1
        self.entries.append(Entry(channel, request.due, response.seconds, end))
        if end in WELL:
            self._check(response)

    def _check(self, response: Response) -> None:
        request = response.request
        allowed = self._editions.allowed(request.due, request.due + response.seconds)
        match request.channel:
            case "ask" | "chat":
                reply = json.loads(response.body)
                self._traffic.answered(reply["request_id"])
                version = reply["index_version"]
                is_right = version in allowed
                if request.about.tells_edition and request.channel == "ask":
                    is_right &= edition_told(reply["answer"]) == allowed.get(version)
                self.outdated += not is_right
            case "official":
                if request.about.tells_edition:
                    self.outdated += edition_told(response.body.decode()) not in allowed.values()
                first = self._replies.setdefault(request.about.user, response.body)
                self.changed += first != response.body
            case "mini":
                self.mini_users.add(request.about.user)

    def between(self, start: float, end: float) -> list[Entry]:
        """Of requests that were due then."""
        return [entry for entry in self.entries if start <= entry.due < end]


def _end(response: Response) -> End:
    status, body, channel = response.status, response.body, response.request.channel
    if status == 503 and b"\r\nretry-after: " in response.head.lower() and channel != PROBE:
        return End.REFUSED
    if status not in (200, 204):
        return End.ERROR
    if channel == "mini":
        return End.TAKEN
    if channel == "official" and body == b"success":
        return End.UNREAD
    return End.TOLD if channel == "official" and any(words in body for words in _BUSY) else End.ANSWERED


def by_channel(entries: Iterable[Entry]) -> dict[str, list[Entry]]:
    """The same apart."""
    found: dict[str, list[Entry]] = defaultdict(list)
    for entry in entries:
        found[entry.channel].append(entry)
    return dict(sorted(found.items()))


def spread(entries: Iterable[Entry]) -> dict[str, float]:
    """Milliseconds: p50, p99 and the most."""
    seconds = [entry.seconds for entry in entries]
    return {name: 1000 * percentile(seconds, at) for name, at in (("p50", 50), ("p99", 99), ("most", 100))}


def minutes(entries: list[Entry], start: float) -> Iterator[tuple[int, list[Entry]]]:
    """Minute by minute, from 1."""
    found: dict[int, list[Entry]] = defaultdict(list)
    for entry in entries:
        found[1 + int((entry.due - start) // 60)].append(entry)
    yield from sorted(found.items())
