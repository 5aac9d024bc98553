"""A model's graph as onnxruntime has it in memory, in a file that all processes map and so share.

The first to load a graph leaves it beside the model; who comes later needs neither the time to optimise it
nor memory of its own for most of its weights. It is for one release of onnxruntime and one graph.
"""

from __future__ import annotations

import json
import logging
import os
import tempfile
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

import onnxruntime

from bot.retrieval.huge_pages import in_huge_pages
from bot.retrieval.prepared_model import PreparedModel, known_checksum

_MAPPED = {"session.use_memory_mapped_ort_model": "1", "session.use_ort_model_bytes_for_initializers": "1"}
_SAVED = {"session.save_model_format": "ORT"}
# Additions and layer norms in one node take twice as long as in two.
_SLOW = ["SkipLayerNormFusion"]
_log = logging.getLogger(__name__)


@lru_cache(maxsize=1)
def shared_session(model: PreparedModel) -> onnxruntime.InferenceSession:
    """One for all who have the same model; processes that are forked afterwards share its memory.

    They may use it: a session of one thread starts none.
    """
    with in_huge_pages():
        return load_session(model)


def load_session(model: PreparedModel) -> onnxruntime.InferenceSession:
    """A session of one thread with the model's graph, by whichever way is the shortest."""
    path = _mapped(model)
    if is_whole(model):
        with suppress(Exception):  # another build of that release: the graph itself is there
            return _session(path, _MAPPED)
    try:
        return _saving(path, model)
    except Exception as error:  # a folder that is not ours to write to, or a full disk
        _log.info("%s is not shared between processes: %s", model.graph, error)
        return _session(model.graph, {})


def is_whole(model: PreparedModel) -> bool:
    """Whether the file to be mapped was made of this graph and is as it was made."""
    path = _mapped(model)
    with suppress(OSError, ValueError):
        made = json.loads(_note_of(path).read_text("utf-8"))
        return bool(made == _note(path, model))
    return False


def _mapped(model: PreparedModel) -> Path:
    return model.folder / f"model-{onnxruntime.__version__}.ort"


def _saving(path: Path, model: PreparedModel) -> onnxruntime.InferenceSession:
    """Appears whole or not at all; where several write at once, the next to come may have to do so again."""
    with tempfile.TemporaryDirectory(prefix=".mapping-", dir=model.folder) as folder:
        written = Path(folder, path.name)
        session = _session(model.graph, _SAVED, written)
        note = Path(folder, "note")
        note.write_text(json.dumps(_note(written, model)), "utf-8")
        written.replace(path)
        note.replace(_note_of(path))
    return session


def _note(path: Path, model: PreparedModel) -> dict[str, str]:
    return {"graph": model.manifest.checksum, "sha256": known_checksum(path)}


def _note_of(path: Path) -> Path:
    return path.with_suffix(".json")


def _session(path: Path, entries: dict[str, str], saved: Path | None = None) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    # What goes beyond is of no use to this graph, and may be for one machine's processor alone.
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_EXTENDED
    for name, value in entries.items():
        options.add_session_config_entry(name, value)
    if saved:
        options.optimized_model_filepath = os.fspath(saved)
    return onnxruntime.InferenceSession(
        os.fspath(path), options, providers=["CPUExecutionProvider"], disabled_optimizers=_SLOW
    )
