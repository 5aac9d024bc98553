"""The cache of prepared models: a folder each, with the graph, the tokeniser and a manifest written last."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from bot.errors import ModelError

FORMAT = 2
GRAPH_FILE = "model.onnx"
MANIFEST_FILE = "manifest.json"
REMEDY = "run: flask --app wsgi model prepare"


@dataclass(frozen=True)
class ModelManifest:
    """What a prepared model is and was made from; ``files`` maps names to SHA-256, hexadecimal."""

    format: int
    model: str
    dimensions: int
    max_tokens: int
    pad_id: int
    prompts: dict[str, str]
    source: dict[str, str]
    versions: dict[str, str]
    fidelity: float
    files: dict[str, str]

    @property
    def checksum(self) -> str:
        """Identifies the vectors this model makes."""
        return self.files[GRAPH_FILE]


@dataclass(frozen=True)
class PreparedModel:
    """A verified model folder."""

    folder: Path
    manifest: ModelManifest

    @property
    def graph(self) -> Path:
        """The ONNX file."""
        return self.folder / GRAPH_FILE


def model_folder(cache_dir: Path, model: str) -> Path:
    """Where the prepared form of a model lives."""
    slug = re.sub(r"[^A-Za-z0-9.-]+", "-", model).strip("-")
    return cache_dir / "models" / f"{slug}-{hashlib.sha256(model.encode()).hexdigest()[:8]}"


def load_prepared(cache_dir: Path, model: str) -> PreparedModel:
    """The verified prepared model; raises ModelError, with the remedy, when it cannot be trusted."""
    folder = model_folder(cache_dir, model)
    manifest = _read_manifest(folder, model)
    for name, expected in ({GRAPH_FILE: "nothing"} | manifest.files).items():
        actual = sha256(folder / name) if (folder / name).is_file() else "missing"
        if actual != expected:
            raise ModelError(f"{folder / name} is damaged (SHA-256 {actual}, expected {expected}); {REMEDY}")
    return PreparedModel(folder, manifest)


def _read_manifest(folder: Path, model: str) -> ModelManifest:
    path = folder / MANIFEST_FILE
    if not path.is_file():
        raise ModelError(f"model {model} is not prepared ({path} is missing); {REMEDY}")
    try:
        fields = json.loads(path.read_text("utf-8"))
        found = fields["model"], fields["format"]
        if found != (model, FORMAT):
            raise ModelError(
                f"{folder} holds {found[0]} in format {found[1]}, not {model} in format {FORMAT}; {REMEDY}"
            )
        return ModelManifest(**fields)
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise ModelError(f"{path} is damaged ({error}); {REMEDY}") from error


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


def sha256(path: Path) -> str:
    """SHA-256 of a file, hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
