"""Which pushes are answered from memory: all they wait for is the store, and they can do so together."""

from __future__ import annotations

import re
from collections.abc import Callable

from bot.answering.known_replies import RememberingAnswerer
from bot.arrivals import Arrival
from bot.domain import Language

# A mini program's answers are queued, and wait for a store that fails: that is for threads.
_OFFICIAL = b"/wechat/official"
_CONTENT = re.compile(rb"<Content><!\[CDATA\[([^]]*)\]\]></Content>")


def answered_together(answerer: RememberingAnswerer) -> Callable[[Arrival], bool]:
    """Whether a push that has arrived looks as if no model will be needed to reply. It is only looked at:

    nobody has vouched for it yet, and what it is taken for decides who handles it, not what comes of it.
    """

    def is_together(arrival: Arrival) -> bool:
        return (
            arrival.is_whole
            and arrival.arrived == arrival.wanted
            and arrival.path.startswith(_OFFICIAL)
            and asks_what_is_known(arrival.body)
        )

    def asks_what_is_known(body: bytes) -> bool:
        content = _CONTENT.search(body)
        text = content[1].decode(errors="replace") if content else ""
        # In which one depends on the conversation.
        return any(answerer.knows(text, language) for language in Language)

    return is_together
