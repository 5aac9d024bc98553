"""Writes a unigram vocabulary as a SentencePiece model: the same ids as the tokenizer it comes from.

In memory it takes a tenth of the ``tokenizers`` form of 250,000 pieces, and it tokenises faster.
Imported only while a model is prepared.
"""

from __future__ import annotations

import io

from sentencepiece import SentencePieceTrainer
from sentencepiece.sentencepiece_model_pb2 import ModelProto  # type: ignore[attr-defined]

from bot.retrieval.e5_weights import Vocabulary

_MASK = "<mask>"


def sentencepiece_model(vocabulary: Vocabulary) -> bytes:
    """A serialised model with XLM-R's normalisation (nmt_nfkc); special pieces never match text."""
    model = ModelProto()
    # The compiled normalisation rules come with the library: a toy model of its own carries them.
    model.ParseFromString(_toy_model())
    del model.pieces[:]
    spec = model.trainer_spec
    spec.vocab_size = len(vocabulary.pieces)
    spec.unk_id, spec.pad_id = vocabulary.unk, vocabulary.pad
    spec.bos_id, spec.eos_id = vocabulary.bos, vocabulary.eos
    kinds = ModelProto.SentencePiece
    special = {vocabulary.bos, vocabulary.eos, vocabulary.pad}
    for number, (piece, score) in enumerate(vocabulary.pieces):
        is_control = number in special or piece == _MASK
        kind = kinds.UNKNOWN if number == vocabulary.unk else kinds.NORMAL
        model.pieces.add(piece=piece, score=score, type=kinds.CONTROL if is_control else kind)
    serialised: bytes = model.SerializeToString()
    return serialised


def _toy_model() -> bytes:
    written = io.BytesIO()
    SentencePieceTrainer.train(
        sentence_iterator=iter(["a b c d e f"] * 5),
        model_writer=written,
        vocab_size=16,
        hard_vocab_limit=False,
        normalization_rule_name="nmt_nfkc",
        minloglevel=2,
    )
    return written.getvalue()
