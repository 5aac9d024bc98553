"""What serves, put together: every blueprint with what it needs. Only ``app`` calls it.

Imported by what serves, not by a command: all this takes longer to load than a small build.
"""

from __future__ import annotations

import time
from functools import partial

from flask import Flask

from bot.admin.blueprint import admin_blueprint
from bot.admin.description import admin_api
from bot.admin.desk.blueprint import desk_blueprint
from bot.admin.desk.settings_page import Health
from bot.admin.launching import launch
from bot.answering.known_replies import RememberingAnswerer
from bot.channels.ask import ask_blueprint
from bot.channels.at_once import answered_at_once
from bot.channels.chat import ChatOptions, chat_blueprint
from bot.channels.feedback import feedback_blueprint
from bot.channels.health import health_blueprint
from bot.channels.late_turns import LateTurns
from bot.channels.metrics.answers import CountedLog
from bot.channels.metrics.blueprint import Metrics, metrics_blueprint
from bot.channels.metrics.wechat import OutboxCollector
from bot.channels.openapi import openapi_blueprint
from bot.channels.problems import register_problems
from bot.channels.requests import follow_requests
from bot.channels.sessions import Sessions
from bot.channels.wechat.blueprint import wechat_blueprint
from bot.desk_service import desk_parts
from bot.domain import Scope
from bot.operations import Operations
from bot.parts import Parts
from bot.protection import Protection
from bot.settings import Settings, shared_folder
from bot.stores import Stores
from bot.wechat_service import WechatService

# How long a conversation on /ask is remembered.
CONVERSATION_SECONDS = 30 * 60.0
# Seconds that an answer waits for the conversation's store, to read and to write; what comes later may wait.
ANSWER_PATIENCE = 0.001


def serve(app: Flask, operations: Operations) -> Parts:
    """Have the app answer requests; what its commands then share with it.

    Loads no model and no index: the first question, or ``warm_up``, does. Raises SettingsError.
    """
    wechat = WechatService(operations.settings)
    metrics = Metrics(shared_folder(), [OutboxCollector(wechat.backlog)])
    stage_ended = metrics.answers.stage_ended
    live_index = operations.live_index(metrics.index.changed, stage_ended)
    answerer = RememberingAnswerer(live_index, stage_ended)
    stores = Stores(operations.settings, metrics.log.changed)
    protection = Protection(operations.settings, stores.known_keys)
    late_turns = LateTurns(lambda: stores.late_conversations(CONVERSATION_SECONDS), time.time)
    sessions = Sessions(lambda: stores.conversations(CONVERSATION_SECONDS, ANSWER_PATIENCE), late_turns)
    # Flask would lead to the address without the second slash on whatever host the request names.
    app.url_map.merge_slashes = False
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    # No view or hook is a coroutine: Flask would look at each of them for every request.
    app.ensure_sync = lambda func: func  # type: ignore[method-assign]
    follow_requests(app, metrics.requests.served)
    register_problems(app)
    protection.cover(app)
    log, log_state = CountedLog(stores.question_log, metrics.answers), lambda: stores.question_log.state
    ask = ask_blueprint(answerer, sessions, log, time.time, protection.admission(Scope.ASK))
    app.register_blueprint(protection.shared(ask))
    app.register_blueprint(protection.public(feedback_blueprint(stores.feedback, time.sleep), Scope.FEEDBACK))
    health = Health(live_index, lambda: live_index.state, operations.knowledge_digest, log_state)
    app.register_blueprint(health_blueprint(health.facts, health.state, health.digest, health.log))
    app.register_blueprint(metrics_blueprint(metrics))
    app.register_blueprint(openapi_blueprint(admin_api()))
    admin = admin_blueprint(operations.settings.admin_key, lambda: stores.jobs, launch, stores.known_keys)
    app.register_blueprint(admin)
    app.register_blueprint(desk_blueprint(desk_parts(operations, stores, live_index, wechat, health)))
    app.register_blueprint(chat_blueprint(answerer, _chat_options(operations.settings)))
    desks = wechat.desks(answerer, metrics.answers.answered, metrics.wechat.delivered, protection.user_limits)
    app.register_blueprint(wechat_blueprint(desks, protection.require_own_name))
    app.extensions["warm_up"] = lambda: answerer.answer("预热")
    app.extensions["request_shed"] = metrics.requests.shed
    app.extensions["answered_at_once"] = answered_at_once(answerer)
    app.extensions["question_log"] = stores.question_log
    app.extensions["close"] = partial(_close, late_turns, stores)
    return Parts(operations, lambda: answerer, lambda: wechat, lambda: stores)


def _close(late_turns: LateTurns, stores: Stores) -> None:
    late_turns.close()
    stores.close()


def _chat_options(settings: Settings) -> ChatOptions:
    return ChatOptions(settings.chat_title, settings.chat_starters, settings.embed_origins)
