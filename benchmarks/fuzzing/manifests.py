"""Manifests of an index and of a model, and the files beside them: whole, or refused by name."""

from __future__ import annotations

import atexit
import json
import os
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bot.errors import IndexUnusableError, ModelError
from bot.retrieval import prepared_model
from bot.retrieval.prepared_model import ModelManifest
from bot.retrieval.versions import (
    CURRENT_FILE,
    FACTS_FILE,
    FORMAT,
    HISTORY_FILE,
    MANIFEST_FILE,
    MODEL_FILE,
    IndexManifest,
    VersionStore,
    checksums,
)

LONGEST = 2048
_FOLDER = tempfile.TemporaryDirectory(dir="/dev/shm" if os.path.isdir("/dev/shm") else None)
atexit.register(_FOLDER.cleanup)
_STORE = VersionStore(Path(_FOLDER.name, "index"))
_VERSION, _MODEL = "20261123T000000Z-0a1b2c3d", "example/model"
_MODEL_FOLDER = prepared_model.model_folder(Path(_FOLDER.name), _MODEL)
_MANIFEST = asdict(
    IndexManifest(
        *(FORMAT, _VERSION, "2026-11-23T00:00:00+00:00", _MODEL, "0" * 64, 384, "0" * 64),
        *({"entries": 2, "phrasing": 9}, 0.03, {"answer_threshold": 0.5, "reliability": []}),
        *({"phrasing": {"kind": "exact", "recall": 1.0}}, {}),
    )
)
_MODEL_MANIFEST = asdict(
    ModelManifest(
        *(prepared_model.FORMAT, _MODEL, 384, 512, {"query": "query: "}, {"kind": "e5"}, {"torch": "2"}),
        *(0.99, {prepared_model.GRAPH_FILE: "0" * 64}, None),
    )
)
_EVENT = {"at": "2026-11-23", "action": "publish", "version": _VERSION}
WORDS = [
    *(f'"{name}":'.encode() for name in (*_MANIFEST, *_MODEL_MANIFEST, *_EVENT)),
    *(
        b"null",
        b"true",
        b"1e999",
        b"NaN",
        b"-1",
        b'""',
        b"{}",
        b"[]",
        b"[[[[",
        b'{"a":',
        b"\\ud800",
        b"\\u0000",
    ),
    *(b'"../../etc/passwd"', b'"name":"tuned-x"', b"..", b"/", b"\xff", f'"format": {FORMAT}'.encode()),
]
SEEDS = [
    b"\x00" + json.dumps(_MANIFEST).encode(),
    b"\x01" + json.dumps(_MANIFEST).encode(),
    b"\x02" + json.dumps(_MODEL_MANIFEST).encode(),
    b"\x02" + json.dumps(_MODEL_MANIFEST | {"tuning": {"name": "tuned-x"}}).encode(),
    b"\x03" + json.dumps(_EVENT).encode() + b"\n",
    b"\x04" + _VERSION.encode(),
    *(bytes([5, number, value]) for number in range(len(_MANIFEST)) for value in range(0, 256, 40)),
]
# What may stand in the place of a value.
_VALUES: list[Any] = [
    *(
        None,
        True,
        0,
        -1,
        2**70,
        1.5,
        float("inf"),
        "",
        "\ud800",
        "../../etc",
        "x" * 300,
        "\0",
        [],
        [1],
        {},
        {"a": 1},
    ),
    *({"../x": "0"}, {"x" * 300: "0"}, {"\ud800": "0"}, {"": "0"}, {"a": {"b": []}}, {"entries": "many"}),
]


def case(data: bytes) -> None:
    """The first byte says which file the rest is."""
    way, content = data[0] % 7 if data else 0, data[1:]
    folder = _STORE.folder / _VERSION
    folder.mkdir(parents=True, exist_ok=True)
    match way:
        case 0:
            _index(content, json.dumps(_MANIFEST).encode())
        case 1:
            _index(json.dumps(_MANIFEST).encode(), content)
        case 2:
            _model(content)
        case 3:
            (_STORE.folder / HISTORY_FILE).write_bytes(content)
            assert all(event.action for event in _STORE.history.events())
        case 4:
            _pointers(content)
        case 5:
            _index(*[json.dumps(_spoilt(_MANIFEST, content)).encode()] * 2)
        case _:
            _model(json.dumps(_spoilt(_MODEL_MANIFEST, content)).encode())


def _spoilt(fields: dict[str, Any], content: bytes) -> dict[str, Any]:
    """With values of some fields exchanged: two bytes a field."""
    names = list(fields)
    pairs = zip(content[::2], content[1::2], strict=False)
    return fields | {names[name % len(names)]: _VALUES[value % len(_VALUES)] for name, value in pairs}


def _index(manifest: bytes, facts: bytes) -> None:
    folder = _STORE.folder / _VERSION
    (folder / MANIFEST_FILE).write_bytes(manifest)
    (folder / FACTS_FILE).write_bytes(facts)
    assert all(_shown(found) for found in _STORE.manifests().values())
    try:
        found = _STORE.verified(_VERSION)
    except IndexUnusableError as error:
        assert str(error)
        return
    assert found.version == _VERSION and found.format == FORMAT
    _complete(folder, found)


def _complete(folder: Path, found: IndexManifest) -> None:
    """Nothing but what lies in the folder is vouched for."""
    assert found.files == {FACTS_FILE: checksums(folder)[FACTS_FILE]} | found.files
    assert all(Path(name).name == name for name in found.files)


def _shown(manifest: IndexManifest) -> str:
    """What lists and pages make of it."""
    counts = " ".join(f"{name} {count:,}" for name, count in manifest.counts.items())
    return (
        f"{manifest.version} {manifest.built_at[:10]} {manifest.dimensions:d} {counts} {manifest.ingredients}"
    )


def _model(content: bytes) -> None:
    _MODEL_FOLDER.mkdir(parents=True, exist_ok=True)
    (_MODEL_FOLDER / prepared_model.MANIFEST_FILE).write_bytes(content)
    try:
        found = prepared_model.load_prepared(Path(_FOLDER.name), _MODEL)
    except ModelError as error:
        assert str(error)
        return
    assert found.manifest.title and found.manifest.checksum and found.name == prepared_model.ORIGINAL


def _pointers(content: bytes) -> None:
    for name, read in ((CURRENT_FILE, _STORE.current), (MODEL_FILE, _STORE.model_in_use)):
        (_STORE.folder / name).write_bytes(content)
        try:
            named = read()
        except IndexUnusableError as error:
            assert str(error)
            continue
        assert Path(named).name == named
