"""The web chat: the page ``/chat``, and ``/widget.js``, which puts it into other people's pages."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, Response, redirect, render_template, request, url_for
from werkzeug.datastructures import LanguageAccept
from werkzeug.wrappers import Response as BaseResponse

from bot.answering.answerer import Answerer
from bot.channels.chat_texts import chat_texts
from bot.channels.chat_welcome import welcome
from bot.channels.schemas import MAX_QUESTION
from bot.channels.security_headers import PagePolicy, frame_ancestors, protect
from bot.domain import Language

AUTOMATIC = "auto"
_LANGUAGES = {language.value: language for language in Language}
# Parts of a language tag by which browsers ask for Traditional Chinese.
_TRADITIONAL = {"hant", "tw", "hk", "mo"}


@dataclass(frozen=True)
class ChatOptions:
    """What an operator may choose: a title, ids of entries to start with, addresses that may embed the chat.

    Several are separated by blanks. Empty ones leave it to the language, to the bot's greeting, and to
    this server's own pages.
    """

    title: str = ""
    starters: str = ""
    embed_origins: str = ""


def chat_blueprint(answerer: Answerer, options: ChatOptions) -> Blueprint:
    """The page, the widget, and what they are made of; customers arrive at ``/``."""
    blueprint = Blueprint(
        "chat",
        __name__,
        template_folder="templates",
        static_folder="static/chat",
        static_url_path="/chat/static",
    )
    protect(blueprint, PagePolicy(frame_ancestors(options.embed_origins)))

    @blueprint.get("/")
    def home() -> BaseResponse:
        return redirect(url_for(".page"))

    @blueprint.get("/chat")
    def page() -> Response:
        response = Response(_page(answerer, options))
        response.headers["Cache-Control"] = "no-cache"
        response.headers["Vary"] = "Accept-Language"
        return response

    @blueprint.get("/widget.js")
    def widget() -> Response:
        response = blueprint.send_static_file("widget.js")
        response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
        return response

    return blueprint


def _page(answerer: Answerer, options: ChatOptions) -> str:
    """The page in the language that the address asks for, else the browser."""
    chosen = _LANGUAGES.get(request.args.get("lang", AUTOMATIC))
    language = chosen or preferred_language(request.accept_languages)
    texts = chat_texts(language)
    return render_template(
        "chat.html",
        language=language,
        chosen=chosen or AUTOMATIC,
        texts=texts,
        title=options.title or texts.title,
        welcome=welcome(answerer, options.starters.split(), language, texts),
        limit=MAX_QUESTION,
        is_embedded="embed" in request.args,
    )


def preferred_language(accepted: LanguageAccept) -> Language:
    """The first language a browser asks for that there is, else English."""
    for tag in accepted.values():
        first, *others = tag.lower().replace("_", "-").split("-")
        if first == "zh":
            return Language.TRADITIONAL if _TRADITIONAL.intersection(others) else Language.SIMPLIFIED
        if first == "en":
            break
    return Language.ENGLISH
