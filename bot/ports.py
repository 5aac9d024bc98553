"""The protocols at the seams: what answering needs from whatever embeds, retrieves and reports."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

from bot.domain import (
    ApiKey,
    Conversation,
    Due,
    Entry,
    Job,
    JobProgress,
    JobResult,
    Language,
    LoggedQuestion,
    Query,
    Ranking,
    Said,
    Settlement,
    Source,
    Stage,
    Verdict,
    Vocabulary,
)
from bot.reports import AuditRecord, DeskSession, Login
from bot.reports_questions import EntryFigures, Figures, LoggedRow, Position, Sought, Span
from bot.reports_teaching import KnowledgeEdit

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# Reports (what is being done, steps done, steps in all) while something long runs.
Progress = Callable[[str, int, int], None]


def no_progress(_what: str, _done: int, _total: int) -> None:
    """For callers that have nobody to report to."""


# Is told that a stage has ended, and how many seconds it took.
ObserveStage = Callable[[Stage, float], None]


def unobserved(_stage: Stage, _seconds: float) -> None:
    """For answers that nobody times."""


class Embedder(Protocol):
    """Text -> unit vectors. Safe to call from several threads at once."""

    @property
    def model(self) -> str:
        """Name of the language model."""
        ...

    @property
    def checksum(self) -> str:
        """Identifies the vectors: equal checksums, equal vectors."""
        ...

    @property
    def dimensions(self) -> int:
        """Length of a vector."""
        ...

    def embed_queries(self, texts: Sequence[str], progress: Progress = ...) -> NDArray[np.float32]:
        """Shape (len(texts), dimensions), float32, unit length, in the order of the texts."""
        ...

    def embed_passages(self, texts: Sequence[str], progress: Progress = ...) -> NDArray[np.float32]:
        """The same for texts that are to be found."""
        ...

    def pieces(self, texts: Sequence[str]) -> list[list[int]]:
        """The numbers of the word pieces that the model reads each text in."""
        ...

    def piece_vectors(self, pieces: Sequence[int]) -> NDArray[np.float32]:
        """Shape (len(pieces), any), float32: what the model knows of word pieces before any context."""
        ...


class IndexFacts(Protocol):
    """What an index version was made from."""

    @property
    def version(self) -> str:
        """The version's name."""
        ...

    @property
    def digest(self) -> str:
        """Digest of the knowledge base it was built from."""
        ...

    @property
    def model(self) -> str:
        """Name of the language model it was built with."""
        ...

    @property
    def built_at(self) -> str:
        """When it was built, ISO 8601."""
        ...


class KnowledgeIndex(IndexFacts, Protocol):
    """One loaded index version: it finds entries and knows how sure it is."""

    @property
    def answer_threshold(self) -> float:
        """Confidence from which the best hit is the answer."""
        ...

    @property
    def clarify_threshold(self) -> float:
        """Confidence from which the nearest entries are worth offering as questions."""
        ...

    @property
    def entries(self) -> Sequence[Entry]:
        """Every entry of every language, in the order of the knowledge base."""
        ...

    @property
    def sources(self) -> Mapping[str, Source]:
        """Every source that an entry may name."""
        ...

    @property
    def vocabulary(self) -> Vocabulary:
        """What its questions are written with."""
        ...

    def rank(self, query: Query) -> Ranking:
        """Entries nearest to a query, best first; a phrasing met exactly is certain."""
        ...

    def rank_by_words(self, query: Query) -> Ranking | None:
        """The same by the words alone, in a fraction of the time, where they make an entry sure enough.

        Its scores are of another kind than those of ``rank``.
        """
        ...

    def is_phrasing(self, query: Query) -> bool:
        """Whether it is one of an entry's, word for word."""
        ...

    def entry(self, entry_id: str, language: Language) -> Entry | None:
        """The entry in this language's knowledge, else in the other one."""
        ...


class Inbox(Protocol):
    """Pushes, each with the one effect it had; raises StoreError when it cannot be reached."""

    def settled(self, key: str) -> Said | None:
        """The reply of a push that was settled before."""
        ...

    def arrived(self, key: str, channel: str, openid: str, max_age: float) -> Said | Conversation:
        """The reply of a push that was settled before, else its user's conversation.

        A new one if the last is older than ``max_age`` seconds.
        """
        ...

    def settle(self, key: str, settlement: Settlement) -> Said:
        """Give the push its effect unless it had one; the reply to send either way."""
        ...


class Conversations(Protocol):
    """What is remembered of a channel's users; raises StoreError when it cannot be reached."""

    def recall(self, channel: str, user: str) -> Conversation:
        """The user's conversation, new if there is none or it is too old."""
        ...

    def keep(self, channel: str, user: str, talk: Conversation) -> None:
        """Remember it in place of the last one."""
        ...

    def keep_late(self, channel: str, user: str, talk: Conversation, said_at: float) -> None:
        """The same for what was said then (seconds since the epoch), unless something newer is remembered."""
        ...


class QuestionLog(Protocol):
    """What was asked, for the operator to read."""

    def write(self, question: LoggedQuestion) -> None:
        """Log it within the second; takes no time, and never fails."""
        ...


class Feedback(Protocol):
    """What users think of the answers; raises StoreError when it cannot be reached."""

    def give(self, request_id: str, verdict: Verdict, comment: str) -> bool:
        """Remember it in place of an earlier one; False when no question of that request is known."""
        ...


class ApiKeys(Protocol):
    """The keys that were given out."""

    def find(self, secret: str) -> ApiKey | None:
        """The valid key that this is; raises StoreError when no key was ever read."""
        ...


class Outbox(Protocol):
    """Customer messages on their way; raises StoreError when it cannot be reached."""

    def take(self, limit: int) -> list[Due]:
        """Mark due messages as being sent and return them, oldest first, one a user."""
        ...

    def sent(self, due: Due) -> None:
        """It arrived."""
        ...

    def drop(self, due: Due, error: str) -> None:
        """It can never be sent."""
        ...

    def doubt(self, due: Due, error: str) -> None:
        """It may have arrived, so it must not be sent again."""
        ...

    def retry(self, due: Due, rest: str, after: float, error: str) -> None:
        """``rest`` of it surely did not arrive: try that again in ``after`` seconds."""
        ...

    def expire(self) -> int:
        """Drop what may not be sent any more; how many."""
        ...

    def abandon(self) -> int:
        """Leave messages that a sender was killed over; how many."""
        ...


class Jobs(Protocol):
    """Rebuilds that were asked for, one at a time; raises StoreError when they cannot be reached."""

    def request(self, key: str = ...) -> tuple[Job, bool]:
        """The job to wait for, and whether it is new and somebody must start it."""
        ...

    def find(self, job_id: str) -> Job | None:
        """A job as it is now; None if there is none."""
        ...

    def recent(self, limit: int) -> list[Job]:
        """The newest jobs, newest first."""
        ...

    def begin(self, job_id: str) -> bool:
        """Take a queued job; False if it is none any more."""
        ...

    def note(self, job_id: str, progress: JobProgress) -> None:
        """Say that a running job is alive, and how far it is."""
        ...

    def finish(self, job_id: str, result: JobResult, log: tuple[str, ...]) -> None:
        """Say how it ended."""
        ...

    def give_up(self, job_id: str, reason: str) -> None:
        """Let a job that is not over fail, because nobody works on it."""
        ...


class DeskAccess(Protocol):
    """Who may use the operator's desk; raises StoreError when it cannot be reached."""

    def names(self) -> list[str]:
        """The operators who have a password; with none, the desk is closed."""
        ...

    def log_in(self, name: str, password: str, address: str) -> Login:
        """Begin a session, unless name or password is wrong, or one was wrong too often lately."""
        ...

    def session(self, token: str) -> DeskSession | None:
        """The session of a token, with its notice, which is then gone; None if it is over."""
        ...

    def leave_notice(self, token: str, text: str) -> None:
        """Show this on the session's next page."""
        ...

    def log_out(self, token: str) -> None:
        """End the session."""
        ...


class AuditLog(Protocol):
    """What operators did; raises StoreError when it cannot be reached."""

    def record(self, operator: str, action: str, subject: str) -> None:
        """Write that an operator did something."""
        ...

    def newest(self, most: int, before: int | None = ...) -> list[AuditRecord]:
        """The newest records, those before the one of that number if one is given."""
        ...


class QuestionFigures(Protocol):
    """The question log in figures; raises StoreError when it cannot be reached."""

    def figures(self, span: Span) -> Figures:
        """The span in figures. Of a long time, ask a day at a time, and add up."""
        ...

    def users(self, span: Span | None = ...) -> int:
        """How many users asked in the span, or ever."""
        ...

    def first_asked(self) -> float | None:
        """When the oldest question that is kept was asked."""
        ...

    def entries(self, span: Span | None = ..., entry: str = ...) -> list[EntryFigures]:
        """Every entry, or this one, that answered in the span, or ever, the most asked first."""
        ...


class QuestionSearch(Protocol):
    """Looks for questions in the log; raises StoreError when it cannot be reached."""

    def newest(self, sought: Sought, most: int, before: Position | None = ...) -> list[LoggedRow]:
        """At most so many, newest first, those before a position if one is given."""
        ...


class KnowledgeEdits(Protocol):
    """What was changed in the knowledge from the desk; raises StoreError when it cannot be reached."""

    def add(self, edits: Sequence[KnowledgeEdit]) -> list[KnowledgeEdit]:
        """Keep them; the same with number and time."""
        ...

    def forget(self, edits: Sequence[KnowledgeEdit]) -> None:
        """Keep them no more: they did not come to pass."""
        ...

    def recent(self, limit: int, before: int | None = ...) -> list[KnowledgeEdit]:
        """The newest, older than the one of that number; newest first."""
        ...

    def find(self, number: int) -> KnowledgeEdit | None:
        """One of them."""
        ...

    def mark_undone(self, number: int, *, is_undone: bool = True) -> None:
        """Note that it stands no more, or stands after all."""
        ...
