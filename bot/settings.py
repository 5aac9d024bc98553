"""Every setting, typed and named; the only reader of the environment.

A setting ``knowledge_dir`` is set by the environment variable ``BOT_KNOWLEDGE_DIR``, in a file ``.env``, or
by the content of the file that ``BOT_KNOWLEDGE_DIR_FILE`` names.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, ValidationError, field_validator
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails
from pydantic_settings import (
    BaseSettings,
    DotEnvSettingsSource,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from bot.errors import SettingsError
from bot.limiting.rates import parse_rate
from bot.reports_system import Origin
from bot.sentences import joined
from bot.wechat.address import OFFICIAL_API, is_api_address

PROJECT = Path(__file__).resolve().parent.parent
PREFIX = "BOT_"
METRICS_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
ADMIN_KEY_LENGTH = 32
# Who may frame a page: a web address without a path, all its subdomains or ports, or everybody.
_ORIGIN = re.compile(r"\*|https?://(\*\.)?[a-z0-9-]+(\.[a-z0-9-]+)*(:(\d{1,5}|\*))?", re.IGNORECASE)
_HOST = re.compile(r"\.?[a-z0-9-]+(\.[a-z0-9-]+)*|\[[0-9a-f:.]+\]", re.IGNORECASE)


class Settings(BaseSettings):
    """All settings with their defaults; the descriptions are the table in the README."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_file=".env", extra="ignore", frozen=True)

    knowledge_dir: Path = Field(default=PROJECT / "knowledge", description="folder of the knowledge base")
    index_dir: Path = Field(default=PROJECT / "index", description="folder of the built index versions")
    cache_dir: Path = Field(
        default=Path.home() / ".cache" / "wechat-bot", description="folder of prepared models and embeddings"
    )
    model: str = Field(
        default="intfloat/multilingual-e5-small",
        description="language model: a sentence-transformers name or folder; "
        "the default comes with the installation",
    )
    embedder: Literal["onnx", "sentence-transformers"] = Field(
        default="onnx",
        description="how the model is run: its prepared int8 form, or sentence-transformers itself "
        "(slower, larger)",
    )
    false_answer_rate: float = Field(
        default=0.03,
        gt=0,
        le=0.5,
        description="share of out-of-scope questions that may be answered; "
        "larger answers more and errs more (takes effect with the next index build)",
    )
    keep_versions: int = Field(
        default=5,
        ge=1,
        le=1000,
        description="old index versions to keep for `index rollback`; of rejected ones as many",
    )
    database_url: str = Field(
        default="",
        repr=False,
        description="database; empty = SQLite in `BOT_DATA_DIR`; or postgresql+psycopg://user:password@host/name",
    )
    data_dir: Path = Field(
        default=PROJECT / "data", description="folder of the SQLite database and of the secret key"
    )
    admin_key: str = Field(
        default="",
        repr=False,
        description="key of the operator's API, 32 characters or more; the API is on when it is set",
    )
    watch: bool = Field(
        default=False, description="whether `make run` rebuilds the index when the knowledge folder changes"
    )
    watch_polling: float = Field(
        default=0,
        ge=0,
        le=3600,
        description="seconds between looks at the knowledge folder; 0 = let the system tell, "
        "which network shares cannot",
    )
    retention_days: int = Field(
        default=90, ge=1, le=3650, description="days that questions and feedback are kept"
    )
    wechat_official_app_id: str = Field(default="", description="official account: AppID")
    wechat_official_token: str = Field(
        default="", repr=False, description="official account: Token; the channel is on when it is set"
    )
    wechat_official_aes_key: str = Field(
        default="", repr=False, description="official account: EncodingAESKey (43 characters)"
    )
    wechat_official_app_secret: str = Field(
        default="", repr=False, description="official account: AppSecret; not needed for passive replies"
    )
    wechat_official_mode: Literal["", "plain", "compatible", "safe"] = Field(
        default="",
        description="official account: message mode; empty = safe with an AES key, plain without; "
        "safe and compatible refuse unencrypted pushes",
    )
    wechat_mini_app_id: str = Field(default="", description="mini program: AppID")
    wechat_mini_token: str = Field(
        default="", repr=False, description="mini program: Token; the channel is on when it is set"
    )
    wechat_mini_aes_key: str = Field(
        default="", repr=False, description="mini program: EncodingAESKey (43 characters)"
    )
    wechat_mini_app_secret: str = Field(
        default="", repr=False, description="mini program: AppSecret, with which answers are sent"
    )
    wechat_mini_mode: Literal["", "plain", "compatible", "safe"] = Field(
        default="", description="mini program: message mode, as above"
    )
    wechat_accounts: Path | None = Field(
        default=None, description="TOML file with further accounts, see docs/wechat.md"
    )
    wechat_handoff: bool = Field(
        default=False, description="whether 转人工 hands over to WeChat's customer service"
    )
    wechat_kf_account: str = Field(
        default="", description="customer service account to hand over to; empty = any that is free"
    )
    wechat_office_hours: str = Field(
        default="",
        description="when somebody is there to take over, such as `1-5 09:00-18:00; 6 10:00-12:00`; "
        "empty = always",
    )
    wechat_timezone: str = Field(
        default="Asia/Shanghai", description="time zone of the office hours and of the desk"
    )
    wechat_typing: bool = Field(
        default=False, description="show 对方正在输入 before an answer is sent (mini program)"
    )
    wechat_feedback: Literal["off", "sparing", "always"] = Field(
        default="sparing",
        description="whether WeChat users are asked if an answer helped: never, at most once a day after "
        "answers the bot is less sure of, or after every answer",
    )
    wechat_api_base: str = Field(
        default=OFFICIAL_API, description="address of WeChat's API, for tests and proxies"
    )
    chat_title: str = Field(
        default="", description="title of the web chat; empty = one in the page's language"
    )
    chat_starters: str = Field(
        default="",
        description="ids of entries whose questions the web chat offers at the start, such as "
        "`types-cost filing-time`; empty = those that the greeting names as related",
    )
    embed_origins: str = Field(
        default="",
        description="addresses whose pages may embed the web chat, such as "
        "`https://shop.example https://*.shop.example`; empty = only this server's own; `*` = all",
    )
    rate_per_address: str = Field(
        default="1200/minute",
        description="how often one address (of IPv6: one /64) may ask; empty = no limit",
    )
    rate_per_user: str = Field(
        default="300/minute", description="how often one WeChat user may write; empty = no limit"
    )
    rate_per_key: str = Field(
        default="3000/minute", description="how often the holder of an API key may ask; empty = no limit"
    )
    require_key: bool = Field(
        default=False,
        description="whether `/ask` and `/feedback` want an API key, of all but this server's own web chat",
    )
    cors_origins: str = Field(
        default="",
        description="addresses whose pages may call `/ask` and `/feedback` from a browser, such as "
        "`https://shop.example`; empty = only this server's own",
    )
    trusted_hosts: str = Field(
        default="",
        description="names this server answers to, such as `bot.example`, or `.example` with all subdomains; "
        "empty = any",
    )
    trusted_proxies: int = Field(
        default=0,
        ge=0,
        le=10,
        description="proxies before the bot, whose X-Forwarded-For and X-Forwarded-Proto are believed",
    )
    hsts_days: int = Field(
        default=0,
        ge=0,
        le=3650,
        description="days that browsers are told to come over https only, when they came over https; 0 = off",
    )
    log_format: Literal["text", "json"] = Field(
        default="text", description="how the log is written: lines of text, or one JSON object a line"
    )
    host: str = Field(default="127.0.0.1", description="address to listen on; 0.0.0.0 for all")
    port: int = Field(default=8000, ge=1, le=65535, description="port to listen on")
    workers: int = Field(default=0, ge=0, le=64, description="worker processes; 0 = one per core, at most 4")
    threads: int = Field(default=4, ge=1, le=64, description="threads per worker")
    waiting_requests: int = Field(
        default=64,
        ge=0,
        le=800,
        description="requests that may wait for a thread of a worker; more are turned away",
    )

    @field_validator("admin_key")
    @classmethod
    def _require_long_key(cls, key: str) -> str:
        if key and len(key) < ADMIN_KEY_LENGTH:
            raise ValueError(
                f"{len(key)} characters can be guessed; make a key of {ADMIN_KEY_LENGTH} or more: "
                "openssl rand -hex 32"
            )
        return key

    @field_validator("wechat_timezone")
    @classmethod
    def _names_timezone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise ValueError("write the name of a time zone such as Asia/Shanghai") from error
        return value

    @field_validator("wechat_api_base")
    @classmethod
    def _is_api_address(cls, value: str) -> str:
        """What sends would not start, while pushes are taken and nobody gets an answer."""
        if not is_api_address(value):
            raise ValueError(f"write an address such as {OFFICIAL_API}")
        return value

    @field_validator("rate_per_address", "rate_per_user", "rate_per_key")
    @classmethod
    def _is_rate(cls, value: str) -> str:
        parse_rate(value)
        return value

    @field_validator("cors_origins")
    @classmethod
    def _names_exact_origins(cls, value: str) -> str:
        """As browsers send them: without a path, and none for several."""
        if wrong := [origin for origin in value.split() if "*" in origin or not _ORIGIN.fullmatch(origin)]:
            raise ValueError(f"{wrong[0]} is no address such as https://shop.example, without a path or *")
        return value

    @field_validator("trusted_hosts")
    @classmethod
    def _names_hosts(cls, value: str) -> str:
        if wrong := [host for host in value.split() if not _HOST.fullmatch(host)]:
            raise ValueError(f"{wrong[0]} is no name of a host such as bot.example, without http:// and port")
        return value

    @field_validator("embed_origins")
    @classmethod
    def _names_origins(cls, value: str) -> str:
        """Browsers pass over what they cannot read, and the chat would not show."""
        if wrong := [origin for origin in value.split() if not _ORIGIN.fullmatch(origin)]:
            raise ValueError(f"{wrong[0]} is no address such as https://shop.example, without a path")
        return value

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments, environment, ``.env``, then files named by ``BOT_…_FILE``."""
        files = _FromFiles(settings_cls, _variables(dotenv_settings) | _variables(env_settings))
        return init_settings, env_settings, dotenv_settings, files


class _FromFiles(PydanticBaseSettingsSource):
    """Takes a setting from the file that its ``…_FILE`` variable names: for secrets."""

    def __init__(self, settings_cls: type[BaseSettings], variables: dict[str, str | None]) -> None:
        super().__init__(settings_cls)
        self._variables = variables

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        """The file's content without surrounding blanks; raises SettingsError if it cannot be read."""
        variable = f"{PREFIX}{field_name}_file"
        path = self._variables.get(variable.lower())
        try:
            return Path(path).read_text("utf-8").strip() if path else None, field_name, False
        except (OSError, UnicodeDecodeError) as error:
            raise SettingsError(
                "%(variable)s=%(path)s: %(error)s", variable=variable.upper(), path=repr(path), error=error
            ) from error

    def __call__(self) -> dict[str, Any]:
        """All settings that a file gives."""
        fields = self.settings_cls.model_fields
        values = {name: self.get_field_value(field, name)[0] for name, field in fields.items()}
        return {name: value for name, value in values.items() if value is not None}


def _variables(source: PydanticBaseSettingsSource) -> dict[str, str | None]:
    return dict(source.env_vars) if isinstance(source, EnvSettingsSource) else {}


def shared_folder() -> Path | None:
    """Where the workers of this server add up their metrics, by whose variable it goes, and count callers.

    None in a process of its own.
    """
    folder = os.environ.get(METRICS_VARIABLE)
    return Path(folder) if folder else None


def share_metrics(folder: Path) -> None:
    """Let this process, and all that it starts, add up metrics here.

    To be called before prometheus_client is imported.
    """
    os.environ[METRICS_VARIABLE] = str(folder)


def origins(settings: Settings) -> dict[str, Origin]:
    """Where each setting's value comes from, by the setting's name."""
    environment = _variables(EnvSettingsSource(Settings))
    env_file = _variables(DotEnvSettingsSource(Settings))
    files = {**env_file, **environment}

    def origin(name: str) -> Origin:
        variable = f"{PREFIX}{name}".lower()
        if name not in settings.model_fields_set:
            return Origin.DEFAULT
        if variable in environment:
            return Origin.ENVIRONMENT
        if variable in env_file:
            return Origin.ENV_FILE
        return Origin.FILE if f"{variable}_file" in files else Origin.PROGRAM

    return {name: origin(name) for name in Settings.model_fields}


def load_settings() -> Settings:
    """The settings of this process; raises SettingsError naming variable, value and expected form."""
    try:
        return Settings()
    except ValidationError as error:
        problems = [
            f"{PREFIX}{'_'.join(map(str, item['loc'])).upper()}={_shown(item)}: {item['msg']}"
            for item in error.errors()
        ]
        raise SettingsError(joined(problems)) from error


def _shown(item: ErrorDetails) -> str:
    """The value that was refused, unless it is a secret."""
    field = Settings.model_fields.get(str(item["loc"][0]))
    return "…" if field is not None and not field.repr else repr(item["input"])
