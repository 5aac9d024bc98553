"""The desk's words: English in the pages, Chinese in ``translations``, Traditional Chinese derived from it.

What the rest of the program says (``Sentence``: errors, lint, the gate's report) is translated here as well.

Translations are gettext's ``.po`` files, one a page, read as they are: there is nothing to compile.
"""

from __future__ import annotations

from functools import cache
from gettext import NullTranslations
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import Translations
from flask import g, request

from bot.answering.script import to_traditional
from bot.channels.chat import preferred_language
from bot.domain import Language
from bot.sentences import Sentence

LANGUAGE_COOKIE = "desk_language"
TRANSLATIONS = Path(__file__).parent / "translations" / "zh"


def language() -> Language:
    """The language of this page: the one that was chosen, else the browser's."""
    if "desk_language" not in g:
        chosen = request.cookies.get(LANGUAGE_COOKIE, "")
        known = {one.value: one for one in Language}
        g.desk_language = known.get(chosen) or preferred_language(request.accept_languages)
    found: Language = g.desk_language
    return found


def gettext(text: str) -> str:
    """The text in the page's language."""
    return _translations(language()).gettext(text)


def ngettext(singular: str, plural: str, count: int) -> str:
    """The text for so many of something."""
    return _translations(language()).ngettext(singular, plural, count)


_ = gettext


def in_words(text: str) -> str:
    """What the program says of itself in the page's language; any other text as it is."""
    if not isinstance(text, Sentence) or not text:
        return text
    values = {
        name: in_words(value) if isinstance(value, str) else value for name, value in text.values.items()
    }
    template = gettext(text.template)
    return template % values if values else template


def mark(text: str) -> str:
    """Names a text that is translated later, where it is shown."""
    return text


@cache
def _translations(language: Language) -> NullTranslations:
    if language is Language.ENGLISH:
        return NullTranslations()
    file = BytesIO()
    write_mo(file, catalog(is_traditional=language is Language.TRADITIONAL))
    file.seek(0)
    return Translations(file)


def catalog(*, is_traditional: bool = False) -> Catalog:
    """All Chinese texts."""
    everything = Catalog("zh_Hans_CN")
    for file in sorted(TRANSLATIONS.glob("*.po")):
        with file.open("rb") as lines:
            for message in read_po(lines, "zh_Hans_CN", abort_invalid=True):
                if message.id:
                    text = _only(message.string)
                    text = to_traditional(text, like="") if is_traditional else text
                    everything.add(message.id, (text,) if message.pluralizable else text)
    return everything


def _only(text: str | tuple[str, ...] | list[str] | None) -> str:
    """Chinese has one form for every number."""
    return text if isinstance(text, str) else next(iter(text or ()), "")
