"""Embedding, indexing and deciding: the only package that knows numpy, FAISS and the model libraries."""
