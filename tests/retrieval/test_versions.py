"""Versions on disk: published in one move, refused unless whole and untouched."""

from __future__ import annotations

import json
import threading
from dataclasses import fields
from pathlib import Path

import pytest

from bot.errors import IndexMismatchError, IndexMissingError, IndexUnusableError
from bot.retrieval.loaded_index import load_index
from bot.retrieval.prepared_model import sha256
from bot.retrieval.versions import FORMAT, IndexManifest, VersionStore
from tests.retrieval.fakes import HashEmbedder, write_version

REMEDY = "run: flask --app wsgi index build"
TAMPERED = {
    "format": 99,
    "version": "second",
    "built_at": "2020-01-01T00:00:00+00:00",
    "model": "someone/other-model",
    "model_checksum": "f" * 64,
    "dimensions": 129,
    "knowledge_digest": "e" * 64,
    "counts": {"entries": 4},
    "false_answer_rate": 0.5,
    "calibration": {"answer_threshold": 0.1},
    "search": {"phrasing": {"hit_at_10": 1.0}},
    "files": {"phrasing.faiss": "0"},
    "maker": "m" * 64,
}


def change(folder: Path, changed: dict) -> dict:
    """Overwrite manifest fields; gives the manifest as it was."""
    path = folder / "manifest.json"
    before = json.loads(path.read_text())
    path.write_text(json.dumps(before | changed))
    return before


def refusal(store: VersionStore, kind: type[Exception] = IndexUnusableError) -> str:
    with pytest.raises(kind) as refused:
        store.verified("first")
    return str(refused.value)


def test_a_whole_version_verifies_and_gives_its_manifest_back(store):
    write_version(store, knowledge_digest="a" * 64, calibration={"curve": [{"threshold": 0.25}]})
    manifest = store.verified("first")

    assert (manifest.version, manifest.knowledge_digest) == ("first", "a" * 64)
    assert manifest.calibration == {"curve": [{"threshold": 0.25}]}


def test_every_field_of_the_manifest_is_tampered_with_below():
    assert TAMPERED.keys() == {field.name for field in fields(IndexManifest)}


@pytest.mark.parametrize(("field", "value"), TAMPERED.items(), ids=TAMPERED)
def test_a_tampered_field_is_named_with_both_values_and_the_remedy(store, field, value):
    before = change(write_version(store), {field: value})[field]

    message = refusal(store, IndexMismatchError)
    assert f"{field} is {value}, expected {'first' if field == 'version' else before}" in message
    assert message.endswith(REMEDY)


def test_a_tampered_file_is_named_with_both_checksums(store):
    path = write_version(store) / "phrasing.faiss"
    expected = sha256(path)
    path.write_bytes(b"tampered")

    assert refusal(store, IndexMismatchError) == (
        f"index first: SHA-256 of phrasing.faiss is {sha256(path)}, expected {expected}; {REMEDY}"
    )


def test_a_missing_file_is_named(store):
    (write_version(store) / "phrasing.faiss").unlink()

    assert "SHA-256 of phrasing.faiss is missing, expected " in refusal(store, IndexMismatchError)


@pytest.mark.parametrize("name", ["manifest.json", "facts.json"])
@pytest.mark.parametrize("damage", ["missing", "torn", "a list", "nothing", "not text"])
def test_a_torn_or_missing_manifest_is_named_with_the_remedy(store, name, damage):
    path = write_version(store) / name
    torn = path.read_bytes()[: path.stat().st_size // 2]
    path.unlink()
    if damage != "missing":
        path.write_bytes({"torn": torn, "a list": b"[1]", "nothing": b"", "not text": b"\xff"}[damage])

    message = refusal(store)
    assert message.startswith(f"{path} cannot be read (")
    assert message.endswith(REMEDY)


def test_changing_the_noted_facts_along_with_the_manifest_is_noticed(store):
    version = write_version(store)
    change(version, {"knowledge_digest": "e" * 64})
    facts = (version / "facts.json").read_text().replace("d" * 64, "e" * 64)
    (version / "facts.json").write_text(facts)

    assert f"'facts.json': '{sha256(version / 'facts.json')}'" in refusal(store, IndexMismatchError)


def test_a_version_in_a_format_of_the_future_is_refused_by_its_format(store):
    change(write_version(store), {"format": FORMAT + 1, "shards": 4})

    assert refusal(store) == f"index first: format is {FORMAT + 1}, expected {FORMAT}; {REMEDY}"


def test_a_field_this_program_does_not_know_is_foreign(store):
    change(write_version(store), {"shards": 4})

    assert "shards" in refusal(store)


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        (HashEmbedder("salted"), "model_checksum is hashed--128, expected hashed-salted-128"),
        (HashEmbedder(dimensions=64), "model_checksum is hashed--128, expected hashed--64"),
    ],
)
def test_a_version_of_another_model_is_refused_with_both_checksums(store, other, expected):
    write_version(store)

    with pytest.raises(IndexMismatchError) as refused:
        load_index(store, "first", other)
    assert str(refused.value) == f"index first: {expected}; {REMEDY}"


def test_a_whole_version_with_nothing_readable_in_it_is_refused(store):
    write_version(store)

    with pytest.raises(
        IndexUnusableError, match=r"index first cannot be read \(entry_ids\.txt is not among its files"
    ):
        load_index(store, "first", HashEmbedder())


def test_before_the_first_build_the_remedy_is_named(store):
    with pytest.raises(IndexMissingError) as missing:
        store.current()
    assert str(missing.value) == f"no index in {store.folder}; {REMEDY}"


@pytest.mark.parametrize(
    "trick",
    ["", " \n", ".", "..", "../first", "/etc", "a/b", "first/", "./first", "a/../first"],
)
def test_current_cannot_lead_out_of_the_index_folder(store, trick):
    write_version(store)
    (store.folder / "CURRENT").write_text(trick)

    with pytest.raises(IndexUnusableError) as refused:
        store.current()
    assert str(refused.value) == f"{store.folder / 'CURRENT'} names {trick.strip()!r}; {REMEDY}"


def test_current_that_is_not_text_is_named_with_the_remedy(store):
    write_version(store)
    (store.folder / "CURRENT").write_bytes(b"\xff\xfe\x00")

    with pytest.raises(IndexUnusableError, match=r"CURRENT cannot be read \(.*index build$"):
        store.current()


@pytest.mark.parametrize("name", ["no-such-version", "a\0b", "x" * 300])
def test_current_may_name_a_version_that_is_not_there(store, name):
    write_version(store)
    (store.folder / "CURRENT").write_text(name)

    with pytest.raises(IndexUnusableError, match=r"manifest\.json cannot be read .*index build"):
        store.verified(store.current())


def test_an_adopted_version_is_not_live_until_it_is_published(store):
    write_version(store, "first")
    store.publish("first")
    write_version(store, "second")

    assert store.current() == "first"
    store.publish("second")
    assert store.current() == "second"


def test_readers_see_the_old_or_the_new_name_and_nothing_between(store):
    write_version(store)
    store.publish("first")
    publisher = threading.Thread(
        target=lambda: [store.publish(name) for _ in range(25) for name in ("second" * 20, "first")]
    )
    publisher.start()
    seen = {store.current()}
    while publisher.is_alive():
        seen.add(store.current())

    assert seen == {"first", "second" * 20}
    assert sorted(path.name for path in store.folder.iterdir()) == ["CURRENT", "first"]


def test_everyone_may_read_what_was_published(store):
    version = write_version(store)
    store.publish("first")

    assert version.stat().st_mode & 0o777 == 0o755
    assert (store.folder / "CURRENT").stat().st_mode & 0o777 == 0o644


def test_a_name_that_is_taken_is_refused_and_its_version_left_alone(store):
    write_version(store, counts={"entries": 1})

    with pytest.raises(IndexUnusableError, match=r"index first is taken .*index build"):
        write_version(store, counts={"entries": 2})
    assert store.verified("first").counts == {"entries": 1}
    assert [path.name for path in store.folder.iterdir()] == ["first"]


@pytest.mark.parametrize("failure", [RuntimeError, KeyboardInterrupt])
def test_a_failed_workspace_leaves_nothing_behind(store, failure):
    with pytest.raises(failure), store.workspace() as folder:
        (folder / "phrasing.faiss").write_bytes(b"half")
        raise failure

    assert list(store.folder.iterdir()) == []


def test_a_folder_that_cannot_be_written_names_the_setting(tmp_path):
    (tmp_path / "file").touch()
    store = VersionStore(tmp_path / "file" / "index")

    with pytest.raises(IndexUnusableError) as refused, store.workspace():
        pytest.fail("there is no folder to work in")
    assert str(refused.value).startswith(f"cannot write to {store.folder} (")
    assert str(refused.value).endswith("; free some space or set BOT_INDEX_DIR")


def test_a_disk_that_fills_up_names_the_setting_and_leaves_nothing_behind(store):
    remedy = r"No space left.*; free some space or set BOT_INDEX_DIR"
    with pytest.raises(IndexUnusableError, match=remedy), store.workspace():
        raise OSError(28, "No space left on device")

    assert list(store.folder.iterdir()) == []
