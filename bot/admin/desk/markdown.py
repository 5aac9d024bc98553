"""Answers as readers see them: Markdown as HTML, without any HTML of its own."""

from __future__ import annotations

from functools import cache

from markdown_it import MarkdownIt
from markupsafe import Markup


def to_html(markdown: str) -> Markup:
    """Safe HTML: tags in the text are shown as text, and links lead to web addresses only."""
    return Markup(_renderer().render(markdown))  # noqa: S704 - escaped by the renderer  # nosec B704


@cache
def _renderer() -> MarkdownIt:
    return (
        MarkdownIt("commonmark", {"html": False, "breaks": True})
        .enable(["table", "strikethrough"])
        .disable("image")
    )
