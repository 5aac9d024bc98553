"""The operator's commands, as typed: what they print, what they leave behind, how they fail."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from bot.retrieval.locking import BUILD_LOCK
from bot.retrieval.versions import CURRENT_FILE

PROJECT = Path(__file__).parent.parent
LABELLED = (
    {"question": "备案时间", "expected": "filing-time"},
    {"question": "food licence for a mini program", "expected": ["licence-food", "what-is"]},
    {"question": "Which team will win the chess olympiad?", "expected": None},
    {"question": "嗯嗯", "expected": "any"},
)
PNG = b"\x89PNG\r\n\x1a\n"


def assert_plain_error(result, *words):
    """The command failed and its last line says why, with all the words and without a traceback."""
    message = result.stderr.splitlines()[-1]

    assert result.exit_code == 1
    assert message.startswith("Error: ")
    assert [word for word in words if word not in message] == [], message
    assert "Traceback" not in result.output


def live_version(folder):
    return (folder / CURRENT_FILE).read_text().strip()


@pytest.fixture
def own_index(built, tmp_path):
    """A copy of the built index in the folder that ``cli`` works on."""
    return shutil.copytree(built.index_dir, tmp_path / "index")


@pytest.fixture
def write(tmp_path):
    """Writes a JSONL file of labelled questions."""

    def file(*lines):
        path = tmp_path / "questions.jsonl"
        path.write_text("\n".join(json.dumps(line, ensure_ascii=False) for line in lines), "utf-8")
        return path

    return file


# index build


@pytest.mark.model
def test_build_prints_counts_time_and_calibration_and_its_progress_on_the_side(fresh_cli, tmp_path):
    result = fresh_cli("index", "build")
    first, second, *rest = result.stdout.splitlines()

    version = live_version(tmp_path / "index")
    counts = r"6 entries, 108 phrasings, 14 passages, \d+ background questions"
    assert result.exit_code == 0
    assert re.fullmatch(rf"index {version} is live: {counts} \(\d+\.\d s\)", first)
    shares = r"held-out phrasings: \d+\.\d% answered; background: \d+\.\d% answered falsely; "
    assert re.match(shares, second)
    known = r"reliability: .* at most 0\.\d{3} from|no checks were asked: .* no checks\.jsonl"
    assert [line for line in rest if not re.match(known, line)] == []
    assert "embedding" in result.stderr and "training the decision" in result.stderr


@pytest.mark.model
def test_building_unchanged_knowledge_says_so_and_keeps_the_version(fresh_cli, own_index):
    before = live_version(own_index)
    result = fresh_cli("index", "build")

    assert result.exit_code == 0
    assert result.stdout.startswith(f"nothing has changed: index {before} stays live")
    assert before == live_version(own_index)
    assert len(list(own_index.glob("*/manifest.json"))) == 1


@pytest.mark.model
def test_changed_knowledge_is_built(fresh_cli, own_index, knowledge_dir):
    before = live_version(own_index)
    path = knowledge_dir / "zh" / "smalltalk.md"
    path.write_text(path.read_text("utf-8").replace("- 多谢\n", ""), "utf-8")
    result = fresh_cli("index", "build", knowledge_dir=knowledge_dir)

    assert "is live: 6 entries, 107 phrasings" in result.stdout
    assert before != live_version(own_index)


@pytest.mark.model
def test_again_builds_unchanged_knowledge(fresh_cli, own_index):
    before = live_version(own_index)
    result = fresh_cli("index", "build", "--again")

    assert "is live: 6 entries, 108 phrasings" in result.stdout
    assert before != live_version(own_index)


def test_build_of_an_empty_folder_names_the_remedy(fresh_cli, tmp_path):
    result = fresh_cli("index", "build", knowledge_dir=tmp_path)

    assert_plain_error(result, "holds no entries", "BOT_KNOWLEDGE_DIR")


def test_build_of_broken_knowledge_names_file_and_line_and_leaves_no_index(
    fresh_cli, knowledge_dir, tmp_path
):
    (knowledge_dir / "en" / "broken.md").write_text("# Broken\n\n## Why? {#}\n\n### Answer\n\nSo.\n")
    result = fresh_cli("index", "build", knowledge_dir=knowledge_dir)

    assert_plain_error(result, "en/broken.md:3", 'id ""', "{#my-shop}")
    assert [path.name for path in (tmp_path / "index").iterdir()] == [BUILD_LOCK]


def test_build_into_a_place_that_is_a_file_names_it(fresh_cli, tmp_path):
    place = tmp_path / "occupied"
    place.write_text("")

    assert_plain_error(fresh_cli("index", "build", index_dir=place), str(place))


@pytest.mark.model
def test_a_model_that_cannot_be_loaded_is_named_with_the_remedy(fresh_cli, tmp_path):
    missing = tmp_path / "no-such-model"
    result = fresh_cli("index", "build", model=str(missing), cache_dir=tmp_path / "cache")

    assert_plain_error(result, "no-such-model", "BOT_MODEL")


# model prepare


@pytest.mark.model
def test_preparing_a_prepared_model_says_where_it_is(cli, built):
    result = cli("model", "prepare")

    assert result.exit_code == 0
    assert f"model {built.model} is ready in {built.cache_dir}" in result.stdout


# knowledge lint


def test_lint_of_sound_knowledge_ends_well(fresh_cli):
    result = fresh_cli("knowledge", "lint", "--no-model")

    assert (result.exit_code, result.stdout) == (0, "0 errors, 0 warnings\n")


def test_lint_names_file_line_and_remedy_of_an_error_and_fails(fresh_cli, knowledge_dir):
    path = knowledge_dir / "zh" / "shop.md"
    path.write_text(path.read_text("utf-8").replace("- 相关：what-is\n", "- 相关：gone\n", 1), "utf-8")
    result = fresh_cli("knowledge", "lint", "--no-model", knowledge_dir=knowledge_dir)

    line, summary = result.stdout.splitlines()
    assert result.exit_code == 1
    assert re.match(r'zh/shop\.md:\d+: error: .*"gone" does not exist', line)
    assert summary == "1 errors, 0 warnings"


def test_lint_lets_warnings_pass(fresh_cli, knowledge_dir):
    (knowledge_dir / "en" / "smalltalk.md").unlink()
    result = fresh_cli("knowledge", "lint", "--no-model", knowledge_dir=knowledge_dir)

    assert result.exit_code == 0
    assert result.stdout.splitlines()[-1] == "0 errors, 2 warnings"
    assert all("no twin in en/" in line for line in result.stdout.splitlines()[:-1])


@pytest.mark.model
def test_lint_finds_entries_that_mean_the_same(fresh_cli, built, knowledge_dir):
    (knowledge_dir / "en" / "twin.md").write_text(
        "## How long does the filing take? {#twin}\n\n### Answer\n\nLong.\n"
    )
    result = fresh_cli("knowledge", "lint", knowledge_dir=knowledge_dir)

    assert re.search(r'en/twin\.md:1: warning: .*nearly the same question as "filing-time"', result.stdout)


def test_lint_without_the_model_names_the_remedy(fresh_cli, tmp_path):
    result = fresh_cli("knowledge", "lint", cache_dir=tmp_path)

    assert_plain_error(result, "is not prepared", "flask --app wsgi model prepare")


# ask


@pytest.mark.model
def test_ask_prints_the_answer_and_on_the_side_what_it_rests_on(cli):
    result = cli("ask", "小程序备案要多久？")

    assert result.exit_code == 0
    assert result.stdout.startswith("一般要一到二十个工作日")
    assert result.stderr == "[answer, entry filing-time, confidence 1.000]\n"


@pytest.mark.model
def test_ask_prints_an_abstention_like_an_answer(cli):
    result = cli("ask", "Which team will win the chess olympiad?")

    assert result.exit_code == 0
    assert result.stdout.startswith("Sorry")
    assert result.stderr.startswith("[abstain, entry -, confidence ")


def test_ask_without_an_index_names_the_remedy(fresh_cli):
    assert_plain_error(fresh_cli("ask", "hi"), "no index", "flask --app wsgi index build")


# evaluate


@pytest.mark.model
def test_evaluate_prints_every_figure_for_each_language(cli, write):
    result = cli("evaluate", write(*LABELLED))

    assert result.exit_code == 0, result.output
    rows = {line[:16].strip(): line[16:].split() for line in result.stdout.splitlines()}
    assert rows[""] == ["all", "en", "zh-Hans"]
    assert rows["questions"] == ["4", "2", "2"]
    assert {"right", "hit at 1", "hit at 3", "mrr at 10", "coverage", "mcc", "auroc"} <= set(rows)
    assert rows["hit at 1"] == ["1.000"] * 3
    assert rows["false answers"] == ["0.000", "0.000", "–"]


@pytest.mark.model
def test_evaluate_lists_what_went_wrong(cli, write):
    file = write(
        {"question": "备案时间", "expected": "licence-food"}, {"question": "多谢", "expected": "thanks"}
    )
    result = cli("evaluate", file)

    assert "1 failures" in result.stdout
    assert re.search(r"备案时间\n +licence-food → answer:filing-time, 1\.000", result.stdout)
    assert "多谢" not in result.stdout


@pytest.mark.model
def test_evaluate_draws_the_plot(cli, write, tmp_path):
    file = write(
        {"question": "备案时间", "expected": "filing-time"}, {"question": "谁是球王", "expected": None}
    )
    picture = tmp_path / "scores.png"
    result = cli("evaluate", file, "--plot", picture)

    assert result.exit_code == 0, result.output
    assert f"plot written to {picture}" in result.stdout
    assert picture.read_bytes().startswith(PNG) and picture.stat().st_size > 10_000


@pytest.mark.model
def test_a_plot_that_cannot_be_written_is_named(cli, write, tmp_path):
    picture = tmp_path / "no such folder" / "scores.png"
    file = write({"question": "备案时间", "expected": "filing-time"})
    result = cli("evaluate", file, "--plot", picture)

    assert_plain_error(result, str(picture))


@pytest.mark.parametrize("name", ["scores.docx", "scores"])
def test_a_picture_of_another_kind_is_refused_before_anything_is_asked(fresh_cli, write, tmp_path, name):
    file = write({"question": "备案时间", "expected": "filing-time"})
    result = fresh_cli("evaluate", file, "--plot", tmp_path / name)

    assert_plain_error(result, name, ".png")


@pytest.mark.parametrize(
    "line",
    ['{"question": "hi"}', '{"expected": null}', "[]", "not json", '{"question": "hi", "expected": 5}'],
)
def test_a_wrong_line_of_an_evaluation_file_is_named_with_the_right_form(fresh_cli, tmp_path, line):
    file = tmp_path / "questions.jsonl"
    file.write_text('{"question": "hi", "expected": "any"}\n\n' + line)

    assert_plain_error(fresh_cli("evaluate", file), "questions.jsonl:3", '"expected"')


def test_evaluate_without_an_index_names_the_remedy(fresh_cli, write):
    result = fresh_cli("evaluate", write({"question": "hi", "expected": "any"}))

    assert_plain_error(result, "no index", "flask --app wsgi index build")


# Settings


@pytest.mark.parametrize("program", [["flask", "--app", "wsgi", "ask", "hi"], ["gunicorn", "wsgi:app"]])
def test_a_wrong_setting_is_named_with_its_value_and_ends_the_program(program):
    done = subprocess.run(
        [sys.executable, "-m", *program],
        cwd=PROJECT,
        env=os.environ | {"BOT_PORT": "many"},
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert done.returncode == 1
    assert done.stderr.startswith("Error: BOT_PORT='many': ")
    assert "Traceback" not in done.stderr
