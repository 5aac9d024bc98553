"""Modules imported from changed code in place of their files."""

from __future__ import annotations

from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import spec_from_file_location
from pathlib import Path


class Finder:
    """Gives by module its file, and the code to take in its place."""

    def __init__(self, codes: dict[str, tuple[str, str]]) -> None:
        self._codes = codes

    def find_spec(self, name: str, *_: object) -> ModuleSpec | None:
        """As the import system asks for it."""
        if name not in self._codes:
            return None
        file, code = self._codes[name]
        path = str(Path(file).resolve())
        return spec_from_file_location(name, path, loader=Loader(name, path, code))


class Loader(SourceFileLoader):
    """Source that is not what the file says, and is never cached."""

    def __init__(self, name: str, path: str, code: str) -> None:
        super().__init__(name, path)
        self._code = code

    def get_data(self, path: str) -> bytes:
        """The source."""
        return self._code.encode()

    def path_stats(self, path: str) -> dict[str, float]:
        """Nothing a cache could go by."""
        raise OSError
