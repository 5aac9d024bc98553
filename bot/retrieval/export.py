"""Exports a sentence-transformers model to one ONNX graph: token ids in, unit vectors out; fused, int8.

Export and fusion copy the graph many times over, so they see a stand-in for the word embeddings
(most of a multilingual model's bytes); the real table is put back before quantising, or the int8 table of
another form of the model after it.
Imported only while a model is prepared.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import onnx
import torch
from onnx import numpy_helper
from onnxruntime.quantization import QuantType, quantize_dynamic
from onnxruntime.transformers.fusion_options import FusionOptions
from onnxruntime.transformers.optimizer import optimize_model
from sentence_transformers import SentenceTransformer
from torch import Tensor, nn

INPUTS = ("input_ids", "attention_mask")
OUTPUT = "sentence_embedding"
_OPSET = 17
# A prime above any position table, so that no other matrix of the model has as many rows.
_STAND_IN_ROWS = 10_007
# What the quantiser makes of one tensor, by the ends of their names.
_QUANTISED = ("_quantized", "_scale", "_zero_point")


class _Encoder(nn.Module):
    """The whole model, pooling and normalising included, with plain tensors as inputs."""

    def __init__(self, model: SentenceTransformer) -> None:
        super().__init__()
        self.model = model

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        features = {
            "input_ids": input_ids,
            "attention_mask": attention_mask,
            "token_type_ids": torch.zeros_like(input_ids),
        }
        embedding: Tensor = self.model(features)[OUTPUT]
        return embedding


def export_graph(model: SentenceTransformer, path: Path) -> None:
    """Write the fp32 graph with the stand-in table; batch and sequence length stay free."""
    _transformer(model).set_attn_implementation("eager")  # the pattern that the fusion knows
    example = torch.arange(8).view(2, 4)
    free = {0: "batch", 1: "tokens"}
    with _stand_in_embeddings(model), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            _Encoder(model).eval(),
            (example, torch.ones_like(example)),
            str(path),
            input_names=list(INPUTS),
            output_names=[OUTPUT],
            dynamic_axes={name: free for name in INPUTS} | {OUTPUT: {0: "batch"}},
            opset_version=_OPSET,
            dynamo=False,
        )


def _transformer(model: SentenceTransformer) -> Any:  # noqa: ANN401 - any kind of model
    first: Any = model[0]
    return first.auto_model


@contextmanager
def _stand_in_embeddings(model: SentenceTransformer) -> Iterator[None]:
    embeddings = _transformer(model).get_input_embeddings()
    table = embeddings.weight
    embeddings.weight = nn.Parameter(table[:_STAND_IN_ROWS].detach().clone())
    try:
        yield
    finally:
        embeddings.weight = table


def fuse(path: Path, fused: Path, model: SentenceTransformer) -> None:
    """Merge attention, layer norms and activations into single nodes.

    Additions stay beside the layer norms: with both in one node, onnxruntime takes twice as long on a CPU.
    """
    config = _transformer(model).config
    options = FusionOptions("bert")
    options.enable_skip_layer_norm = options.enable_bias_skip_layer_norm = False
    optimised = optimize_model(
        str(path),
        model_type="bert",
        num_heads=config.num_attention_heads,
        hidden_size=config.hidden_size,
        opt_level=0,
        optimization_options=options,
    )
    optimised.save_model_to_file(str(fused))


def restore_embeddings(fused: Path, model: SentenceTransformer) -> None:
    """Put the word embeddings in the place of the stand-in table, before quantising."""
    graph = onnx.load(fused)
    table = _transformer(model).get_input_embeddings().weight.detach().numpy()
    for tensor in _stand_ins(graph):
        tensor.CopyFrom(numpy_helper.from_array(table, tensor.name))
    onnx.save(graph, fused)


def take_embeddings(path: Path, other: Path) -> None:
    """Put the int8 word embeddings of another form in the place of the stand-in table, after quantising.

    Both graphs must be of one model: their tensors go by the same names.
    """
    graph = onnx.load(path)
    theirs = {tensor.name: tensor for tensor in onnx.load(other).graph.initializer}
    tables = [tensor.name.removesuffix(_QUANTISED[0]) for tensor in _stand_ins(graph)]
    taken_over = {table + suffix for table in tables for suffix in _QUANTISED}
    for tensor in graph.graph.initializer:
        if tensor.name in taken_over:
            tensor.CopyFrom(theirs[tensor.name])
    onnx.save(graph, path)


def _stand_ins(graph: onnx.ModelProto) -> list[onnx.TensorProto]:
    return [tensor for tensor in graph.graph.initializer if tensor.dims[:1] == [_STAND_IN_ROWS]]


def quantise(fused: Path, path: Path) -> None:
    """Write the weights as int8, one scale per output channel: one per tensor drifts to cosine 0.98."""
    with _quiet_root_logger():
        quantize_dynamic(
            fused,
            path,
            per_channel=True,
            weight_type=QuantType.QInt8,
            extra_options={"DefaultTensorType": onnx.TensorProto.FLOAT},
        )


@contextmanager
def _quiet_root_logger() -> Iterator[None]:
    """The quantiser warns through the root logger; its level is put back for everyone else."""
    root = logging.getLogger()
    level = root.level
    root.setLevel(logging.ERROR)
    try:
        yield
    finally:
        root.setLevel(level)
