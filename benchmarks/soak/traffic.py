"""What customers send: questions on all channels, pushes that are delivered twice, verdicts on answers."""

from __future__ import annotations

import heapq
import itertools
import random
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from benchmarks.performance.http_client import get, post, post_json
from benchmarks.soak.editions import QUESTION
from benchmarks.soak.open_loop import Request
from benchmarks.wechat_pushes import KINDS, delivered, written

SHARES = {"ask": 0.35, "chat": 0.2, "official": 0.25, "mini": 0.15, "feedback": 0.05}
PROBE = "probe"
# WeChat hangs up after five seconds; people wait longer for a page.
PATIENCE = {"official": 5.0, "mini": 5.0}
_PATIENCE, _SESSIONS, _PROBES_A_SECOND = 10.0, 300, 5.0
_READ_MEANWHILE = 200
_REPEATED, _REPEATED_AFTER, _ON_EDITION = 0.05, 0.3, 0.05
_FROM_PAGE = b"Bot-Channel: chat\r\nSec-Fetch-Site: same-origin\r\n"


@dataclass(frozen=True)
class About:
    """Which request it is, or whose delivery; whether the answer tells the knowledge's edition."""

    number: int
    user: str = ""
    tells_edition: bool = False


class Traffic:
    """Makes requests; told the ids of answers, it has verdicts on them."""

    def __init__(self, questions: Sequence[str], seed: int = 1) -> None:
        self._questions = questions
        self._random = random.Random(seed)
        self._numbers = itertools.count(1)
        self._unread: deque[str] = deque()
        self._read: deque[str] = deque(maxlen=500)

    def answered(self, request_id: str) -> None:
        """An answer that somebody may judge, once it is read: while so many others come."""
        self._unread.append(request_id)
        if len(self._unread) > _READ_MEANWHILE:
            self._read.append(self._unread.popleft())

    def at_rate(self, rate: float, start: float, seconds: float) -> Iterator[Request]:
        """So many requests a second at random moments, and probes beside them."""
        repeated: list[tuple[float, int, Request]] = []
        for due in self._moments(rate, start, start + seconds):
            while repeated and repeated[0][0] < due:
                yield heapq.heappop(repeated)[2]
            request = self.request(due)
            if request.channel in PATIENCE and self._random.random() < _REPEATED:
                later = Request(due + _REPEATED_AFTER, *_without_due(request))
                heapq.heappush(repeated, (later.due, request.about.number, later))
            yield request
            if self._random.random() < _PROBES_A_SECOND / rate:
                path = self._random.choice(("/healthz", "/readyz", "/metrics"))
                yield Request(due, get(path), PROBE, _PATIENCE, About(0))
        yield from (request for _, _, request in sorted(repeated))

    def request(self, due: float) -> Request:
        """One of any channel."""
        channel = self._random.choices(list(SHARES), list(SHARES.values()))[0]
        if channel == "feedback" and not self._read:
            channel = "ask"
        number, question = next(self._numbers), self._random.choice(self._questions)
        if tells_edition := self._random.random() < _ON_EDITION:
            question = QUESTION
        user = f"soak-{channel}-{number}"
        data = self._written(channel, question, user, number)
        return Request(
            due, data, channel, PATIENCE.get(channel, _PATIENCE), About(number, user, tells_edition)
        )

    def _moments(self, rate: float, start: float, end: float) -> Iterator[float]:
        due = start
        while (due := due + self._random.expovariate(rate)) < end:
            yield due

    def _written(self, channel: str, question: str, user: str, number: int) -> bytes:
        match channel:
            case "ask":
                return post_json("/ask", {"question": question})
            case "chat":
                session = f"soak-{self._random.randrange(_SESSIONS)}"
                return _from_page(post_json("/ask", {"question": question, "session_id": session}))
            case "feedback":
                verdict = self._random.choice(("up", "down"))
                return post_json(
                    "/feedback", {"request_id": self._random.choice(self._read), "verdict": verdict}
                )
        return _push(channel, question, user, number)


def _without_due(request: Request) -> tuple[bytes, str, float, About]:
    return request.data, request.channel, request.patience, request.about


def _from_page(request: bytes) -> bytes:
    first, _, rest = request.partition(b"\r\n")
    return first + b"\r\n" + _FROM_PAGE + rest


def _push(kind: str, question: str, user: str, number: int) -> bytes:
    fields = KINDS[0] | {"Content": question, "FromUserName": user}
    delivery = delivered("plain", written(fields, number, as_json=False), number, as_json=False)
    return post(f"/wechat/{kind}?{delivery.query}", delivery.body, "text/xml")
