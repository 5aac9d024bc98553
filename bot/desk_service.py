"""The desk's parts put together from settings, stores and what the bot serves with."""

from __future__ import annotations

import time
from functools import lru_cache
from zoneinfo import ZoneInfo

from bot.admin.desk.console import ConsoleParts
from bot.admin.desk.control import Control
from bot.admin.desk.desk import Desk
from bot.admin.desk.rebuilds import RebuildParts
from bot.admin.desk.reports import Reports
from bot.admin.desk.settings_page import Health
from bot.admin.desk.teaching import Teaching
from bot.admin.launching import launch
from bot.answering.answerer import Answerer
from bot.answering.normalising import normalise
from bot.errors import IndexUnusableError, ModelError
from bot.knowledge.editing import Editor
from bot.operations import Operations
from bot.retrieval.live_index import LiveIndex
from bot.stores import Stores
from bot.system_report import system_report
from bot.unanswered import Unanswered
from bot.wechat_service import WechatService

# Texts whose normal form is remembered while entries are edited: those of a large knowledge base.
NORMALISED = 30_000


def desk_parts(
    operations: Operations, stores: Stores, live_index: LiveIndex, wechat: WechatService, health: Health
) -> Desk:
    """Everything behind the pages; opens and loads nothing before it is asked for."""
    return Desk(
        access=lambda: stores.desk_access,
        audit=lambda: stores.audit,
        timezone=ZoneInfo(operations.settings.wechat_timezone),
        reports=_reports(stores, live_index, wechat),
        control=_control(operations, live_index, wechat, stores, health),
        teaching=_teaching(operations, stores, live_index),
    )


def _reports(stores: Stores, live_index: LiveIndex, wechat: WechatService) -> Reports:
    return Reports(
        figures=lambda: stores.question_figures,
        search=lambda: stores.question_search,
        index=live_index,
        jobs=lambda: stores.jobs,
        channels=("ask", "chat", *(account.channel for account in wechat.accounts)),
        clock=time.time,
    )


def _control(
    operations: Operations, live_index: LiveIndex, wechat: WechatService, stores: Stores, health: Health
) -> Control:
    settings = operations.settings
    # What operators try here is not counted as customers' questions.
    uncounted = Answerer(live_index)
    return Control(
        console=ConsoleParts(uncounted, lambda: wechat.accounts, settings.knowledge_dir, time.time),
        index=operations,
        keep=settings.keep_versions,
        rebuilds=RebuildParts(lambda: stores.jobs, launch, time.time),
        system=lambda: system_report(operations, wechat.accounts),
        health=health,
    )


def _teaching(operations: Operations, stores: Stores, live_index: LiveIndex) -> Teaching:
    settings = operations.settings
    # Every look at a change asks for the same questions.
    remembering = lru_cache(NORMALISED)(normalise)
    return Teaching(
        unanswered=Unanswered(stores.unanswered, live_index, operations.remembering, remembering),
        editor=Editor(settings.knowledge_dir, operations.parser(), remembering),
        edits=stores.knowledge_edits,
        jobs=lambda: stores.jobs,
        start=launch,
        is_live=lambda: _serves(live_index, operations.knowledge_digest()),
        clock=time.time,
        timezone=ZoneInfo(settings.wechat_timezone),
    )


def _serves(live_index: LiveIndex, digest: str) -> bool:
    try:
        return live_index().digest == digest
    except (IndexUnusableError, ModelError):
        return False
