"""What a question means after another one: rankings of several readings, added up.

Pure functions: the readings are ranked elsewhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile
from math import exp, log

from bot.answering.told import asks_number, is_named, lacks_number, tells
from bot.domain import Entry, Hit, Ranking

# What speaks for or against an entry after others, in units of an entry's score. Chosen, like the rest
# of the numbers here, on dialogues written for the purpose.
_REPEATED, _REPEATED_EARLIER = 2.3, 2.7
_RELATED, _SAME_TOPIC = 2.0, 1.0
_NAMED, _SWAPPED = 1.5, 2.0
# What an answer without any number loses where one of a kind, say a price, is asked for.
_NUMBERLESS = 2.0
# Share of the first that is left when the last answer was about what is asked for now, too.
_ABOUT_BOTH = 0.3
# An entry that a reading does not list is taken to be this far below the last one listed.
_UNLISTED = 1.0
# What a phrasing met exactly counts as.
_EXACT = 12.0
# What a unit of score, of its lead, of belief and of agreement counts as evidence, and what there is without.
_PER_SCORE, _PER_LEAD, _PER_BELIEF, _PER_AGREEMENT, _OUTSET = 0.15, 0.65, 1.0, 0.5, 1.0
_MOST_LEAD = 8.0
# However far below the best an entry is in the new question by itself, it is no further than this.
_LEAST_AGREEMENT = -4.0
_MAX_EVIDENCE = 20.0
# Beliefs are kept within what a handful of questions can tell; log-odds above and below the threshold's.
_MOST_BELIEF = 2.5
_RAREST = 0.001
# What a reading without any entry on the subject says about the question being on the subject, at most.
_NO_BELIEF = -1.0
# What it says at least where the last answer tells what is asked.
_TOLD_BELIEF = 0.0
# Share of two questions that must be equal for one to be the other with a word replaced.
_SWAP_SHARE = 0.5


@dataclass(frozen=True)
class Meaning:
    """Entries by their score in context, best first; ``evidence`` above 0 = to be believed."""

    hits: tuple[Hit, ...]
    evidence: float

    def ranking(self, threshold: float) -> Ranking:
        """As a ranking whose confidence is ``threshold`` where the evidence is 0."""
        odds = threshold / (1 - threshold) * exp(max(min(self.evidence, _MAX_EVIDENCE), -_MAX_EVIDENCE))
        return Ranking(self.hits, odds / (1 + odds))


def meaning(
    alone: Sequence[Ranking],
    in_context: Sequence[Ranking],
    entries: dict[str, Entry],
    lasts: Sequence[Entry],
    core: str,
    threshold: float,
) -> Meaning:
    """The entries' scores over all readings, given those that answered last, last first.

    ``alone`` are readings of the new question by itself, the first of which counts; without any belief in
    them nothing is believed: whatever comes after a question on the subject looks as if it were on the
    subject too. ``entries`` are those that may be meant; ``threshold`` is the confidence to answer from.
    """
    readings = [_scores(reading, entries) for reading in (alone[0], *in_context)]
    is_told = _is_told(entries, lasts, core)
    totals = {name: sum(_of(reading, name) for reading in readings) / len(readings) for name in entries}
    fits = {name: _fit(entry, lasts, core, is_told=is_told) for name, entry in entries.items()}
    scored = [Hit(name, total + fits[name]) for name, total in totals.items()]
    hits = tuple(sorted(scored, key=lambda hit: -hit.score))
    if not hits:
        return Meaning((), -_OUTSET)
    belief = max(_belief(reading, entries, threshold) for reading in alone)
    if is_told and hits[0].entry_id == lasts[0].id:
        belief = max(belief, _TOLD_BELIEF)
    return Meaning(hits, _evidence(hits, belief, _agreement(alone[0], hits[0].entry_id)))


def _evidence(hits: Sequence[Hit], belief: float, agreement: float) -> float:
    lead = hits[0].score - hits[1].score if len(hits) > 1 else _MOST_LEAD
    of_hits = _PER_SCORE * hits[0].score + _PER_LEAD * min(lead, _MOST_LEAD)
    return of_hits + _PER_BELIEF * belief + _PER_AGREEMENT * agreement + _OUTSET


def _scores(ranking: Ranking, entries: dict[str, Entry]) -> dict[str, float]:
    return {
        hit.entry_id: _EXACT if ranking.is_exact else hit.score
        for hit in ranking.hits
        if hit.entry_id in entries
    }


def _of(scores: dict[str, float], name: str) -> float:
    floor = min(scores.values(), default=0.0) - _UNLISTED
    return scores.get(name, floor)


def _belief(alone: Ranking, entries: dict[str, Entry], threshold: float) -> float:
    """How likely the new question is on the subject, 0 where it would just be answered.

    One that is most like smalltalk says little.
    """
    above = min(_log_odds(alone.confidence) - _log_odds(threshold), _MOST_BELIEF)
    is_topical = bool(alone.hits) and alone.hits[0].entry_id in entries
    return above if is_topical else min(above, _NO_BELIEF)


def _agreement(alone: Ranking, name: str) -> float:
    """How far an entry is below the best of the new question by itself: 0 for the best."""
    scores = {hit.entry_id: hit.score for hit in alone.hits}
    return max(_of(scores, name) - max(scores.values(), default=0.0), _LEAST_AGREEMENT)


def _log_odds(probability: float) -> float:
    bounded = min(max(probability, _RAREST), 1 - _RAREST)
    return log(bounded / (1 - bounded))


def _fit(entry: Entry, lasts: Sequence[Entry], core: str, *, is_told: bool) -> float:
    """What speaks for an entry after the last ones, apart from the words."""
    unfit = _NUMBERLESS if lacks_number(entry, core) else 0.0
    return _fit_after(entry, lasts, core, is_told=is_told) - unfit if lasts else 0.0


def _fit_after(entry: Entry, lasts: Sequence[Entry], core: str, *, is_told: bool) -> float:
    """What speaks for an entry after others, first of all the last one."""
    last, *earlier = lasts
    was_about_it = core in last.question.casefold()
    if entry.id == last.id:
        return 0.0 if is_told else -_REPEATED * (_ABOUT_BOTH if was_about_it else 1.0)
    near = _RELATED if entry.id in last.related else _SAME_TOPIC if entry.topic == last.topic else 0.0
    named = _NAMED if core in entry.question.casefold() and not was_about_it else 0.0
    swapped = _SWAPPED if is_swap(last.question, entry.question, core) else 0.0
    repeated = _REPEATED_EARLIER if any(entry.id == other.id for other in earlier) else 0.0
    return near + named + swapped - repeated


def _is_told(entries: dict[str, Entry], lasts: Sequence[Entry], core: str) -> bool:
    """Whether the last answer tells what is asked, and no other entry is about just that."""
    if not lasts or not tells(lasts[0], core):
        return False
    others = (entry for name, entry in entries.items() if name != lasts[0].id)
    return asks_number(core) or not any(is_named(core, entry.question) for entry in others)


def is_swap(question: str, other: str, core: str) -> bool:
    """Whether ``other`` is ``question`` with something replaced by ``core``."""
    question, other, core = question.casefold(), other.casefold(), core.casefold()
    start = _shared_start(question, other)
    end = _shared_start(question[start:][::-1], other[start:][::-1])
    replaced = other[start : len(other) - end]
    shared = (start + end) / max(len(question), len(other), 1)
    return bool(replaced.strip()) and shared >= _SWAP_SHARE and (core in replaced or replaced.strip() in core)


def _shared_start(one: str, other: str) -> int:
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))
