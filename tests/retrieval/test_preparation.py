"""Preparing: any sentence-transformers model, once, and nothing half-made in the cache."""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
import pytest

from bot.errors import ModelError
from bot.operations import Operations
from bot.ports import no_progress
from bot.retrieval.onnx_embedder import OnnxEmbedder
from bot.retrieval.preparation import prepare, write_form
from bot.retrieval.prepared_model import PreparedModel
from bot.settings import Settings
from tests.retrieval.questions import ORDINARY
from tests.tiny_model import save_tiny_model

pytestmark = pytest.mark.model


@pytest.fixture(scope="module")
def model(tmp_path_factory) -> str:
    """The path of a tiny model, as BOT_MODEL would have it."""
    return str(save_tiny_model(tmp_path_factory.mktemp("model")))


@pytest.fixture(scope="module")
def cache(tmp_path_factory, model) -> Path:
    """A cache with the tiny model in it."""
    folder = tmp_path_factory.mktemp("cache")
    prepare(folder, model)
    return folder


def test_a_form_takes_over_the_words_and_the_tokeniser_of_a_like_one(tmp_path):
    """A vocabulary as large as a multilingual model's; the rest of the weights has changed."""
    from bot.retrieval.checkpoint import load_checkpoint

    large = str(save_tiny_model(tmp_path / "large", unused_words=12_000))
    original = prepare(tmp_path / "cache", large)
    changed = load_checkpoint(large)
    for weight in changed[0].auto_model.encoder.parameters():
        weight.data *= 3
    forms = {}
    for name, like in (("whole", None), ("taken over", original)):
        (tmp_path / name).mkdir()
        manifest = write_form(tmp_path / name, large, changed, no_progress, like=like)
        forms[name] = OnnxEmbedder(PreparedModel(tmp_path / name, manifest)).embed_queries(ORDINARY)

    assert forms["taken over"] == pytest.approx(forms["whole"], abs=1e-6)
    assert not np.allclose(forms["whole"], OnnxEmbedder(original).embed_queries(ORDINARY), atol=1e-3)


def left_in(cache: Path) -> list[Path]:
    return list((cache / "models").iterdir())


@pytest.mark.parametrize("side", ["embed_queries", "embed_passages"])
def test_a_model_in_a_folder_is_served_as_sentence_transformers_runs_it(cache, model, side):
    """Its own WordPiece tokenizer, prompts and lengths go with it."""
    served, original = (
        Operations(Settings(cache_dir=cache, model=model, embedder=kind)).embedder()
        for kind in ("onnx", "sentence-transformers")
    )
    texts = [*ORDINARY, "小程序" * 99]
    one, other = getattr(served, side)(texts), getattr(original, side)(texts)

    assert (served.model, served.dimensions, one.dtype) == (model, 32, np.float32)
    assert np.linalg.norm(other, axis=1) == pytest.approx(1, abs=1e-5)
    assert (one * other).sum(axis=1).min() > 0.98


def test_its_prompts_tell_queries_from_passages(cache, model):
    embedder = OnnxEmbedder(prepare(cache, model))

    assert not np.allclose(embedder.embed_queries(ORDINARY), embedder.embed_passages(ORDINARY), atol=1e-3)


def test_the_same_original_has_the_same_checksum_in_every_process(model):
    """Parameters that transformers makes up while loading do not count."""
    from bot.retrieval.sentence_embedder import SentenceTransformerEmbedder

    assert SentenceTransformerEmbedder(model).checksum == SentenceTransformerEmbedder(model).checksum


def test_the_prepared_model_tells_what_it_was_made_from(cache, model):
    manifest = prepare(cache, model).manifest

    assert manifest.source == {"sentence-transformers": model}
    assert (manifest.max_tokens, manifest.prompts["passage"]) == (64, "passage: ")
    assert 0.98 <= manifest.fidelity <= 1
    assert sorted(manifest.files) == ["model.onnx", "tokenizer.json"]


def test_preparing_again_does_nothing(cache, model):
    graph = prepare(cache, model).graph
    made, told = graph.stat().st_mtime_ns, []
    again = prepare(cache, model, lambda *step: told.append(step))

    assert (again.graph.stat().st_mtime_ns, told) == (made, [])


def test_preparing_counts_its_steps_and_reaches_the_last(tmp_path, model):
    told = []
    prepare(tmp_path, model, lambda *step: told.append(step))

    assert [done for _, done, _ in told] == list(range(7))
    assert told[-1] == ("model ready", 6, 6)


def test_a_damaged_model_is_prepared_anew_and_nothing_else_stays(tmp_path, model):
    graph = prepare(tmp_path, model).graph
    graph.write_bytes(b"damaged")

    assert prepare(tmp_path, model).graph == graph
    assert graph.stat().st_size > 1000
    assert left_in(tmp_path) == [graph.parent]


@pytest.mark.parametrize("stage", ["loading the model", "quantising", "comparing with the original"])
def test_an_interrupted_preparation_leaves_nothing_behind(tmp_path, model, stage):
    def interrupt(what: str, _done: int, _total: int) -> None:
        if what == stage:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        prepare(tmp_path, model, interrupt)
    assert left_in(tmp_path) == []


def test_a_prepared_model_may_be_read_by_the_account_that_serves(cache, model):
    assert prepare(cache, model).folder.stat().st_mode & 0o777 == 0o755


def test_preparing_leaves_the_logs_level_alone(tmp_path, model, caplog):
    with caplog.at_level(logging.INFO):
        prepare(tmp_path, model)

        assert logging.getLogger().level == logging.INFO


def test_an_int8_form_that_strays_is_refused_with_the_way_out(tmp_path):
    """One dimension a thousand times the others leaves int8 no room for them."""
    wild = str(save_tiny_model(tmp_path, outlier=1000.0))

    with pytest.raises(
        ModelError, match=rf"the int8 form of {wild} strays .* < 0\.98.*BOT_EMBEDDER=sentence-"
    ):
        prepare(tmp_path, wild)
    assert left_in(tmp_path) == []


@pytest.mark.parametrize("kind", ["onnx", "sentence-transformers"])
@pytest.mark.parametrize("is_there", [True, False], ids=["an empty folder", "no folder"])
def test_a_folder_without_a_model_names_it_and_the_setting(tmp_path, kind, is_there):
    folder = tmp_path / "empty"
    folder.mkdir() if is_there else None
    operations = Operations(Settings(cache_dir=tmp_path, model=str(folder), embedder=kind))

    with pytest.raises(ModelError, match=rf"model {folder} cannot be loaded .*BOT_MODEL takes"):
        operations.prepare_model(lambda *_: None) if kind == "onnx" else operations.embedder()


def test_a_cache_that_cannot_be_written_names_the_setting(tmp_path, model):
    (tmp_path / "file").touch()

    with pytest.raises(ModelError, match=r"cannot write to .*set BOT_CACHE_DIR to a writable folder"):
        prepare(tmp_path / "file", model)
