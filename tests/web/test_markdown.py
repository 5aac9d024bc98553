"""Answers' Markdown as the page shows it."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

RENDER = """async text => {
    const { render } = await import("/chat/static/markdown.js");
    const place = document.createElement("div");
    place.append(render(text));
    for (const node of place.querySelectorAll("[role=region]"))
        ["tabindex", "role", "aria-label"].forEach(name => node.removeAttribute(name));
    return place.innerHTML;
}"""
LINK = '<a href="{0}" target="_blank" rel="noopener noreferrer">{1}</a>'


@pytest.fixture(scope="module")
def page(browser, bot) -> Page:
    page = browser.new_page()
    page.goto(f"{bot}/chat")
    yield page
    page.close()


@pytest.mark.model
@pytest.mark.parametrize(
    ("markdown", "html"),
    [
        ("", ""),
        ("one\ntwo\n\nthree", "<p>one<br>two</p><p>three</p>"),
        ("**小程序**和*App*", "<p><strong>小程序</strong>和<em>App</em></p>"),
        ("**a *b* c**", "<p><strong>a <em>b</em> c</strong></p>"),
        ("2 * 3 * 4, 2*3*4, a_b_c, ** a **", "<p>2 * 3 * 4, 2*3*4, a_b_c, ** a **</p>"),
        (r"\*a\* \[b\]", "<p>*a* [b]</p>"),
        ("`a **b**` and ``c ` d``", "<p><code>a **b**</code> and <code>c ` d</code></p>"),
        ("## Head #\ntext", "<p><strong>Head</strong></p><p>text</p>"),
        ("lead:\n- a\n- b", "<p>lead:</p><ul><li>a</li><li>b</li></ul>"),
        ("- a\n  - b\n  - c\n- d", "<ul><li>a<ul><li>b</li><li>c</li></ul></li><li>d</li></ul>"),
        ("- a\n\n- b\n\nend", "<ul><li>a</li><li>b</li></ul><p>end</p>"),
        ("3. a\n4. b", '<ol start="3"><li>a</li><li>b</li></ol>'),
        ("1. a\n- b", "<ol><li>a</li></ol><ul><li>b</li></ul>"),
        ("- a\n  more", "<ul><li>a<br>more</li></ul>"),
        ("> a\n> b\n\nc", "<blockquote><p>a<br>b</p></blockquote><p>c</p>"),
        ("```py\n<b>\n```\nx", "<pre><code>&lt;b&gt;</code></pre><p>x</p>"),
        ("```\nopen", "<pre><code>open</code></pre>"),
        ("a\n\n---\n\nb", "<p>a</p><hr><p>b</p>"),
        ("[x](https://a.example/?a=1&b)", "<p>" + LINK.format("https://a.example/?a=1&amp;b", "x") + "</p>"),
        (
            "见 https://a.example/x。",
            "<p>见 " + LINK.format("https://a.example/x", "https://a.example/x") + "。</p>",
        ),
        ("[x](mailto:a@b.example)", "<p>[x](mailto:a@b.example)</p>"),
        ("a | b", "<p>a | b</p>"),
        ("<b>a</b> &amp;", "<p>&lt;b&gt;a&lt;/b&gt; &amp;amp;</p>"),
        (
            "| | A |\n|---|:-:|\n| **r** | a \\| b |\n| s |",
            '<div class="table"><table><thead><tr><td></td><th scope="col">A</th></tr></thead><tbody>'
            '<tr><th scope="row"><strong>r</strong></th><td>a | b</td></tr>'
            '<tr><th scope="row">s</th><td></td></tr></tbody></table></div>',
        ),
    ],
)
def test_what_answers_are_written_with_is_shown(page, markdown, html):
    assert html == page.evaluate(RENDER, markdown)


@pytest.mark.model
@pytest.mark.parametrize(
    "mark", ["*", "**", "`", "[", "[a](", "- ", "> ", "|", "\\", "http://", "1. ", "  - "]
)
def test_marks_without_sense_neither_hang_nor_lose_words(page, mark):
    shown = page.evaluate(RENDER, mark * 2000 + "\nend")

    assert "end" in shown
