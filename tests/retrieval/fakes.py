"""An embedder without a model, and versions on disk without an index in them."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bot.answering.normalising import normalise
from bot.domain import KnowledgeBase, Phrasing
from bot.ports import Progress, no_progress
from bot.retrieval.building import BuildOptions, build_index
from bot.retrieval.loaded_index import LoadedIndex, load_index
from bot.retrieval.versions import FORMAT, IndexManifest, VersionStore, checksums
from tests.fakes import PLACE, make_entry

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)

FEES = make_entry(
    "fees",
    "小程序认证要多少钱？",
    answer="认证费每年三十元。\n\n个人不用认证。",
    asked=["认证费用是多少", "认证收费吗", "认证一年多少钱"],
)
FEES_EN = make_entry(
    "fees",
    "How much does verification cost?",
    answer="Thirty yuan a year.",
    asked=["what is the verification fee", "is verification free", "yearly price of verification"],
    language="en",
)
NAMES = make_entry(
    "names",
    "小程序的名字可以改吗？",
    answer="一年可以改两次名字。",
    asked=["怎么改名", "名称能修改几次", "换个名字可以吗"],
)
REVIEW = make_entry(
    "review",
    "审核需要几天？",
    answer="审核一般两天以内。",
    asked=["审核要多久", "提交以后多久过审", "审核时间多长"],
)
# Enough to be trained on; the first two alone are not, which makes most builds here quick.
BACKGROUND = tuple(
    Phrasing(text, PLACE)
    for text in ("今天天气怎么样", "推荐一部电影", "红烧肉怎么做", "who won the match", "capital of France")
)


class HashEmbedder:
    """Texts that share characters and pairs of characters are close; another salt, other vectors."""

    model = "hashed characters"

    def __init__(self, salt: str = "", dimensions: int = 128) -> None:
        self.checksum = f"hashed-{salt}-{dimensions}"
        self.dimensions = dimensions
        self._salt = salt

    def embed_queries(self, texts: Sequence[str], progress: Progress = no_progress) -> NDArray[np.float32]:
        """Unit vectors, in the order of the texts."""
        vectors = np.zeros((len(texts), self.dimensions), np.float32)
        for row, text in enumerate(texts):
            for piece in ("", *text, *map("".join, pairwise(text))):
                number = zlib.crc32(f"{self._salt}{piece}".encode())
                vectors[row, number % self.dimensions] += 1 if number & 1 << 20 else -1
            vectors[row, 0] += 0.5  # never all zero
            progress("embedding", row + 1, len(texts))
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)

    embed_passages = embed_queries

    def pieces(self, texts: Sequence[str]) -> list[list[int]]:
        """Every character is a piece."""
        return [[ord(character) for character in text] for text in texts]

    def piece_vectors(self, pieces: Sequence[int]) -> NDArray[np.float32]:
        """Those of the characters alone."""
        return self.embed_queries([chr(piece) for piece in pieces])


class BrokenEmbedder(HashEmbedder):
    """Fails when the passages come, with half of the work done."""

    def embed_passages(self, texts: Sequence[str], progress: Progress = no_progress) -> NDArray[np.float32]:
        """Fail."""
        raise RuntimeError("out of memory")


class FickleEmbedder(HashEmbedder):
    """Says each time that it is another model."""

    @property
    def checksum(self) -> str:
        """A new one every time."""
        self.asked = getattr(self, "asked", 0) + 1
        return f"fickle-{self.asked}"

    @checksum.setter
    def checksum(self, _given: str) -> None:
        """The fake's own checksum is of no use here."""


def knowledge(*entries, background=BACKGROUND[:2], everyday=(), digest: str = "d" * 64) -> KnowledgeBase:
    """A knowledge base of the given entries, or of all four; too small to train a classifier on."""
    return KnowledgeBase(entries or (FEES, FEES_EN, NAMES, REVIEW), {}, background, everyday, digest)


def build(store: VersionStore, base: KnowledgeBase | None = None, **choices) -> IndexManifest:
    """Build and publish, at noon with the fake embedder and a false-answer rate of 0.25 unless told else."""
    base = base or knowledge()
    embedder = choices.pop("embedder", HashEmbedder())
    choices = {"false_answer_rate": 0.25, "now": NOON} | choices
    name = store.new_name(choices["now"], base.digest)
    manifest = build_index(base, embedder, store, normalise, BuildOptions(version=name, **choices))
    store.publish(manifest.version)
    return manifest


def load(store: VersionStore, version: str | None = None) -> LoadedIndex:
    """A version, or the live one, with the fake embedder."""
    return load_index(store, version or store.current(), HashEmbedder())


def write_version(store: VersionStore, name: str = "first", **fields) -> Path:
    """A whole version with one file of nonsense in it, not yet published."""
    facts = {
        "format": FORMAT,
        "version": name,
        "built_at": "2026-11-22T12:00:00+00:00",
        "model": "hashed characters",
        "model_checksum": HashEmbedder().checksum,
        "dimensions": 128,
        "knowledge_digest": "d" * 64,
        "counts": {"entries": 3},
        "false_answer_rate": 0.03,
        "calibration": {"answer_threshold": 0.7},
        "search": {},
    }
    with store.workspace() as folder:
        (folder / "phrasing.faiss").write_bytes(b"nonsense")
        store.adopt(folder, IndexManifest(**facts | fields, files=checksums(folder)))
    return store.folder / name
