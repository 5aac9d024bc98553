"""How a turn looks in WeChat: one plain text of at most 2048 bytes, with taps or numbers to go on."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

from bot.channels.wechat.accounts import AccountKind
from bot.channels.wechat.judging import menu_id
from bot.channels.wechat.phrases import MORE_ID, Phrases, in_script, phrases
from bot.channels.wechat.reception import Spoken, Turn
from bot.domain import Conversation, Language, Offer, Said, SaidKind, Suggestion
from bot.wechat.markdown import plain_text
from bot.wechat.menu import menu_link
from bot.wechat.text import MAX_TEXT_BYTES, Cut, first_piece

# Links repeat their words and are long: choices may take this much of a message, the answer the rest.
_MAX_TAIL_BYTES = 1100
# Answers are few, and asked for again and again. About 6 MB.
_REMEMBERED = 1024


@dataclass(frozen=True)
class Rendered:
    """A message that fits, what is left to be shown on request, and whether it asks for a verdict."""

    text: str
    rest: str
    asks_verdict: bool = False


def shown(
    turn: Turn, kind: AccountKind, now: float, request_id: str = ""
) -> tuple[Said, Conversation | None]:
    """What to say, and the conversation after it; with an id it asks for a verdict where that fits.

    ``now`` in seconds since the epoch.
    """
    talk = turn.conversation
    if turn.spoken is None or talk is None:
        return Said(SaidKind.NOTHING, at=now), talk
    if turn.spoken.is_transfer:
        return Said(SaidKind.TRANSFER, at=now), _talked_on(talk)
    rendered = render(turn.spoken, kind, request_id)
    if not turn.judgement:
        talk = replace(_talked_on(talk), rest=rendered.rest)
    if rendered.asks_verdict:
        talk = replace(talk, offer=Offer(request_id, now, turn.spoken.language, is_last=True))
    return Said(SaidKind.TEXT, rendered.text, now), talk


def _talked_on(talk: Conversation) -> Conversation:
    """The conversation when something was said since the user was asked for a verdict."""
    return replace(talk, offer=replace(talk.offer, is_last=False)) if talk.offer else talk


def render(spoken: Spoken, kind: AccountKind, request_id: str = "") -> Rendered:
    """The message for one kind of account.

    With a request's id it asks for a verdict on the answer, if there is room left: an answer is never cut
    for that.
    """
    message = _message(spoken, kind)
    question = _question(spoken.language, kind, request_id) if request_id else ""
    text = _paragraphs(message.text, question)
    is_asked = bool(question) and len(text.encode()) <= MAX_TEXT_BYTES
    return replace(message, text=text, asks_verdict=True) if is_asked else message


@lru_cache(_REMEMBERED)
def _message(spoken: Spoken, kind: AccountKind) -> Rendered:
    taps = kind is AccountKind.OFFICIAL
    words = phrases(spoken.language.knowledge)
    text, rest = spoken.text, spoken.rest
    if not spoken.is_plain:
        text, rest = plain_text(text), plain_text(rest)
    choices = _choices(spoken, words, taps=taps)
    more = _more(words, spoken.language, taps=taps)
    tail = _paragraphs(more if rest else "", choices)
    cut = _fitted(text, tail)
    if cut.rest and not rest:  # only now it shows that there is something to show later
        tail = _paragraphs(more, choices)
        cut = _fitted(text, tail)
    return Rendered(_paragraphs(cut.piece, tail), _paragraphs(cut.rest, rest))


def _fitted(text: str, tail: str) -> Cut:
    return first_piece(text, MAX_TEXT_BYTES - len(f"\n\n{tail}".encode()))


def _paragraphs(*parts: str) -> str:
    return "\n\n".join(part for part in parts if part)


def _more(words: Phrases, language: Language, *, taps: bool) -> str:
    text = in_script(words.more if taps else words.more_by_word, language)
    return menu_link(text, MORE_ID) if taps else text


def _choices(spoken: Spoken, words: Phrases, *, taps: bool) -> str:
    """As many choices as fit, below their heading; numbers say how to choose."""
    lines = [_choice(n, choice, taps=taps) for n, choice in enumerate(spoken.choices, 1)]
    while lines and len("\n".join(lines).encode()) > _MAX_TAIL_BYTES:
        lines.pop()
    if not lines:
        return ""
    foot = [] if taps else [in_script(words.by_number, spoken.language)]
    return "\n".join([*filter(None, [spoken.heading]), *lines, *foot])


def _choice(number: int, choice: Suggestion, *, taps: bool) -> str:
    return f"· {menu_link(choice.question, choice.id)}" if taps else f"{number}. {choice.question}"


def _question(language: Language, kind: AccountKind, request_id: str) -> str:
    """Asks what the answer was worth; mini programs know no taps in a text."""
    words = phrases(language.knowledge)
    if kind is AccountKind.MINI:
        gap = " " if language is Language.ENGLISH else ""
        return in_script(f"{words.judge}{gap}{words.judge_by_word}", language)
    verdicts = (in_script(word, language) for word in (words.useful, words.useless))
    taps = " · ".join(menu_link(word, menu_id(request_id)) for word in verdicts)
    return f"{in_script(words.judge, language)} {taps}"
