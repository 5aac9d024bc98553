"""Loads a knowledge folder: entries of both languages, sources, the background, and a digest of it all."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from pathlib import Path

from markdown_it import MarkdownIt

from bot.domain import Entry, KnowledgeBase, Phrasing, Place, Source
from bot.errors import KnowledgeError
from bot.knowledge.markdown import KnowledgeFile, Parsed, Problem, list_items, parse_file, read_text
from bot.sentences import Sentence, joined

LANGUAGES = ("zh", "en")
SOURCES_FILE = "sources.md"
BACKGROUND_FOLDER = "background"
EVERYDAY_FOLDER = Path(__file__).parent / "everyday"
_SOURCE_COLUMNS = 5

Parse = Callable[[Sequence[KnowledgeFile]], list[Parsed]]


def parse_each(files: Sequence[KnowledgeFile]) -> list[Parsed]:
    """What ``parse_file`` gives for each of them."""
    return [parse_file(file) for file in files]


def load(folder: Path, parse: Parse = parse_each) -> KnowledgeBase:
    """The folder's knowledge base; raises KnowledgeError with every file and line that is wrong."""
    base, problems = inspect(folder, parse)
    errors = [problem for problem in problems if problem.is_error]
    if errors:
        raise KnowledgeError(joined(str(problem) for problem in errors))
    return base


def inspect(
    folder: Path, parse: Parse = parse_each, *, may_be_empty: bool = False
) -> tuple[KnowledgeBase, list[Problem]]:
    """What could be read, and all problems of form; raises KnowledgeError when there must be an entry."""
    # First: whoever compares it later must not take what is saved meanwhile for what was read.
    digest_before = digest(folder)
    files = [
        KnowledgeFile(path.read_bytes(), language, _name(path, folder))
        for language in LANGUAGES
        for path in markdown_files(folder / language)
    ]
    parsed = parse(files)
    entries = tuple(entry for found, _ in parsed for entry in found)
    problems = [problem for _, found in parsed for problem in found]
    if not entries and not problems and not may_be_empty:
        raise KnowledgeError(
            "%(folder)s holds no entries; put Markdown files into %(folder)s/zh or %(folder)s/en, "
            "or point BOT_KNOWLEDGE_DIR at a knowledge folder",
            folder=folder,
        )
    problems += _duplicate_ids(entries)
    sources, source_problems = _read_sources(folder)
    background, background_problems = _read_questions(folder, BACKGROUND_FOLDER)
    everyday, _ = _read_questions(EVERYDAY_FOLDER.parent, EVERYDAY_FOLDER.name)
    base = KnowledgeBase(entries, sources, background, everyday, digest_before)
    return base, problems + source_problems + background_problems


def digest(folder: Path) -> str:
    """SHA-256 over the names and contents of all Markdown files an index is made from, hexadecimal."""
    state = hashlib.sha256()
    for path in _files(folder):
        content = path.read_bytes()
        name = _name(path, EVERYDAY_FOLDER if EVERYDAY_FOLDER in path.parents else folder)
        state.update(f"{name.as_posix()}\0{len(content)}\0".encode())
        state.update(content)
    return state.hexdigest()


def _name(path: Path, folder: Path) -> Path:
    """The path inside the folder; what is no UTF-8 in it is spelt out, so that it can be shown and stored."""
    name = str(path.relative_to(folder))
    return Path(name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace"))


def markdown_files(folder: Path) -> list[Path]:
    """The Markdown files under a folder, in order, without those that editors hide (``.#shop.md``)."""
    found = (path for path in folder.rglob("*.md") if not path.name.startswith("."))
    return sorted(found)


def _files(folder: Path) -> list[Path]:
    inside = [p for name in (*LANGUAGES, BACKGROUND_FOLDER) for p in markdown_files(folder / name)]
    files = sorted(inside + [p for p in [folder / SOURCES_FILE] if p.is_file()])
    return files + sorted(EVERYDAY_FOLDER.glob("*.md"))


def _duplicate_ids(entries: Iterable[Entry]) -> Iterator[Problem]:
    seen: dict[tuple[str, str], Place] = {}
    for entry in entries:
        first = seen.setdefault((entry.language, entry.id), entry.place)
        if first is not entry.place:
            taken = Sentence(
                'id "%(id)s" is taken by %(first)s; give it another id', id=entry.id, first=first
            )
            yield Problem(entry.place, taken)


def _read_sources(folder: Path) -> tuple[dict[str, Source], list[Problem]]:
    """Rows of the table in sources.md: id, official (yes/no), title (zh), title (en), address."""
    path = folder / SOURCES_FILE
    if not path.is_file():
        return {}, []
    sources: dict[str, Source] = {}
    text, problems = read_text(path.read_bytes(), name=path.relative_to(folder))
    for line, cells in _table_rows(text):
        if complaint := _row_complaint(cells, sources):
            problems.append(Problem(Place(path.relative_to(folder), line), complaint))
            continue
        titles = {"zh": cells[2], "en": cells[3]}
        sources[cells[0]] = Source(cells[0], cells[1] == "yes", titles, cells[4])
    return sources, problems


def _row_complaint(cells: list[str], known: Container[str]) -> str:
    if len(cells) != _SOURCE_COLUMNS or not all(cells) or cells[1] not in ("yes", "no"):
        return Sentence("write: | id | yes or no | title (zh) | title (en) | address |")
    if cells[0] in known:
        return Sentence('source "%(id)s" has a row already; give this one another id', id=cells[0])
    return ""


def _table_rows(text: str) -> Iterator[tuple[int, list[str]]]:
    """Body rows of the Markdown tables in a text: line number and cells."""
    tokens = MarkdownIt("commonmark").enable("table").parse(text)
    row: list[str] = []
    line, in_body = 0, False
    for token in tokens:
        if token.type in ("tbody_open", "tbody_close"):
            in_body = token.type == "tbody_open"
        elif token.type == "tr_open":
            row, line = [], (token.map or [0])[0] + 1
        elif token.type == "inline":
            row.append(token.content.strip())
        elif token.type == "tr_close" and in_body:
            yield line, row


def _read_questions(folder: Path, name: str) -> tuple[tuple[Phrasing, ...], list[Problem]]:
    """Questions that must not be answered: all list items of the files in a subfolder."""
    paths = markdown_files(folder / name)
    parsed = [list_items(path, name=_name(path, folder)) for path in paths]
    phrasings = tuple(phrasing for found, _ in parsed for phrasing in found)
    return phrasings, [problem for _, found in parsed for problem in found]
