"""The texts by which an answer is found."""

from __future__ import annotations

from bot.retrieval.passages import embedded_passages
from tests.fakes import make_entry


def passages(answer: str) -> list[str]:
    return list(embedded_passages(make_entry("a", "Q", answer=answer)))


def test_paragraphs_are_found_as_they_are():
    assert passages("One.\n\n- a | b\n- c") == ["One.", "- a | b\n- c"]


def test_a_table_is_found_by_each_of_its_columns():
    table = "| | App | Page |\n|:--|---|---|\n| Cost | high | low |\n| Push | free | |"

    assert passages(f"Short.\n\n{table}\n\nEnd.") == [
        "Short.",
        "App\nCost: high\nPush: free",
        "Page\nCost: low",
        "End.",
    ]
