"""The two READMEs keep their promises: every setting, with its default, and commands that exist."""

import re
from pathlib import Path

import pytest

from bot.admin.desk.words import catalog
from bot.settings import PREFIX, PROJECT, Settings

READMES = ["README.md", "README.zh-CN.md"]
ROW = re.compile(r"^\| `(BOT_[A-Z_]+)` \| (?:`([^`]*)`)? ?\|", re.MULTILINE)


def rows(name: str) -> dict[str, str]:
    return dict(ROW.findall((PROJECT / name).read_text("utf-8")))


@pytest.mark.parametrize("name", READMES)
def test_settings_table_lists_exactly_the_settings(name):
    assert list(rows(name)) == [PREFIX + field.upper() for field in Settings.model_fields]


@pytest.mark.parametrize("name", READMES)
def test_settings_table_gives_the_defaults(name):
    given = rows(name)

    for field, info in Settings.model_fields.items():
        assert given[PREFIX + field.upper()] == shown(info.default), field


def test_the_desk_describes_settings_as_the_chinese_readme_does():
    text = (PROJECT / "README.zh-CN.md").read_text("utf-8")
    described = dict(re.findall(r"^\| `(BOT_[A-Z_]+)` \| (?:`[^`]*`)? ?\| (.*) \|$", text, re.MULTILINE))
    chinese = {message.id: message.string for message in catalog() if message.id}

    for field, info in Settings.model_fields.items():
        plain = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", described[PREFIX + field.upper()])
        assert chinese[info.description] == plain, field


def shown(default: object) -> str:
    """A default as the table writes it: paths relative to the project or to the home folder."""
    if isinstance(default, Path):
        folder = PROJECT if default.is_relative_to(PROJECT) else Path.home()
        relative = default.relative_to(folder)
        return str(relative) if folder is PROJECT else f"~/{relative}"
    if default is False or default is None:
        return "" if default is None else "false"
    return str(default)


@pytest.mark.model
@pytest.mark.parametrize("name", READMES)
def test_commands_of_the_readme_exist(name, cli):
    text = (PROJECT / name).read_text("utf-8")
    commands = set(re.findall(r"flask --app wsgi ((?:[a-z]+ ?){1,2})(?= |\n)", text))

    for command in commands:
        words = command.split()
        assert cli(*words, "--help").exit_code == 0, command
