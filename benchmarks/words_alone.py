"""What words alone answer, and what that costs and gains: each question with and without the early exit.

    python -m benchmarks.words_alone [FILE…]

The files are those of ``flask evaluate``, without dialogues; the index is the live one. Both ways are asked
by turns, and nothing is remembered from one to the other but what is kept of any question.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.server import PROJECT
from bot.answering.answerer import Answerer
from bot.evaluation import Judged, Labelled, read_labelled
from bot.operations import Operations
from bot.settings import load_settings

_OWN = PROJECT / "benchmarks" / "quality" / "questions.jsonl"
_WARMING_UP = 50


@dataclass(frozen=True)
class Asked:
    """A question's two replies, with the processor time of each in seconds."""

    early: Judged
    whole: Judged
    early_seconds: float
    whole_seconds: float

    @property
    def is_by_words(self) -> bool:
        """Whether the words alone sufficed."""
        return self.early.reply.ranking.is_by_words


def main() -> None:
    """Ask and print."""
    parser = argparse.ArgumentParser(description=str(__doc__).partition("\n")[0])
    parser.add_argument("files", nargs="*", type=Path, default=[_OWN], metavar="FILE")
    operations = Operations(load_settings())
    index = operations.load_version(operations.store.current())
    answerer = Answerer(lambda: index)
    for path in parser.parse_args().files:
        questions = [each for each in read_labelled(path) if isinstance(each, Labelled)]
        for each in questions[:_WARMING_UP]:
            _asked(answerer, each)
        _print(path.name, [_asked(answerer, each) for each in questions])


def _asked(answerer: Answerer, labelled: Labelled) -> Asked:
    whole, whole_seconds = _timed(answerer, labelled, by_words=False)
    early, early_seconds = _timed(answerer, labelled, by_words=True)
    return Asked(early, whole, early_seconds, whole_seconds)


def _timed(answerer: Answerer, labelled: Labelled, *, by_words: bool) -> tuple[Judged, float]:
    started = time.process_time()
    reply = answerer.answer(labelled.question, by_words=by_words)
    return Judged(labelled, reply), time.process_time() - started


def _print(name: str, asked: Sequence[Asked]) -> None:
    by_words = [each for each in asked if each.is_by_words]
    inside = [each for each in asked if each.whole.labelled.is_answerable]
    outside = [each for each in asked if not each.whole.labelled.is_answerable]
    print(f"{name}: {len(asked)} questions, {len(outside)} of them out of scope")
    print(f"  answered by words alone  {_by_words(asked):.1%}, in scope {_by_words(inside):.1%}")
    print(f"  falsely, out of scope    {_by_words(outside):.1%}")
    print(f"  right, of these          {_right(by_words)}")
    print(f"  right, of all            {_right(asked)}")
    print(f"  milliseconds, mean       {_milliseconds(asked, np.mean)}")
    print(f"  milliseconds, median     {_milliseconds(asked, np.median)}")


def _by_words(asked: Sequence[Asked]) -> float:
    return float(np.mean([each.is_by_words for each in asked])) if asked else 0.0


def _right(asked: Sequence[Asked]) -> str:
    early = np.mean([each.early.is_right for each in asked]) if asked else 0.0
    whole = np.mean([each.whole.is_right for each in asked]) if asked else 0.0
    return f"{early:.1%}, by everything {whole:.1%}"


def _milliseconds(asked: Sequence[Asked], middle: Callable[[list[float]], np.floating]) -> str:
    early = middle([1000 * each.early_seconds for each in asked])
    whole = middle([1000 * each.whole_seconds for each in asked])
    return f"{early:.2f} of processor time, by everything {whole:.2f}"


if __name__ == "__main__":
    main()
