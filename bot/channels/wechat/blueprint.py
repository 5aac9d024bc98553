"""``/wechat/official`` and ``/wechat/mini``: verify, settle once, reply. Never a 5xx, never JSON errors."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from enum import StrEnum
from functools import partial
from typing import cast

from flask import Blueprint, Flask, Response, request
from flask.blueprints import BlueprintSetupState
from werkzeug.wrappers import Request

from bot.answering.answerer import Answerer
from bot.channels.overload import is_turned_away
from bot.channels.problems import new_request_id
from bot.channels.wechat.accounts import DEFAULT_NAME, Account, AccountKind
from bot.channels.wechat.judging import asks_verdict
from bot.channels.wechat.plain_pushes import Admit, Spoken, body, deliver_plainly, everywhere
from bot.channels.wechat.reception import Reception, Turn
from bot.channels.wechat.rendering import shown
from bot.channels.wechat.user_limits import Admission, UserLimits, is_always_heard, no_limits
from bot.domain import Conversation, CustomerMessage, LoggedQuestion, Said, SaidKind, Settlement
from bot.errors import StoreError
from bot.ports import Inbox
from bot.wechat.envelope import answer_handshake, open_push
from bot.wechat.errors import NotAuthenticError, UnusablePushError
from bot.wechat.messages import Push, PushKind, delivery_key
from bot.wechat.replies import SUCCESS, PassiveReply, sealed, text_reply, transfer_reply

CONVERSATION_SECONDS = 30 * 60.0
# How long WeChat lets an account write after a message, and after an entry or a tap (客服消息).
_AFTER_MESSAGE, _AFTER_EVENT = 48 * 3600.0, 60.0
# An answer that must be queued waits for the store until WeChat hangs up (after 5 s) and tries again:
# "success" before that would lose the message.
_STORE_TRIES, _STORE_PAUSE = 12, 0.5
_TEXT = "text/plain"
_log = logging.getLogger(__name__)

Receive = Callable[[Push, Conversation, float], Turn]
# Is told of every delivery: its account, the kind of message and what came of it.
ObserveDelivery = Callable[[str, str, str], None]


def unobserved(_account: str, _kind: str, _result: str) -> None:
    """For deliveries that nobody counts."""


class Delivery(StrEnum):
    """What came of a delivery; ``failed``: answered without the store, so not once for all; ``limited``: of a
    user who writes too much and was told so; ``turned_away``: told that too many write at once.
    """

    SETTLED = "settled"
    REPEATED = "repeated"
    UNUSABLE = "unusable"
    REFUSED = "refused"
    FAILED = "failed"
    LIMITED = "limited"
    TURNED_AWAY = "turned_away"


class Desk:
    """One account's pushes: each gets its effect once, and the same reply on every delivery."""

    def __init__(
        self,
        account: Account,
        answerer: Answerer,
        inbox: Inbox,
        clock: Callable[[], float],
        sleep: Callable[[float], object] = time.sleep,
        name_request: Callable[[], str] = new_request_id,
        observe: ObserveDelivery = unobserved,
        limits: UserLimits | None = None,
    ) -> None:
        self.account = account
        self._reception = Reception(answerer, account)
        self._inbox = inbox
        self._clock = clock
        self._sleep = sleep
        self._name_request = name_request
        self._observe = observe
        self._limits = limits or no_limits()

    def handshake(self, query: Mapping[str, str]) -> str:
        """The echostr; raises NotAuthenticError."""
        return answer_handshake(query, self.account.credentials)

    def push(self, query: Mapping[str, str], body: bytes) -> PassiveReply:
        """The response to a delivery; raises NotAuthenticError and nothing else."""
        try:
            push = open_push(query, body, self.account.credentials)
        except NotAuthenticError:
            self._count(PushKind.UNKNOWN, Delivery.REFUSED)
            raise
        except UnusablePushError as error:
            _log.warning("%s: unusable push: %s", self.account.channel, error)
            self._count(PushKind.UNKNOWN, Delivery.UNUSABLE)
            return SUCCESS
        reply = self._reply(push, self._said(push))
        crypto = self.account.credentials.crypto
        now = int(self._clock())
        return sealed(reply, push, crypto, timestamp=now, nonce=query["nonce"])

    def _said(self, push: Push) -> Said:
        match self._limits.admit(self.account.channel, push):
            case Admission.ANSWERED if is_turned_away.get() and not is_always_heard(push):
                return self._turned_away(push)
            case Admission.ANSWERED:
                return self._said_by(self._reception.receive, push)
            case Admission.TOLD:
                return self._said_by(self._reception.slow_down, push)
        return self._said_before(push)

    def _said_before(self, push: Push) -> Said:
        """A repeated delivery gets its reply also when there were too many meanwhile."""
        try:
            said = self._inbox.settled(self._key(push))
        except StoreError as error:
            _log.error("%s: the store failed: %s", self.account.channel, error)
            said = None
        self._count(push.kind, Delivery.REPEATED if said else Delivery.LIMITED)
        return said or Said(SaidKind.NOTHING)

    def _turned_away(self, push: Push) -> Said:
        """Only what must be is written: a mini program knows no passive reply."""
        if self.account.kind is AccountKind.MINI:
            return self._said_by(self._reception.turn_away, push, tries=1)
        found: Said | Conversation = Conversation()
        try:
            found = self._found(push)
        except StoreError as error:
            _log.error("%s: the store failed: %s", self.account.channel, error)
        if isinstance(found, Said):
            self._count(push.kind, Delivery.REPEATED)
            return found
        self._count(push.kind, Delivery.TURNED_AWAY)
        return self._settlement(self._reception.turn_away, push, found).said

    def _said_by(self, receive: Receive, push: Push, tries: int = _STORE_TRIES) -> Said:
        for _ in range(tries):
            try:
                return self._settled(receive, push)
            except StoreError as error:
                _log.error("%s: the store failed: %s", self.account.channel, error)
                if self.account.kind is AccountKind.OFFICIAL:
                    break  # a passive reply does without
                self._sleep(_STORE_PAUSE)
            except Exception:  # WeChat must never see an error page, whatever breaks
                _log.exception("%s: a push failed", self.account.channel)
                break
        self._count(push.kind, Delivery.FAILED)
        # What nobody remembers cannot be judged.
        return self._settlement(receive, push, Conversation(), asks=False).said

    def _settled(self, receive: Receive, push: Push) -> Said:
        found = self._found(push)
        if isinstance(found, Said):
            self._count(push.kind, Delivery.REPEATED)
            return found
        settlement = self._settlement(receive, push, found)
        said = self._inbox.settle(self._key(push), settlement)
        # Another delivery, in another thread or process, may have been faster.
        is_first = said is settlement.said
        self._count(push.kind, Delivery.SETTLED if is_first else Delivery.REPEATED)
        return said

    def _found(self, push: Push) -> Said | Conversation:
        channel, user = self.account.channel, push.sender
        return self._inbox.arrived(self._key(push), channel, user, CONVERSATION_SECONDS)

    def _key(self, push: Push) -> str:
        return delivery_key(self.account.credentials.app_id, push)

    def _count(self, kind: PushKind, result: Delivery) -> None:
        self._observe(self.account.channel, kind, result)

    def _settlement(
        self, receive: Receive, push: Push, talk: Conversation, *, asks: bool = True
    ) -> Settlement:
        now, started = self._clock(), time.perf_counter()
        turn, request_id = self._turn(receive, push, talk, now), self._name_request()
        to_judge = request_id if asks and self._asks_verdict(turn, talk, now) else ""
        said, conversation = shown(turn, self.account.kind, now, to_judge)
        latency_ms = 1000 * (time.perf_counter() - started)
        asked = tuple(
            LoggedQuestion(each, self.account.channel, push.sender, now, latency_ms, request_id)
            for each in turn.asked
        )
        whose = self.account.channel, push.sender
        settlement = Settlement(*whose, said, conversation, asked, judgement=turn.judgement)
        if self.account.kind is AccountKind.MINI and said.kind is SaidKind.TEXT:
            valid_for = _AFTER_EVENT if push.kind is PushKind.EVENT else _AFTER_MESSAGE
            message = CustomerMessage(self.account.channel, said.text, valid_for)
            nothing = Said(SaidKind.NOTHING, at=now)
            settlement = replace(settlement, said=nothing, messages=(message,))
        return settlement

    def _asks_verdict(self, turn: Turn, talk: Conversation, now: float) -> bool:
        return any(asks_verdict(self.account.feedback, each, talk.offer, now) for each in turn.asked)

    def _turn(self, receive: Receive, push: Push, talk: Conversation, now: float) -> Turn:
        try:
            return receive(push, talk, now)
        except Exception:  # whatever breaks in answering, the user is told so, on every delivery
            _log.exception("%s: no answer to a push", self.account.channel)
            return self._reception.apologise(push, talk)

    def _reply(self, push: Push, said: Said) -> PassiveReply:
        match said.kind:
            case SaidKind.TEXT:
                return text_reply(push, said.text, created_at=int(said.at))
            case SaidKind.TRANSFER:
                kf_account = self.account.kf_account
                return transfer_reply(push, created_at=int(said.at), kf_account=kf_account)
        return SUCCESS


def wechat_blueprint(desks: list[Desk], admit: Admit = everywhere) -> Blueprint:
    """Both channels; the account without a name in the address is the one called ``default``."""
    blueprint = Blueprint("wechat", __name__, url_prefix="/wechat")
    by_address = {(desk.account.kind.value, desk.account.name): desk for desk in desks}

    @blueprint.get("/<kind>", strict_slashes=False)
    @blueprint.get("/<kind>/<name>")
    def handshake(kind: str, name: str = DEFAULT_NAME) -> Response:
        desk = by_address.get((kind, name))
        return _response(_guarded(desk, lambda desk: desk.handshake(request.args)))

    @blueprint.post("/<kind>", strict_slashes=False)
    @blueprint.post("/<kind>/<name>")
    def push(kind: str, name: str = DEFAULT_NAME) -> Response:
        return _response(_delivered(by_address.get((kind, name)), request))

    @blueprint.record
    def route(state: BlueprintSetupState) -> None:
        for (kind, name), desk in by_address.items():
            _route(state, f"/wechat/{kind}/{name}", "/wechat/<kind>/<name>", desk, admit)
            if name == DEFAULT_NAME:
                _route(state, f"/wechat/{kind}", "/wechat/<kind>", desk, admit)

    return blueprint


def _route(state: BlueprintSetupState, path: str, template: str, desk: Desk, admit: Admit) -> None:
    deliver_plainly(cast(Flask, state.app), path, template, partial(_delivered, desk), admit)


def _delivered(desk: Desk | None, pushed: Request) -> Spoken:
    return _guarded(desk, lambda desk: desk.push(pushed.args, body(pushed)))


def _guarded(desk: Desk | None, act: Callable[[Desk], str | PassiveReply]) -> Spoken:
    if desk is None:
        return "there is no such WeChat account here; see docs/wechat.md\n", _TEXT, "404 NOT FOUND"
    try:
        reply = act(desk)
    except NotAuthenticError as error:
        _log.warning("%s: refused: %s", desk.account.channel, error)
        return "not authentic\n", _TEXT, "403 FORBIDDEN"
    if isinstance(reply, str):
        return reply, _TEXT, "200 OK"
    return reply.body, reply.media_type, "200 OK"


def _response(spoken: Spoken) -> Response:
    text, media_type, status = spoken
    return Response(text, status, mimetype=media_type)
