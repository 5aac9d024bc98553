"""Index versions on disk: a folder each, its manifest written last, and CURRENT naming the live one.

MODEL names the form of the language model that the next version is built with.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from bot.errors import IndexMismatchError, IndexMissingError, IndexUnusableError
from bot.retrieval.prepared_model import ORIGINAL, sha256, write_json

FORMAT = 6
MANIFEST_FILE = "manifest.json"
FACTS_FILE = "facts.json"
CURRENT_FILE = "CURRENT"
MODEL_FILE = "MODEL"
REMEDY = "run: flask --app wsgi index build"
MODEL_REMEDY = "run: flask --app wsgi model use original"


@dataclass(frozen=True)
class IndexManifest:
    """What a version was built from and with; ``files`` maps names to SHA-256, hexadecimal.

    ``search``: how the rows of each kind are searched, and how much of exact search that finds.
    """

    format: int
    version: str
    built_at: str
    model: str
    model_checksum: str
    dimensions: int
    knowledge_digest: str
    counts: dict[str, int]
    false_answer_rate: float
    calibration: dict[str, Any]
    search: dict[str, dict[str, Any]]
    files: dict[str, str]

    def require(self, field: str, expected: object) -> None:
        """Raise IndexMismatchError, naming field, both values and the remedy, unless they agree."""
        actual = getattr(self, field)
        if actual != expected:
            raise IndexMismatchError(
                f"index {self.version}: {field} is {actual}, expected {expected}; {REMEDY}"
            )


class VersionStore:
    """The index folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def current(self) -> str:
        """Name of the live version; raises IndexMissingError when there is none."""
        path = self.folder / CURRENT_FILE
        try:
            name = path.read_text("utf-8").strip()
        except OSError as error:
            raise IndexMissingError(f"no index in {self.folder}; {REMEDY}") from error
        except ValueError as error:
            raise IndexUnusableError(f"{path} cannot be read ({error}); {REMEDY}") from error
        if name in ("", "..") or Path(name).name != name:
            raise IndexUnusableError(f"{path} names {name!r}; {REMEDY}")
        return name

    def manifest(self, version: str) -> IndexManifest:
        """The manifest of a version; raises IndexUnusableError when it is missing, torn or foreign."""
        path = self.folder / version / MANIFEST_FILE
        try:
            fields = json.loads(path.read_text("utf-8"))
            found = fields.get("format")
            if found != FORMAT:
                raise IndexMismatchError(f"index {version}: format is {found}, expected {FORMAT}; {REMEDY}")
            return IndexManifest(**fields)
        except (OSError, ValueError, TypeError, AttributeError) as error:
            raise IndexUnusableError(f"{path} cannot be read ({error}); {REMEDY}") from error

    def verified(self, version: str) -> IndexManifest:
        """The manifest, after its fields and every file's checksum were compared with the built ones."""
        manifest = self.manifest(version)
        manifest.require("version", version)
        for field, built in self._facts(version).items():
            manifest.require(field, built)
        for name, expected in manifest.files.items():
            path = self.folder / version / name
            actual = sha256(path) if path.is_file() else "missing"
            if actual != expected:
                raise IndexMismatchError(
                    f"index {version}: SHA-256 of {name} is {actual}, expected {expected}; {REMEDY}"
                )
        return manifest

    def _facts(self, version: str) -> dict[str, Any]:
        """The manifest's fields as the build noted them beside the files they vouch for."""
        path = self.folder / version / FACTS_FILE
        try:
            facts: dict[str, Any] = json.loads(path.read_text("utf-8"))
            return facts | {"files": {FACTS_FILE: sha256(path)} | facts["files"]}
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise IndexUnusableError(f"{path} cannot be read ({error}); {REMEDY}") from error

    @contextmanager
    def workspace(self) -> Iterator[Path]:
        """A folder beside the versions to build in; nothing of it stays unless it was adopted."""
        folder = None
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            folder = Path(tempfile.mkdtemp(prefix=".building-", dir=self.folder))
            yield folder
        except OSError as error:
            raise IndexUnusableError(
                f"cannot write to {self.folder} ({error}); free some space or set BOT_INDEX_DIR"
            ) from error
        finally:
            if folder is not None:
                shutil.rmtree(folder, ignore_errors=True)

    def adopt(self, folder: Path, manifest: IndexManifest) -> IndexManifest:
        """Complete a built folder with its manifest and give it the version's name."""
        write_json(folder / FACTS_FILE, asdict(manifest))
        complete = replace(manifest, files=checksums(folder))
        write_json(folder / MANIFEST_FILE, asdict(complete))
        folder.chmod(0o755)
        try:
            folder.rename(self.folder / manifest.version)
        except OSError as error:
            raise IndexUnusableError(f"index {manifest.version} is taken ({error}); {REMEDY}") from error
        return complete

    def publish(self, version: str) -> None:
        """Make a version live: one atomic move of the pointer."""
        self._point(CURRENT_FILE, version)

    def model_in_use(self) -> str:
        """Name of the form of the model to build with: ``original`` unless another was chosen."""
        path = self.folder / MODEL_FILE
        try:
            name = path.read_text("utf-8", errors="replace").strip()
        except (FileNotFoundError, NotADirectoryError):
            return ORIGINAL
        if name in ("", "..") or Path(name).name != name:
            raise IndexUnusableError(f"{path} names {name!r}; {MODEL_REMEDY}")
        return name

    def use_model(self, name: str) -> None:
        """Have the next version built with this form; the live one keeps its own."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self._point(MODEL_FILE, name)

    def versions_by_model(self) -> dict[str, list[str]]:
        """Names of the versions, oldest first, by the checksum of the model they were built with."""
        names: dict[str, list[str]] = {}
        for path in sorted(self.folder.glob(f"[!.]*/{MANIFEST_FILE}")):
            with suppress(IndexUnusableError):
                names.setdefault(self.manifest(path.parent.name).model_checksum, []).append(path.parent.name)
        return names

    def _point(self, pointer_name: str, target: str) -> None:
        descriptor, name = tempfile.mkstemp(prefix=".pointer-", dir=self.folder, text=True)
        with os.fdopen(descriptor, "w") as pointer:
            pointer.write(target + "\n")
            pointer.flush()
            os.fsync(pointer.fileno())
        Path(name).chmod(0o644)
        Path(name).replace(self.folder / pointer_name)


def checksums(folder: Path) -> dict[str, str]:
    """SHA-256 of every file in a folder, by name."""
    return {path.name: sha256(path) for path in sorted(folder.iterdir())}
