"""Every text of the desk is there in Chinese, and nothing else."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir

from bot.admin import desk
from bot.admin.desk.words import TRANSLATIONS, catalog
from bot.answering import explaining
from bot.settings import Settings
from tests.admin.desk.said_texts import filled_in_too_early, templates

FOLDER = Path(desk.__file__).parent
KEYWORDS = {"_": None, "gettext": None, "ngettext": (1, 2), "mark": None}
_PLACEHOLDER = re.compile(r"%\(\w+\)(?:[sd]|\.\d+f)|%[sd]")


def written() -> dict[str, str]:
    """Every text of pages and code, and where it is."""
    methods = [("templates/**.html", "jinja2"), ("**.py", "python")]
    options = {"templates/**.html": {"encoding": "utf-8"}}
    found = extract_from_dir(str(FOLDER), methods, options, KEYWORDS)
    return (
        shown_as_they_are()
        | templates()
        | {text if isinstance(text, str) else text[0]: f"{file}:{line}" for file, line, text, _, _ in found}
    )


def shown_as_they_are() -> dict[str, str]:
    """What pages show of other parts, in their words."""
    settings = {field.description: name for name, field in Settings.model_fields.items()}
    return settings | {text: "bot/answering/explaining.py" for text in explaining.TEXTS}


def translated() -> dict[str, str]:
    return {
        message.id if isinstance(message.id, str) else message.id[0]: "".join(message.string)
        for message in catalog()
        if message.id
    }


def test_every_text_is_in_chinese():
    known = translated()

    assert [(place, text) for text, place in written().items() if not known.get(text)] == []


def test_every_error_and_complaint_is_in_chinese():
    known = translated()

    assert [(place, text) for text, place in templates().items() if not known.get(text)] == []


def test_no_error_and_no_complaint_is_filled_in_before_it_can_be_translated():
    assert filled_in_too_early() == []


def test_every_translation_is_of_a_text_there_is():
    assert sorted(set(translated()) - set(written())) == []


def test_translations_have_the_placeholders_of_their_texts():
    assert [
        text
        for text, chinese in translated().items()
        if set(_PLACEHOLDER.findall(chinese)) - set(_PLACEHOLDER.findall(text))
    ] == []


@pytest.mark.parametrize("file", sorted(TRANSLATIONS.glob("*.po")), ids=lambda file: file.name)
def test_a_text_is_translated_once(file):
    others = [other.read_text("utf-8") for other in TRANSLATIONS.glob("*.po") if other != file]
    own = re.findall(r'^msgid "(.+)"$', file.read_text("utf-8"), re.MULTILINE)

    assert [text for text in own if any(f'msgid "{text}"\n' in other for other in others)] == []
