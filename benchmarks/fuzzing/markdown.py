"""Knowledge files: any bytes are entries or problems; entries are written, edited and shown without harm."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from bot.admin.desk.markdown import to_html
from bot.domain import Entry
from bot.knowledge.file_changes import Change, changed_content
from bot.knowledge.markdown import KnowledgeFile, entry_spans, parse_file, parse_text
from bot.knowledge.markdown_writing import render
from bot.knowledge.merging import placeless
from bot.wechat.markdown import plain_text

LONGEST = 1024
WORDS = [
    *(
        b"## Why? {#a}\n",
        b"{#",
        b"}",
        b"\n- topic: x",
        b"\n- as_of: 2026-11",
        b"\n- volatile: yes",
        b"\n- grade: A",
    ),
    *(
        b"\n### Answer\n\n",
        b"\n### Other ways to ask\n\n- ",
        b"\n### Not this\n\n- ",
        "\n### 回答\n".encode(),
    ),
    *(
        "- 主题：".encode(),
        b"~~~markdown verbatim\n",
        b"\n~~~\n",
        b"```",
        b"<script>",
        b"<!--",
        b"-->",
        b"    ",
    ),
    *(
        b"> ",
        b"1. ",
        b"\\# ",
        b"[a](javascript:b)",
        b"![a](b)",
        b"<http://a>",
        b"[a]: /b",
        b"| a |\n|---|\n",
        b"&#x202e;",
    ),
    *(b"\r\n", b"\xe2\x80\xa8", b"\x0c", b"\x00", b"\xef\xbb\xbf", b"\xff", b"===", b"---", b"\t"),
]
_ENTRY = """# Shop

## Why? {#why}

- topic: shop
- applies: both
- as_of: 2026-11
- sources: S1, S2

### Other ways to ask

- how come
- \\# is what?

### Answer

So. [More](https://example.com)

| a | b |
|---|---|
| 1 | 2 |

### Not this

- when

## 多久？ {#how-long}

- 主题：时间

### 回答

~~~markdown verbatim
## 三天
~~~
"""
SEEDS = [
    _ENTRY.encode(),
    b"# Plain\n\nA text.\n\n## More\n\n- of\n  - it\n",
    _ENTRY.replace("\n", "\r\n").encode(),
]
# Tags that the page's own renderer may write.
_TAGS = re.compile(
    r"</?(?:a|blockquote|br|code|em|h[1-6]|hr|li|ol|p|pre|s|strong|table|tbody|td|th|thead|tr|ul)"
    r'(?: (?:href|title|class|start|style)="[^"<>]*")* ?/?>'
)
_BAD_LINK = re.compile(r'href="\s*(?:javascript|vbscript|file|data):', re.IGNORECASE)


def case(data: bytes) -> None:
    """The whole is a file."""
    name = Path("en/a.md")
    entries, problems = parse_file(KnowledgeFile(data, "en", name))
    assert all(str(problem).encode() for problem in problems)
    if len(data) % 4:  # what follows takes several times as long
        return
    for entry in entries[:2]:
        _shown(entry)
    if entries and not problems and entry_spans(data.decode("utf-8-sig")):
        _written(entries)
        _edited(name, data, entries)


def _shown(entry: Entry) -> None:
    """As WeChat shows it, and as the desk does: no tag that is not of the page's own making."""
    assert plain_text(entry.answer).encode() is not None
    page = str(to_html(entry.answer))
    assert "<" not in _TAGS.sub("", page), page
    assert not _BAD_LINK.search(page), page


def _written(entries: list[Entry]) -> None:
    """What is written is read back."""
    text = "# Title\n\n" + "\n".join(map(render, entries))
    found, problems = parse_text(text, "en", name=Path("b.md"))
    assert not problems and list(map(placeless, found)) == list(map(placeless, entries)), text


def _edited(name: Path, data: bytes, entries: list[Entry]) -> None:
    """A change reaches its entry and no other."""
    first, *others = entries
    wanted = [replace(first, answer="Changed.", topic="changed"), *others]
    content = changed_content(name, data, [Change(first, wanted[0])])
    found, problems = parse_file(KnowledgeFile(content, "en", name))
    assert not problems and list(map(placeless, found)) == list(map(placeless, wanted)), content
