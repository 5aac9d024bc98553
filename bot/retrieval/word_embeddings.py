"""Reads a prepared graph's table of word embeddings: the model's vectors of word pieces before any context.

Imported only while an index is built: it needs the onnx package, and the whole graph in memory.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import numpy_helper

from bot.retrieval.vectors import Vectors

_QUANTISED = "word_embeddings.weight_quantized"


def word_embeddings(graph: Path, pieces: Sequence[int]) -> Vectors:
    """(len(pieces), dimensions) float32; raises ValueError for a graph without such a table."""
    tensors = {tensor.name: tensor for tensor in onnx.load(graph).graph.initializer}
    name = next((name for name in tensors if name.endswith(_QUANTISED)), None)
    if name is None:
        raise ValueError(f"{graph} has no {_QUANTISED}")
    values = numpy_helper.to_array(tensors[name])[np.array(pieces, np.int64)].astype(np.float32)
    zero, scale = (_number(tensors[name.replace("_quantized", end)]) for end in ("_zero_point", "_scale"))
    return np.float32(scale) * (values - np.float32(zero))


def _number(tensor: Any) -> float:  # noqa: ANN401 - protobuf's classes are made at run time
    return float(numpy_helper.to_array(tensor).reshape(-1)[0])
