"""Text -> token ids, from either form that a prepared model may carry. Thread-safe."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

from sentencepiece import SentencePieceProcessor

from bot.retrieval.prepared_model import PreparedModel

SENTENCEPIECE_FILE = "tokenizer.spm"
JSON_FILE = "tokenizer.json"

Tokenise = Callable[[str], list[int]]


def shared_tokeniser(model: PreparedModel) -> Tokenise:
    """One for all who have the same vocabulary; processes that are forked afterwards share its memory."""
    files = model.manifest.files
    digest = files.get(SENTENCEPIECE_FILE) or files.get(JSON_FILE, "")
    return _tokeniser(model.folder, model.manifest.max_tokens, digest)


@lru_cache(maxsize=1)
def _tokeniser(folder: Path, max_tokens: int, _digest: str) -> Tokenise:
    return load_tokeniser(folder, max_tokens)


def load_tokeniser(folder: Path, max_tokens: int) -> Tokenise:
    """A function from text to at most ``max_tokens`` ids, special tokens included."""
    if (folder / SENTENCEPIECE_FILE).is_file():
        return _sentencepiece(folder / SENTENCEPIECE_FILE, max_tokens)
    return _tokenizers(folder / JSON_FILE, max_tokens)


def _sentencepiece(path: Path, max_tokens: int) -> Tokenise:
    processor = SentencePieceProcessor(model_file=str(path))
    bos, eos = processor.bos_id(), processor.eos_id()

    def tokenise(text: str) -> list[int]:
        return [bos, *processor.encode(text)[: max_tokens - 2], eos]

    return tokenise


def _tokenizers(path: Path, max_tokens: int) -> Tokenise:
    from tokenizers import Tokenizer  # heavy, and not needed for the default model

    tokenizer = Tokenizer.from_file(str(path))
    # Set once: changing it while another thread encodes raises "Already borrowed".
    tokenizer.enable_truncation(max_tokens)
    tokenizer.no_padding()

    def tokenise(text: str) -> list[int]:
        ids: list[int] = tokenizer.encode(text).ids
        return ids

    return tokenise
