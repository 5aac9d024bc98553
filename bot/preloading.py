"""What the processes that serve have in common: loaded once, before they are forked, and in memory once.

If that fails, each of them says why when it needs it.
"""

from __future__ import annotations

from contextlib import suppress

from bot.retrieval.prepared_model import load_with_checksum
from bot.retrieval.tokenisation import shared_tokeniser
from bot.retrieval.versions import VersionStore
from bot.settings import Settings

# In both scripts: to tell them apart takes more dictionaries than either.
_CHINESE = "预熱"


def load_model(settings: Settings) -> None:
    """The live version's model: nearly all of it beside whatever else Python does."""
    if settings.embedder != "onnx":
        return
    with suppress(Exception):
        store = VersionStore(settings.index_dir)
        checksum = store.manifest(store.current()).model_checksum
        if prepared := load_with_checksum(settings.cache_dir, settings.model, checksum):
            shared_tokeniser(prepared)
            # Behind the tokeniser, which takes longer than to import onnxruntime.
            from bot.retrieval.mapped_graph import shared_session

            shared_session(prepared)


def load_dictionaries() -> None:
    """Of English words and of Chinese scripts."""
    from bot.answering import normalising, spelling

    with suppress(Exception):
        normalising.detect_language(_CHINESE)
        spelling.load_dictionaries()
