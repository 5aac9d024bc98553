"""Which requests are answered from memory, in less time than it takes to hand them to a thread."""

from __future__ import annotations

from collections.abc import Callable

from pydantic import ValidationError

from bot.answering.known_replies import RememberingAnswerer
from bot.arrivals import Arrival
from bot.channels.schemas import read_ask

_ASK = b"/ask"
# Who sends a key may have to wait until it is looked up.
_KEY = b"authorization"


def answered_at_once(answerer: RememberingAnswerer) -> Callable[[Arrival], bool]:
    """Whether a request that has arrived asks on ``/ask`` for a reply that is remembered, and for no more.

    Conversations, keys and other questions have to wait for the store or the model: that is for threads.
    """

    def is_at_once(arrival: Arrival) -> bool:
        return (
            arrival.is_whole
            and arrival.arrived == arrival.wanted
            and arrival.path == _ASK
            and not arrival.has(_KEY)
            and asks_what_is_known(arrival.body)
        )

    def asks_what_is_known(body: bytes) -> bool:
        try:
            asked = read_ask(body)
        except ValidationError:
            return False
        return not asked.session_id and answerer.knows(asked.question, asked.forced_language)

    return is_at_once
