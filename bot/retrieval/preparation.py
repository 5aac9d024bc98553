"""Prepares a model once, so that web workers need only onnxruntime and tokenizers.

Load or build the checkpoint -> export -> fuse -> quantise -> compare with fp32 -> move into the cache.
"""

from __future__ import annotations

import importlib
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.errors import ModelError
from bot.ports import Progress, no_progress
from bot.retrieval import e5_weights, prepared_model
from bot.retrieval.onnx_embedder import OnnxEmbedder
from bot.retrieval.prepared_model import FORMAT, ModelManifest, PreparedModel
from bot.retrieval.tokenisation import JSON_FILE, SENTENCEPIECE_FILE

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

MIN_FIDELITY = 0.98
_STEPS = 6
_PACKAGES = ("torch", "sentence-transformers", "transformers", "onnx", "onnxruntime")
# Compared in fp32 and int8 before a model is adopted; three scripts, short and long.
_PROBES = (
    "普通小程序和电商小程序有什么区别？",
    "個人可以開商城小程式嗎？需要營業執照嗎？",
    "How much does it cost to build a mini program mall?",
    "备案",
    "We run a small bakery with two branches and want customers to order ahead and pick up.",
)


def prepare(cache_dir: Path, model: str, progress: Progress = no_progress) -> PreparedModel:
    """The prepared model, made now if the cache has none that verifies.

    Raises ModelError when the model cannot be loaded or its int8 form strays from it.
    """
    try:
        return prepared_model.load_prepared(cache_dir, model)
    except ModelError:
        target = prepared_model.model_folder(cache_dir, model)
    with workspace(target.parent) as folder:
        progress("importing the model libraries", 0, _STEPS)
        checkpoint = importlib.import_module("bot.retrieval.checkpoint")
        progress("loading the model", 1, _STEPS)
        manifest = write_form(folder, model, checkpoint.load_checkpoint(model), progress)
        prepared_model.write_manifest(folder, manifest)
        prepared_model.replace_folder(folder, target)
    progress("model ready", _STEPS, _STEPS)
    return prepared_model.load_prepared(cache_dir, model)


@contextmanager
def workspace(parent: Path) -> Iterator[Path]:
    """A folder on the cache's own file system that leaves nothing behind when preparing fails."""
    folder = None
    try:
        parent.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix=".preparing-", dir=parent))
        yield folder
    except OSError as error:
        raise ModelError(
            "cannot write to %(parent)s (%(error)s); "
            "free some space or set BOT_CACHE_DIR to a writable folder",
            parent=parent,
            error=error,
        ) from error
    finally:
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)


def write_form(
    folder: Path,
    model: str,
    checkpoint: SentenceTransformer,
    progress: Progress,
    *,
    like: PreparedModel | None = None,
    min_fidelity: float = MIN_FIDELITY,
) -> ModelManifest:
    """Write tokeniser and graph into a folder; the manifest, still to be written, that completes it.

    ``like``: a form of the model with the same words; its tokeniser and word embeddings are taken over.
    Raises ModelError when the int8 form strays from the checkpoint.
    """
    if like:
        _copy_tokeniser(like.folder, folder)
    else:
        _write_tokeniser(folder, model, checkpoint)
    _write_graph(folder / prepared_model.GRAPH_FILE, checkpoint, progress, like)
    progress("comparing with the original", 5, _STEPS)
    return _checked(folder, model, checkpoint, min_fidelity)


def _write_graph(
    path: Path, checkpoint: SentenceTransformer, progress: Progress, like: PreparedModel | None
) -> None:
    export = importlib.import_module("bot.retrieval.export")
    exported, fused = path.with_name("exported.onnx"), path.with_name("fused.onnx")
    progress("exporting", 2, _STEPS)
    export.export_graph(checkpoint, exported)
    progress("fusing", 3, _STEPS)
    export.fuse(exported, fused, checkpoint)
    if not like:
        export.restore_embeddings(fused, checkpoint)
    progress("quantising", 4, _STEPS)
    export.quantise(fused, path)
    if like:
        export.take_embeddings(path, like.graph)
    exported.unlink()
    fused.unlink()


def _copy_tokeniser(source: Path, folder: Path) -> None:
    for name in (SENTENCEPIECE_FILE, JSON_FILE):
        if (source / name).is_file():
            shutil.copyfile(source / name, folder / name)


def _write_tokeniser(folder: Path, model: str, checkpoint: SentenceTransformer) -> None:
    """SentencePiece for the bundled model; other models keep the form they come in."""
    if model != e5_weights.MODEL_NAME:
        tokenizer: Any = checkpoint.tokenizer
        tokenizer.backend_tokenizer.save(str(folder / JSON_FILE))
        return
    writer = importlib.import_module("bot.retrieval.sentencepiece_model")
    vocabulary = e5_weights.read(e5_weights.locate()).vocabulary
    (folder / SENTENCEPIECE_FILE).write_bytes(writer.sentencepiece_model(vocabulary))


def _checked(folder: Path, model: str, checkpoint: SentenceTransformer, min_fidelity: float) -> ModelManifest:
    """The manifest, after the graph was compared with the original."""
    manifest = _manifest(folder, model, checkpoint, fidelity=0.0)
    embedder = OnnxEmbedder(PreparedModel(folder, manifest))
    reference = checkpoint.encode_query(list(_PROBES), normalize_embeddings=True)
    cosines = (embedder.embed_queries(_PROBES) * reference).sum(axis=1)
    fidelity = round(float(cosines.min()), 5)
    if not fidelity >= min_fidelity:  # NaN too
        raise ModelError(
            "the int8 form of %(model)s strays from it (cosine %(fidelity)s < %(min_fidelity)s); "
            "set BOT_EMBEDDER=sentence-transformers to serve the original",
            model=model,
            fidelity=fidelity,
            min_fidelity=min_fidelity,
        )
    return replace(manifest, fidelity=fidelity)


def _manifest(folder: Path, model: str, checkpoint: SentenceTransformer, *, fidelity: float) -> ModelManifest:
    return ModelManifest(
        format=FORMAT,
        model=model,
        dimensions=checkpoint.get_embedding_dimension() or 0,
        max_tokens=checkpoint.max_seq_length or 512,
        prompts=prepared_model.prompts_by_role(checkpoint.prompts),
        source=_source(model),
        versions={package: version(package) for package in _PACKAGES},
        fidelity=fidelity,
        files={path.name: prepared_model.sha256(path) for path in sorted(folder.iterdir())},
    )


def _source(model: str) -> dict[str, str]:
    if model != e5_weights.MODEL_NAME:
        return {"sentence-transformers": model}
    path = e5_weights.locate()
    return {
        "package": f"{e5_weights.PACKAGE}=={version(e5_weights.PACKAGE)}",
        "file": path.name,
        "sha256": prepared_model.sha256(path),
        "licence": "MIT",
    }
