"""The columns of a knowledge table: what they are called, and how a cell holds several things."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence

from bot.errors import TableError
from bot.sentences import Sentence

# Field -> accepted names; the first is the one that an export writes.
COLUMNS = {
    "id": ("id", "entry id", "编号", "編號", "标识", "標識"),
    "language": ("language", "lang", "语言", "語言", "语种", "語種"),
    "question": (
        *("question", "q", "title", "问题", "問題", "标准问题", "標準問題", "标准问", "標準問"),
        *("提问", "提問", "问", "問"),
    ),
    "phrasings": (
        *("phrasings", "phrasing", "similar", "similar questions", "other ways to ask", "variants"),
        *("utterances", "其他问法", "其他問法", "相似问", "相似問", "相似问题", "相似問題", "相似问法"),
        *("相似問法", "扩展问", "擴展問"),
    ),
    "answer": (*("answer", "a", "reply", "response", "回答", "答案", "答复", "答覆", "回复", "回覆", "答"),),
    "topic": ("topic", "category", "subject", "主题", "主題", "分类", "分類", "类别", "類別"),
    "applies": ("applies", "applies to", "适用", "適用"),
    "as_of": ("as_of", "date", "截至", "日期"),
    "is_volatile": ("is_volatile", "volatile", "易变", "易變"),
    "grade": ("grade", "等级", "等級"),
    "sources": ("sources", "source", "来源", "來源"),
    "related": ("related", "相关", "相關"),
    "label": ("label", "简称", "簡稱"),
    "includes": ("includes", "附带", "附帶"),
    "not_this": ("not_this", "不是这些问题", "不是這些問題"),
}
QUESTION_LISTS = ("phrasings", "not_this")
NAME_LISTS = ("sources", "related", "includes")
_REMARK = re.compile(r"\(.*?\)|\[.*?\]|【.*?】")
_NOT_WORD = re.compile(r"[\W_]+")
_NUMBER = re.compile(r"\d+$")
_BARS = re.compile("[|｜]")
_SEMICOLONS = re.compile("[;；]")
_COMMAS = re.compile("[,，、]")
# What spreadsheet programs take for a formula, full-width too; and what we ourselves made of it.
_FORMULA = re.compile("'*[=+\\-@\t\r\n＝＋－＠]")
_GUARDED = re.compile("'+[=+\\-@\t\r\n＝＋－＠]")


def _folded(name: str) -> str:
    plain = _REMARK.sub("", unicodedata.normalize("NFKC", name).casefold())
    return _NOT_WORD.sub("", plain)


_FIELDS = {_folded(name): field for field, names in COLUMNS.items() for name in names}


def field_of(name: str) -> str | None:
    """The field that a column's name means; "相似问 2" is one of several columns of phrasings."""
    folded = _folded(name)
    numbered = _FIELDS.get(_NUMBER.sub("", folded))
    return _FIELDS.get(folded) or (numbered if numbered in QUESTION_LISTS else None)


def fields_of(header: Sequence[str]) -> list[str | None]:
    """The field of every column; raises TableError when two columns claim one field."""
    fields = [field_of(name) for name in header]
    for field in COLUMNS:
        claims = [name for name, claimed in zip(header, fields, strict=True) if claimed == field]
        if len(claims) > 1 and field not in QUESTION_LISTS:
            raise TableError(
                "columns %(claims)s all mean %(field)s; keep one of them", claims=_quoted(claims), field=field
            )
    return fields


def require_question(header: Iterable[str], fields: Iterable[str | None]) -> None:
    """Raise TableError, naming what was found and what is accepted, unless there are questions."""
    if "question" not in fields:
        raise TableError(
            "no column of questions; found: %(found)s; name one of them: %(known)s",
            found=_quoted(name for name in header if name) or Sentence("nothing"),
            known=", ".join(COLUMNS["question"]),
        )


def split_questions(cell: str) -> list[str]:
    """One a line; a cell of one line may be parted by ``|`` or else by ``;``."""
    return _split(cell, _BARS if _BARS.search(cell) else _SEMICOLONS)


def split_names(cell: str) -> list[str]:
    """One a line, or parted by commas."""
    return _split(cell, _COMMAS)


def _split(cell: str, separators: re.Pattern[str]) -> list[str]:
    parts = cell.split("\n") if "\n" in cell else separators.split(cell)
    return [part.strip() for part in parts if part.strip()]


def join_cell(parts: Sequence[str]) -> str:
    """One a line; a single one that could be parted keeps a line break at its end."""
    needs_break = len(parts) == 1 and re.search("[|｜;；,，、]", parts[0])
    return "\n".join(parts) + ("\n" if needs_break else "")


def guarded(cell: str) -> str:
    """With an apostrophe before what a spreadsheet program would run as a formula."""
    return "'" + cell if _FORMULA.match(cell) else cell


def unmistaken(cell: str) -> str:
    """With an apostrophe before what an import would take for guarded."""
    return "'" + cell if _GUARDED.match(cell) else cell


def unguarded(cell: str) -> str:
    """What ``guarded`` or ``unmistaken`` was given."""
    return cell[1:] if _GUARDED.match(cell) else cell


def looks_like_formula(cell: str) -> bool:
    """Whether a spreadsheet program would make something else of the text if it was typed in."""
    return bool(_FORMULA.match(cell))


def _quoted(names: Iterable[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)
