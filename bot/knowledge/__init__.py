"""Markdown files that an operator edits -> entries; and the lint that keeps them sound."""
