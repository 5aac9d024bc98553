"""Measures the answerer on labelled questions: hit@k, MRR, coverage, false and missed answers, MCC, AUROC.

scikit-learn is imported when figures are asked for: a build plays its checks without it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.domain import Conversation, OutcomeKind, Reply
from bot.errors import BotError

ANY_TEXT = "any"
_NONE = "(none)"


class EvaluationFileError(BotError):
    """A line of an evaluation file cannot be used."""


@dataclass(frozen=True)
class Labelled:
    """A question with the entries that answer it; none = must abstain; ``any_text`` = any reply is right."""

    question: str
    expected: tuple[str, ...]
    any_text: bool = False

    @property
    def is_answerable(self) -> bool:
        """Whether some entry answers it."""
        return bool(self.expected)

    @property
    def wanted(self) -> str:
        """What is expected, in words."""
        return ANY_TEXT if self.any_text else "|".join(self.expected) or "abstain"


@dataclass(frozen=True)
class Judged:
    """A labelled question with the reply it got."""

    labelled: Labelled
    reply: Reply

    @property
    def rank(self) -> int | None:
        """Rank of the first right entry, from 1; None when it was not retrieved.

        Whatever the reply shows is first: a composed one shows several entries.
        """
        if any(part.entry.id in self.labelled.expected for part in self.reply.parts):
            return 1
        ids = [hit.entry_id for hit in self.reply.ranking.hits]
        ranks = [ids.index(name) + 1 for name in self.labelled.expected if name in ids]
        return min(ranks, default=None)

    @property
    def given(self) -> str:
        """What the reply came to, in words: the outcome and the entry nearest to the question."""
        hits = self.reply.ranking.hits
        return f"{self.reply.outcome}:{hits[0].entry_id}" if hits else str(self.reply.outcome)

    @property
    def is_answered(self) -> bool:
        """Whether the bot gave an answer; smalltalk counts, and handing over where that is expected."""
        is_handed_over = self.reply.outcome is OutcomeKind.HANDOFF and self.labelled.is_answerable
        return self.reply.is_answered or (is_handed_over and self.rank == 1)

    @property
    def is_right(self) -> bool:
        """Answered with a right entry, abstained where it must, or free to say anything."""
        if self.labelled.any_text:
            return bool(self.reply.text)
        if not self.labelled.is_answerable:
            return not self.is_answered
        is_handoff = self.reply.outcome is OutcomeKind.HANDOFF
        return (self.is_answered or is_handoff) and self.rank == 1


@dataclass(frozen=True)
class Figures:
    """Shares of 1; None where there is nothing to divide by. Confidence is the score of AUROC."""

    questions: int
    right: float
    hit_at_1: float | None
    hit_at_3: float | None
    mrr_at_10: float | None
    coverage: float | None
    false_answers: float | None
    missed_answers: float | None
    mcc: float | None
    auroc: float | None


@dataclass(frozen=True)
class Dialogue:
    """Questions asked one after the other in one conversation."""

    id: str
    turns: tuple[Labelled, ...]


@dataclass(frozen=True)
class PlayedDialogue:
    """A dialogue with the replies it got."""

    dialogue: Dialogue
    turns: tuple[Judged, ...]

    @property
    def is_right(self) -> bool:
        """Whether every reply was right."""
        return all(turn.is_right for turn in self.turns)


def read_labelled(path: Path) -> list[Labelled | Dialogue]:
    """The lines of a JSONL file; raises EvaluationFileError with the line that is wrong."""
    labelled: list[Labelled | Dialogue] = []
    for number, line in enumerate(path.read_bytes().split(b"\n"), 1):
        if line.strip():
            try:
                labelled.append(_read(json.loads(line.decode("utf-8-sig"))))
            except (ValueError, KeyError, TypeError) as error:
                raise EvaluationFileError(
                    "%(path)s:%(number)s: %(error)s; "
                    'for a dialogue write {"id": "…", "turns": [questions]}, for a question '
                    'write {"question": "…", "expected": "entry-id" | ["id", …] | null | "any"}',
                    path=path,
                    number=number,
                    error=repr(error),
                ) from error
    return labelled


def _read(fields: dict[str, Any]) -> Labelled | Dialogue:
    if "turns" not in fields:
        return _labelled(fields)
    turns = tuple(_labelled(turn) for turn in fields["turns"])
    if not turns:
        raise ValueError("a dialogue has no turns")
    return Dialogue(str(fields["id"]), turns)


def _labelled(fields: dict[str, Any]) -> Labelled:
    question, expected = fields["question"], fields["expected"]
    is_free = expected is None or expected == ANY_TEXT
    ids = () if is_free else (expected,) if isinstance(expected, str) else tuple(expected)
    if not all(isinstance(text, str) and text.strip() for text in (question, *ids)):
        raise TypeError("the question and the ids must be texts")
    return Labelled(question, ids, any_text=expected == ANY_TEXT)


def play(
    dialogue: Dialogue, reply: Callable[[str, Conversation], tuple[Reply, Conversation]]
) -> PlayedDialogue:
    """Ask its questions in order, in a conversation that is new."""
    talk = Conversation()
    judged = []
    for labelled in dialogue.turns:
        answer, talk = reply(labelled.question, talk)
        judged.append(Judged(labelled, answer))
    return PlayedDialogue(dialogue, tuple(judged))


def by_language(judged: Sequence[Judged]) -> dict[str, Figures]:
    """Figures over all questions and for each language that occurs."""
    languages = sorted({item.reply.language for item in judged})
    groups = {str(name): [i for i in judged if i.reply.language is name] for name in languages}
    return {"all": figures(judged)} | {name: figures(group) for name, group in groups.items()}


def figures(judged: Sequence[Judged]) -> Figures:
    """All figures of a set of judged questions."""
    scored = [item for item in judged if not item.labelled.any_text]
    inside = [item for item in scored if item.labelled.is_answerable]
    outside = [item for item in scored if not item.labelled.is_answerable]
    ranks = [item.rank or float("inf") for item in inside]
    return Figures(
        questions=len(judged),
        right=_share(item.is_right for item in judged) or 0.0,
        hit_at_1=_share(rank <= 1 for rank in ranks),
        hit_at_3=_share(rank <= 3 for rank in ranks),
        mrr_at_10=_mean([1 / rank if rank <= 10 else 0.0 for rank in ranks]),
        coverage=_share(item.is_answered for item in inside),
        false_answers=_share(item.is_answered for item in outside),
        missed_answers=_share(not item.is_answered for item in inside),
        mcc=_mcc(scored),
        auroc=_auroc(inside, outside),
    )


def _mcc(scored: Sequence[Judged]) -> float | None:
    """Matthews correlation with "none" as one more class, as the HINT3 paper takes it."""
    from sklearn.metrics import matthews_corrcoef

    truth = [_true_label(item) for item in scored]
    given = [_given_label(item) for item in scored]
    if len({*truth, *given}) < 2:
        return None
    return float(matthews_corrcoef(truth, given))


def _true_label(item: Judged) -> str:
    given = _given_label(item)
    expected = item.labelled.expected
    return given if given in expected else next(iter(expected), _NONE)


def _given_label(item: Judged) -> str:
    entry = item.reply.entry
    if not item.is_answered or entry is None:
        return _NONE
    shown = (part.entry.id for part in item.reply.parts)
    return next((name for name in shown if name in item.labelled.expected), entry.id)


def _auroc(inside: Sequence[Judged], outside: Sequence[Judged]) -> float | None:
    if not inside or not outside:
        return None
    from sklearn.metrics import roc_auc_score

    truth = [1] * len(inside) + [0] * len(outside)
    return float(roc_auc_score(truth, [i.reply.confidence for i in (*inside, *outside)]))


def _share(values: Iterable[bool]) -> float | None:
    return _mean([float(value) for value in values])


def _mean(values: list[float]) -> float | None:
    return sum(values) / len(values) if values else None
