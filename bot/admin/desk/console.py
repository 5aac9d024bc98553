"""``/admin/console``: a question tried out, why it gets its reply, and how customers would see that."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from flask import Blueprint, render_template, request

from bot.admin.desk.console_words import FIELDS, SIGNALS
from bot.admin.desk.markdown import to_html
from bot.admin.desk.words import gettext as _
from bot.admin.desk.words import language as page_language
from bot.answering.answerer import Answerer
from bot.answering.explaining import HITS_SHOWN, Asked, Explained, explain, sentence
from bot.channels.problems import request_id
from bot.channels.schemas import MAX_QUESTION, ask_reply
from bot.channels.wechat.accounts import Account, AccountKind
from bot.channels.wechat.preview import Bubble, preview, sample_account
from bot.domain import Entry, Language
from bot.errors import BotError
from bot.wechat.text import MAX_TEXT_BYTES

# Turns before the question.
_MOST_BEFORE = 10


@dataclass(frozen=True)
class ConsoleParts:
    """What the console works with; ``accounts`` are those of WeChat that are set."""

    answerer: Answerer
    accounts: Callable[[], Sequence[Account]]
    knowledge_dir: Path
    clock: Callable[[], float]


@dataclass(frozen=True)
class Trial:
    """What is asked, and in which ``channel``: ``ask``, a WeChat account, or empty for all kinds."""

    asked: Asked
    channel: str = ""


@dataclass(frozen=True)
class Phone:
    """A conversation on one WeChat account."""

    account: Account
    bubbles: tuple[Bubble, ...]


@dataclass(frozen=True)
class Finding:
    """Everything that is shown of a trial. ``entries``: those that the hits name, by id."""

    explained: Explained
    why: str
    entries: dict[str, Entry]
    json: str
    phones: tuple[Phone, ...]


def add_console_page(blueprint: Blueprint, parts: ConsoleParts) -> None:
    """The form and, once something was asked, what came of it. Nothing that is asked here is logged."""

    @blueprint.get("/console")
    def console() -> str:
        trial = _trial()
        found, problem = None, ""
        if trial.asked.question:
            try:
                found = _find(parts, trial)
            except BotError as error:
                problem = str(error)
        words = {"signal_names": SIGNALS, "field_names": FIELDS}
        return render_template(
            "desk/console.html",
            trial=trial,
            found=found,
            problem=problem,
            accounts=_accounts(parts),
            answer_languages=list(Language),
            most=MAX_QUESTION,
            largest=MAX_TEXT_BYTES,
            to_html=to_html,
            **words,
        )


def questions_given() -> tuple[str, tuple[str, ...]]:
    """The question that a form has, and those before it."""
    lines = (line.strip()[:MAX_QUESTION] for line in request.values.get("before", "").splitlines())
    question = request.values.get("question", "").strip()[:MAX_QUESTION]
    return question, tuple(filter(None, lines))[-_MOST_BEFORE:]


def _trial() -> Trial:
    """What the address asks for."""
    question, before = questions_given()
    given = request.args.get("language", "")
    language = Language(given) if given in list(Language) else None
    return Trial(Asked(question, language, before), request.args.get("channel", ""))


def _find(parts: ConsoleParts, trial: Trial) -> Finding:
    answerer = parts.answerer.at_one_version()
    explained = explain(answerer, trial.asked, most=HITS_SHOWN)
    found = explained.explanation
    hits = {hit.entry_id: answerer.index().entry(hit.entry_id, found.language) for hit in found.hits}
    reply = ask_reply(explained.reply, request_id())
    said = (*trial.asked.before, trial.asked.question)
    colon = ": " if page_language() is Language.ENGLISH else "："
    return Finding(
        explained,
        sentence(explained.reasons, _, colon),
        {name: entry for name, entry in hits.items() if entry},
        reply.model_dump_json(indent=2),
        tuple(Phone(one, preview(answerer, one, said, parts.clock())) for one in _shown_on(parts, trial)),
    )


def _accounts(parts: ConsoleParts) -> list[Account]:
    """Those that are set, and a sample of each kind that is not."""
    accounts = list(parts.accounts())
    kinds = {account.kind for account in accounts}
    return accounts + [sample_account(kind) for kind in AccountKind if kind not in kinds]


def _shown_on(parts: ConsoleParts, trial: Trial) -> list[Account]:
    """The account that was chosen; else the first of each kind."""
    accounts = _accounts(parts)
    if trial.channel:
        return [account for account in accounts if account.channel == trial.channel]
    return [next(account for account in accounts if account.kind is kind) for kind in AccountKind]
