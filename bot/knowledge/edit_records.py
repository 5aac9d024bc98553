"""What an edit did to a section of a file: kept so that it can be taken back."""

from __future__ import annotations

from collections.abc import Iterator

from bot.knowledge.drafts import Draft, FileDraft, Overtaken
from bot.knowledge.file_changes import Change, section_of
from bot.knowledge.markdown import KnowledgeFile, parse_file
from bot.reports_teaching import KnowledgeEdit


def edits_of(draft: Draft) -> Iterator[KnowledgeEdit]:
    """What was done, entry by entry, without number and time."""
    for change in draft.changes:
        known = change.new or change.old
        file = next((file for file in draft.files if _is_of(change, file)), None)
        if known is not None and file is not None:
            before, after, line = _sections(change, file)
            path = file.path.as_posix()
            yield KnowledgeEdit(0, 0.0, path, known.language, known.id, known.question, line, before, after)


def _is_of(change: Change, file: FileDraft) -> bool:
    if change.old is not None:
        return change.old.place.path == file.path
    found, _ = parse_file(KnowledgeFile(file.after, file.path.parts[0], file.path))
    return change.new is not None and change.new.id in {entry.id for entry in found}


def _sections(change: Change, file: FileDraft) -> tuple[str, str, int]:
    """What stood there, what stands there now, and from which line."""
    old = section_of(file.before or b"", change.old) if change.old else ""
    if change.new is None:
        return old, "", change.old.place.line if change.old else 1
    if change.old is None and file.after.startswith(file.before or b""):
        added = file.after[len(file.before or b"") :].decode()
        return "", added, (file.before or b"").count(b"\n") + 1
    found, _ = parse_file(KnowledgeFile(file.after, file.path.parts[0], file.path))
    new = next(entry for entry in found if entry.id == change.new.id)
    return old, section_of(file.after, new), new.place.line


def undone(text: str, edit: KnowledgeEdit) -> str:
    """A file's text without the edit; raises Overtaken where its lines say something else by now."""
    if edit.after:
        if text.count(edit.after) != 1:
            raise Overtaken(
                "%(path)s: these lines were changed since, so they stay; edit the entry instead",
                path=edit.path,
            )
        return text.replace(edit.after, edit.before)
    lines = text.splitlines(keepends=True)
    at = edit.line - 1
    if at > len(lines) or (at < len(lines) and not lines[at].startswith("## ")):
        at = len(lines)
    return "".join([*lines[:at], edit.before, *lines[at:]])
