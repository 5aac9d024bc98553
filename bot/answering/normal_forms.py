"""Remembers the normal forms of a knowledge base's questions: those of an unchanged file are kept."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from importlib.metadata import version
from itertools import groupby
from pathlib import Path

from bot import domain
from bot.answering import normalising, script
from bot.answering.normalising import normalise
from bot.disk_cache import SUFFIX, DiskCache
from bot.domain import KnowledgeBase, Language, Query


def cache_file(cache_dir: Path) -> Path:
    """Where the normal forms are kept."""
    return cache_dir / "knowledge" / f"normal{SUFFIX}"


class NormalForms:
    """What ``normalise`` makes of the questions of a knowledge base, looked up with the first of them."""

    def __init__(self, base: KnowledgeBase, kept: DiskCache) -> None:
        self._base = base
        self._kept = kept
        self._forms: dict[str, Query] = {}

    def __call__(self, text: str) -> Query:
        """What ``normalise`` gives."""
        if not self._forms:
            self._forms = dict(self._looked_up())
        form = self._forms.get(text)
        if form is None:
            form = self._forms[text] = normalise(text)
        return form

    def _looked_up(self) -> Iterable[tuple[str, Query]]:
        """The questions of each file are kept together: few are as fast to look up as many."""
        maker = maker_digest()
        groups = {_key(maker, texts): texts for texts in _by_file(self._base)}
        found = dict(self._kept.read(list(groups)))
        fresh = {
            key: [normalise(text) for text in texts] for key, texts in groups.items() if key not in found
        }
        if fresh:
            self._kept.keep((key, _written(forms)) for key, forms in fresh.items())
        for key, texts in groups.items():
            yield from zip(texts, fresh[key] if key in fresh else _read(found[key]), strict=True)


def _by_file(base: KnowledgeBase) -> Iterable[list[str]]:
    for _, entries in groupby(base.entries, lambda entry: entry.place.path):
        yield [question for entry in entries for question in entry.questions]
    yield [phrasing.text for phrasing in (*base.background, *base.everyday)]


def maker_digest() -> bytes:
    """Changes with anything that may normalise in another way."""
    digest = hashlib.sha256(version("opencc").encode())
    for file in (normalising.__file__, script.__file__, domain.__file__, __file__):
        digest.update(Path(str(file)).read_bytes())
    return digest.digest()


def _key(maker: bytes, texts: Sequence[str]) -> bytes:
    return hashlib.blake2b(maker + json.dumps(texts).encode(), digest_size=16).digest()


def _written(forms: Sequence[Query]) -> bytes:
    return json.dumps([(form.text, form.key, form.language) for form in forms]).encode()


def _read(value: bytes) -> list[Query]:
    languages = {str(language): language for language in Language}
    return [Query(text, key, languages[language]) for text, key, language in json.loads(value)]
