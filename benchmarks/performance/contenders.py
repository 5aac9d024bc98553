"""Who is measured: the bot and others of its kind, how each is started, asked and understood."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from urllib.parse import urlencode

from benchmarks.performance.http_client import get, post_json
from benchmarks.performance.questions import ask, push
from benchmarks.performance.servers import GUNICORN, SAME_GUNICORN, WORKERS
from benchmarks.server import PROJECT

PEERS = "benchmarks.peers"
_CONTENT = re.compile(rb"<Content><!\[CDATA\[(.*?)\]\]></Content>", re.DOTALL)
_TXTAI = "select name, answer, score from txtai where similar(:question) limit 1"


@dataclass(frozen=True)
class Told:
    """What a reply comes to: the entry that it rests on, and whether that was given as the answer."""

    entry: str | None
    is_answered: bool


# A reply's body, and the entries by their answers, to what it tells.
Reading = Callable[[bytes, Mapping[str, str]], Told]


@dataclass(frozen=True)
class Contender:
    """One server. ``name``: of its environment (``.venv-bench-NAME``) and its folder among the peers, if any.

    ``command``: what follows the environment's ``bin/``; ``packages``: whose versions the table tells.
    """

    name: str
    title: str
    setup: str
    command: tuple[str, ...]
    request: Callable[[str], bytes]
    reading: Reading
    packages: tuple[str, ...]
    prepare: str = ""

    @property
    def environment_folder(self) -> Path:
        """The virtual environment, which of the bot is the one that runs this."""
        return PROJECT / f".venv-bench-{self.name}" if self.name != "bot" else Path(sys.prefix)

    @property
    def is_installed(self) -> bool:
        """Whether it can be started."""
        return (self.environment_folder / "bin" / "python").exists()

    def full_command(self) -> list[str]:
        """With the environment's own programs."""
        program, *arguments = self.command
        return [str(self.environment_folder / "bin" / program), *arguments]


def reads_bot(body: bytes, _answers: Mapping[str, str]) -> Told:
    """``/ask``: the entry, or the first one offered."""
    reply = json.loads(body)
    offered = [suggestion["id"] for suggestion in reply["suggestions"]]
    if reply["entry"]:
        return Told(reply["entry"]["id"], reply["answered"] or reply["outcome"] == "handoff")
    return Told(offered[0] if offered else None, False)


def reads_row(body: bytes, _answers: Mapping[str, str]) -> Told:
    """A row of our knowledge, alone, in a list, or as hayhooks's result."""
    found = json.loads(body)
    row = found[0] if isinstance(found, list) and found else found
    row = row.get("result", row) if isinstance(row, dict) else {}
    return Told(row.get("entry", row.get("name")), bool(row.get("answer")))


def reads_answer(body: bytes, answers: Mapping[str, str]) -> Told:
    """An answer's text alone."""
    entry = answers.get(answer_key(json.loads(body)["answer"]))
    return Told(entry, entry is not None)


def reads_passive_reply(body: bytes, answers: Mapping[str, str]) -> Told:
    """WeChat's XML."""
    content = _CONTENT.search(body)
    entry = answers.get(answer_key(content[1].decode())) if content else None
    return Told(entry, entry is not None)


def answer_key(answer: str) -> str:
    """An answer without what some change in it: blanks and line breaks."""
    return "".join(answer.split())


def _flask(title: str) -> tuple[str, ...]:
    return ("python", *SAME_GUNICORN, title)


def _row_request(path: str, question: str) -> bytes:
    return post_json(path, {"question": question})


def _txtai_request(question: str) -> bytes:
    query = {"query": _TXTAI, "limit": 1, "parameters": json.dumps({"question": question})}
    return get(f"/search?{urlencode(query)}")


def contenders(folder: Path) -> list[Contender]:
    """The bot first; ``folder``: where what they are prepared with lies."""
    workers = str(WORKERS)
    bot = ("python", *GUNICORN, "-b", "127.0.0.1:{port}", "wsgi:app")
    uvicorn = ("uvicorn", "txtai.api:app", "--port", "{port}", "--workers", workers, "--log-level", "warning")
    hayhooks = ("hayhooks", "run", "--host", "127.0.0.1", "--port", "{port}", "--workers", workers)
    pipelines = ("--pipelines-dir", str(PROJECT / "benchmarks" / "peers" / "haystack_hayhooks" / "pipelines"))
    gunicorn = f"gunicorn, {workers} workers"
    return [
        Contender("bot", "**this bot**, `/ask`", gunicorn, bot, ask, reads_bot, ()),
        Contender(
            "txtai",
            "txtai API",
            f"index with content, uvicorn, {workers} workers",
            uvicorn,
            _txtai_request,
            reads_row,
            ("txtai", "fastapi", "torch"),
            "txtai_api",
        ),
        Contender(
            "haystack",
            "Haystack on hayhooks",
            f"SentenceTransformersTextEmbedder → InMemoryEmbeddingRetriever, {workers} workers",
            (*hayhooks, *pipelines),
            partial(_row_request, "/ask/run"),
            reads_row,
            ("haystack-ai", "hayhooks", "torch"),
            "haystack_hayhooks",
        ),
        Contender(
            "plain",
            "sentence-transformers + FAISS + Flask",
            f"as tutorials write it; {gunicorn}",
            _flask(f"{PEERS}.plain.app:app"),
            ask,
            reads_row,
            ("sentence-transformers", "faiss-cpu", "flask", "torch"),
            "plain",
        ),
        Contender(
            "chatterbot",
            "ChatterBot",
            f"LowercaseTagger, text search by Levenshtein distance, SQLite; {gunicorn}",
            _flask(f"{PEERS}.chatterbot_flask.app:app"),
            ask,
            reads_answer,
            ("chatterbot", "spacy", "sqlalchemy"),
            "chatterbot_flask",
        ),
        Contender(
            "werobot",
            "WeRoBot, by keyword",
            f"one keyword an entry, WeChat pushes; {gunicorn}",
            _flask(f"{PEERS}.werobot_keywords.app:app"),
            push,
            reads_passive_reply,
            ("werobot", "bottle"),
        ),
    ]
