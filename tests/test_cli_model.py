"""Tuning a model and switching between its forms, while a server goes on answering."""

from __future__ import annotations

import re
import shutil
import time
from dataclasses import replace
from pathlib import Path

import pytest

from bot.app import create_app
from bot.knowledge import loader
from bot.operations import Operations
from bot.ports import no_progress
from bot.retrieval import decision
from bot.retrieval.prepared_model import prepared_forms
from bot.retrieval.versions import MODEL_FILE, VersionStore
from bot.settings import Settings
from tests.made_up_knowledge import write_knowledge
from tests.tiny_model import save_tiny_model

pytestmark = pytest.mark.model
LEARNING_RATE = "1e-3"  # moves a tiny model as far as the usual one moves a real one
BUILD = "run: flask --app wsgi index build"


@pytest.fixture(scope="module", autouse=True)
def meaning_alone_decides(tmp_path_factory):
    """The made-up questions share characters: words and a classifier would find most of them whatever the
    model does, and everyday questions would be told from them by any model.
    """
    weights = replace(decision.WITH_CLASSIFIER, lexical=0.0, belief=0.0)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(decision, "WITH_CLASSIFIER", weights)
        patch.setattr(loader, "EVERYDAY_FOLDER", tmp_path_factory.mktemp("none"))
        yield


@pytest.fixture(scope="module")
def tuned(tmp_path_factory) -> Settings:
    """A tiny model, tuned to made-up knowledge; the index was built before that."""
    folder = tmp_path_factory.mktemp("tuned")
    settings = Settings(
        model=str(save_tiny_model(folder / "model")),
        knowledge_dir=write_knowledge(folder / "knowledge", phrasings=12),
        cache_dir=folder / "cache",
        index_dir=folder / "index",
    )
    operations = Operations(settings)
    operations.build(no_progress)
    assert operations.tune_model(no_progress, float(LEARNING_RATE)).adopted
    return settings


@pytest.fixture
def settings(tmp_path, tuned) -> Settings:
    """The same with a cache and an index of the test's own."""
    own = {name: tmp_path / name for name in ("cache_dir", "index_dir")}
    for name, folder in own.items():
        shutil.copytree(getattr(tuned, name), folder)
    return tuned.model_copy(update=own)


@pytest.fixture
def run(settings):
    """Runs ``flask --app wsgi …`` in a process of its own, as it were."""

    def invoke(*arguments: str, **changed):
        app = create_app(settings.model_copy(update=changed))
        return app.test_cli_runner().invoke(args=[str(argument) for argument in arguments])

    return invoke


@pytest.fixture
def server(settings):
    """Requests to a server."""
    return create_app(settings).test_client()


def forms(settings) -> list[str]:
    return [form.name for form in prepared_forms(settings.cache_dir, settings.model)]


def graph(settings) -> Path:
    return prepared_forms(settings.cache_dir, settings.model)[-1].graph


def model_of(server, settings) -> str:
    """The model that answers once the server has seen where the pointer points, according to itself."""
    assert server.get("/ask?question=hello").status_code == 200
    live = VersionStore(settings.index_dir).current()
    deadline = time.monotonic() + 20
    while live not in str(state := server.get("/readyz").json):
        assert time.monotonic() < deadline, state
        time.sleep(0.05)
    return state["model"]


def test_tune_prints_the_figures_before_and_after_and_what_to_do_next(run, settings):
    run("model", "use", "original")
    result = run("model", "tune", "--learning-rate", LEARNING_RATE)

    assert result.exit_code == 0, result.output
    rows = re.findall(r"^ *([\d.]+)% +([\d.]+)%  (.*)$", result.stdout, re.MULTILINE)
    assert [meaning.split()[0] for *_, meaning in rows] == ["held-out", "held-out", "a"]
    assert float(rows[2][1]) > float(rows[2][0])
    assert f"{forms(settings)[-1]} is used from the next build on" in result.stdout
    assert result.stdout.rstrip().endswith(BUILD)
    assert "tuning" in result.stderr


def test_without_a_gain_tune_says_so_and_what_was_in_use_stays_so(run, settings):
    before = forms(settings)
    result = run("model", "tune", "--learning-rate", "1e-12")

    assert result.exit_code == 0, result.output
    assert "no clear gain: nothing was changed or kept" in result.stdout
    assert (settings.index_dir / MODEL_FILE).read_text().strip() == before[-1]
    assert forms(settings) == before


def test_a_server_answers_with_the_original_until_the_index_is_built_with_the_tuned_model(
    run, server, settings
):
    name = forms(settings)[-1]
    assert model_of(server, settings) == settings.model
    assert "is live" in run("index", "build").stdout
    assert model_of(server, settings) == f"{settings.model} ({name})"
    assert run("model", "use", "original").stdout == f"original is used from the next build on; {BUILD}\n"
    assert model_of(server, settings) == f"{settings.model} ({name})"
    run("index", "build")

    assert model_of(server, settings) == settings.model


def test_list_shows_what_is_in_use_its_gain_and_its_indexes(run, settings):
    old = VersionStore(settings.index_dir).current()
    run("index", "build")
    new = VersionStore(settings.index_dir).current()
    original, folder, first, tuned, tuned_folder, second = run("model", "list").stdout.splitlines()

    assert original.startswith("  original ")
    assert first == f"    index {old}"
    assert tuned.startswith(f"* {forms(settings)[-1]} ")
    assert re.search(r"MiB  hit at 1 [\d.]+% → [\d.]+%, coverage .* → .*, auroc .* → ", tuned)
    assert second == f"    index {new} (live)"
    assert folder.endswith(str(settings.cache_dir / "models" / Path(folder).name))
    assert tuned_folder.endswith(forms(settings)[-1])


def test_use_of_an_unknown_name_lists_the_known_ones(run, settings):
    result = run("model", "use", "../else")

    assert result.exit_code == 1
    assert f"there is no model ../else; there are: original, {forms(settings)[-1]}" in result.stderr
    assert "Traceback" not in result.output


def test_a_damaged_tuned_model_is_named_with_the_way_back_and_is_not_built_with(run, server, settings):
    old = model_of(server, settings)
    graph(settings).write_bytes(b"damaged")
    for command in (["index", "build"], ["model", "use", forms(settings)[-1]]):
        result = run(*command)
        assert result.exit_code == 1
        assert f"{graph(settings)} is damaged" in result.stderr
        assert "flask --app wsgi model use original" in result.stderr

    assert model_of(server, settings) == old
    assert run("model", "use", "original").exit_code == 0
    assert "nothing has changed" in run("index", "build").stdout


def test_a_server_keeps_its_index_when_the_model_of_a_newer_one_is_damaged(run, server, settings, caplog):
    old = model_of(server, settings)
    run("index", "build")
    graph(settings).write_bytes(b"damaged")

    assert model_of(server, settings) == old
    assert f"{graph(settings)} is damaged" in caplog.text


def test_a_tuned_model_that_is_gone_is_named_with_the_way_back(run, settings):
    name = forms(settings)[-1]
    shutil.rmtree(graph(settings).parent)
    for command in (["index", "build"], ["model", "list"]):
        result = run(*command)
        assert result.exit_code == 1
        assert name in result.stderr
        assert "flask --app wsgi model use original" in result.stderr


@pytest.mark.parametrize("target", ["../else", "", ".."])
def test_a_choice_that_was_tampered_with_is_refused_with_the_way_back(run, settings, target):
    (settings.index_dir / MODEL_FILE).write_text(target)
    result = run("index", "build")

    assert result.exit_code == 1
    assert f"names {target!r}; run: flask --app wsgi model use original" in result.stderr


@pytest.mark.parametrize("arguments", [["tune"], ["use", "original"]])
def test_the_original_in_sentence_transformers_can_be_neither_tuned_nor_chosen(run, arguments):
    result = run("model", *arguments, embedder="sentence-transformers")

    assert result.exit_code == 1
    assert "a tuned model needs BOT_EMBEDDER=onnx" in result.stderr
