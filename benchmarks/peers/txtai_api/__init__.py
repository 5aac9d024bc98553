"""txtai's API: an index with content, served by ``txtai.api`` on uvicorn."""
