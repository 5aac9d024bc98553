"""What customers notice of 100 publishes in a row: 16 clients ask on ``/ask`` of 4 workers all the while.

    python -m benchmarks.publishing [--publishes 100] [--clients 16] [--workers 4] [--pause 0.1]
        [--versions FOLDER]

Two versions take turns, built from the knowledge folder with an edition's name in every answer, so that an
answer shows whether it is of the version it says it is of. Building them takes a few minutes; in a FOLDER
they are kept for the next run. A publish is followed by the next one as soon as every worker serves it.
Rounds with publishes and without take turns too, so that whatever else the machine does disturbs both alike.
"""

from __future__ import annotations

import argparse
import http.client
import itertools
import json
import re
import shutil
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from random import uniform

from benchmarks.server import PROJECT, Server, serving
from bot.answering.normalising import normalise
from bot.domain import Entry, KnowledgeBase, Phrasing
from bot.knowledge import loader
from bot.operations import Operations
from bot.ports import Embedder
from bot.retrieval.building import BuildOptions, build_index
from bot.retrieval.versions import VersionStore
from bot.settings import load_settings

EDITIONS = ("甲", "乙")
ROUNDS = 10
# How long a version may go on answering after another one was published, in seconds.
GRACE = 2.0
GIVE_UP_AFTER = 30.0
_EDITION = re.compile("⟨edition (.)⟩")
_SERVING = re.compile(r'^bot_index_workers\{version="(.*)"\} (\d+)', re.MULTILINE)


@dataclass(frozen=True)
class Asked:
    """One request: when, how long, its status (0: no answer) and what its reply says of its version."""

    at: float
    seconds: float
    status: int
    version: str = ""
    editions: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Published:
    """A publish: when the pointer was moved, and how many seconds later every worker served it."""

    at: float
    version: str
    seconds: float


@dataclass(frozen=True)
class Round:
    """From when till when, and whether versions were published."""

    start: float
    end: float
    is_publishing: bool


def main() -> None:
    """Measure and print."""
    arguments = _arguments()
    with _folder(arguments.versions) as folder:
        editions = _editions(VersionStore(folder))
        with serving(workers=arguments.workers, index_dir=folder) as server:
            crowd = Crowd(server, arguments.clients, arguments.pause)
            publisher = Publisher(server, VersionStore(folder), list(editions), arguments.workers)
            with crowd.asking():
                rounds = _play(publisher, arguments.publishes)
    _print(crowd.asked, publisher.published, rounds, editions)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    for name, default in (("publishes", 100), ("clients", 16), ("workers", 4)):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--pause", type=float, default=0.1, help="seconds between a client's questions, mean")
    parser.add_argument("--versions", type=Path, help="where the two versions are kept")
    return parser.parse_args()


@contextmanager
def _folder(given: Path | None) -> Iterator[Path]:
    folder = given or Path(tempfile.mkdtemp())
    try:
        yield folder.resolve()
    finally:
        if given is None:
            shutil.rmtree(folder)


def _editions(store: VersionStore) -> dict[str, str]:
    """Versions and their editions; built where they are not there yet, the first one live."""
    names = sorted(path.parent.name for path in store.folder.glob("[!.]*/manifest.json"))
    if len(names) != len(EDITIONS):
        settings = load_settings()
        operations = Operations(settings)
        operations.prepare_model(lambda what, done, total: None)
        base, embedder = loader.load(settings.knowledge_dir), operations.embedder(threads=0)
        names = [_build(_edition(base, edition), store, embedder) for edition in EDITIONS]
    store.publish(names[0])
    return dict(zip(names, EDITIONS, strict=True))


def _build(base: KnowledgeBase, store: VersionStore, embedder: Embedder) -> str:
    print(f"building {base.digest} …", flush=True)
    options = BuildOptions(load_settings().false_answer_rate, datetime.now(UTC), base.digest)
    return build_index(base, embedder, store, normalise, options).version


def _edition(base: KnowledgeBase, edition: str) -> KnowledgeBase:
    """The same with the edition's name in every answer, and asked for by one more phrasing."""
    first, *others = (_marked(entry, edition) for entry in base.entries)
    more = (*first.phrasings, Phrasing(f"第{edition}版有什么新内容", first.place))
    entries = (replace(first, phrasings=more), *others)
    return replace(base, entries=entries, digest=f"edition-{EDITIONS.index(edition)}")


def _marked(entry: Entry, edition: str) -> Entry:
    first, *rest = entry.answer.split("\n\n")
    return replace(entry, answer="\n\n".join([f"{first}⟨edition {edition}⟩", *rest]))


class Crowd:
    """Clients who ask one question after the other, each on a new connection: kept ones would stay with
    the worker that accepted them, and one worker may have accepted them all.
    """

    def __init__(self, server: Server, clients: int, pause: float) -> None:
        self._server = server
        self._clients = clients
        self._pause = pause
        self._is_over = threading.Event()
        self.asked: list[Asked] = []

    @contextmanager
    def asking(self) -> Iterator[None]:
        """They ask for as long as this lasts."""
        questions = _questions()
        with ThreadPoolExecutor(self._clients) as pool:
            done = [pool.submit(self._ask, questions[i::2] + questions) for i in range(self._clients)]
            try:
                yield
            finally:
                self._is_over.set()
        for client in done:
            client.result()

    def _ask(self, questions: Sequence[str]) -> None:
        for question in itertools.cycle(questions):
            if self._is_over.is_set():
                return
            self.asked.append(_asked(self._server.port, question))
            self._is_over.wait(uniform(0, 2 * self._pause))


def _questions() -> list[str]:
    lines = (PROJECT / "knowledge" / "checks.jsonl").read_text("utf-8").splitlines()
    asked = (json.loads(line).get("question") for line in lines)
    return [question for question in asked if question]


def _asked(port: int, question: str) -> Asked:
    body = json.dumps({"question": question}).encode()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    at = time.monotonic()
    try:
        connection.request("POST", "/ask", body, {"Content-Type": "application/json"})
        response = connection.getresponse()
        text = response.read()
    except (OSError, http.client.HTTPException):
        return Asked(at, time.monotonic() - at, 0)
    finally:
        connection.close()
    seconds = time.monotonic() - at
    if response.status != 200:
        return Asked(at, seconds, response.status)
    reply = json.loads(text)
    editions = frozenset(_EDITION.findall(reply["answer"]))
    return Asked(at, seconds, 200, reply["index_version"], editions)


class Publisher:
    """Moves the pointer from version to version, and waits until every worker has followed."""

    def __init__(self, server: Server, store: VersionStore, versions: list[str], workers: int) -> None:
        self._server = server
        self._store = store
        self._next = itertools.cycle([*versions[1:], versions[0]])
        self._workers = workers
        self.published = [Published(time.monotonic(), versions[0], 0.0)]

    def publish(self) -> None:
        """Publish the next version; raises SystemExit when a worker does not follow."""
        version = next(self._next)
        at = time.monotonic()
        self._store.publish(version)
        while self._serving().get(version) != self._workers:
            if time.monotonic() > at + GIVE_UP_AFTER:
                raise SystemExit(f"{version} does not serve everywhere: {self._serving()}")
            time.sleep(0.05)
        self.published.append(Published(at, version, time.monotonic() - at))

    def _serving(self) -> dict[str, int]:
        connection = http.client.HTTPConnection("127.0.0.1", self._server.port, timeout=30)
        connection.request("GET", "/metrics")
        text = connection.getresponse().read().decode()
        connection.close()
        return {version: int(workers) for version, workers in _SERVING.findall(text)}


def _play(publisher: Publisher, publishes: int) -> list[Round]:
    """Rounds with publishes, each followed by as long a one without."""
    time.sleep(5.0)  # for the first questions, which take longer
    rounds = []
    for _ in range(ROUNDS):
        with_publishes = _round(lambda: _repeat(publisher.publish, publishes // ROUNDS), True)
        time.sleep(GRACE)
        seconds = with_publishes.end - with_publishes.start
        rounds += [with_publishes, _round(lambda seconds=seconds: time.sleep(seconds), False)]
    return rounds


def _round(play: Callable[[], None], is_publishing: bool) -> Round:
    start = time.monotonic()
    play()
    return Round(start, time.monotonic(), is_publishing)


def _repeat(action: Callable[[], None], times: int) -> None:
    for _ in range(times):
        action()


def _print(
    asked: Sequence[Asked], published: Sequence[Published], rounds: Sequence[Round], editions: dict[str, str]
) -> None:
    during = [[a.seconds for a in asked if r.start <= a.at < r.end] for r in rounds if r.is_publishing]
    quiet = [[a.seconds for a in asked if r.start <= a.at < r.end] for r in rounds if not r.is_publishing]
    mixed = sum(a.status == 200 and not a.editions <= {editions[a.version]} for a in asked)
    waits = [publish.seconds for publish in published[1:]]
    print("| what | measured | wanted |\n|---|---|---|")
    print(f"| publishes | {len(waits)} | |")
    seconds = asked[-1].at - asked[0].at
    print(f"| requests | {len(asked)}, {len(asked) / seconds:.0f} a second | |")
    print(f"| failed requests | {sum(a.status != 200 for a in asked)} | 0 |")
    print(f"| answers of a version neither live nor just replaced | {_stale(asked, published)} | 0 |")
    print(f"| answers with another version's words | {mixed} | 0 |")
    print(f"| every worker serves the new one after, median | {statistics.median(waits):.2f} s | |")
    print(f"| … at most | {max(waits):.2f} s | < 2 s |")
    print(f"| p50 / p99 without publishes | {_both(quiet)} | |")
    print(f"| p50 / p99 during publishes | {_both(during)} | |")
    print(f"| ratio of p99 | {_p(_flat(during), 99) / _p(_flat(quiet), 99):.2f} | ≤ 2 |")
    print(f"| … of rounds without to others without | {_noise(quiet)} | noise |")


def _stale(asked: Sequence[Asked], published: Sequence[Published]) -> int:
    """Replies of versions that were not live at any moment between GRACE before the question and its end."""
    return sum(a.status == 200 and a.version not in _allowed(a, published) for a in asked)


def _allowed(asked: Asked, published: Sequence[Published]) -> set[str]:
    replaced_at = [*(publish.at for publish in published[1:]), float("inf")]
    return {
        publish.version
        for publish, until in zip(published, replaced_at, strict=True)
        if publish.at <= asked.at + asked.seconds and until > asked.at - GRACE
    }


def _flat(rounds: Sequence[Sequence[float]]) -> list[float]:
    return [seconds for one in rounds for seconds in one]


def _noise(quiet: Sequence[Sequence[float]]) -> str:
    return f"{_p(_flat(quiet[::2]), 99) / _p(_flat(quiet[1::2]), 99):.2f}"


def _both(rounds: Sequence[Sequence[float]]) -> str:
    return f"{_p(_flat(rounds), 50) * 1000:.0f} / {_p(_flat(rounds), 99) * 1000:.0f} ms"


def _p(values: Sequence[float], percent: int) -> float:
    return statistics.quantiles(values, n=100)[percent - 1]


if __name__ == "__main__":
    main()
