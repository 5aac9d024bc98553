"""Sentence-transformers, FAISS and Flask, as every tutorial writes it."""
