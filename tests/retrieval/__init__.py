"""Embedding, indexing and deciding: what is promised of vectors, versions and thresholds."""
