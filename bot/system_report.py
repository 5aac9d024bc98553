"""What the settings page shows: settings without their secrets, accounts, model, libraries."""

from __future__ import annotations

import platform
from collections.abc import Iterable
from importlib.metadata import version
from typing import Any

from bot.channels.openapi import API_VERSION
from bot.channels.wechat.accounts import DEFAULT_NAME, Account
from bot.errors import BotError
from bot.operations import Operations
from bot.reports_system import AccountFact, ModelFact, Origin, SettingFact, SystemReport
from bot.settings import PREFIX, Settings, origins

_LIBRARIES = (
    "flask",
    "gunicorn",
    "faiss-cpu",
    "onnxruntime",
    "tokenizers",
    "numpy",
    "sqlalchemy",
    "pydantic",
)
_CHECKSUM_SHOWN = 12


def system_report(operations: Operations, accounts: Iterable[Account]) -> SystemReport:
    """As it is now."""
    settings = operations.settings
    found = origins(settings)
    return SystemReport(
        tuple(_setting(settings, name, found[name]) for name in Settings.model_fields),
        tuple(_account(account) for account in accounts),
        _model(operations),
        API_VERSION,
        (("Python", platform.python_version()), *((name, version(name)) for name in _LIBRARIES)),
    )


def _setting(settings: Settings, name: str, origin: Origin) -> SettingFact:
    field = Settings.model_fields[name]
    # What is left out where settings are printed is left out here.
    is_secret, value = not field.repr, getattr(settings, name)
    shown = "" if is_secret else _shown(value)
    return SettingFact(
        f"{PREFIX}{name.upper()}", field.description or "", shown, _is_set(value), is_secret, origin
    )


def _shown(value: Any) -> str:  # noqa: ANN401 - of any type a setting has
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if _is_set(value) else ""


def _is_set(value: object) -> bool:
    return value is not None and value != ""


def _account(account: Account) -> AccountFact:
    name = "" if account.name == DEFAULT_NAME else f"/{account.name}"
    credentials = account.credentials
    path = f"/wechat/{account.kind}{name}"
    return AccountFact(account.name, str(account.kind), credentials.app_id, str(credentials.mode), path)


def _model(operations: Operations) -> ModelFact:
    """Of a form that cannot be told, the name alone."""
    name = operations.settings.model
    try:
        form = operations.store.model_in_use()
        found = next((prepared for prepared in operations.models() if prepared.name == form), None)
    except BotError:
        return ModelFact(name, "", "")
    return ModelFact(name, form, found.manifest.checksum[:_CHECKSUM_SHOWN] if found else "")
