"""The cache of prepared models: a folder each, with the graph, the tokeniser and a manifest written last.

Beside the form of a model as it came lie those that were tuned to a knowledge base.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from bot.errors import ModelError
from bot.retrieval.fields import typed
from bot.sentences import Sentence

FORMAT = 2
GRAPH_FILE = "model.onnx"
MANIFEST_FILE = "manifest.json"
ORIGINAL = "original"
TUNED = "tuned-"
REMEDY = Sentence("run: flask --app wsgi model prepare")
TUNED_REMEDY = Sentence("run: flask --app wsgi model use original (or model tune), then index build")


@dataclass(frozen=True)
class ModelManifest:
    """What a prepared model is and was made from; ``files`` maps names to SHA-256, hexadecimal.

    ``tuning`` tells of a tuned one when, to what and with what gain it was tuned.
    """

    format: int
    model: str
    dimensions: int
    max_tokens: int
    prompts: dict[str, str]
    source: dict[str, str]
    versions: dict[str, str]
    fidelity: float
    files: dict[str, str]
    tuning: dict[str, Any] | None = None

    @property
    def title(self) -> str:
        """The model's name and, in brackets, that of its tuned form."""
        return f"{self.model} ({self.tuning['name']})" if self.tuning else self.model

    @property
    def checksum(self) -> str:
        """Identifies the vectors this model makes."""
        return self.files.get(GRAPH_FILE, "")


@dataclass(frozen=True)
class PreparedModel:
    """A verified model folder."""

    folder: Path
    manifest: ModelManifest = field(hash=False)

    @property
    def graph(self) -> Path:
        """The ONNX file."""
        return self.folder / GRAPH_FILE

    @property
    def name(self) -> str:
        """``original``, or the name of the tuned form."""
        tuning = self.manifest.tuning
        return str(tuning["name"]) if tuning else ORIGINAL


def model_folder(cache_dir: Path, model: str, name: str = ORIGINAL) -> Path:
    """Where the prepared form of a model lives, or its tuned form of that name."""
    slug = re.sub(r"[^A-Za-z0-9.-]+", "-", model).strip("-")
    folder = cache_dir / "models" / f"{slug}-{hashlib.sha256(model.encode()).hexdigest()[:8]}"
    return folder if name == ORIGINAL else folder.with_name(f"{folder.name}-{name}")


def load_prepared(cache_dir: Path, model: str, name: str = ORIGINAL) -> PreparedModel:
    """The verified prepared model; raises ModelError, with the remedy, when it cannot be trusted."""
    return _verified(read_prepared(cache_dir, model, name))


def prepared_forms(cache_dir: Path, model: str) -> list[PreparedModel]:
    """The original and the tuned forms that are there, oldest first; their files are not verified."""
    original = model_folder(cache_dir, model)
    start = len(original.name) + 1
    names = [folder.name[start:] for folder in original.parent.glob(f"{original.name}-{TUNED}*")]
    found = []
    for name in (ORIGINAL, *sorted(names)):
        with suppress(ModelError):
            found.append(read_prepared(cache_dir, model, name))
    return found


def load_with_checksum(cache_dir: Path, model: str, checksum: str) -> PreparedModel | None:
    """The form that makes these vectors, None if it is not there; raises ModelError if it is damaged."""
    forms = prepared_forms(cache_dir, model)
    return next((_verified(form) for form in forms if form.manifest.checksum == checksum), None)


def _verified(prepared: PreparedModel) -> PreparedModel:
    for name, expected in ({GRAPH_FILE: "nothing"} | prepared.manifest.files).items():
        if Path(name).name != name:
            raise ModelError(
                "%(folder)s names the file %(name)s; %(remedy)s",
                folder=prepared.folder,
                name=name,
                remedy=remedy(prepared.name),
            )
        path = prepared.folder / name
        actual = known_checksum(path)
        if actual != expected:
            raise ModelError(
                "%(path)s is damaged (SHA-256 %(actual)s, expected %(expected)s); %(remedy)s",
                path=path,
                actual=actual,
                expected=expected,
                remedy=remedy(prepared.name),
            )
    return prepared


def read_prepared(cache_dir: Path, model: str, name: str = ORIGINAL) -> PreparedModel:
    """A prepared model by its manifest alone; raises ModelError when that cannot be used."""
    folder, advice = model_folder(cache_dir, model, name), remedy(name)
    path = folder / MANIFEST_FILE
    if not path.is_file():
        title = model if name == ORIGINAL else f"{model} ({name})"
        raise ModelError(
            "model %(title)s is not prepared (%(path)s is missing); %(advice)s",
            title=title,
            path=path,
            advice=advice,
        )
    try:
        fields = json.loads(path.read_text("utf-8"))
        fields.pop("pad_id", None)  # models prepared by earlier releases have it
        found = fields["model"], fields["format"]
        if found != (model, FORMAT):
            raise ModelError(
                "%(folder)s holds %(found)s in format %(found_format)s, "
                "not %(model)s in format %(format)s; %(advice)s",
                folder=folder,
                found=found[0],
                found_format=found[1],
                model=model,
                format=FORMAT,
                advice=advice,
            )
        prepared = PreparedModel(folder, typed(ModelManifest, json.dumps(fields)))
        if prepared.name != name:
            raise ValueError(f"it describes {prepared.name}")
        return prepared
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise ModelError(
            "%(path)s is damaged (%(error)s); %(advice)s", path=path, error=error, advice=advice
        ) from error


def remedy(name: str) -> str:
    """What to do when that form of the model cannot be used."""
    return REMEDY if name == ORIGINAL else TUNED_REMEDY


def write_manifest(folder: Path, manifest: ModelManifest) -> None:
    """Complete a folder: written last, so that a torn folder has none."""
    write_json(folder / MANIFEST_FILE, asdict(manifest))


def replace_folder(built: Path, target: Path) -> None:
    """Put a finished folder in its place; an older one there is moved out of the way first."""
    old = Path(tempfile.mkdtemp(prefix=".old-", dir=target.parent))
    if target.exists():
        target.rename(old / target.name)
    built.chmod(0o755)
    built.rename(target)
    shutil.rmtree(old)


def prompts_by_role(prompts: Mapping[str, str | None]) -> dict[str, str]:
    """What goes before a query and before a passage, from a sentence-transformers model's named prompts."""
    return {
        "query": prompts.get("query") or "",
        "passage": prompts.get("document") or prompts.get("passage") or "",
    }


def write_json(path: Path, value: dict[str, Any]) -> None:
    """Readable JSON with a final line break."""
    path.write_text(json.dumps(value, ensure_ascii=False, indent=2) + "\n", "utf-8")


def found_checksum(path: Path) -> str:
    """SHA-256 of a file, hexadecimal, or in a word why there is none."""
    try:
        return sha256(path) if path.is_file() else "missing"
    except OSError:
        return "unreadable"


def known_checksum(path: Path) -> str:
    """The same, read only if the file has changed since this process, or the one it was forked from, did so.

    A model's files take as long to read as all else that a worker does before it is ready.
    """
    try:
        look = path.stat()
    except OSError:
        return found_checksum(path)
    return _checksum_as_of(path, look.st_ino, look.st_size, look.st_mtime_ns, look.st_ctime_ns)


@lru_cache(maxsize=32)
def _checksum_as_of(path: Path, *_look: int) -> str:
    return found_checksum(path)


def sha256(path: Path) -> str:
    """SHA-256 of a file, hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
