"""The JSON that goes over ``/ask``: what is accepted, what is answered, what an error looks like."""

from __future__ import annotations

from functools import lru_cache
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from bot.domain import Language, OutcomeKind, Part, Reply

MAX_QUESTION = 500
MAX_COMMENT = 1000

# Any character but a blank: what must be left of a question, said so that every validator reads it alike.
_NOT_BLANK = r"[^\t-\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]"

QuestionText = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_QUESTION)]


class AskRequest(BaseModel):
    """A question to the bot."""

    model_config = ConfigDict(
        strict=True,
        json_schema_extra={"examples": [{"question": "普通小程序和电商小程序有什么区别？"}]},
    )

    question: QuestionText = Field(
        description="the question, in Chinese or English", json_schema_extra={"pattern": _NOT_BLANK}
    )
    session_id: Annotated[str, StringConstraints(max_length=128)] | None = Field(
        None,
        description="the same for all questions of one conversation, which then may go on from each other; "
        "remembered for 30 minutes; choose one that cannot be guessed",
    )
    language: Literal["auto", "zh-Hans", "zh-Hant", "en"] | None = Field(
        None, description="language of the answer; auto (the default) follows the question"
    )

    @property
    def forced_language(self) -> Language | None:
        """The language to answer in, or None to follow the question."""
        return None if self.language in (None, "auto") else Language(self.language)


@lru_cache(16)
def read_ask(body: bytes) -> AskRequest:
    """What a body asks; raises ValidationError. Who serves it finds it read by who looked at it before."""
    return AskRequest.model_validate_json(body)


class EntryReply(BaseModel):
    """A knowledge entry that the answer rests on."""

    id: str
    question: str
    topic: str
    as_of: str = Field(description="date on which the answer was true")
    sources: list[str] = Field(description="titles of official sources")


class SuggestionReply(BaseModel):
    """A question to ask next, or one that may have been meant."""

    id: str
    question: str


class AskReply(BaseModel):
    """The bot's reply; ``answer`` is always text to show, also when it abstains."""

    answered: bool = Field(description="true for answer and smalltalk only")
    outcome: OutcomeKind
    answer: str
    language: Language
    confidence: Annotated[float, Field(ge=0, le=1)]
    entry: EntryReply | None = Field(description="the first of the parts")
    parts: list[EntryReply] = Field(description="every entry whose sentences are shown, in order")
    suggestions: list[SuggestionReply]
    index_version: str
    request_id: str


class FeedbackRequest(BaseModel):
    """What a user thinks of an answer."""

    model_config = ConfigDict(
        strict=True, json_schema_extra={"examples": [{"request_id": "0f9d2c", "verdict": "up"}]}
    )

    request_id: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._-]{1,64}$")] = Field(
        description="of the reply that it is about"
    )
    verdict: Literal["up", "down", "none"] = Field(
        description="takes the place of an earlier one; none takes that back"
    )
    comment: Annotated[str, StringConstraints(strip_whitespace=True, max_length=MAX_COMMENT)] | None = Field(
        None, description="the user's own words"
    )


class ProblemReply(BaseModel):
    """An error, as RFC 9457 describes it."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str = Field(description="what is wrong and what to do about it")
    request_id: str


def ask_reply(reply: Reply, request_id: str) -> AskReply:
    """The JSON form of a reply."""
    parts = [_entry_reply(part) for part in reply.parts]
    return AskReply(
        answered=reply.is_answered,
        outcome=reply.outcome,
        answer=reply.text,
        language=reply.language,
        confidence=round(reply.confidence, 4),
        entry=parts[0] if parts else None,
        parts=parts,
        suggestions=[SuggestionReply(id=s.id, question=s.question) for s in reply.suggestions],
        index_version=reply.index_version,
        request_id=request_id,
    )


def ask_json(reply: Reply, request_id: str) -> bytes:
    """The same as it is sent; ``request_id`` needs no escaping, and is all that differs from time to time."""
    return b'%b%b"}' % (reply.once(_json_up_to_the_id), request_id.encode())


def _json_up_to_the_id(reply: Reply) -> bytes:
    return ask_reply(reply, "").model_dump_json().encode().removesuffix(b'"}')


def _entry_reply(part: Part) -> EntryReply:
    entry = part.entry
    return EntryReply(
        id=entry.id,
        question=entry.question,
        topic=entry.topic,
        as_of=entry.as_of,
        sources=list(part.source_titles),
    )
