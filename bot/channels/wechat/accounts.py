"""The WeChat accounts this process serves: one of each kind from settings, more from a TOML file."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, time
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bot.channels.wechat.judging import Asking
from bot.domain import Language
from bot.errors import SettingsError
from bot.sentences import Sentence
from bot.wechat.credentials import Credentials, Mode

DEFAULT_NAME = "default"
_NAME = re.compile(r"[A-Za-z0-9_-]{1,32}")
_TIME = r"((?:[01]\d|2[0-3]):[0-5]\d)"
_SHIFT = re.compile(rf"([1-7])(?:-([1-7]))?\s+{_TIME}-{_TIME}", re.ASCII)
_FIELDS = (
    "token",
    "app_id",
    "aes_key",
    "app_secret",
    "mode",
    "language",
    "handoff",
    "kf_account",
    "office_hours",
    "timezone",
    "typing",
    "feedback",
    "menu",
)
_FILE_FIELDS = ("token", "aes_key", "app_secret")
_TYPES = {"handoff": bool, "typing": bool, "menu": dict}
_FORMS = {bool: "true or false", dict: '{ KEY = "entry or question" }', str: "text in quotes"}
_Choice = TypeVar("_Choice", bound=StrEnum)


class AccountKind(StrEnum):
    """The two channels; the value is part of the push address."""

    OFFICIAL = "official"
    MINI = "mini"


@dataclass(frozen=True)
class OfficeHours:
    """When somebody is there to take over; no shifts = always."""

    shifts: tuple[tuple[int, int, time, time], ...] = ()
    timezone: ZoneInfo = field(default_factory=lambda: ZoneInfo("Asia/Shanghai"))

    def is_open(self, now: float) -> bool:
        """``now`` in seconds since the epoch."""
        local = datetime.fromtimestamp(now, self.timezone)
        return not self.shifts or any(
            first <= local.isoweekday() <= last and start <= local.time() < end
            for first, last, start, end in self.shifts
        )


@dataclass(frozen=True)
class Account:
    """One account with what its operator chose; ``menu`` maps keys to entry ids or questions."""

    name: str
    kind: AccountKind
    credentials: Credentials
    app_secret: str = field(default="", repr=False)
    language: Language = Language.SIMPLIFIED
    has_handoff: bool = False
    kf_account: str = ""
    office_hours: OfficeHours = OfficeHours()
    shows_typing: bool = False
    feedback: Asking = Asking.SPARING
    menu: Mapping[str, str] = field(default_factory=dict)

    @property
    def channel(self) -> str:
        """Names the account wherever users, conversations and questions are kept."""
        return f"{self.kind}:{self.name}"


def read_accounts(
    single: Mapping[AccountKind, Mapping[str, Any]], defaults: Mapping[str, Any], file: Path | None
) -> list[Account]:
    """All accounts; raises SettingsError naming the account, the field and the expected form.

    ``single`` holds the fields of the one account of a kind that settings describe.
    """
    tables = {kind: {DEFAULT_NAME: fields} for kind, fields in single.items() if any(fields.values())}
    accounts = [_account(kind, name, fields, defaults) for kind, name, fields in _flat(tables)]
    if file is not None:
        accounts += [_account(*row, defaults) for row in _flat(_read_toml(file))]
    _refuse_twins(accounts)
    return accounts


def _flat(tables: Mapping[Any, Any]) -> list[tuple[AccountKind, str, Mapping[str, Any]]]:
    return [
        (AccountKind(kind), name, fields) for kind, named in tables.items() for name, fields in named.items()
    ]


def _read_toml(file: Path) -> dict[str, Any]:
    try:
        tables = tomllib.loads(file.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise SettingsError("BOT_WECHAT_ACCOUNTS=%(file)s: %(error)s", file=file, error=error) from error
    known = [kind.value for kind in AccountKind]
    for kind, named in tables.items():
        if kind not in known or not isinstance(named, dict):
            raise SettingsError(
                "%(file)s: [%(kind)s] is unknown; write [official.NAME] or [mini.NAME]", file=file, kind=kind
            )
        for name, fields in named.items():
            if not isinstance(fields, dict):
                raise SettingsError(
                    "%(file)s: write %(name)s below a heading [%(kind)s.NAME]",
                    file=file,
                    name=name,
                    kind=kind,
                )
            named[name] = _with_files(file, f"{kind}.{name}", fields)
    return tables


def _with_files(file: Path, where: str, fields: dict[str, Any]) -> dict[str, Any]:
    """Secrets may stand in files of their own: ``token_file = "…"``."""
    read = dict(fields)
    for name in _FILE_FIELDS:
        if path := read.pop(f"{name}_file", None):
            try:
                read[name] = (file.parent / str(path)).read_text("utf-8").strip()
            except (OSError, ValueError) as error:
                raise SettingsError(
                    "%(file)s: [%(where)s] %(name)s_file: %(error)s",
                    file=file,
                    where=where,
                    name=name,
                    error=error,
                ) from error
    return read


def _account(kind: AccountKind, name: str, given: Mapping[str, Any], defaults: Mapping[str, Any]) -> Account:
    where = f"WeChat account {kind}.{name}"
    if not _NAME.fullmatch(name):
        raise SettingsError("%(where)s: a name may hold letters, digits, - and _ only", where=where)
    if unknown := set(given) - set(_FIELDS):
        raise SettingsError(
            "%(where)s: %(unknown)s is unknown; known: %(known)s",
            where=where,
            unknown=", ".join(sorted(unknown)),
            known=", ".join(_FIELDS),
        )
    fields = {**defaults, **{key: value for key, value in given.items() if value not in (None, "")}}
    try:
        _check_types(fields)
        return _checked_account(kind, name, fields)
    except SettingsError as error:
        raise SettingsError("%(where)s: %(error)s", where=where, error=error) from error


def _check_types(fields: Mapping[str, Any]) -> None:
    for name, value in fields.items():
        expected = _TYPES.get(name, str)
        texts = value.values() if name == "menu" and isinstance(value, dict) else ()
        if not isinstance(value, expected) or not all(isinstance(text, str) for text in texts):
            shown = name if name in _FILE_FIELDS else f"{name} {value!r}"
            raise SettingsError("%(shown)s: write %(form)s", shown=shown, form=Sentence(_FORMS[expected]))


def _choice(choices: type[_Choice], name: str, value: str) -> _Choice:
    try:
        return choices(value)
    except ValueError as error:
        raise SettingsError(
            "%(name)s %(value)s: write %(choices)s", name=name, value=repr(value), choices=", ".join(choices)
        ) from error


def _checked_account(kind: AccountKind, name: str, fields: Mapping[str, Any]) -> Account:
    secret = fields.get("app_secret", "")
    if kind is AccountKind.MINI and not secret:
        raise SettingsError("app_secret is missing: a mini program answers through WeChat's API")
    aes_key = fields.get("aes_key", "")
    return Account(
        name,
        kind,
        Credentials(
            app_id=fields.get("app_id", ""),
            token=fields.get("token", ""),
            mode=_choice(Mode, "mode", fields.get("mode") or (Mode.SAFE if aes_key else Mode.PLAIN)),
            aes_key=aes_key,
        ),
        app_secret=secret,
        language=_choice(Language, "language", fields.get("language", Language.SIMPLIFIED)),
        has_handoff=fields.get("handoff", False),
        kf_account=fields.get("kf_account", ""),
        office_hours=_office_hours(fields.get("office_hours", ""), fields.get("timezone", "")),
        shows_typing=fields.get("typing", False),
        feedback=_choice(Asking, "feedback", fields.get("feedback", Asking.SPARING)),
        menu=dict(fields.get("menu", {})),
    )


def _office_hours(text: str, timezone: str) -> OfficeHours:
    shifts = [_shift(part.strip()) for part in text.split(";") if part.strip()]
    try:
        return OfficeHours(tuple(shifts), ZoneInfo(timezone or "Asia/Shanghai"))
    except (OSError, ValueError, ZoneInfoNotFoundError) as error:
        raise SettingsError(
            "timezone %(timezone)s: write a name such as Asia/Shanghai", timezone=repr(timezone)
        ) from error


def _shift(text: str) -> tuple[int, int, time, time]:
    if match := _SHIFT.fullmatch(text):
        first, last, start, end = match.groups()
        shift = int(first), int(last or first), time.fromisoformat(start), time.fromisoformat(end)
        if shift[0] <= shift[1] and shift[2] < shift[3]:
            return shift
    raise SettingsError(
        'office_hours "%(text)s": write "1-5 09:00-18:00; 6 10:00-12:00" '
        "(1 = Monday; no shift past midnight)",
        text=text,
    )


def _refuse_twins(accounts: list[Account]) -> None:
    channels = [account.channel for account in accounts]
    for channel in channels:
        if channels.count(channel) > 1:
            raise SettingsError(
                "WeChat account %(channel)s is set twice; give one another name", channel=channel
            )
