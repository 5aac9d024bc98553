"""What a web worker may import, what an import may do, and who may read the environment."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).parent.parent
HEAVY = (
    "torch",
    "sentence_transformers",
    "transformers",
    "sklearn",
    "scipy",
    "matplotlib",
    "onnx",
    "openpyxl",
)
FOLDERS = ("knowledge_dir", "index_dir", "data_dir")
ENVIRONMENT = {"environ", "environb", "getenv", "getenvb", "putenv", "load_dotenv"}

ANSWER_THEN_LIST_HEAVY_IMPORTS = f"""
import sys
import wsgi
reply = wsgi.app.test_client().get("/ask?question=filing%20duration").json
print(reply["entry"]["id"], *(name for name in {HEAVY} if name in sys.modules))
"""

RUN_FLASK_THEN_LIST_PARTS = """
import sys
from flask.cli import main
sys.argv = ["flask", "--app", "wsgi", *sys.argv[1:]]
try:
    main()
finally:
    parts = ("bot.web", "bot.stores", "sqlalchemy", "httpx", "prometheus_client", "bot.cli_knowledge")
    print("loaded:", *(name for name in parts if name in sys.modules))
"""

COUNT_OPENED_FILES = """
import sys
folders = sys.argv[1:]
opened = []
def notice(event, arguments):
    if event == "open" and str(arguments[0]).startswith(tuple(folders)):
        opened.append(arguments[0])
sys.addaudithook(notice)
import bot.app
after_import = len(opened)
app = bot.app.create_app()
after_start = len(opened)
app.test_client().get("/ask?question=filing%20duration")
print(after_import, after_start, len(opened) > 0)
"""


def run(code, built, *arguments):
    """What a fresh process prints that works on the built index."""
    folders = {f"BOT_{name.upper()}": getattr(built, name) for name in FOLDERS}
    done = subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)],
        cwd=PROJECT,
        env=os.environ | {name: str(folder) for name, folder in folders.items()},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


@pytest.mark.model
def test_a_web_worker_answers_without_the_training_libraries(built):
    assert run(ANSWER_THEN_LIST_HEAVY_IMPORTS, built) == ["filing-time"]


@pytest.mark.model
def test_neither_importing_nor_creating_the_app_opens_model_index_or_knowledge(built):
    folders = (built.cache_dir, built.index_dir, built.knowledge_dir)

    assert run(COUNT_OPENED_FILES, built, *folders) == ["0", "0", "True"]


def test_a_command_loads_what_it_works_with_and_no_more(built):
    words = run(RUN_FLASK_THEN_LIST_PARTS, built, "index", "list")

    assert words[words.index("live") - 1 :] and words[words.index("loaded:") :] == ["loaded:"]


def test_a_command_of_flask_s_own_finds_the_whole_bot(built):
    words = run(RUN_FLASK_THEN_LIST_PARTS, built, "routes")

    assert "/ask" in words
    assert "bot.web" in words[words.index("loaded:") :]


def test_only_the_settings_read_the_environment():
    sources = [*(PROJECT / "bot").rglob("*.py"), PROJECT / "wsgi.py", PROJECT / "gunicorn.conf.py"]
    readers = {
        str(path.relative_to(PROJECT)) for path in sources if reads_environment(path.read_text("utf-8"))
    }

    # The package's first line only sets a variable that must be there before a library loads.
    assert readers - {"bot/__init__.py"} == {"bot/settings.py"}


def _is_of_request(node):
    """A request has an environ of its own, which says nothing of the process's."""
    return ast.unparse(node) == "request.environ"


def reads_environment(source):
    """Whether the code names one of the ways to the environment, or the library that reads it."""
    nodes = list(ast.walk(ast.parse(source)))
    attributes = {node.attr for node in nodes if isinstance(node, ast.Attribute) and not _is_of_request(node)}
    imported = {alias.name for node in nodes if isinstance(node, ast.ImportFrom) for alias in node.names}
    modules = {node.module for node in nodes if isinstance(node, ast.ImportFrom)}
    return bool(ENVIRONMENT & (attributes | imported) or modules & {"pydantic_settings", "dotenv"})


@pytest.mark.parametrize(
    "source",
    [
        "import os\nos.environ['A']",
        "import os as o\no.getenv('A')",
        "from os import environ",
        "from os import getenv as g",
        "from dotenv import dotenv_values",
    ],
)
def test_every_usual_way_to_the_environment_is_noticed(source):
    assert reads_environment(source)
