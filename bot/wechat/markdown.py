"""Markdown -> what WeChat shows: plain text with LF line breaks and ``<a>`` links."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode

from bot.wechat.characters import clean, unix_lines

# CommonMark leaves **注意：**请… as it is, since a Chinese character follows the closing marks.
_LEFT_OVER = re.compile(r"(\*\*|~~|(?<![A-Za-z0-9_/])__)(?=\S)(.+?)(?<=\S)\1", re.DOTALL)
_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)
# <a> stays, WeChat shows it as a link; so does an unknown tag, which is what somebody wrote.
_DROPPED = re.compile(
    r"<!--.*?-->|</?(?:abbr|b|big|blockquote|center|code|dd|del|details|div|dl|dt|em|font|h[1-6]"
    r"|hr|i|img|ins|kbd|li|mark|ol|p|pre|s|small|span|strike|strong|sub|summary|sup|table|tbody"
    r"|td|th|thead|tr|tt|u|ul)(?:\s[^<>]*)?/?>",
    re.DOTALL | re.IGNORECASE,
)
_SHOWN_SCHEMES = ("http://", "https://", "weixin://")
_CHINESE = re.compile(r"[\u3400-\u9fff]")


def plain_text(markdown: str) -> str:
    """The text without Markdown; list items start with ``·`` or with their number."""
    tokens = _parser().parse(unix_lines(clean(markdown)))
    return _blocks(SyntaxTreeNode(tokens), "\n\n").replace("\xa0", " ").strip()


@cache
def _parser() -> MarkdownIt:
    return MarkdownIt("commonmark").enable(["table", "strikethrough"])


def _blocks(parent: SyntaxTreeNode, gap: str) -> str:
    return gap.join(filter(None, map(_block, parent.children)))


def _block(node: SyntaxTreeNode) -> str:
    match node.type:
        case "bullet_list":
            return _list(node, None)
        case "ordered_list":
            return _list(node, int(node.attrGet("start") or 1))
        case "table":
            return _table(node)
        case "fence" | "code_block":
            return node.content.rstrip("\n")
        case "html_block":
            return _without_tags(node.content).strip()
        case "inline":
            return _LEFT_OVER.sub(r"\2", _inlines(node)).strip()
        case _:
            return _blocks(node, "\n\n")


def _list(node: SyntaxTreeNode, first: int | None) -> str:
    items = []
    for position, item in enumerate(node.children):
        mark = "· " if first is None else f"{first + position}. "
        items.append(mark + _blocks(item, "\n").replace("\n", "\n  "))
    return "\n".join(items)


def _table(node: SyntaxTreeNode) -> str:
    """A chat bubble is too narrow for columns: a row becomes a list of them, each cell after its column."""
    head, *rows = ([_block(cell) for cell in row.children] for row in _rows(node))
    return "\n".join(_row(head, row) for row in rows) or " ".join(head)


def _rows(table: SyntaxTreeNode) -> Iterator[SyntaxTreeNode]:
    for section in table.children:
        yield from section.children


def _row(head: list[str], row: list[str]) -> str:
    colon = "：" if any(map(_CHINESE.search, row)) else ": "
    if len(row) == 2:
        return f"· {colon.join(filter(None, row))}"
    cells = zip(head[1:], row[1:], strict=False)
    return "\n  ".join([f"· {row[0]}", *(f"{name}{colon}{cell}" for name, cell in cells if cell)])


def _inlines(parent: SyntaxTreeNode) -> str:
    return "".join(map(_inline, parent.children))


def _inline(node: SyntaxTreeNode) -> str:
    match node.type:
        case "text" | "code_inline":
            return node.content
        case "softbreak" | "hardbreak":
            return "\n"
        case "link":
            return _link(str(node.attrs["href"]), _inlines(node))
        case "html_inline":
            return _without_tags(node.content)
        case _:
            return _inlines(node)


def _link(href: str, words: str) -> str:
    # An address inside this knowledge base means nothing in a chat: only its words are shown.
    if not href.startswith(_SHOWN_SCHEMES):
        return words
    return href if words in ("", href) else f'<a href="{href}">{words}</a>'


def _without_tags(html: str) -> str:
    return _DROPPED.sub("", _BREAK.sub("\n", html))
