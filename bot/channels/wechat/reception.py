"""The front desk of one account: a push and what is remembered in, what to say and remember out.

Nothing here has an effect: the same push on the same conversation gives the same turn, so a delivery
that is repeated can be computed again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from bot.answering.answerer import Answerer
from bot.answering.choosing import asks_for_more
from bot.answering.conversation import Converser, remembered, spoken_language
from bot.answering.normalising import normalise
from bot.answering.wording import wording
from bot.channels.wechat.accounts import Account
from bot.channels.wechat.judging import judgement, thanks
from bot.channels.wechat.phrases import Phrases, in_script, phrases
from bot.domain import (
    AskedQuestion,
    Conversation,
    Judgement,
    Language,
    OutcomeKind,
    Reply,
    Suggestion,
)
from bot.wechat.messages import Event, Push, PushKind

GREETING_ENTRY = "smalltalk-greeting"
# A human session ends by an event; should that get lost, the bot is back after this many seconds.
HUMAN_SESSION = 2 * 3600.0


@dataclass(frozen=True)
class Spoken:
    """What to say: a text, what it leaves out, and questions to choose from, in one language.

    Both texts are Markdown unless ``is_plain``.
    """

    text: str = ""
    rest: str = ""
    heading: str = ""
    choices: tuple[Suggestion, ...] = ()
    language: Language = Language.SIMPLIFIED
    is_transfer: bool = False
    is_plain: bool = False


@dataclass(frozen=True)
class Turn:
    """What a push comes to; ``spoken`` None = nothing; ``conversation`` None = forget the user.

    With a ``judgement`` it is said aside, and the conversation goes on from where it was.
    """

    spoken: Spoken | None
    conversation: Conversation | None
    asked: tuple[AskedQuestion, ...] = ()
    judgement: Judgement | None = None


class Reception:
    """Receives for one account."""

    def __init__(self, answerer: Answerer, account: Account) -> None:
        self._answerer = answerer
        self._converser = Converser(answerer)
        self._account = account

    def receive(self, push: Push, talk: Conversation, now: float) -> Turn:
        """The turn that a push makes, by one index version; ``now`` in seconds since the epoch."""
        return Reception(self._answerer.at_one_version(), self._account)._receive(push, talk, now)

    def _receive(self, push: Push, talk: Conversation, now: float) -> Turn:
        if push.kind is PushKind.EVENT:
            return self._event(push, talk, now)
        if push.kind is PushKind.UNKNOWN or talk.human_until > now:
            return Turn(None, talk)
        content = push.recognition if push.kind is PushKind.VOICE else push.content
        if push.kind not in (PushKind.TEXT, PushKind.VOICE) or push.is_sticker or not content.strip():
            return self._say(talk, self._words(talk).please_type)
        return self._message(content, push.menu_id, talk, now)

    def slow_down(self, push: Push, talk: Conversation, now: float) -> Turn:
        """The turn of somebody who writes too much; while a human is there, nothing."""
        return self._put_off(push, talk, now, lambda words: words.too_fast)

    def turn_away(self, push: Push, talk: Conversation, now: float) -> Turn:
        """The turn when too many write at once; while a human is there, nothing."""
        return self._put_off(push, talk, now, lambda words: words.too_many)

    def _put_off(self, push: Push, talk: Conversation, now: float, told: Callable[[Phrases], str]) -> Turn:
        if talk.human_until > now:
            return Turn(None, talk)
        content = push.content or push.recognition
        language = self._language(content, talk)
        text = told(phrases(language.knowledge))
        return Turn(Spoken(in_script(text, language, content), language=language), talk)

    def apologise(self, push: Push, talk: Conversation) -> Turn:
        """The turn when receiving failed: events pass in silence."""
        content = push.content or push.recognition
        if push.kind is PushKind.EVENT or not content:
            return Turn(None, talk)
        language = self._language(content, talk)
        text = wording(language.knowledge).failed
        return Turn(Spoken(in_script(text, language, content), language=language), talk)

    def _message(self, content: str, menu_id: str, talk: Conversation, now: float) -> Turn:
        if judged := judgement(content, menu_id, talk.offer):
            return self._thank(judged, content, talk, now)
        if asks_for_more(normalise(content).key):
            return self._continue(talk)
        language = self._language(content, talk)
        # The default of a link without an entry is "0"; an id may well end in it.
        tapped = menu_id if menu_id.strip("0") else ""
        told = self._answerer.tell(tapped, language, content) if tapped else None
        known = (told, remembered(talk, told)) if told else None
        reply, after = known or self._converser.reply(content, talk, language)
        if self._hands_over(reply):
            return replace(self._hand_over(reply, talk, now), asked=(AskedQuestion.of(content, reply),))
        return self._replied(reply, content, after)

    def _thank(self, judged: Judgement, content: str, talk: Conversation, now: float) -> Turn:
        # 有用 is the same word in both scripts: the language is the answer's.
        language = talk.offer.language if talk.offer else self._language(content, talk)
        text = thanks(judged, phrases(language.knowledge), has_human=self._has_human(now))
        return Turn(Spoken(in_script(text, language), language=language), talk, judgement=judged)

    def _has_human(self, now: float) -> bool:
        return self._account.has_handoff and self._account.office_hours.is_open(now)

    def _replied(self, reply: Reply, content: str, talk: Conversation) -> Turn:
        words = phrases(reply.language.knowledge)
        heading = {
            OutcomeKind.CLARIFY: "",
            OutcomeKind.SMALLTALK: words.starters,
        }.get(reply.outcome, words.next_questions)
        return replace(self._speak(reply, heading, talk, content), asked=(AskedQuestion.of(content, reply),))

    def _hands_over(self, reply: Reply) -> bool:
        return reply.outcome is OutcomeKind.HANDOFF and self._account.has_handoff

    def _hand_over(self, reply: Reply, talk: Conversation, now: float) -> Turn:
        if self._account.office_hours.is_open(now):
            return Turn(Spoken(is_transfer=True, language=reply.language), talk)
        return self._say(replace(talk, language=reply.language), phrases(reply.language.knowledge).away)

    def _continue(self, talk: Conversation) -> Turn:
        if not talk.rest:
            return self._say(talk, self._words(talk).nothing_more)
        spoken = Spoken(talk.rest, language=self._known_language(talk), is_plain=True)
        return Turn(spoken, talk)

    def _event(self, push: Push, talk: Conversation, now: float) -> Turn:
        match push.event:
            case Event.UNSUBSCRIBE:
                return Turn(None, None)
            case Event.SERVICE_OPENED | Event.SERVICE_SWITCHED:
                return Turn(None, replace(talk, human_until=now + HUMAN_SESSION))
            case Event.SERVICE_CLOSED:
                return Turn(None, replace(talk, human_until=0.0))
        return Turn(None, talk) if talk.human_until > now else self._visit(push, talk)

    def _visit(self, push: Push, talk: Conversation) -> Turn:
        """What the user did other than writing."""
        match push.event:
            case Event.SUBSCRIBE | Event.SCAN | Event.ENTER_SESSION:
                return self._greet(push.scene or push.session_from, talk)
            case Event.CLICK:
                return self._click(push.event_key, talk)
            case Event.SCANCODE_WAIT:
                return self._say(talk, self._words(talk).please_type)
        return Turn(None, talk)

    def _click(self, key: str, talk: Conversation) -> Turn:
        """A menu key names an entry or a question; an unknown one is greeted."""
        meant = self._account.menu.get(key, key)
        language = self._known_language(talk)
        reply = self._answerer.tell(meant, language)
        if reply is None and key in self._account.menu:
            reply = self._answerer.answer(meant)
        if reply is None:
            return self._greet("", talk)
        if self._hands_over(reply):  # WeChat takes no event as a hand-over
            return self._say(talk, phrases(reply.language.knowledge).ask_by_message)
        return self._replied(reply, meant, remembered(talk, reply))

    def _greet(self, hint: str, talk: Conversation) -> Turn:
        """The greeting with starter questions; what the visitor came from only adds one of them."""
        language = self._known_language(talk)
        words = phrases(language.knowledge)
        greeting = self._answerer.tell(GREETING_ENTRY, language)
        if greeting is None:
            return self._say(talk, words.welcome)
        hinted = self._answerer.tell(self._account.menu.get(hint, hint), language) if hint else None
        if hinted and hinted.entry:
            first = Suggestion(hinted.entry.id, in_script(hinted.entry.question, language))
            others = [other for other in greeting.suggestions if other.id != first.id]
            greeting = replace(greeting, suggestions=(first, *others[:2]))
        return self._speak(greeting, words.starters, remembered(talk, greeting), "")

    def _speak(self, reply: Reply, heading: str, talk: Conversation, like: str) -> Turn:
        spoken = Spoken(
            reply.short,
            reply.rest,
            in_script(heading, reply.language, like),
            reply.suggestions,
            reply.language,
        )
        return Turn(spoken, talk)

    def _say(self, talk: Conversation, text: str) -> Turn:
        language = self._known_language(talk)
        return Turn(Spoken(in_script(text, language), language=language), talk)

    def _words(self, talk: Conversation) -> Phrases:
        return phrases(self._known_language(talk).knowledge)

    def _language(self, content: str, talk: Conversation) -> Language:
        """What a message is written in; numbers and pictures are in no language."""
        return spoken_language(content, talk) or self._account.language

    def _known_language(self, talk: Conversation) -> Language:
        return talk.language or self._account.language
