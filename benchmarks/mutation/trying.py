"""Mutants of a few modules against the tests: ``python -m benchmarks.mutation.trying JOB VERDICTS``.

The tests are collected once. Each mutant then gets a fork of this process that has run no test, so that
nothing remembered hides a change, and only those tests that call the changed function; the first that fails
ends it. Where a test module calls the function already as it is imported, it is imported anew.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from benchmarks.mutation.forks import in_fork
from benchmarks.mutation.importing import Finder
from benchmarks.mutation.reaching import forget, noted, reached_by

# A mutant may take this much longer than all of its tests took unchanged; one that is stuck counts as killed.
_LONGER, _AT_LEAST_SECONDS, _ANEW_SECONDS = 5, 3, 120
_OPTIONS = ("-q", "-s", "-x", "--no-header", "--no-cov", "-p", "no:cacheprovider", "-m", "not model")
KILLED, SURVIVED, STUCK, UNREACHED = "killed", "survived", "stuck", "unreached"


@dataclass(frozen=True)
class Job:
    """Modules of one package, those of their mutants to try, in order, and for how long.

    ``codes``: by module its file, and its code with all mutants; ``names``: modules' and mutants', dotted;
    ``reached``: the file for which tests reach which function.
    """

    package: str
    codes: dict[str, tuple[str, str]]
    tests: list[str]
    names: list[str]
    minutes: float
    reached: str


class Trying:
    """A plugin of pytest that runs the collected tests for each mutant in place of once."""

    def __init__(self, job: Job, verdicts: Path, at_import: set[str]) -> None:
        self._job, self._verdicts, self._at_import = job, verdicts, at_import

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Try mutants until all are tried or the time is over."""
        at_import = frozenset(self._at_import)
        package = self._job.package
        reached = reached_by(session, Path(self._job.reached), package)
        given_up = time.monotonic() + 60 * self._job.minutes
        verdicts: dict[str, str] = {}
        for name in self._job.names:
            if time.monotonic() > given_up:
                break
            function = name.rpartition("__mutmut_")[0]
            forget(package)
            verdict = _verdict(session, name, reached.get(function, {}))
            if function in at_import and verdict in (SURVIVED, UNREACHED):
                verdict = self._anew(name)
            verdicts[name] = verdict
            self._verdicts.write_text(json.dumps(verdicts))
        return True

    def _anew(self, name: str) -> str:
        return _named(in_fork(lambda: _collected_anew(self._job), name, _ANEW_SECONDS))


def _collected_anew(job: Job) -> int:
    for name in [name for name in sys.modules if name.partition(".")[0] == "tests"]:
        del sys.modules[name]
    with tempfile.TemporaryDirectory() as folder:
        return int(pytest.main([*_OPTIONS, "--basetemp", f"{folder}/tests", *job.tests]))


def _verdict(session: pytest.Session, name: str, tests: dict[str, float]) -> str:
    if not tests:
        return UNREACHED
    items = [item for item in session.items if item.nodeid in tests]
    items.sort(key=lambda item: tests[item.nodeid])
    seconds = int(_LONGER * sum(tests.values())) + _AT_LEAST_SECONDS
    return _named(in_fork(lambda: _run(session, items), name, seconds))


def _named(status: int) -> str:
    if os.WIFSIGNALED(status):
        return STUCK
    return KILLED if status else SURVIVED


def _run(session: pytest.Session, items: list[pytest.Item]) -> int:
    for item, following in zip(items, [*items[1:], None], strict=True):
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
        if session.testsfailed:
            return 1
    return 0


def main() -> None:
    """Try what the job says; the verdicts are written after each mutant."""
    job = Job(**json.loads(Path(sys.argv[1]).read_text("utf-8")))
    sys.meta_path.insert(0, Finder(job.codes))  # type: ignore[arg-type]
    with tempfile.TemporaryDirectory(dir="/dev/shm" if os.path.isdir("/dev/shm") else None) as folder:
        options = [*_OPTIONS, "--basetemp", f"{folder}/tests"]
        sys.exit(pytest.main([*options, *job.tests], plugins=[Trying(job, Path(sys.argv[2]), noted())]))


if __name__ == "__main__":
    main()
