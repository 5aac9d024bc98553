"""Tuning a tiny model: kept if it gains, gone if it does not, and never in the way of the original."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bot.answering.normalising import normalise
from bot.domain import KnowledgeBase
from bot.errors import KnowledgeError
from bot.knowledge import loader
from bot.ports import no_progress
from bot.retrieval import decision
from bot.retrieval.onnx_embedder import OnnxEmbedder
from bot.retrieval.preparation import prepare
from bot.retrieval.prepared_model import PreparedModel, load_prepared, prepared_forms, sha256
from tests.made_up_knowledge import write_knowledge
from tests.retrieval.fakes import NOON
from tests.retrieval.questions import ORDINARY
from tests.tiny_model import save_tiny_model

pytestmark = pytest.mark.model
NAME = "tuned-20261122-120000"


@pytest.fixture(scope="module")
def model(tmp_path_factory) -> str:
    return str(save_tiny_model(tmp_path_factory.mktemp("model")))


@pytest.fixture(autouse=True)
def meaning_alone_decides(monkeypatch):
    """The made-up questions share characters: words would find every entry whatever the model does, and a
    classifier most of them.
    """
    weights = replace(decision.WITH_CLASSIFIER, lexical=0.0, belief=0.0)
    monkeypatch.setattr(decision, "WITH_CLASSIFIER", weights)


@pytest.fixture(scope="module")
def base(tmp_path_factory) -> KnowledgeBase:
    folder = write_knowledge(tmp_path_factory.mktemp("made-up") / "knowledge", phrasings=12)
    return replace(loader.load(folder), everyday=())


@pytest.fixture(scope="module")
def cache(tmp_path_factory, model) -> Path:
    """A cache with the tiny model in it."""
    folder = tmp_path_factory.mktemp("cache")
    prepare(folder, model)
    return folder


@pytest.fixture
def original(tmp_path, cache, model) -> PreparedModel:
    """The tiny model in a cache of the test's own."""
    shutil.copytree(cache, tmp_path, dirs_exist_ok=True)
    return load_prepared(tmp_path, model)


def tune(base: KnowledgeBase, original: PreparedModel, progress=no_progress, **recipe):
    """With a rate that moves a tiny model as far as the usual one moves a real one."""
    from bot.retrieval.contrastive import Recipe
    from bot.retrieval.tuning import TuningOptions, Untuned, tune_model

    options = TuningOptions(0.05, NOON, Recipe(**{"learning_rate": 3e-3, "seed": 5} | recipe))
    return tune_model(base, Untuned(original, OnnxEmbedder(original)), normalise, options, progress)


def folders(cache: Path) -> list[str]:
    return sorted(path.name for path in (cache / "models").iterdir())


def test_a_gain_is_kept_beside_the_original_with_its_figures(tmp_path, model, base, original):
    before = sha256(original.graph)
    result = tune(base, original)

    facts = load_prepared(tmp_path, model, NAME).manifest.tuning
    assert facts["after"]["auroc"] > facts["before"]["auroc"]
    assert (facts["after"]["hit_at_1"], facts["before"]["hit_at_1"]) == (
        result.after.hit_at_1,
        result.before.hit_at_1,
    )
    assert facts["knowledge_digest"] == base.digest
    assert facts["original_checksum"] == before == sha256(original.graph)
    assert [form.name for form in prepared_forms(tmp_path, model)] == ["original", NAME]


def test_tuning_again_gives_the_same_model_and_it_still_makes_unit_vectors(base, original):
    first = OnnxEmbedder(tune(base, original).adopted)
    again = OnnxEmbedder(tune(base, original).adopted)

    assert first.checksum == again.checksum
    assert np.linalg.norm(first.embed_queries(ORDINARY), axis=1) == pytest.approx(1, abs=1e-5)


def test_without_a_gain_nothing_is_kept(tmp_path, base, original):
    result = tune(base, original, steps=0)

    assert result.adopted is None
    assert result.before == result.after
    assert folders(tmp_path) == [original.folder.name]


def test_a_model_that_was_tuned_to_pieces_is_not_kept(tmp_path, base, original):
    result = tune(base, original, learning_rate=0.02, share=1.0)

    assert result.after.hit_at_1 < result.before.hit_at_1
    assert result.adopted is None
    assert folders(tmp_path) == [original.folder.name]


@pytest.mark.parametrize("stage", ["tuning", "quantising", "training the decision"])
def test_an_interrupted_tuning_leaves_nothing_behind(tmp_path, base, original, stage):
    def interrupt(what: str, _done: int, _total: int) -> None:
        if what == stage:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        tune(base, original, interrupt)
    assert folders(tmp_path) == [original.folder.name]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"entries": 7}, "too few phrasings to tune to: 168 for 7 entries; .* 8 entries with several"),
        ({"phrasings": 2}, "too few phrasings to tune to: 24 for 12 entries; it takes 3 an entry"),
    ],
    ids=["few entries", "few phrasings"],
)
def test_too_small_a_knowledge_base_is_refused_in_its_own_words(tmp_path, original, change, words):
    small = loader.load(write_knowledge(tmp_path / "small", **change))

    with pytest.raises(KnowledgeError, match=words):
        tune(small, original)
