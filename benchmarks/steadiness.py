"""How far the answer threshold strays when the knowledge is edited a little.

    python -m benchmarks.steadiness [--edits 12] [--large 6]

Trains the decision on the knowledge base as it is and after each edit by itself. Small edits: a phrasing
less, a phrasing more, a background question less. Large ones: an entry less, 30 background questions less.
"""

from __future__ import annotations

import argparse
import random
import statistics
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from bot.answering.normalising import normalise
from bot.domain import KnowledgeBase, Phrasing, Place
from bot.knowledge import loader
from bot.operations import Operations
from bot.ports import no_progress
from bot.retrieval.building import training_set
from bot.retrieval.training import Trained, train
from bot.settings import load_settings

Edit = Callable[[KnowledgeBase, random.Random], KnowledgeBase]


def _with_phrasings(base: KnowledgeBase, number: int, phrasings: Sequence[Phrasing]) -> KnowledgeBase:
    entries = list(base.entries)
    entries[number] = replace(entries[number], phrasings=tuple(phrasings))
    return replace(base, entries=tuple(entries))


def phrasing_less(base: KnowledgeBase, chance: random.Random) -> KnowledgeBase:
    """Without one phrasing."""
    number = chance.choice([n for n, entry in enumerate(base.entries) if entry.phrasings])
    left = list(base.entries[number].phrasings)
    del left[chance.randrange(len(left))]
    return _with_phrasings(base, number, left)


def phrasing_more(base: KnowledgeBase, chance: random.Random) -> KnowledgeBase:
    """With one phrasing more, somewhere among an entry's others."""
    number = chance.randrange(len(base.entries))
    entry = base.entries[number]
    more = list(entry.phrasings)
    politely = "请问" if entry.language == "zh" else "please tell me "
    more.insert(chance.randrange(len(more) + 1), Phrasing(politely + entry.question, Place(Path(), 0)))
    return _with_phrasings(base, number, more)


def background_less(base: KnowledgeBase, chance: random.Random, count: int = 1) -> KnowledgeBase:
    """Without so many background questions."""
    gone = set(chance.sample(range(len(base.background)), count))
    left = tuple(phrasing for n, phrasing in enumerate(base.background) if n not in gone)
    return replace(base, background=left)


def entry_less(base: KnowledgeBase, chance: random.Random) -> KnowledgeBase:
    """Without one entry."""
    gone = chance.choice(base.entries).id
    return replace(base, entries=tuple(entry for entry in base.entries if entry.id != gone))


def much_background_less(base: KnowledgeBase, chance: random.Random) -> KnowledgeBase:
    """Without 30 background questions."""
    return background_less(base, chance, 30)


SMALL: tuple[Edit, ...] = (phrasing_less, phrasing_more, background_less)
LARGE: tuple[Edit, ...] = (entry_less, much_background_less)


def _spread(name: str, values: Sequence[float]) -> str:
    middle, deviation = statistics.mean(values), statistics.stdev(values)
    return f"{name} {middle:.3f} ± {deviation:.4f} ({min(values):.3f} to {max(values):.3f})"


def _told(name: str, trained: Sequence[Trained]) -> str:
    thresholds = [each.decision.answer_threshold for each in trained]
    coverage = [each.coverage or 0.0 for each in trained]
    return f"{name}: {_spread('threshold', thresholds)}, {_spread('answered', coverage)}"


def main() -> None:
    """Print mean, standard deviation and range of threshold and coverage."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--edits", type=int, default=12)
    parser.add_argument("--large", type=int, default=6)
    arguments = parser.parse_args()
    settings = load_settings()
    embedder, base = Operations(settings).caching_embedder(), loader.load(settings.knowledge_dir)

    def trained(edited: KnowledgeBase) -> Trained:
        data = training_set(edited, embedder, normalise)
        return train(data, false_answer_rate=settings.false_answer_rate, progress=no_progress)

    as_it_is = trained(base)
    for name, edits, count in (("small", SMALL, arguments.edits), ("large", LARGE, arguments.large)):
        found = [trained(edits[n % len(edits)](base, random.Random(n))) for n in range(count)]
        print(_told(f"{count} {name} edits", [as_it_is, *found]), flush=True)


if __name__ == "__main__":
    main()
