"""Remembers what knowledge files say: a file that has not changed is not parsed again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from bot import domain
from bot.disk_cache import SUFFIX, DiskCache
from bot.domain import Entry, Grade, Phrasing, Place
from bot.knowledge import dates, markdown
from bot.knowledge.markdown import KnowledgeFile, Parsed, Problem, parse_file
from bot.sentences import packed, unpacked


def cache_file(cache_dir: Path) -> Path:
    """Where the content of knowledge files is kept."""
    return cache_dir / "knowledge" / f"parsed{SUFFIX}"


class CachedParser:
    """Parses only the files that a cache does not hold."""

    def __init__(self, kept: DiskCache) -> None:
        self._kept = kept
        self._parser = _parser_digest()

    def __call__(self, files: Sequence[KnowledgeFile]) -> list[Parsed]:
        """What ``parse_file`` gives for each of them."""
        keys = [self._key(file) for file in files]
        names = {key: file.name for key, file in zip(keys, files, strict=True)}
        found = {key: _read(value, names[key]) for key, value in self._kept.read(keys)}
        fresh = {k: parse_file(file) for k, file in zip(keys, files, strict=True) if k not in found}
        if fresh:
            self._kept.keep((key, _written(parsed)) for key, parsed in fresh.items())
        found |= fresh
        return [found[key] for key in keys]

    def _key(self, file: KnowledgeFile) -> bytes:
        where = f"{file.language}\0{file.name.as_posix()}\0".encode()
        return hashlib.blake2b(self._parser + where + file.content, digest_size=16).digest()


def _parser_digest() -> bytes:
    """Changes with anything that may read a file in another way."""
    sources = [
        Path(str(name)).read_bytes()
        for name in (markdown.__file__, dates.__file__, domain.__file__, __file__)
    ]
    return hashlib.sha256(b"\0".join([*sources, version("markdown-it-py").encode()])).digest()


def _written(parsed: Parsed) -> bytes:
    entries, problems = parsed
    told = [{**vars(problem), "message": packed(problem.message)} for problem in problems]
    return json.dumps([entries, told], ensure_ascii=False, default=_plain).encode()


def _plain(value: object) -> object:
    """What JSON knows in place of a dataclass; all places of a file have its name."""
    return value.line if isinstance(value, Place) else vars(value)


def _read(value: bytes, name: Path) -> Parsed:
    entries, problems = json.loads(value)
    return (
        [_entry(fields, name) for fields in entries],
        [
            Problem(Place(name, fields["place"]), unpacked(fields["message"]), fields["is_error"])
            for fields in problems
        ],
    )


def _entry(fields: dict[str, Any], name: Path) -> Entry:
    return Entry(
        **fields
        | {
            "phrasings": _phrasings(fields["phrasings"], name),
            "not_this": _phrasings(fields["not_this"], name),
            "place": Place(name, fields["place"]),
            "grade": Grade(fields["grade"]),
            "sources": tuple(fields["sources"]),
            "related": tuple(fields["related"]),
            "includes": tuple(fields["includes"]),
        }
    )


def _phrasings(rows: list[dict[str, Any]], name: Path) -> tuple[Phrasing, ...]:
    return tuple(Phrasing(row["text"], Place(name, row["place"])) for row in rows)
