"""Remembers what knowledge files say: a file that has not changed is not parsed again."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

from pydantic import TypeAdapter

from bot import domain
from bot.disk_cache import SUFFIX, DiskCache
from bot.domain import Entry
from bot.knowledge import markdown
from bot.knowledge.markdown import KnowledgeFile, Parsed, Problem, parse_file


def cache_file(cache_dir: Path) -> Path:
    """Where the content of knowledge files is kept."""
    return cache_dir / "knowledge" / f"parsed{SUFFIX}"


class CachedParser:
    """Parses only the files that a cache does not hold."""

    def __init__(self, kept: DiskCache) -> None:
        self._kept = kept
        self._form: TypeAdapter[Parsed] = TypeAdapter(tuple[list[Entry], list[Problem]])
        self._parser = _parser_digest()

    def __call__(self, files: Sequence[KnowledgeFile]) -> list[Parsed]:
        """What ``parse_file`` gives for each of them."""
        keys = [self._key(file) for file in files]
        found = {key: self._form.validate_json(value) for key, value in self._kept.read(keys)}
        fresh = {k: parse_file(file) for k, file in zip(keys, files, strict=True) if k not in found}
        if fresh:
            self._kept.keep((key, self._form.dump_json(parsed)) for key, parsed in fresh.items())
        found |= fresh
        return [found[key] for key in keys]

    def _key(self, file: KnowledgeFile) -> bytes:
        where = f"{file.language}\0{file.name.as_posix()}\0".encode()
        return hashlib.blake2b(self._parser + where + file.content, digest_size=16).digest()


def _parser_digest() -> bytes:
    """Changes with anything that may read a file in another way."""
    sources = [Path(str(module.__file__)).read_bytes() for module in (markdown, domain)]
    return hashlib.sha256(b"\0".join([*sources, version("markdown-it-py").encode()])).digest()
