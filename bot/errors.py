"""The named errors; each message says what is wrong and what to do about it.

BotError
├── SettingsError          a setting: variable, value, expected form
├── KnowledgeError         a knowledge file: file, line, remedy
├── TableError             a table to import or export: file, place, remedy
├── ModelError             the language model cannot be read or prepared
├── IndexUnusableError     the index cannot serve
│   ├── IndexMissingError      nothing was built yet
│   └── IndexMismatchError     a manifest field differs: field, both values
├── IndexBusyError         another process is building: who, since when
├── ApiKeyError            an API key cannot be made or revoked: why, remedy
└── StoreError             the database cannot be read or written
"""

from __future__ import annotations

from bot.sentences import Sentence


class BotError(Exception):
    """Any failure the product foresees; ``str`` gives the Sentence of the template and its values."""

    def __init__(self, template: str = "", /, **values: object) -> None:
        is_made = isinstance(template, Sentence) and not values
        super().__init__(template if is_made else Sentence(template, **values))

    def __str__(self) -> str:
        return str(self.args[0])


class SettingsError(BotError):
    """A setting is missing or malformed."""


class KnowledgeError(BotError):
    """A knowledge file cannot be understood."""


class ModelError(BotError):
    """The language model cannot be read or prepared."""


class IndexUnusableError(BotError):
    """The index cannot serve."""


class IndexMissingError(IndexUnusableError):
    """No index was built yet."""


class IndexMismatchError(IndexUnusableError):
    """The index is not what the manifest, the model or this program expects."""


class IndexBusyError(BotError):
    """Another process is building the index."""


class StoreError(BotError):
    """The database cannot be read or written."""


class ApiKeyError(BotError):
    """An API key cannot be made or revoked."""


class TableError(BotError):
    """A table of knowledge cannot be read or written."""
