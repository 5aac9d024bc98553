"""Index versions on disk: a folder each, its manifest written last, and CURRENT naming the live one.

MODEL names the form of the language model that the next version is built with; ``rejected`` holds versions
that were not fit to be published, and ``history.jsonl`` what was done when and by whom.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from bot.errors import IndexMismatchError, IndexMissingError, IndexUnusableError
from bot.retrieval.fields import typed
from bot.retrieval.history import Event, History
from bot.retrieval.prepared_model import ORIGINAL, found_checksum, sha256, write_json
from bot.sentences import Sentence

FORMAT = 6
MANIFEST_FILE = "manifest.json"
FACTS_FILE = "facts.json"
CURRENT_FILE = "CURRENT"
MODEL_FILE = "MODEL"
HISTORY_FILE = "history.jsonl"
REJECTED_FOLDER = "rejected"
_BUILDING, _REMOVED, _POINTER = ".building-", ".removed-", ".pointer-"
# Seconds after which a pointer that was not moved into its place belongs to nobody.
_POINTER_AGE = 60.0
REMEDY = Sentence("run: flask --app wsgi index build")
MODEL_REMEDY = Sentence("run: flask --app wsgi model use original")


@dataclass(frozen=True)
class Ingredients:
    """What a version is made from: equal ingredients, equal versions."""

    knowledge_digest: str
    model_checksum: str
    false_answer_rate: float
    maker: str = ""


@dataclass(frozen=True)
class IndexManifest:
    """What a version was built from and with; ``files`` maps names to SHA-256, hexadecimal.

    ``search``: how the rows of each kind are searched, and how much of exact search that finds.
    ``maker``: digest of the code that normalised the questions and learnt from them; empty where not noted.
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
    maker: str = ""

    @property
    def ingredients(self) -> Ingredients:
        """What it was made from."""
        return Ingredients(self.knowledge_digest, self.model_checksum, self.false_answer_rate, self.maker)

    def require(self, field: str, expected: object) -> None:
        """Raise IndexMismatchError, naming field, both values and the remedy, unless they agree."""
        actual = getattr(self, field)
        if actual != expected:
            raise IndexMismatchError(
                "index %(version)s: %(field)s is %(actual)s, expected %(expected)s; %(remedy)s",
                version=self.version,
                field=field,
                actual=actual,
                expected=expected,
                remedy=REMEDY,
            )


class VersionStore:
    """The index folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def rejected(self) -> VersionStore:
        """The versions that were not fit to be published: the same kind of folder, without a live one."""
        return VersionStore(self.folder / REJECTED_FOLDER)

    @property
    def history(self) -> History:
        """What was published, rejected and rolled back here."""
        return History(self.folder / HISTORY_FILE)

    def current(self) -> str:
        """Name of the live version; raises IndexMissingError when there is none."""
        path = self.folder / CURRENT_FILE
        try:
            name = path.read_text("utf-8").strip()
        except OSError as error:
            raise IndexMissingError(
                "no index in %(folder)s; %(remedy)s", folder=self.folder, remedy=REMEDY
            ) from error
        except ValueError as error:
            raise IndexUnusableError(
                "%(path)s cannot be read (%(error)s); %(remedy)s", path=path, error=error, remedy=REMEDY
            ) from error
        if name in ("", "..") or Path(name).name != name:
            raise IndexUnusableError(
                "%(path)s names %(name)s; %(remedy)s", path=path, name=repr(name), remedy=REMEDY
            )
        return name

    def current_name(self) -> str:
        """What the pointer names, whether or not it can serve; empty when it names nothing."""
        with suppress(IndexUnusableError):
            return self.current()
        return ""

    def record(self, event: Event) -> None:
        """Note what is about to be done; raises IndexUnusableError where that is impossible."""
        with writing(self.folder):
            self.history.add(event)

    def manifest(self, version: str) -> IndexManifest:
        """The manifest of a version; raises IndexUnusableError when it is missing, torn or foreign."""
        path = self.folder / version / MANIFEST_FILE
        try:
            text = path.read_text("utf-8")
            found = json.loads(text).get("format")
            if found != FORMAT:
                raise IndexMismatchError(
                    "index %(version)s: format is %(found)s, expected %(format)s; %(remedy)s",
                    version=version,
                    found=found,
                    format=FORMAT,
                    remedy=REMEDY,
                )
            return typed(IndexManifest, text)
        except (OSError, ValueError, TypeError, AttributeError, RecursionError) as error:
            raise IndexUnusableError(
                "%(path)s cannot be read (%(error)s); %(remedy)s", path=path, error=error, remedy=REMEDY
            ) from error

    def verified(self, version: str) -> IndexManifest:
        """The manifest, after its fields and every file's checksum were compared with the built ones."""
        manifest = self.manifest(version)
        manifest.require("version", version)
        for field, built in self._facts(version).items():
            manifest.require(field, built)
        for name, expected in manifest.files.items():
            actual = found_checksum(_inside(self.folder / version, name))
            if actual != expected:
                raise IndexMismatchError(
                    "index %(version)s: SHA-256 of %(name)s is %(actual)s, expected %(expected)s; %(remedy)s",
                    version=version,
                    name=name,
                    actual=actual,
                    expected=expected,
                    remedy=REMEDY,
                )
        return manifest

    def _facts(self, version: str) -> dict[str, Any]:
        """The manifest's fields as the build noted them beside the files they vouch for."""
        path = self.folder / version / FACTS_FILE
        try:
            facts = asdict(typed(IndexManifest, path.read_text("utf-8")))
            return facts | {"files": {FACTS_FILE: sha256(path)} | facts["files"]}
        except (OSError, ValueError, TypeError, RecursionError) as error:
            raise IndexUnusableError(
                "%(path)s cannot be read (%(error)s); %(remedy)s", path=path, error=error, remedy=REMEDY
            ) from error

    @contextmanager
    def workspace(self) -> Iterator[Path]:
        """A folder beside the versions to build in; nothing of it stays unless it was adopted.

        Raises IndexUnusableError where it cannot be written, as on a full disk.
        """
        folder = None
        try:
            with writing(self.folder):
                self.folder.mkdir(parents=True, exist_ok=True)
                folder = Path(tempfile.mkdtemp(prefix=_BUILDING, dir=self.folder))
                yield folder
        finally:
            if folder is not None:
                shutil.rmtree(folder, ignore_errors=True)

    def sweep(self) -> list[str]:
        """Remove what builds that died left behind; names. Only for who holds the build lock."""
        left = [path for prefix in (_BUILDING, _REMOVED) for path in self.folder.glob(f"{prefix}*")]
        for path in left:
            shutil.rmtree(path, ignore_errors=True)
        for path in self.folder.glob(f"{_POINTER}*"):
            if time.time() - path.stat().st_mtime > _POINTER_AGE:
                path.unlink(missing_ok=True)
        return [path.name for path in left]

    def new_name(self, now: datetime, knowledge_digest: str) -> str:
        """A name that neither a version nor a rejected one has: the time, and what it is made from."""
        stem = f"{now:%Y%m%dT%H%M%SZ}-{knowledge_digest[:8]}"
        names = [stem, *(f"{stem}-{number}" for number in range(2, 1000))]
        taken = {*self.names(), *self.rejected.names()}
        return next(name for name in names if name not in taken)

    def adopt(self, folder: Path, manifest: IndexManifest) -> IndexManifest:
        """Complete a built folder with its manifest, give it the version's name, and have it on the disk."""
        facts = folder / FACTS_FILE
        write_json(facts, asdict(manifest))
        complete = replace(
            manifest, files=dict(sorted({**manifest.files, FACTS_FILE: sha256(facts)}.items()))
        )
        write_json(folder / MANIFEST_FILE, asdict(complete))
        folder.chmod(0o755)
        for path in (*folder.iterdir(), folder):
            _flush(path)
        self._take(folder, manifest.version)
        return complete

    def move(self, version: str, to: VersionStore) -> None:
        """Put a version of this folder into another one on the same disk, whole or not at all."""
        with writing(to.folder):
            to.folder.mkdir(parents=True, exist_ok=True)
        to._take(self.folder / version, version)

    def _take(self, folder: Path, version: str) -> None:
        try:
            folder.rename(self.folder / version)
        except OSError as error:
            raise IndexUnusableError(
                "index %(version)s is taken (%(error)s); %(remedy)s",
                version=version,
                error=error,
                remedy=REMEDY,
            ) from error
        _flush(self.folder)

    def remove(self, version: str) -> None:
        """Delete a version: out of sight at once, so that nobody meets half of it."""
        hidden = self.folder / f"{_REMOVED}{version}"
        (self.folder / version).rename(hidden)
        shutil.rmtree(hidden, ignore_errors=True)

    def publish(self, version: str) -> None:
        """Make a version live: one atomic move of the pointer, on the disk before this returns."""
        self._point(CURRENT_FILE, version)

    def names(self) -> list[str]:
        """Names of the versions that are there, whole or not, oldest first."""
        return sorted(path.parent.name for path in self.folder.glob(f"[!.]*/{MANIFEST_FILE}"))

    def manifests(self) -> dict[str, IndexManifest]:
        """Manifests of the versions this program can read, oldest first; their files are not verified."""
        found = {}
        for name in self.names():
            with suppress(IndexUnusableError):
                found[name] = self.manifest(name)
        return found

    def made_from(self, ingredients: Ingredients) -> list[str]:
        """The versions made from just these, newest first."""
        found = [name for name, manifest in self.manifests().items() if manifest.ingredients == ingredients]
        return found[::-1]

    def model_in_use(self) -> str:
        """Name of the form of the model to build with: ``original`` unless another was chosen."""
        path = self.folder / MODEL_FILE
        try:
            name = path.read_text("utf-8", errors="replace").strip()
        except (FileNotFoundError, NotADirectoryError):
            return ORIGINAL
        if name in ("", "..") or Path(name).name != name:
            raise IndexUnusableError(
                "%(path)s names %(name)s; %(remedy)s", path=path, name=repr(name), remedy=MODEL_REMEDY
            )
        return name

    def use_model(self, name: str) -> None:
        """Have the next version built with this form; the live one keeps its own."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self._point(MODEL_FILE, name)

    def versions_by_model(self) -> dict[str, list[str]]:
        """Names of the versions, oldest first, by the checksum of the model they were built with."""
        names: dict[str, list[str]] = {}
        for name, manifest in self.manifests().items():
            names.setdefault(manifest.model_checksum, []).append(name)
        return names

    def _point(self, pointer_name: str, target: str) -> None:
        with writing(self.folder):
            descriptor, name = tempfile.mkstemp(prefix=_POINTER, dir=self.folder, text=True)
            try:
                with os.fdopen(descriptor, "w") as pointer:
                    pointer.write(target + "\n")
                Path(name).chmod(0o644)
                _flush(Path(name))
                Path(name).replace(self.folder / pointer_name)
                _flush(self.folder)
            finally:
                Path(name).unlink(missing_ok=True)


@contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Name the remedy where the folder cannot be written; raises IndexUnusableError then."""
    try:
        yield
    except OSError as error:
        raise IndexUnusableError(
            "cannot write to %(folder)s (%(error)s); free some space or set BOT_INDEX_DIR",
            folder=folder,
            error=error,
        ) from error


def _inside(folder: Path, name: str) -> Path:
    """A file that a manifest names; raises IndexMismatchError for the name of one that lies elsewhere."""
    if name in ("", "..") or Path(name).name != name:
        raise IndexMismatchError(
            "index %(version)s: %(name)s is no name of a file in it; %(remedy)s",
            version=folder.name,
            name=name,
            remedy=REMEDY,
        )
    return folder / name


def _flush(path: Path) -> None:
    """Have a file or a folder on the disk, so that it outlives a power cut."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def checksums(folder: Path) -> dict[str, str]:
    """SHA-256 of every file in a folder, by name."""
    return {path.name: sha256(path) for path in sorted(folder.iterdir())}
