"""The cache of embeddings: nothing is embedded twice, and nothing that befalls the file stops a command."""

from __future__ import annotations

import logging
import os
import resource
import subprocess
import sys
import time

import numpy as np
import pytest

from bot.disk_cache import DiskCache, Limits
from bot.retrieval import embedding_cache
from bot.retrieval.embedding_cache import CachedEmbedder, cache_file
from tests.retrieval.fakes import HashEmbedder

TEXTS = ["小程序认证要多少钱？", "怎么改名", "", "how long does the review take"]
DAY = 24 * 60 * 60
LIMITS = Limits()
# A process of its own that keeps question after question, ten at a time.
WRITER = """
import sys
from pathlib import Path
import numpy as np
from bot.disk_cache import DiskCache
from bot.retrieval.embedding_cache import CachedEmbedder

class Embedder:
    model, checksum, dimensions = "ones", "1", 128
    def embed_queries(self, texts, progress):
        return np.ones((len(texts), 128), np.float32)
    embed_passages = embed_queries

cached = CachedEmbedder(Embedder(), DiskCache(Path(sys.argv[1])))
for start in range(int(sys.argv[2]), int(sys.argv[3]), 10):
    cached.embed_queries([f"question {n}" for n in range(start, start + 10)])
    print(start + 10, flush=True)
"""


class CountingEmbedder(HashEmbedder):
    """Remembers what it was asked for."""

    def __init__(self, salt: str = "") -> None:
        super().__init__(salt)
        self.asked: list[str] = []

    def embed_queries(self, texts, progress=lambda *_: None):
        self.asked += texts
        return super().embed_queries(texts, progress)

    embed_passages = embed_queries


@pytest.fixture
def path(tmp_path):
    return cache_file(tmp_path, "0123456789abcdef0123456789abcdef")


@pytest.fixture
def cached(path):
    """Makes the embedder of another command on the one file; ``asked`` is what it really embedded."""

    def make(day: int = 0, limits: Limits = LIMITS, salt: str = ""):
        inner = CountingEmbedder(salt)
        embedder = CachedEmbedder(inner, DiskCache(path, limits, lambda: float(day * DAY)))
        embedder.asked = inner.asked
        return embedder

    return make


def test_the_next_command_embeds_nothing_and_gets_the_same_vectors(cached):
    first, second = cached(), cached()
    vectors = first.embed_queries(TEXTS)

    assert np.array_equal(second.embed_queries(TEXTS), vectors)
    assert np.array_equal(vectors, HashEmbedder().embed_queries(TEXTS))
    assert second.asked == []


def test_only_what_is_new_is_embedded_and_all_come_in_the_order_of_the_texts(cached):
    cached().embed_queries(TEXTS[::2])
    embedder = cached()

    assert np.array_equal(embedder.embed_queries(TEXTS), HashEmbedder().embed_queries(TEXTS))
    assert sorted(embedder.asked) == sorted(TEXTS[1::2])


def test_at_first_the_embedder_is_asked_as_it_would_be_without_the_cache(cached):
    embedder = cached()
    texts = ["a long question about everything", "一", "二", "一"]
    vectors = embedder.embed_queries(texts)

    assert embedder.asked == texts
    assert np.array_equal(vectors, HashEmbedder().embed_queries(texts))
    assert np.array_equal(cached().embed_queries(texts), vectors)


def test_a_question_is_not_taken_for_a_passage(cached):
    cached().embed_queries(TEXTS)
    embedder = cached()
    embedder.embed_passages(TEXTS)

    assert len(embedder.asked) == len(TEXTS)


def test_each_model_has_a_file_of_its_own(tmp_path):
    assert cache_file(tmp_path, "a" * 64) != cache_file(tmp_path, "b" * 64)


def test_it_is_the_embedder_to_everybody_else(cached):
    embedder, inner = cached(), HashEmbedder()

    assert (embedder.model, embedder.checksum, embedder.dimensions) == (
        inner.model,
        inner.checksum,
        inner.dimensions,
    )
    assert embedder.embed_queries([]).shape == (0, inner.dimensions)


def test_progress_counts_what_is_embedded_and_says_how_much_was_known(cached):
    cached().embed_queries(TEXTS[:2])
    told = []
    cached().embed_queries(TEXTS, lambda *step: told.append(step))
    cached().embed_queries(TEXTS, lambda *step: told.append(step))

    assert told == [
        ("embedding (2 from the cache)", 1, 2),
        ("embedding (2 from the cache)", 2, 2),
        ("embedding (4 from the cache)", 1, 1),
    ]


def test_many_texts_are_kept_portion_by_portion_and_counted_through(cached, monkeypatch):
    monkeypatch.setattr(embedding_cache, "_KEPT_AT_ONCE", 1000)
    texts = [f"question {n}" for n in range(2500)]
    told = []
    cached().embed_queries(texts, lambda *step: told.append(step))

    assert told == [("embedding", n, 2500) for n in range(1, 2501)]
    embedder = cached()
    assert np.array_equal(embedder.embed_queries(texts), HashEmbedder().embed_queries(texts))
    assert embedder.asked == []


# Bounds


def test_what_nobody_used_for_long_is_swept_and_what_was_used_stays(cached):
    limits = Limits(days=90)
    cached(day=0, limits=limits).embed_queries(["old", "used"])
    cached(day=80, limits=limits).embed_queries(["used"])
    cached(day=91, limits=limits).embed_queries(["new"])
    embedder = cached(day=91, limits=limits)
    embedder.embed_queries(["old", "used", "new"])

    assert embedder.asked == ["old"]


def test_beyond_its_size_the_oldest_go(cached, path):
    limits = Limits(max_bytes=400_000)
    for day in range(10):
        cached(day, limits).embed_queries([f"{day} {n}" for n in range(200)])
    embedder = cached(10, limits)
    embedder.embed_queries([f"{day} 0" for day in range(10)])

    assert "0 0" in embedder.asked
    assert "9 0" not in embedder.asked
    assert path.stat().st_size < 2 * limits.max_bytes


def test_the_file_of_a_model_that_is_used_no_more_is_removed(cached, path):
    other = cache_file(path.parent.parent, "f" * 64)
    CachedEmbedder(HashEmbedder("other"), DiskCache(other)).embed_queries(["a"])
    long_ago = time.time() - 100 * DAY
    os.utime(other, (long_ago, long_ago))
    cached(day=int(time.time() // DAY)).embed_queries(["b"])

    assert [file.name for file in path.parent.iterdir()] == [path.name]


# Whatever happens to the file


def truncate(path):
    os.truncate(path, path.stat().st_size // 2)


def flip_a_byte_of_every_page(path):
    content = bytearray(path.read_bytes())
    for place in range(len(content) - 500, 4096, -1000):
        content[place] ^= 0xFF
    path.write_bytes(content)


def replace_by_something_else(path):
    path.write_bytes(b"not a database at all" * 1000)


def tear_the_header(path):
    path.write_bytes(bytes(100) + path.read_bytes()[100:])


@pytest.mark.parametrize(
    "damage", [truncate, flip_a_byte_of_every_page, replace_by_something_else, tear_the_header]
)
def test_a_damaged_file_is_thrown_away_and_made_again(cached, path, caplog, damage):
    texts = [f"question {n}" for n in range(300)]
    cached().embed_queries(texts)
    damage(path)
    embedder = cached()

    assert np.array_equal(embedder.embed_queries(texts), HashEmbedder().embed_queries(texts))
    assert "is damaged" in caplog.text and str(path) in caplog.text
    again = cached()
    assert np.array_equal(again.embed_queries(texts), HashEmbedder().embed_queries(texts))
    assert (len(caplog.records), again.asked) == (1, [])


def test_an_empty_file_is_no_damage(cached, path):
    path.parent.mkdir()
    path.touch()

    assert np.array_equal(cached().embed_queries(TEXTS), HashEmbedder().embed_queries(TEXTS))


def test_where_no_file_can_be_made_all_is_embedded_and_one_warning_says_why(cached, path, caplog):
    path.parent.write_text("a file in the place of the folder")
    embedder = cached()

    for _ in range(2):
        assert np.array_equal(embedder.embed_queries(TEXTS), HashEmbedder().embed_queries(TEXTS))
    assert [record.levelno for record in caplog.records] == [logging.WARNING]
    assert "BOT_CACHE_DIR" in caplog.text


@pytest.fixture
def full_disk():
    """No file may grow beyond 200 kB."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_full_disk_leaves_what_was_kept_before(cached, caplog, request):
    few, many = [f"few {n}" for n in range(20)], [f"many {n}" for n in range(3000)]
    cached().embed_queries(few)
    request.getfixturevalue("full_disk")

    assert np.array_equal(cached().embed_queries(many), HashEmbedder().embed_queries(many))
    assert len(caplog.records) == 1
    embedder = cached()
    embedder.embed_queries(few)
    assert embedder.asked == []


def start_writer(path, first, last):
    command = [sys.executable, "-c", WRITER, path, str(first), str(last)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def test_processes_may_share_the_file(cached, path, caplog):
    writers = [start_writer(path, first, first + 300) for first in (0, 150)]
    printed = [writer.communicate()[0].split() for writer in writers]
    embedder = cached()
    embedder.embed_queries([f"question {n}" for n in range(450)])

    assert [words[-1] for words in printed] == ["300", "450"]
    assert (embedder.asked, caplog.records) == ([], [])


def test_threads_may_share_the_embedder(cached, eight_threads):
    embedder = cached()
    all_vectors = eight_threads(lambda: embedder.embed_queries(TEXTS))

    assert all(np.array_equal(vectors, HashEmbedder().embed_queries(TEXTS)) for vectors in all_vectors)


def test_a_process_that_is_killed_while_it_writes_leaves_a_file_that_can_be_used(cached, path, caplog):
    writer = start_writer(path, 0, 1_000_000)
    finished = [int(writer.stdout.readline()) for _ in range(30)][-1]
    writer.kill()
    writer.communicate()
    embedder = cached()
    embedder.embed_queries([f"question {n}" for n in range(finished)])

    assert (embedder.asked, caplog.records) == ([], [])
