"""Entries changed one at a time by an operator: what a change would do to the files, and doing it.

Nobody's work is lost: an entry that has changed since the operator saw it is not written over, and whatever
is written can be taken back.
"""

from __future__ import annotations

import difflib
import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain, count
from pathlib import Path

from bot.domain import Entry, KnowledgeBase
from bot.errors import KnowledgeError
from bot.knowledge import lint, loader
from bot.knowledge.drafts import Draft, FileDraft, Overtaken, Wish
from bot.knowledge.edit_records import edits_of, undone
from bot.knowledge.file_changes import Change, alone_in, changed_content, section_of, write_files
from bot.knowledge.lint import Normalise
from bot.knowledge.loader import Parse
from bot.knowledge.markdown import KnowledgeFile, Problem, entry_spans, parse_file
from bot.ports import KnowledgeEdits
from bot.reports_teaching import KnowledgeEdit

_CONTEXT = 3
_LINE_NUMBERS = re.compile(r"\.md:\d+")
_NOT_NAME = re.compile(r"[\W_]+")
_NAME_LENGTH = 40


class Editor:
    """The entries of a knowledge folder as it is now."""

    def __init__(self, folder: Path, parse: Parse, normalise: Normalise) -> None:
        self._folder = folder
        self._parse = parse
        self._normalise = normalise

    def base(self) -> KnowledgeBase:
        """All entries that can be read: none in a folder that is to get its first one."""
        return loader.inspect(self._folder, self._parse, may_be_empty=True)[0]

    def digest(self, entry: Entry) -> str:
        """Changes with the entry's lines."""
        content = (self._folder / entry.place.path).read_bytes()
        return hashlib.sha256(section_of(content, entry).encode()).hexdigest()

    def is_editable(self, entry: Entry) -> bool:
        """Whether its file holds entries with ids; plain documents are edited as they are."""
        return entry.place.line in entry_spans((self._folder / entry.place.path).read_bytes().decode())

    def draft(self, wishes: Sequence[Wish]) -> Draft:
        """What the wishes come to; raises KnowledgeError where a file cannot be changed."""
        base = self.base()
        entries = {(entry.language, entry.id): entry for entry in base.entries}
        overtaken = tuple(wish.key for wish in wishes if self._digest_of(entries.get(wish.key)) != wish.seen)
        changes = tuple(Change(entries.get(wish.key), wish.entry) for wish in wishes)
        files = tuple(_files(self._folder, changes, base.entries))
        return Draft(changes, files, self._new_problems(base, files), overtaken)

    def save(self, wishes: Sequence[Wish], records: KnowledgeEdits) -> list[KnowledgeEdit]:
        """Record what is to be done, so that it can be taken back, and write the files; what was done.

        Raises Overtaken where an entry is not what the operator saw, StoreError or KnowledgeError where
        nothing can be recorded or written; then nothing was.
        """
        with alone_in(self._folder):
            draft = self.draft(wishes)
            if draft.overtaken:
                names = ", ".join(f"{language}/{name}" for language, name in draft.overtaken)
                raise Overtaken(
                    "%(names)s was changed by somebody else meanwhile; nothing was written", names=names
                )
            edits = records.add(list(edits_of(draft)))
            try:
                self._write({file.path: file.after for file in draft.files})
            except KnowledgeError:
                records.forget(edits)
                raise
        return edits

    def undo(self, edit: KnowledgeEdit, records: KnowledgeEdits) -> None:
        """Put a section back as it was; raises Overtaken where it says something else by now.

        Raises StoreError or KnowledgeError where that cannot be recorded or written; then nothing was.
        """
        with alone_in(self._folder):
            if not edit.after and self._is_there(edit):
                raise Overtaken(
                    "%(language)s/%(entry)s is there again; edit that entry instead",
                    language=edit.language,
                    entry=edit.entry,
                )
            path = self._folder / edit.path
            text = path.read_bytes().decode() if path.exists() else ""
            content = undone(text, edit).encode()
            records.mark_undone(edit.id)
            try:
                self._write({Path(edit.path): content})
            except KnowledgeError:
                records.mark_undone(edit.id, is_undone=False)
                raise
            if not path.read_bytes():
                path.unlink()

    def _is_there(self, edit: KnowledgeEdit) -> bool:
        return any((entry.language, entry.id) == (edit.language, edit.entry) for entry in self.base().entries)

    def _digest_of(self, entry: Entry | None) -> str:
        return self.digest(entry) if entry else ""

    def _new_problems(self, base: KnowledgeBase, files: Iterable[FileDraft]) -> tuple[Problem, ...]:
        after, problems = _changed_base(base, files)
        before = Counter(map(_timeless, lint.problems_of(base, self._normalise)))
        found = [*problems, *lint.problems_of(after, self._normalise)]
        new = []
        for problem in found:
            before[_timeless(problem)] -= 1
            if before[_timeless(problem)] < 0:
                new.append(problem)
        return tuple(new)

    def _write(self, contents: Mapping[Path, bytes]) -> None:
        try:
            write_files(self._folder, contents)
        except OSError as error:
            raise KnowledgeError(
                "nothing was written (%(error)s); let the bot's user write into %(folder)s",
                error=error,
                folder=self._folder,
            ) from error


def _files(folder: Path, changes: Sequence[Change], entries: Sequence[Entry]) -> Iterator[FileDraft]:
    by_file: dict[Path, list[Change]] = defaultdict(list)
    for change in changes:
        by_file[_path_of(folder, change, entries)].append(change)
    for name, of_file in by_file.items():
        path = folder / name
        before = path.read_bytes() if path.exists() else None
        after = changed_content(name, before, of_file)
        if after != before:
            yield FileDraft(name, before, after, tuple(_diff(before or b"", after)))


def _path_of(folder: Path, change: Change, entries: Sequence[Entry]) -> Path:
    """A new entry goes where most of its topic are, else into a file named for the topic.

    Not into a plain document: one heading with an id, and all its others would lack theirs.
    """
    if change.old is not None:
        return change.old.place.path
    if change.new is None:
        raise KnowledgeError("the entry is not there any more; nothing was written")
    new = change.new
    counts = Counter(e.place.path for e in entries if (e.language, e.topic) == (new.language, new.topic))
    subject = _NOT_NAME.sub("-", new.topic.casefold())[:_NAME_LENGTH].strip("-") or "entries"
    names = chain([subject], (f"{subject}-{number}" for number in count(2)))
    own = (Path(new.language, f"{name}.md") for name in names)
    paths = chain((path for path, _ in counts.most_common()), own)
    return next(path for path in paths if not _is_document(folder, path, entries))


def _is_document(folder: Path, path: Path, entries: Iterable[Entry]) -> bool:
    """Whether it holds entries whose headings have no ids."""
    is_known = any(entry.place.path == path for entry in entries)
    return is_known and not entry_spans((folder / path).read_bytes().decode())


def _diff(before: bytes, after: bytes) -> Iterator[str]:
    """Of the lines that differ with a few around them: among many, difflib takes blank ones for noise."""
    old, new = (content.decode().splitlines() for content in (before, after))
    start = max(0, _shared(old, new) - _CONTEXT)
    end = max(0, _shared(old[start:][::-1], new[start:][::-1]) - _CONTEXT)
    old, new = (lines[start : len(lines) - end] for lines in (old, new))
    told = difflib.unified_diff(old, new, n=_CONTEXT, lineterm="")
    return (line for line in told if not line.startswith(("---", "+++")))


def _shared(one: Sequence[str], other: Sequence[str]) -> int:
    """How many lines both begin with."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((n for n, (a, b) in pairs if a != b), min(len(one), len(other)))


def _changed_base(base: KnowledgeBase, files: Iterable[FileDraft]) -> tuple[KnowledgeBase, list[Problem]]:
    entries = list(base.entries)
    problems: list[Problem] = []
    for file in files:
        found, wrong = parse_file(KnowledgeFile(file.after, file.path.parts[0], file.path))
        entries = [entry for entry in entries if entry.place.path != file.path] + found
        problems += wrong
    return replace(base, entries=tuple(entries)), problems


def _timeless(problem: Problem) -> tuple[str, str]:
    """Without the lines, which move."""
    return str(problem.place.path), _LINE_NUMBERS.sub(".md", problem.message)
