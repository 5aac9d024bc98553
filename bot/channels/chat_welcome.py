"""How the web chat opens: the knowledge base's own greeting, and questions it can answer."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from bot.answering.answerer import Answerer
from bot.answering.script import to_traditional
from bot.channels.chat_texts import ChatTexts
from bot.domain import Language, OutcomeKind
from bot.errors import BotError

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Welcome:
    """The bot's first words, as Markdown, and the questions to start with."""

    text: str
    starters: tuple[str, ...] = ()


def welcome(answerer: Answerer, starters: Sequence[str], language: Language, texts: ChatTexts) -> Welcome:
    """What greeting the bot gives; ``starters`` are ids of entries to offer instead of what that suggests.

    Without an index that can serve, the page's own words.
    """
    try:
        greeting = answerer.answer(texts.hello, language)
        chosen = _questions(answerer, starters, language)
    except BotError as error:
        _log.error("the chat greets without its knowledge base: %s", error)
        return Welcome(texts.welcome)
    if greeting.outcome is not OutcomeKind.SMALLTALK:
        return Welcome(texts.welcome, chosen)
    return Welcome(greeting.text, chosen or tuple(offer.question for offer in greeting.suggestions))


def _questions(answerer: Answerer, ids: Sequence[str], language: Language) -> tuple[str, ...]:
    """The entries' questions; an id that the knowledge base lacks is passed over."""
    index = answerer.index()
    entries = {name: index.entry(name, language) for name in ids}
    if missing := [name for name, entry in entries.items() if entry is None]:
        _log.warning("BOT_CHAT_STARTERS names no entry: %s; take ids from knowledge/*.md", ", ".join(missing))
    questions = (entry.question for entry in entries.values() if entry)
    return tuple(to_traditional(q, like="") if language is Language.TRADITIONAL else q for q in questions)
