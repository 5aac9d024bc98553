"""What outcomes, languages and channels are called on the pages, and how much of a name is shown."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint

from bot.admin.desk.markdown import to_html
from bot.admin.desk.words import gettext, in_words, mark

OUTCOMES = {
    "answer": mark("Answered"),
    "clarify": mark("Asked back"),
    "abstain": mark("Not answered"),
    "handoff": mark("Handed over"),
    "smalltalk": mark("Small talk"),
}
LANGUAGES = {
    "zh": mark("Chinese"),
    "zh-Hans": mark("Simplified Chinese"),
    "zh-Hant": mark("Traditional Chinese"),
    "en": mark("English"),
}
VERDICTS = {"up": mark("Thumbs up"), "down": mark("Thumbs down"), "none": mark("Words only")}
_CHANNELS = {
    "ask": mark("API"),
    "chat": mark("Web chat"),
    "official": mark("Official account"),
    "mini": mark("Mini program"),
}
_USUAL_ACCOUNT = "default"
_SHOWN_OF_PSEUDONYM = 6


def add_names(blueprint: Blueprint) -> None:
    """Make them filters of the templates."""
    for name, names in (("outcome", OUTCOMES), ("language_name", LANGUAGES), ("verdict", VERDICTS)):
        blueprint.add_app_template_filter(_naming(names), name)
    blueprint.add_app_template_filter(channel_name, "channel")
    blueprint.add_app_template_filter(short_user, "short_user")
    blueprint.add_app_template_filter(percent, "percent")
    blueprint.add_app_template_filter(to_html, "prose")
    blueprint.add_app_template_filter(in_words, "in_words")


def channel_name(channel: str) -> str:
    """An account that is not the usual one is named."""
    kind, _, account = channel.partition(":")
    title = gettext(_CHANNELS[kind]) if kind in _CHANNELS else kind
    return title if account in ("", _USUAL_ACCOUNT) else f"{title} · {account}"


def short_user(user: str) -> str:
    """Enough of a pseudonym to tell two users apart by eye."""
    return user[:_SHOWN_OF_PSEUDONYM]


def percent(share: float | None) -> str:
    """A share without decimals; a dash for none."""
    return "–" if share is None else f"{share:.0%}"


def _naming(names: dict[str, str]) -> Callable[[str], str]:
    return lambda key: gettext(names[key]) if key in names else key
