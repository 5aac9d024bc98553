"""Two wordings side by side."""

from __future__ import annotations

import pytest

from bot.admin.desk.text_diff import text_diff


@pytest.mark.parametrize(
    ("old", "new", "changed"),
    [
        ("一般要二十个工作日", "一般要三十个工作日", [("二", "三")]),
        ("It takes 20 days.", "It takes 30 working days.", [("20", "30 working")]),
        ("好", "好的", [("", "的")]),
        ("same", "same", []),
        ("", "new", [("", "new")]),
    ],
)
def test_only_what_changed_is_marked_and_both_texts_are_whole(old, new, changed):
    spans = list(text_diff(old, new))

    assert [(span.old, span.new) for span in spans if not span.is_same] == changed
    assert "".join(span.old for span in spans) == old
    assert "".join(span.new for span in spans) == new
