"""Which kind of FAISS index finds rows fastest without losing any."""

from __future__ import annotations

from dataclasses import dataclass

import faiss

from bot.retrieval.eight_bits import CODES
from bot.retrieval.vectors import Vectors


@dataclass(frozen=True)
class Searchable:
    """An index with its rows in it."""

    index: faiss.Index


def build_searchable(stepped: Vectors) -> Searchable:
    """``stepped``: (rows, dimensions) as ``Scale.stepped`` gives them."""
    index = faiss.IndexScalarQuantizer(stepped.shape[1], CODES, faiss.METRIC_INNER_PRODUCT)
    index.add(stepped)
    return Searchable(index)
