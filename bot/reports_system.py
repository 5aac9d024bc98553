"""Frozen values of the operator's desk: how the program is set up, and how it is doing."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Origin(StrEnum):
    """Where a setting's value comes from."""

    DEFAULT = "default"
    ENVIRONMENT = "environment"
    ENV_FILE = ".env"
    FILE = "file"
    PROGRAM = "program"


@dataclass(frozen=True)
class SettingFact:
    """A setting as it is in force. ``value`` is empty where none is set, and for every secret."""

    variable: str
    description: str
    value: str
    is_set: bool
    is_secret: bool
    origin: Origin


@dataclass(frozen=True)
class AccountFact:
    """A WeChat account. ``path``: where WeChat is to push to, on this server."""

    name: str
    kind: str
    app_id: str
    mode: str
    path: str


@dataclass(frozen=True)
class ModelFact:
    """The language model: its name, the form of it that the next build takes, and that form's checksum."""

    name: str
    form: str
    checksum: str


@dataclass(frozen=True)
class SystemReport:
    """Everything on the settings page but the state of index and log.

    ``program``: its own version; ``libraries``: names and versions of the program's main parts.
    """

    settings: tuple[SettingFact, ...]
    accounts: tuple[AccountFact, ...]
    model: ModelFact
    program: str
    libraries: tuple[tuple[str, str], ...]
