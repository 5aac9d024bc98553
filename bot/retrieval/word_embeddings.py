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

_QUANTISED = "_quantized"
_TABLE = 2  # dimensions


def word_embeddings(graph: Path, pieces: Sequence[int]) -> Vectors:
    """(len(pieces), dimensions) float32."""
    tensors = {tensor.name: tensor for tensor in onnx.load(graph).graph.initializer}
    tables = [tensor for tensor in tensors.values() if len(tensor.dims) == _TABLE]
    # However a family of models names it: no other table has as many rows.
    tallest = max(tables, key=lambda tensor: tensor.dims[0])
    values: Vectors = numpy_helper.to_array(tallest)[np.array(pieces, np.int64)].astype(np.float32)
    if not tallest.name.endswith(_QUANTISED):
        return values
    name = tallest.name.removesuffix(_QUANTISED)
    zero, scale = (np.float32(_number(tensors[name + end])) for end in ("_zero_point", "_scale"))
    return scale * (values - zero)


def _number(tensor: Any) -> float:  # noqa: ANN401 - protobuf's classes are made at run time
    return float(numpy_helper.to_array(tensor).reshape(-1)[0])
