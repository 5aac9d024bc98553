"""A real model that trains and runs in no time."""

from __future__ import annotations

from pathlib import Path

from tests.retrieval.questions import ORDINARY

WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "query", "passage", ":", "?", "？", "，", "。"]


def save_tiny_model(folder: Path, *, outlier: float = 1.0, unused_words: int = 0) -> Path:
    """A random two-layer BERT with a WordPiece tokenizer, mean pooling and prompts, but no pooler."""
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
    from transformers import BertConfig, BertModel

    torch.manual_seed(0)
    sizes = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 64}
    words = _save_tokenizer(folder / "bert") + unused_words
    config = BertConfig(vocab_size=words, max_position_embeddings=64, **sizes)
    bert = BertModel(config, add_pooling_layer=False)
    bert.embeddings.LayerNorm.weight.data[0] *= outlier
    bert.save_pretrained(folder / "bert")
    bare = {"add_pooling_layer": False}
    encoder = Transformer(str(folder / "bert"), max_seq_length=64, model_kwargs=bare)
    modules = [encoder, Pooling(32, pooling_mode="mean")]
    prompts = {"query": "query: ", "passage": "passage: "}
    SentenceTransformer(modules=modules, prompts=prompts, device="cpu").save(str(folder / "tiny"))
    return folder / "tiny"


def _save_tokenizer(folder: Path) -> int:
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    letters = sorted({letter for text in ORDINARY for letter in text.lower() if letter.isalnum()})
    pieces = dict.fromkeys([*WORDS, *letters, *(f"##{letter}" for letter in letters)])
    vocabulary = {piece: number for number, piece in enumerate(pieces)}
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    ends = [(name, vocabulary[name]) for name in ("[CLS]", "[SEP]")]
    tokenizer.post_processor = processors.TemplateProcessing(single="[CLS] $A [SEP]", special_tokens=ends)
    special = {"pad_token": "[PAD]", "unk_token": "[UNK]", "cls_token": "[CLS]", "sep_token": "[SEP]"}
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, **special).save_pretrained(folder)
    return len(vocabulary)
