"""The graph that processes share: the same vectors, and never from a file that is not as it was made."""

from __future__ import annotations

import shutil
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context

import numpy as np
import pytest

from bot.retrieval.mapped_graph import shared_session
from bot.retrieval.onnx_embedder import OnnxEmbedder
from bot.retrieval.prepared_model import GRAPH_FILE, PreparedModel
from tests.retrieval.questions import ORDINARY

pytestmark = pytest.mark.model
FEW = ORDINARY[::9]


@pytest.fixture
def model(prepared, tmp_path) -> PreparedModel:
    """A copy in a folder of its own, which nobody has loaded yet."""
    folder = tmp_path / "model"
    shutil.copytree(prepared.folder, folder, ignore=shutil.ignore_patterns("model-*"))
    return replace(prepared, folder=folder)


def vectors(model: PreparedModel) -> np.ndarray:
    """As made in a process that has not loaded a model yet."""
    shared_session.cache_clear()
    return OnnxEmbedder(model).embed_queries(FEW)


def shared_files(model: PreparedModel) -> list[str]:
    return sorted(path.name for path in model.folder.iterdir() if path.name.startswith("model-"))


def test_whoever_loads_it_first_or_later_gets_the_same_vectors(model):
    first = vectors(model)
    assert len(shared_files(model)) == 2

    # What maps the file has no use for the graph.
    (model.folder / GRAPH_FILE).unlink()
    assert np.array_equal(vectors(model), first)


def flipped(whole):
    middle = len(whole) // 2
    return whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :]


@pytest.mark.parametrize("damage", [flipped, lambda whole: whole[:-1]], ids=["a bit flipped", "torn off"])
def test_a_damaged_file_is_made_anew(model, damage):
    expected = vectors(model)
    shared = next(model.folder.glob("*.ort"))
    shared.write_bytes(damage(shared.read_bytes()))

    assert np.array_equal(vectors(model), expected)
    (model.folder / GRAPH_FILE).unlink()
    assert np.array_equal(vectors(model), expected)


def test_the_file_of_another_graph_is_not_used(model):
    vectors(model)
    note = next(model.folder.glob("model-*.json"))
    note.write_text(note.read_text().replace(model.manifest.checksum, "0" * 64))

    expected = vectors(model)
    assert model.manifest.checksum in note.read_text()
    assert np.array_equal(vectors(model), expected)


def test_where_nothing_can_be_written_the_graph_itself_serves(model, monkeypatch):
    expected = vectors(model)
    for name in shared_files(model):
        (model.folder / name).unlink()
    monkeypatch.setattr("tempfile.TemporaryDirectory", _full_disk)

    assert np.array_equal(vectors(model), expected)
    assert shared_files(model) == []


def _full_disk(**_options):
    raise OSError(28, "No space left on device")


def test_a_process_that_is_forked_has_the_model_and_uses_it(model):
    expected = vectors(model)
    parent = OnnxEmbedder(model)
    parent.load()
    for path in model.folder.iterdir():
        path.unlink()

    with ProcessPoolExecutor(1, get_context("fork")) as pool:
        assert np.array_equal(pool.submit(_made_in_another_process, model).result(), expected)


def _made_in_another_process(model: PreparedModel) -> np.ndarray:
    return OnnxEmbedder(model).embed_queries(FEW)
