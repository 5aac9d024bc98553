"""The app over a small knowledge base of the tests' own, built once with the real model."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pytest
from click.testing import Result
from flask import Flask
from flask.testing import FlaskClient

from bot.app import create_app
from bot.operations import Operations
from bot.ports import no_progress
from bot.settings import Settings

if TYPE_CHECKING:
    from tests.postgres import Postgres

TESTS = Path(__file__).parent
KNOWLEDGE = TESTS / "data" / "knowledge"
Cli = Callable[..., Result]
# What runs real databases, servers and processes; the rest, without the model, are the unit tests.
SERVICE_TESTS = (
    *("admin", "channels", "faults", "limiting", "security", "store", "web"),
    *(
        "test_api_fuzz.py",
        "test_cli.py",
        "test_cli_admin.py",
        "test_cli_keys.py",
        "test_cli_store.py",
        "test_exposure.py",
        "test_job_running.py",
        "test_layers.py",
        "test_processes.py",
        "test_rebuilding.py",
    ),
    *("test_serving.py", "test_serving_log.py", "test_serving_metrics.py", "test_watching.py"),
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark by place, so that no test is forgotten."""
    for item in items:
        if any(part in SERVICE_TESTS for part in item.path.relative_to(TESTS).parts):
            item.add_marker("service")


@pytest.fixture
def knowledge_dir(tmp_path: Path) -> Path:
    """A copy of the small knowledge folder that a test may change."""
    return shutil.copytree(KNOWLEDGE, tmp_path / "knowledge")


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A server for all tests; one that stops it starts it again."""
    from tests.postgres import Postgres

    # Not in pytest's folder: the server runs as a user of its own, who may not look into that.
    with TemporaryDirectory() as folder:
        postgres = Postgres(Path(folder) / "data")
        yield postgres
        postgres.server.cleanup()


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings whose index was built from the small knowledge folder; prepares the model if need be."""
    folders = {name: tmp_path_factory.mktemp(name.removesuffix("_dir")) for name in ("index_dir", "data_dir")}
    settings = Settings(knowledge_dir=KNOWLEDGE, rate_per_address="", rate_per_user="", **folders)
    Operations(settings).build(no_progress)
    return settings


@pytest.fixture(scope="session")
def app(built: Settings) -> Flask:
    """One app for all tests: it loads the model once."""
    return create_app(built)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """HTTP requests to a bot that can answer."""
    return app.test_client()


@pytest.fixture
def indexless(tmp_path: Path) -> FlaskClient:
    """HTTP requests to a bot that has no index; it loads no model."""
    folders = {"index_dir": tmp_path / "index", "data_dir": tmp_path / "data"}
    return create_app(Settings(knowledge_dir=KNOWLEDGE, **folders)).test_client()


@pytest.fixture
def cli(app: Flask) -> Cli:
    """Runs ``flask --app wsgi …`` on the built index."""

    def run(*arguments: str | Path) -> Result:
        return app.test_cli_runner().invoke(args=[str(argument) for argument in arguments])

    return run


@pytest.fixture
def fresh_cli(tmp_path: Path) -> Cli:
    """Runs ``flask --app wsgi …`` on the folder ``index`` of the test's own, which is empty at first."""

    def run(*arguments: str | Path, **settings: object) -> Result:
        folders = {"index_dir": tmp_path / "index", "data_dir": tmp_path / "data"}
        folders |= {"knowledge_dir": KNOWLEDGE} | settings
        runner = create_app(Settings(**folders)).test_cli_runner()
        return runner.invoke(args=[str(argument) for argument in arguments])

    return run
