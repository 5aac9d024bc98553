"""What lint says of an edit, in the operator's language."""

from __future__ import annotations

import re

from bot.admin.desk.words import gettext as _
from bot.admin.desk.words import mark

# What lint says, and how a page puts it; the names are those of the groups.
_WORDS = (
    (
        r'"(?P<text>.*)" is already a phrasing of (?P<owner>.*) \(.*\); .*',
        mark("“%(text)s” is already a way to ask for %(owner)s; remove or reword one of them."),
    ),
    (
        r'entry "(?P<owner>.*)" has no twin in (?P<text>.*)/; .*',
        mark("%(owner)s has no entry in the other language yet (folder %(text)s)."),
    ),
    (
        r'entry "(?P<owner>.*)" its first paragraph is (?P<text>.*); shorten it',
        mark("The first paragraph of %(owner)s stands alone as the short answer: %(text)s. Shorten it."),
    ),
    (
        r'entry "(?P<owner>.*)" has (?P<text>\d+) other ways to ask; .*',
        mark("%(owner)s can be asked in only %(text)s other ways; with 8 or more it is understood better."),
    ),
    (r'entry "(?P<owner>.*)" has no date; .*', mark("%(owner)s does not say as of when it holds.")),
    (r'entry "(?P<owner>.*)" names no source; .*', mark("%(owner)s names no source.")),
    (
        r'entry "(?P<owner>.*)" source "(?P<text>.*)" is not in sources.md; .*',
        mark("The source %(text)s of %(owner)s is not in sources.md; add a row for it."),
    ),
    (
        r'entry "(?P<owner>.*)": (?:related|included) id "(?P<text>.*)" does not exist',
        mark("%(owner)s names the entry %(text)s, which does not exist."),
    ),
    (r"no question", mark("Write the question.")),
    (r"no answer", mark("Write the answer.")),
    (
        r'as_of "(?P<text>.*)" is no date; .*',
        mark("“%(text)s” is no date; write 2026, 2026-11 or 2026-11-22."),
    ),
)


def in_words(message: str) -> str:
    """The message in the language of the page; as it is where it is not known here."""
    for pattern, text in _WORDS:
        if match := re.fullmatch(pattern, message, re.DOTALL):
            return _(text) % match.groupdict()
    return message
