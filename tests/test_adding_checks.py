"""Adding a check: the file stays whole, and the gate asks what was added."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from bot.adding_checks import add_check, alike, line_of, new_check
from bot.checks import CHECKS_FILE, read_checks
from bot.errors import KnowledgeError
from bot.evaluation import Dialogue, Labelled

FEE = new_check("认证要多少钱？", ["fees"], [])
WEATHER = new_check("今天天气怎么样", [], [])


@pytest.mark.parametrize(
    ("check", "line"),
    [
        (FEE, '{"question": "认证要多少钱？", "expected": "fees"}'),
        (WEATHER, '{"question": "今天天气怎么样", "expected": null}'),
        (new_check("多少钱", ["a", "b"], []), '{"question": "多少钱", "expected": ["a", "b"]}'),
        (
            new_check("那年审呢", ["fees"], ["认证是什么"]),
            '{"id": "认证是什么 → 那年审呢", "turns": [{"question": "认证是什么", "expected": "any"}, '
            '{"question": "那年审呢", "expected": "fees"}]}',
        ),
    ],
)
def test_a_check_is_written_as_evaluate_reads_it(tmp_path, check, line):
    add_check(tmp_path, check)

    assert (tmp_path / CHECKS_FILE).read_text("utf-8") == line + "\n"
    assert read_checks(tmp_path).lines == (check,)


def test_it_is_added_below_what_is_there_also_after_a_line_without_an_end(tmp_path):
    (tmp_path / CHECKS_FILE).write_text(line_of(FEE), "utf-8")

    assert add_check(tmp_path, WEATHER) == 2
    assert read_checks(tmp_path).lines == (FEE, WEATHER)
    assert sorted(path.name for path in tmp_path.iterdir()) == [CHECKS_FILE]


def test_the_same_question_is_found_whatever_it_expects(tmp_path):
    add_check(tmp_path, FEE)
    add_check(tmp_path, new_check("那呢", [], ["认证要多少钱"]))

    assert alike(tmp_path, new_check("认证要多少钱", ["names"], [])) == [line_of(FEE)]
    assert alike(tmp_path, WEATHER) == []


def test_of_many_who_add_at_once_nobody_is_lost(tmp_path):
    checks = [Labelled(f"问题{number}", ()) for number in range(40)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda check: add_check(tmp_path, check), checks))

    lines = (tmp_path / CHECKS_FILE).read_text("utf-8").splitlines()
    assert {json.loads(line)["question"] for line in lines} == {check.question for check in checks}


def test_a_folder_that_cannot_be_made_is_named_with_the_remedy(tmp_path):
    (tmp_path / "file").write_text("in the way")

    with pytest.raises(KnowledgeError, match=r"gone/checks\.jsonl cannot be written.*let the user"):
        add_check(tmp_path / "file" / "gone", FEE)


def test_a_dialogue_is_played_with_its_turns_in_order():
    check = new_check("三", ["x"], ["一", "二"])

    assert isinstance(check, Dialogue)
    assert [turn.question for turn in check.turns] == ["一", "二", "三"]
