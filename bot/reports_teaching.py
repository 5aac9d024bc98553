"""Questions that got no good answer, grouped: values between the store and the desk's pages."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Want(StrEnum):
    """Why a question is worth teaching: nothing was said, something was asked back, the answer was bad."""

    ABSTAIN = "abstain"
    CLARIFY = "clarify"
    DOWN = "down"


@dataclass(frozen=True)
class Ask:
    """One time a question was asked; ``user``: a pseudonym, empty = nobody it would know again."""

    text: str
    user: str
    at: float
    want: Want


@dataclass(frozen=True)
class NearEntry:
    """An entry near to a group: its question, and the confidence that it is the answer, 0 to 1."""

    id: str
    question: str
    confidence: float


@dataclass(frozen=True)
class DistinctQuestion:
    """What was asked alike but for blanks, case and script. ``key``: a digest, stable for good.

    ``language``: the knowledge it belongs to, ``zh`` or ``en``; ``text``: as asked last;
    ``asks``: newest first.
    """

    key: str
    text: str
    language: str
    asks: tuple[Ask, ...]


@dataclass(frozen=True)
class Dismissal:
    """A group was put aside: hidden until it is asked ``times`` more. ``key``: of one of its questions."""

    key: str
    at: float
    times: int


@dataclass(frozen=True)
class QuestionGroup:
    """Questions that ask for the same, most asked first; ``key``: the first one's.

    ``dismissal``: of the group, if it was put aside and not asked often enough since.
    """

    key: str
    questions: tuple[DistinctQuestion, ...]
    nearest: tuple[NearEntry, ...]
    dismissal: Dismissal | None = None

    @property
    def text(self) -> str:
        """The question that stands for all."""
        return self.questions[0].text

    @property
    def asks(self) -> tuple[Ask, ...]:
        """Every time one of them was asked."""
        return tuple(ask for question in self.questions for ask in question.asks)

    @property
    def users(self) -> int:
        """How many users asked, of those who can be told apart."""
        return len({ask.user for ask in self.asks if ask.user})

    @property
    def first_at(self) -> float:
        """When it was first asked, seconds since the epoch."""
        return min(ask.at for ask in self.asks)

    @property
    def last_at(self) -> float:
        """When it was last asked."""
        return max(ask.at for ask in self.asks)


@dataclass(frozen=True)
class Progress:
    """How far the grouping is: questions read, of how many; 0 of 0 when it is done."""

    done: int = 0
    total: int = 0


@dataclass(frozen=True)
class Overview:
    """The groups, most asked first; ``groups`` is None until there are any to show.

    ``left_out``: how many distinct questions are too many to be grouped; ``is_cut``: whether older ones than
    those that were read are in the log.
    """

    groups: tuple[QuestionGroup, ...] | None
    progress: Progress = Progress()
    left_out: int = 0
    is_cut: bool = False


@dataclass(frozen=True)
class KnowledgeEdit:
    """A change of one entry's section in a file; ``before`` or ``after`` is empty where there is none.

    ``path`` inside the knowledge folder; ``line`` from 1 where the section begins or began; times in seconds
    since the epoch, ``undone_at`` None while it stands.
    """

    id: int
    made_at: float
    path: str
    language: str
    entry: str
    question: str
    line: int
    before: str
    after: str
    undone_at: float | None = None


def restricted(groups: Iterable[QuestionGroup], wants: Iterable[Want], since: float) -> list[QuestionGroup]:
    """The groups with only what was asked for these reasons since then; most asked first."""
    wanted = frozenset(wants)
    kept = [_restricted(group, wanted, since) for group in groups]
    found = [group for group in kept if group.questions]
    return sorted(found, key=lambda group: (-len(group.asks), -group.last_at, group.key))


def _restricted(group: QuestionGroup, wants: frozenset[Want], since: float) -> QuestionGroup:
    questions = [
        DistinctQuestion(question.key, question.text, question.language, asks)
        for question in group.questions
        if (asks := tuple(ask for ask in question.asks if ask.want in wants and ask.at >= since))
    ]
    questions.sort(key=lambda question: -len(question.asks))
    return QuestionGroup(group.key, tuple(questions), group.nearest, group.dismissal)
