"""Every setting, typed and named; the only reader of the environment.

A setting ``knowledge_dir`` is set by the environment variable ``BOT_KNOWLEDGE_DIR`` or in a file ``.env``.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from bot.errors import SettingsError

PROJECT = Path(__file__).resolve().parent.parent
PREFIX = "BOT_"


class Settings(BaseSettings):
    """All settings with their defaults; the descriptions are the table in the README."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_file=".env", extra="ignore", frozen=True)

    knowledge_dir: Path = Field(default=PROJECT / "knowledge", description="folder of the knowledge base")
    index_dir: Path = Field(default=PROJECT / "index", description="folder of the built index versions")
    cache_dir: Path = Field(
        default=Path.home() / ".cache" / "wechat-bot", description="folder of prepared models"
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
    host: str = Field(default="127.0.0.1", description="address to listen on; 0.0.0.0 for all")
    port: int = Field(default=8000, ge=1, le=65535, description="port to listen on")
    workers: int = Field(default=0, ge=0, le=64, description="worker processes; 0 = one per core, at most 4")
    threads: int = Field(default=4, ge=1, le=64, description="threads per worker")


def load_settings() -> Settings:
    """The settings of this process; raises SettingsError naming variable, value and expected form."""
    try:
        return Settings()
    except ValidationError as error:
        problems = [
            f"{PREFIX}{'_'.join(map(str, item['loc'])).upper()}={item['input']!r}: {item['msg']}"
            for item in error.errors()
        ]
        raise SettingsError("\n".join(problems)) from error
