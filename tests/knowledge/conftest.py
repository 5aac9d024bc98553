"""A knowledge folder that a test fills with files."""

from __future__ import annotations

from pathlib import Path

import pytest


class KnowledgeFolder:
    """An operator's folder: files are written by name, text or bytes."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def write(self, name: str, content: str | bytes) -> Path:
        """Save one file."""
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path


@pytest.fixture
def folder(tmp_path: Path) -> KnowledgeFolder:
    """An empty knowledge folder."""
    return KnowledgeFolder(tmp_path)
