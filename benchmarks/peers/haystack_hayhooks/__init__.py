"""A Haystack retrieval pipeline, served by hayhooks."""
