"""The bot's own knowledge in the forms that others take: phrasings with answers, keywords, the same model."""

from __future__ import annotations

import importlib
import json
import math
import os
import re
import subprocess
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from benchmarks.performance.contenders import PEERS, Contender, answer_key
from benchmarks.server import PROJECT
from benchmarks.wechat_pushes import TOKEN
from bot.domain import Entry
from bot.settings import load_settings

# Keywords are two to six Chinese characters, or one to three English words.
_CHINESE, _ENGLISH = range(2, 7), range(1, 4)
_PIECES = {"zh": re.compile(r"[一-鿿]+"), "en": re.compile(r"[a-z][a-z' -]*")}


def environment(folder: Path) -> dict[str, str]:
    """What peers are told: where everything lies, and to leave the threads to their worker processes."""
    return {
        "BENCH_FOLDER": str(folder),
        "BENCH_TOKEN": TOKEN,
        "CONFIG": str(folder / "txtai.yml"),
        "OMP_NUM_THREADS": "1",
        "TOKENIZERS_PARALLELISM": "false",
        "HF_HUB_OFFLINE": "1",
    }


def write_knowledge(folder: Path, entries: Sequence[Entry]) -> dict[str, str]:
    """Write ``knowledge.jsonl``, ``keywords.jsonl`` and ``model``; the entries' ids by their answers."""
    rows = [
        {"entry": entry.id, "phrasing": text, "answer": entry.answer}
        for entry in entries
        for text in entry.questions
    ]
    _write_lines(folder / "knowledge.jsonl", rows)
    _write_lines(folder / "keywords.jsonl", keywords(entries))
    if not (folder / "model").exists():
        checkpoint = importlib.import_module("bot.retrieval.checkpoint")
        checkpoint.load_checkpoint(load_settings().model).save(str(folder / "model"))
    return {answer_key(entry.answer): entry.id for entry in entries}


def prepare_each(folder: Path, contenders: Sequence[Contender]) -> dict[str, float | str]:
    """By contender the seconds of processor time that it took to index the knowledge, or why it could not."""
    found: dict[str, float | str] = {}
    for contender in contenders:
        try:
            found[contender.name] = prepare(folder, contender)
        except (OSError, subprocess.CalledProcessError) as error:
            found[contender.name] = f"it could not be prepared: {error}"
        print(f"{contender.name}: prepared", flush=True)
    return found


def prepare(folder: Path, contender: Contender) -> float:
    """Have a peer index the knowledge, unless it has done so before; seconds of processor time it took."""
    done = folder / f"{contender.name}.prepared"
    if not contender.prepare:
        return 0.0
    knowledge = folder / "knowledge.jsonl"
    if done.exists() and done.stat().st_mtime >= knowledge.stat().st_mtime:
        return float(done.read_text())
    python = contender.environment_folder / "bin" / "python"
    command = [str(python), "-m", f"{PEERS}.{contender.prepare}.prepare"]
    # All cores: only while serving do worker processes share them.
    variables = os.environ | {k: v for k, v in environment(folder).items() if k != "OMP_NUM_THREADS"}
    before = _used()
    with (folder / f"{contender.name}.prepare.log").open("w") as log:
        subprocess.run(command, cwd=PROJECT, env=variables, stdout=log, stderr=log, check=True)
    done.write_text(f"{_used() - before:.1f}")
    return _used() - before


def _used() -> float:
    """Seconds of processor time that programs which have ended took."""
    times = os.times()
    return times.children_user + times.children_system


def keywords(entries: Sequence[Entry]) -> Iterator[dict[str, str]]:
    """The keyword of each entry: in many of its phrasings, in few other entries (highest tf-idf, longest)."""
    counted = [Counter(gram for text in entry.questions for gram in grams(text, entry)) for entry in entries]
    spread = Counter(gram for grams_of_entry in counted for gram in grams_of_entry)
    for entry, own in zip(entries, counted, strict=True):
        if own:
            best = max(own, key=lambda gram: (own[gram] * math.log(len(entries) / spread[gram]), len(gram)))
            yield {"keyword": best, "answer": entry.answer}


def grams(text: str, entry: Entry) -> set[str]:
    """What in a phrasing may be its keyword."""
    pieces = _PIECES[entry.language].findall(text.lower())
    if entry.language == "zh":
        return {piece[i : i + n] for piece in pieces for n in _CHINESE for i in range(len(piece) - n + 1)}
    worded = [piece.split() for piece in pieces]
    return {
        " ".join(words[start : start + count])
        for words in worded
        for count in _ENGLISH
        for start in range(len(words) - count + 1)
    }


def _write_lines(path: Path, rows: Iterable[dict[str, str]]) -> None:
    """Only when something has changed: what was prepared from it stays good."""
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    if not path.exists() or path.read_text("utf-8") != text:
        path.write_text(text, "utf-8")
