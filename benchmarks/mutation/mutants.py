"""A module with all its mutants inside, as mutmut writes it, and what ``mypy --strict`` says of them."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from difflib import unified_diff
from pathlib import Path

from mutmut.mutation.file_mutation import mutate_file_contents

# Copies of one function under many names, and comments that only the first of them needs.
_OF_NO_MATTER = ("no-redef", "unused-ignore")
_MUTANT = re.compile(r"__mutmut_(?:orig|\d+)")


@dataclass(frozen=True)
class Mutated:
    """``code`` holds every function as it was and once a mutant; ``spans``: its lines, from 1, by name."""

    file: Path
    code: str
    names: tuple[str, ...]
    spans: dict[str, tuple[int, int]]

    @property
    def module(self) -> str:
        """Its name, as it is imported."""
        return ".".join(self.file.with_suffix("").parts)

    def change(self, name: str) -> list[str]:
        """The lines that a mutant takes away and puts in their place."""
        original = name.rpartition("__mutmut_")[0] + "__mutmut_orig"
        before, after = self._lines(original), self._lines(name)
        changed = list(unified_diff(before, after, n=0, lineterm=""))[2:]
        return [line for line in changed if not line.startswith("@@")]

    def _lines(self, name: str) -> list[str]:
        first, last = self.spans[name]
        return [_MUTANT.sub("", line) for line in self.code.splitlines()[first - 1 : last]]


def mutated(file: Path) -> Mutated:
    """All mutants of one module."""
    found = mutate_file_contents(str(file), file.read_text("utf-8"))
    spans = {name: (span.start, span.end) for name, span in found.line_span_by_function_name.items()}
    return Mutated(file, found.code, tuple(found.mutant_names), spans)


def refused(modules: list[Mutated], folder: Path) -> dict[str, list[str]]:
    """By module the mutants that ``mypy --strict`` refuses, found in a copy of ``bot`` under a folder."""
    shutil.rmtree(folder / "bot", ignore_errors=True)
    shutil.copytree("bot", folder / "bot", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy("pyproject.toml", folder)
    for module in modules:
        (folder / module.file).write_text(module.code, "utf-8")
    files = [str(module.file) for module in modules]
    command = [sys.executable, "-m", "mypy", "--strict", "--output", "json", *files]
    said = subprocess.run(command, cwd=folder, capture_output=True, text=True).stdout
    errors = [json.loads(line) for line in said.splitlines() if line.startswith("{")]
    lines = {(Path(e["file"]), e["line"]) for e in errors if e["code"] not in _OF_NO_MATTER}
    return {module.module: _with_lines(module, lines) for module in modules}


def _with_lines(module: Mutated, lines: set[tuple[Path, int]]) -> list[str]:
    own = {line for file, line in lines if file == module.file}
    return [name for name in module.names if any(_holds(module.spans[name], line) for line in own)]


def _holds(span: tuple[int, int], line: int) -> bool:
    return span[0] <= line <= span[1]
