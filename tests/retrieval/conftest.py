"""The embedders under test; what needs a model is loaded once and only when a test asks for it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import pytest
from threadpoolctl import threadpool_limits

from bot.ports import Embedder
from bot.retrieval import e5_weights
from bot.retrieval.e5_weights import Vocabulary
from bot.retrieval.onnx_embedder import OnnxEmbedder
from bot.retrieval.preparation import prepare
from bot.retrieval.prepared_model import PreparedModel
from bot.retrieval.versions import VersionStore
from bot.settings import load_settings
from tests.retrieval.fakes import HashEmbedder

Result = TypeVar("Result")


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> Iterator[None]:
    """Small matrices lose more to waiting threads than they win."""
    with threadpool_limits(1):
        yield


@pytest.fixture
def store(tmp_path: Path) -> VersionStore:
    """An empty index folder."""
    return VersionStore(tmp_path / "index")


@pytest.fixture(scope="session")
def prepared() -> PreparedModel:
    """The default model; made now where the cache lacks it."""
    return prepare(load_settings().cache_dir, e5_weights.MODEL_NAME)


@pytest.fixture(scope="session")
def hashed() -> Embedder:
    """The fake that other tests build with."""
    return HashEmbedder()


@pytest.fixture(scope="session")
def served(prepared: PreparedModel) -> Embedder:
    """The default model as web workers run it."""
    return OnnxEmbedder(prepared, threads=2)


@pytest.fixture(scope="session")
def original() -> Embedder:
    """The default model as sentence-transformers runs it."""
    from bot.retrieval.sentence_embedder import SentenceTransformerEmbedder  # imports torch

    return SentenceTransformerEmbedder(e5_weights.MODEL_NAME)


@pytest.fixture(scope="session")
def vocabulary() -> Vocabulary:
    """The default model's pieces."""
    return e5_weights.read(e5_weights.locate()).vocabulary


@pytest.fixture
def eight_threads() -> Callable[[Callable[[], Result]], list[Result]]:
    """Calls a function from eight threads at the same moment and gives all results."""

    def run(work: Callable[[], Result]) -> list[Result]:
        start = threading.Barrier(8)

        def once(_number: int) -> Result:
            start.wait()
            return work()

        with ThreadPoolExecutor(8) as pool:
            return list(pool.map(once, range(8)))

    return run
