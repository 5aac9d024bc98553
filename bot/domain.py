"""The values that pass between modules: frozen, and free of every library."""

from __future__ import annotations

from collections.abc import Callable, Collection, Container, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar

_Made = TypeVar("_Made")


class Language(StrEnum):
    """What a reply is written in; the values are the contract of ``/ask``."""

    SIMPLIFIED = "zh-Hans"
    TRADITIONAL = "zh-Hant"
    ENGLISH = "en"

    @property
    def knowledge(self) -> str:
        """The knowledge folder this language is answered from: ``zh`` or ``en``."""
        return "en" if self is Language.ENGLISH else "zh"


class Grade(StrEnum):
    """How well a statement is founded: official, several sources, one vendor, or sources disagree."""

    OFFICIAL = "A"
    SEVERAL = "B"
    REPORTED = "C"
    CONFLICTING = "conflicting"


class OutcomeKind(StrEnum):
    """What the decision came to."""

    ANSWER = "answer"
    CLARIFY = "clarify"
    SMALLTALK = "smalltalk"
    HANDOFF = "handoff"
    ABSTAIN = "abstain"


@dataclass(frozen=True)
class Place:
    """A line in a knowledge file, for error messages."""

    path: Path
    line: int

    def __str__(self) -> str:
        return f"{self.path}:{self.line}"


@dataclass(frozen=True)
class Source:
    """Where a statement comes from; only official ones are shown to customers, by title."""

    id: str
    is_official: bool
    titles: dict[str, str]
    address: str


@dataclass(frozen=True)
class Phrasing:
    """One way to ask something."""

    text: str
    place: Place


@dataclass(frozen=True)
class Entry:
    """One question with its answer, in one knowledge language (``zh`` or ``en``)."""

    id: str
    language: str
    question: str
    phrasings: tuple[Phrasing, ...]
    answer: str
    topic: str
    place: Place
    applies: str = "both"
    as_of: str = ""
    is_volatile: bool = False
    grade: Grade = Grade.SEVERAL
    sources: tuple[str, ...] = ()
    related: tuple[str, ...] = ()
    not_this: tuple[Phrasing, ...] = ()
    label: str = ""
    includes: tuple[str, ...] = ()

    @property
    def questions(self) -> tuple[str, ...]:
        """The canonical question and the other phrasings."""
        return (self.question, *(phrasing.text for phrasing in self.phrasings))

    @property
    def passages(self) -> tuple[str, ...]:
        """The answer's paragraphs: the pieces that are embedded."""
        return tuple(part.strip() for part in self.answer.split("\n\n") if part.strip())

    @property
    def short_answer(self) -> str:
        """The first paragraph, which stands alone."""
        return self.passages[0]


@dataclass(frozen=True)
class KnowledgeBase:
    """Everything an index is built from.

    ``background``: questions near its subject that it does not answer; ``everyday``: far from any subject.
    """

    entries: tuple[Entry, ...]
    sources: dict[str, Source] = field(default_factory=dict)
    background: tuple[Phrasing, ...] = ()
    everyday: tuple[Phrasing, ...] = ()
    digest: str = ""


@dataclass(frozen=True)
class Query:
    """A question after normalising: the text to embed, the key for exact matches, the reply's language."""

    text: str
    key: str
    language: Language


@dataclass(frozen=True)
class Closeness:
    """What an entry's score is made of: cosines to its best phrasing and passage, the same over words,
    and the classifier's log-probability (None without a classifier).
    """

    phrasing: float
    passage: float
    lexical: float
    belief: float | None


@dataclass(frozen=True)
class Hit:
    """An entry with its score, higher is closer; ``closeness`` is unknown where it was not searched for."""

    entry_id: str
    score: float
    closeness: Closeness | None = None


@dataclass(frozen=True)
class Ranking:
    """Hits, best first, with the calibrated probability that the first one answers the query.

    ``read_as``: the text that was ranked in the query's stead; empty when it was ranked as it stands.
    ``signals``: names and values of what the confidence rests on; empty where nothing was searched for.
    ``is_by_words``: the words alone made the first one sure; scores are log-probabilities then.
    """

    hits: tuple[Hit, ...]
    confidence: float
    is_exact: bool = False
    read_as: str = ""
    signals: tuple[tuple[str, float], ...] = ()
    is_by_words: bool = False


@dataclass(frozen=True, eq=False)
class Vocabulary:
    """What the questions of a knowledge base are written with.

    ``words``: Latin words with their counts; ``phrases``: the same for 1 to 4 Chinese characters in a row;
    ``by_sound``: syllables without tones, "xiao cheng xu" -> the commonest phrase; ``sounds``: character ->
    syllable; ``real``: rarer phrases that sound like one in ``by_sound`` and are no slips of it;
    ``by_letters``: ``by_sound`` without spaces, "xiaochengxu"; ``firm``: phrases in ``by_sound`` whose
    characters belong together.
    """

    words: Mapping[str, int] = field(default_factory=dict)
    phrases: Mapping[str, int] = field(default_factory=dict)
    by_sound: Mapping[str, str] = field(default_factory=dict)
    sounds: Mapping[str, str] = field(default_factory=dict)
    real: Container[str] = ()
    by_letters: Mapping[str, str] = field(default_factory=dict)
    firm: Collection[str] = ()


class Stage(StrEnum):
    """A step from a question to its answer that is worth timing."""

    EMBEDDING = "embedding"
    RETRIEVAL = "retrieval"
    DECISION = "decision"
    COMPOSING = "composing"


@dataclass(frozen=True)
class Refusal:
    """An index version that cannot serve, and why; without a version it is the pointer that fails."""

    version: str
    reason: str


@dataclass(frozen=True)
class IndexState:
    """What a process serves, when it was built (ISO 8601) and since when it serves (seconds since the
    epoch); ``refused``: what it should serve but cannot; ``refusals``: how many there were.
    """

    version: str = ""
    built_at: str = ""
    swapped_at: float = 0.0
    refused: Refusal | None = None
    refusals: int = 0


@dataclass(frozen=True)
class Suggestion:
    """A question the reader may ask next."""

    id: str
    question: str


@dataclass(frozen=True)
class Part:
    """An entry whose sentences a reply shows, with the titles of its official sources."""

    entry: Entry
    source_titles: tuple[str, ...] = ()


@dataclass(frozen=True)
class AskedPart:
    """One of several questions in a message, the entry nearest to it and whether that answers it."""

    text: str
    entry_id: str
    confidence: float
    is_known: bool


@dataclass(frozen=True)
class Reply:
    """What the answerer says: words for a reader, and what they rest on.

    ``short`` stands alone where space is dear; ``rest`` is what it leaves out. ``entry`` is the first of
    the ``parts``. ``asked`` are the questions in the question, where it was more than one.
    """

    outcome: OutcomeKind
    text: str
    language: Language
    confidence: float
    entry: Entry | None = None
    suggestions: tuple[Suggestion, ...] = ()
    source_titles: tuple[str, ...] = ()
    index_version: str = ""
    ranking: Ranking = Ranking((), 0.0)
    short: str = ""
    rest: str = ""
    parts: tuple[Part, ...] = ()
    asked: tuple[AskedPart, ...] = ()

    @property
    def is_answered(self) -> bool:
        """True for answers and smalltalk only."""
        return self.outcome in (OutcomeKind.ANSWER, OutcomeKind.SMALLTALK)

    def once(self, make: Callable[[Reply], _Made]) -> _Made:
        """What ``make`` makes of the reply, made once: a reply that is remembered is given many times."""
        made: dict[Any, Any] = self.__dict__.setdefault("_made", {})
        if make not in made:
            made[make] = make(self)
        kept: _Made = made[make]
        return kept


@dataclass(frozen=True)
class Offer:
    """The answer that a user was last asked to judge, when (in seconds since the epoch), and its language.

    ``is_last``: nothing was said since, so that a verdict without a name means this answer.
    """

    request_id: str
    at: float
    language: Language
    is_last: bool = False

    @classmethod
    def from_json(cls, fields: dict[str, Any]) -> Offer:
        """What ``Conversation.to_json`` made of it."""
        return cls(**fields | {"language": Language(fields["language"])})


@dataclass(frozen=True)
class Conversation:
    """What a chat remembers of a user: offered entries, the unread rest of an answer, the language.

    ``question`` is the last one that was answered on the subject, ``entries`` what answered it and the
    one before, last first; ``offer`` the answer that is the user's to judge. ``about`` is what the user
    said of themselves.
    """

    language: Language | None = None
    choices: tuple[str, ...] = ()
    rest: str = ""
    human_until: float = 0.0
    question: str = ""
    entries: tuple[str, ...] = ()
    offer: Offer | None = None
    about: str = ""

    @property
    def lasting(self) -> Conversation:
        """What is left when it is over: a human who serves the user, and an answer to judge."""
        return Conversation(human_until=self.human_until, offer=self.offer)

    def to_json(self) -> dict[str, Any]:
        """For storing."""
        return vars(self) | {"offer": vars(self.offer) if self.offer else None}

    @classmethod
    def from_json(cls, fields: dict[str, Any]) -> Conversation:
        """What ``to_json`` gave."""
        language = Language(fields["language"]) if fields["language"] else None
        lists = {name: tuple(fields.get(name, ())) for name in ("choices", "entries")}
        offer = Offer.from_json(fields["offer"]) if fields.get("offer") else None
        return cls(**fields | lists | {"language": language, "offer": offer})


class SaidKind(StrEnum):
    """What goes back in the response to a push."""

    NOTHING = "nothing"
    TEXT = "text"
    TRANSFER = "transfer"


@dataclass(frozen=True)
class Said:
    """The reply to a push, the same for each of its deliveries; ``at`` in seconds since the epoch."""

    kind: SaidKind
    text: str = ""
    at: float = 0.0


@dataclass(frozen=True)
class AskedQuestion:
    """A question and what came of it."""

    language: str
    question: str
    outcome: str
    entry: str
    confidence: float
    index_version: str

    @classmethod
    def of(cls, question: str, reply: Reply) -> AskedQuestion:
        """What the reply made of the question."""
        return cls(
            str(reply.language),
            question,
            str(reply.outcome),
            reply.entry.id if reply.entry else "",
            reply.confidence,
            reply.index_version,
        )


@dataclass(frozen=True)
class LoggedQuestion:
    """A row of the question log.

    ``user`` as the channel names them, empty = nobody it would know again; ``asked_at`` in seconds since the
    epoch; ``latency_ms`` until there was a reply.
    """

    asked: AskedQuestion
    channel: str
    user: str
    asked_at: float
    latency_ms: float
    request_id: str


@dataclass(frozen=True)
class LogState:
    """How a worker's question log is doing; without a reason it is well.

    ``waiting``: questions not yet in the database; ``dropped``: lost since the worker started.
    """

    waiting: int = 0
    dropped: int = 0
    reason: str = ""


class Verdict(StrEnum):
    """What a user thinks of an answer; ``none`` takes an earlier verdict back."""

    UP = "up"
    DOWN = "down"
    NONE = "none"


class Scope(StrEnum):
    """What an API key lets its holder do."""

    ASK = "ask"
    FEEDBACK = "feedback"
    REBUILD = "rebuild"


@dataclass(frozen=True)
class ApiKey:
    """Whom a key was given to, and for what; times in seconds since the epoch."""

    name: str
    scopes: frozenset[Scope]
    created_at: float
    used_at: float | None = None
    expires_at: float | None = None
    revoked_at: float | None = None

    def is_valid(self, now: float) -> bool:
        """Whether it still opens anything."""
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)


@dataclass(frozen=True)
class Judgement:
    """A user's verdict on the answer to one of their requests; without an id, on none that is theirs."""

    request_id: str
    verdict: Verdict


@dataclass(frozen=True)
class CustomerMessage:
    """A text to send to the user, worthless after ``valid_for`` seconds."""

    account: str
    text: str
    valid_for: float


@dataclass(frozen=True)
class Settlement:
    """The one effect of a push; without a conversation, everything kept of the user is deleted."""

    channel: str
    openid: str
    said: Said
    conversation: Conversation | None
    asked: tuple[LoggedQuestion, ...] = ()
    messages: tuple[CustomerMessage, ...] = ()
    judgement: Judgement | None = None


@dataclass(frozen=True)
class Due:
    """A queued message to send now; ``recipient`` is the raw openid."""

    id: int
    account: str
    recipient: str
    text: str
    attempts: int


@dataclass(frozen=True)
class Backlog:
    """An account's customer messages in the outbox: how many wait, are being sent and failed, and for how
    many seconds the one that waits longest could have been sent.
    """

    account: str
    waiting: int = 0
    sending: int = 0
    failed: int = 0
    overdue_seconds: float = 0.0


class JobState(StrEnum):
    """How far a job is: rejected by what it was to publish, failed for any other reason."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    REJECTED = "rejected"
    FAILED = "failed"

    @property
    def is_over(self) -> bool:
        """Whether nothing more will come of it."""
        return self not in (JobState.QUEUED, JobState.RUNNING)


@dataclass(frozen=True)
class JobProgress:
    """What a job is doing, steps done, steps in all, and its log so far."""

    what: str = ""
    done: int = 0
    total: int = 0
    log: tuple[str, ...] = ()


@dataclass(frozen=True)
class JobResult:
    """How a job ended; ``version``: the one it made, if any; ``report``: what its starter should read."""

    state: JobState
    version: str = ""
    report: str = ""


@dataclass(frozen=True)
class Job:
    """Work that was asked for and is done by a process of its own; times in seconds since the epoch."""

    id: str
    state: JobState
    progress: JobProgress
    result: JobResult | None
    created_at: float
    started_at: float | None
    finished_at: float | None
