"""Builds or loads the sentence-transformers model that everything else is prepared from.

Imported only while a model is prepared: torch and sentence-transformers stay out of web workers.
"""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import Normalize, Pooling, Transformer
from tokenizers import (
    Regex,
    Tokenizer,
    decoders,
    normalizers,
    pre_tokenizers,
    processors,
)
from tokenizers import models as tokenizer_models
from transformers import BertConfig, BertModel, PreTrainedTokenizerFast
from transformers.utils import logging as transformers_logging

from bot.errors import ModelError
from bot.retrieval import e5_weights
from bot.retrieval.e5_weights import E5Weights, Vocabulary

E5_PROMPTS = {"query": "query: ", "document": "passage: "}

_SPECIAL_TOKENS = {
    "bos_token": "<s>",
    "eos_token": "</s>",
    "cls_token": "<s>",
    "sep_token": "</s>",
    "pad_token": "<pad>",
    "unk_token": "<unk>",
}
_KEPT = "\ue000"
# Tensor names in the file -> parameter names of transformers' BertModel.
_EMBEDDINGS = {
    "emb.word": "embeddings.word_embeddings.weight",
    "emb.pos": "embeddings.position_embeddings.weight",
    "emb.type": "embeddings.token_type_embeddings.weight",
    "emb.ln.w": "embeddings.LayerNorm.weight",
    "emb.ln.b": "embeddings.LayerNorm.bias",
}
_LAYER = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}


def load_checkpoint(name: str) -> SentenceTransformer:
    """The model named by ``BOT_MODEL``: the bundled default, or any sentence-transformers name or folder.

    Raises ModelError when there is no such model.
    """
    # Its own bars and notes on the missing pooler would only hide our progress.
    transformers_logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    if name == e5_weights.MODEL_NAME and not Path(name).is_dir():
        return _bundled_e5()
    try:
        return SentenceTransformer(name, device="cpu")
    except (OSError, ValueError) as error:
        raise ModelError(
            "model %(name)s cannot be loaded (%(error)s); BOT_MODEL takes a sentence-transformers "
            "name that can be downloaded, or the path of a folder",
            name=name,
            error=error,
        ) from error


def _bundled_e5() -> SentenceTransformer:
    weights = e5_weights.read(e5_weights.locate())
    with tempfile.TemporaryDirectory() as folder:
        _bert(weights).save_pretrained(folder)
        _fast_tokenizer(weights).save_pretrained(folder)
        encoder = Transformer(
            folder, max_seq_length=weights.positions, model_kwargs={"add_pooling_layer": False}
        )
    pooling = Pooling(weights.hidden, pooling_mode="mean")
    return SentenceTransformer(modules=[encoder, pooling, Normalize()], prompts=E5_PROMPTS, device="cpu")


def _bert(weights: E5Weights) -> BertModel:
    config = BertConfig(
        vocab_size=weights.vocabulary_size,
        hidden_size=weights.hidden,
        num_hidden_layers=weights.layers,
        num_attention_heads=weights.heads,
        intermediate_size=weights.feed_forward,
        max_position_embeddings=weights.positions,
        type_vocab_size=weights.token_types,
        layer_norm_eps=weights.layer_norm_eps,
        pad_token_id=weights.vocabulary.pad,
    )
    bert: BertModel = BertModel(config, add_pooling_layer=False)
    shapes = {name: parameter.shape for name, parameter in bert.named_parameters()}
    state = {
        _parameter_name(name): torch.tensor(values).view(shapes[_parameter_name(name)])
        for name, values in weights.tensors.items()
    }
    bert.load_state_dict(state)
    return bert


def _parameter_name(name: str) -> str:
    if name in _EMBEDDINGS:
        return _EMBEDDINGS[name]
    layer, part, kind = name.split(".")
    return f"encoder.layer.{layer[1:]}.{_LAYER[part]}.{'weight' if kind == 'w' else 'bias'}"


def _fast_tokenizer(weights: E5Weights) -> PreTrainedTokenizerFast:
    return PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=unigram_tokenizer(weights.vocabulary),
        model_max_length=weights.positions,
        **_SPECIAL_TOKENS,
    )


def unigram_tokenizer(vocabulary: Vocabulary) -> Tokenizer:
    """The XLM-R tokenizer: its SentencePiece map is NFKC after dropping controls and folding spaces."""
    tokenizer = Tokenizer(tokenizer_models.Unigram(vocabulary.pieces, unk_id=vocabulary.unk))
    tokenizer.normalizer = normalizers.Sequence(
        [
            normalizers.Replace(_any_of(vocabulary, ""), ""),
            normalizers.Replace(_any_of(vocabulary, " "), " "),
            # NFKC would fold this wide tilde; the model has a piece of its own for it.
            normalizers.Replace("～", _KEPT),
            normalizers.NFKC(),
            normalizers.Replace(_KEPT, "～"),
            normalizers.Replace(Regex(" {2,}"), " "),
            normalizers.Strip(),
        ]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="always", split=True)
    tokenizer.decoder = decoders.Metaspace(prepend_scheme="always")
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>",
        special_tokens=[("<s>", vocabulary.bos), ("</s>", vocabulary.eos)],
    )
    return tokenizer


def _any_of(vocabulary: Vocabulary, replacement: str) -> Regex:
    """A pattern of the code points that the model's own map turns into ``replacement``."""
    points = [point for point, text in vocabulary.normalisation.items() if text == replacement]
    return Regex("[" + "".join(re.escape(chr(point)) for point in points) + "]")
