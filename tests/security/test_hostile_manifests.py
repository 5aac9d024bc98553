"""Manifests that somebody edited: refused by name, and never a way out of their folder."""

from __future__ import annotations

import json
from dataclasses import asdict, replace

import pytest

from bot.errors import IndexUnusableError, ModelError
from bot.retrieval.prepared_model import (
    GRAPH_FILE,
    MANIFEST_FILE,
    ModelManifest,
    load_prepared,
    model_folder,
    sha256,
)
from bot.retrieval.versions import FACTS_FILE, FORMAT, IndexManifest, VersionStore, checksums

MANIFEST = IndexManifest(
    *(FORMAT, "v1", "2026-11-23T00:00:00+00:00", "model", "c", 384, "d"),
    *({"entries": 1}, 0.03, {}, {}, {}),
)
DEEP = "[" * 100_000


@pytest.fixture
def store(tmp_path):
    """One version, whole, whose manifest a test may spoil."""
    store = VersionStore(tmp_path / "index")
    with store.workspace() as folder:
        (folder / "entries.jsonl").write_text("{}\n")
        store.adopt(folder, replace(MANIFEST, files=checksums(folder)))
    return store


def spoil(store, names=(MANIFEST_FILE, FACTS_FILE), **changes):
    """The same change in both files, as whoever can write the folder would make it."""
    for name in names:
        path = store.folder / "v1" / name
        path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def test_the_version_is_whole(store):
    assert set(store.verified("v1").files) == {"entries.jsonl", FACTS_FILE}


@pytest.mark.parametrize("name", [MANIFEST_FILE, FACTS_FILE])
def test_a_manifest_that_goes_too_deep_is_unusable(store, name):
    (store.folder / "v1" / name).write_text(DEEP)

    with pytest.raises(IndexUnusableError, match=name):
        store.verified("v1")
    assert list(store.manifests()) == ([] if name == MANIFEST_FILE else ["v1"])


@pytest.mark.parametrize(
    "changes",
    [
        {"built_at": None},
        {"built_at": {"a": 1}},
        {"counts": {"entries": "many"}},
        {"counts": []},
        {"dimensions": True},
        {"version": 1},
        {"files": ["entries.jsonl"]},
        {"files": {"entries.jsonl": 1}},
        {"search": {"phrasing": "exact"}},
    ],
)
def test_a_field_of_another_type_is_unusable_and_in_no_list(store, changes):
    spoil(store, **changes)

    with pytest.raises(IndexUnusableError, match="cannot be read"):
        store.verified("v1")
    assert store.manifests() == {}


@pytest.mark.parametrize("name", ["../outside", "/etc/hostname", "..", "", "a/../../x", "x" * 300])
def test_a_file_elsewhere_is_not_looked_at(store, tmp_path, name):
    (tmp_path / "index" / "outside").write_text("x")
    facts = json.loads((store.folder / "v1" / FACTS_FILE).read_text())
    (store.folder / "v1" / FACTS_FILE).write_text(json.dumps(facts | {"files": {name: "0"}}))
    found = sha256(store.folder / "v1" / FACTS_FILE)
    spoil(store, [MANIFEST_FILE], files={FACTS_FILE: found, name: "0"})

    with pytest.raises(IndexUnusableError):
        store.verified("v1")


def test_a_history_that_goes_too_deep_is_passed_over(store):
    history = store.folder / "history.jsonl"
    history.write_text(f'{DEEP}\n{{"at": 1, "action": "publish", "version": "v1"}}\n')

    assert store.history.events() == []


MODEL = ModelManifest(2, "a/b", 8, 8, {}, {}, {}, 1.0, {GRAPH_FILE: ""})


@pytest.fixture
def model(tmp_path):
    """Writes the manifest of a prepared model with these changes."""

    def write(**changes):
        folder = model_folder(tmp_path, "a/b")
        folder.mkdir(parents=True, exist_ok=True)
        (folder / GRAPH_FILE).write_bytes(b"graph")
        fields = asdict(MODEL) | {"files": {GRAPH_FILE: sha256(folder / GRAPH_FILE)}} | changes
        (folder / MANIFEST_FILE).write_text(json.dumps(fields))
        return tmp_path

    return write


def test_a_prepared_model_is_whole(model):
    assert load_prepared(model(), "a/b").manifest.dimensions == 8


@pytest.mark.parametrize(
    "changes",
    [
        {"files": [GRAPH_FILE]},
        {"files": {"../x": "missing"}},
        {"files": {"x" * 300: "missing"}},
        {"dimensions": "8"},
        {"prompts": None},
        {"tuning": "tuned-x"},
        {"tuning": {"a": 1}},
    ],
)
def test_a_model_with_a_field_of_another_type_is_unusable(model, changes):
    with pytest.raises(ModelError, match="model prepare"):
        load_prepared(model(**changes), "a/b")


def test_a_models_manifest_that_goes_too_deep_is_unusable(model, tmp_path):
    model()
    (model_folder(tmp_path, "a/b") / MANIFEST_FILE).write_text(DEEP)

    with pytest.raises(ModelError, match="is damaged"):
        load_prepared(tmp_path, "a/b")
