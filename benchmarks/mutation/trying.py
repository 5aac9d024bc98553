"""Mutants of a few modules against the tests: ``python -m benchmarks.mutation.trying JOB VERDICTS``.

The tests are collected once. Each mutant then gets a fork of this process that has run no test, so that
nothing remembered hides a change, and only those tests that call the changed function; the first that fails
ends it. Where a test module calls the function already as it is imported, it is imported anew.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import spec_from_file_location
from inspect import signature
from pathlib import Path
from typing import Any

import pytest
from mutmut.mutation import trampoline

# A mutant may take this much longer than all of its tests took unchanged; one that is stuck counts as killed.
_LONGER, _AT_LEAST_SECONDS, _ANEW_SECONDS, _STUCK_SECONDS = 5, 10, 120, 240
_OPTIONS = ("-q", "-s", "-x", "--no-header", "--no-cov", "-p", "no:cacheprovider", "-m", "not model")
# What the trampolines in the code note who comes by for.
_STATISTICS = "stats"
KILLED, SURVIVED, STUCK, UNREACHED = "killed", "survived", "stuck", "unreached"
_Remembering = type(cache(len))
Reached = dict[str, dict[str, float]]


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


class Finder:
    """Gives the changed code for modules in place of their files'."""

    def __init__(self, job: Job) -> None:
        self._codes = job.codes

    def find_spec(self, name: str, *_: object) -> ModuleSpec | None:
        """As the import system asks for it."""
        if name not in self._codes:
            return None
        file, code = self._codes[name]
        path = str(Path(file).resolve())
        return spec_from_file_location(name, path, loader=Loader(name, path, code))


class Loader(SourceFileLoader):
    """Source that is not what the file says, and is never cached."""

    def __init__(self, name: str, path: str, code: str) -> None:
        super().__init__(name, path)
        self._code = code

    def get_data(self, path: str) -> bytes:
        """The source."""
        return self._code.encode()

    def path_stats(self, path: str) -> dict[str, float]:
        """Nothing a cache could go by."""
        raise OSError


class Trying:
    """A plugin of pytest that runs the collected tests for each mutant in place of once."""

    def __init__(self, job: Job, verdicts: Path, at_import: set[str]) -> None:
        self._job, self._verdicts, self._at_import = job, verdicts, at_import

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Try mutants until all are tried or the time is over."""
        at_import = frozenset(self._at_import)
        package = self._job.package
        reached = _reached(session, Path(self._job.reached), package)
        given_up = time.monotonic() + 60 * self._job.minutes
        verdicts: dict[str, str] = {}
        for name in self._job.names:
            if time.monotonic() > given_up:
                break
            function = name.rpartition("__mutmut_")[0]
            _forget(package)
            verdict = _verdict(session, name, reached.get(function, {}))
            if function in at_import and verdict in (SURVIVED, UNREACHED):
                verdict = self._anew(name)
            verdicts[name] = verdict
            self._verdicts.write_text(json.dumps(verdicts))
        return True

    def _anew(self, name: str) -> str:
        return _named(_in_fork(lambda: _collected_anew(self._job), name, _ANEW_SECONDS))


def _collected_anew(job: Job) -> int:
    for name in [name for name in sys.modules if name.partition(".")[0] == "tests"]:
        del sys.modules[name]
    with tempfile.TemporaryDirectory() as folder:
        return int(pytest.main([*_OPTIONS, "--basetemp", f"{folder}/tests", *job.tests]))


def _reached(session: pytest.Session, file: Path, package: str) -> Reached:
    """Each function's tests and the seconds they took, nothing being changed; noted in a file."""
    newest = max(test.stat().st_mtime for test in Path("tests").rglob("*.py"))
    if not file.exists() or file.stat().st_mtime < newest:
        status = _in_fork(lambda: _recorded(session, file, package), _STATISTICS, 3600)
        if status:
            sys.exit(f"the tests fail before anything is changed: {status}")
    found: Reached = json.loads(file.read_text())
    return found


def _recorded(session: pytest.Session, file: Path, package: str) -> int:
    reached: Reached = {}
    hits = _noted()
    shared = SharedFixtures(hits)
    session.config.pluginmanager.register(shared)
    for item, following in zip(session.items, [*session.items[1:], None], strict=True):
        _forget(package)
        hits.clear()
        started = time.process_time()
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
        for function in hits | shared.hits_of(item):
            reached.setdefault(function, {})[item.nodeid] = time.process_time() - started
    if not session.testsfailed:
        file.write_text(json.dumps(reached))
    return session.testsfailed


class SharedFixtures:
    """Notes what fixtures call that several tests share: a change to it may show in each of those."""

    def __init__(self, hits: set[str]) -> None:
        self._hits, self._of = hits, dict[str, set[str]]()

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef: Any) -> Any:  # noqa: ANN401 - as pytest gives it
        """Around each fixture."""
        before = set(self._hits)
        self._hits.clear()
        result = yield
        if fixturedef.scope != "function":
            self._of.setdefault(fixturedef.argname, set()).update(self._hits)
        self._hits |= before
        return result

    def hits_of(self, item: Any) -> set[str]:  # noqa: ANN401 - a test that has fixtures
        """What the shared fixtures of a test have called."""
        return set().union(*(self._of.get(name, set()) for name in item.fixturenames))


def _forget(package: str) -> None:
    """Empty what a package remembers in the process, else a test reaches nothing that one before it did.

    What takes no arguments is read from a file of data, which takes long.
    """
    for module in [module for name, module in sys.modules.items() if name.startswith(package)]:
        for value in list(vars(module).values()):
            if isinstance(value, _Remembering) and signature(value).parameters:
                value.cache_clear()


def _noted() -> set[str]:
    """The functions that are called from now on, while nothing is changed."""
    hits: set[str] = set()
    trampoline.record_trampoline_hit = lambda name, caller=None: hits.add(name)
    trampoline.set_mutant_under_test(_STATISTICS)
    return hits


def _verdict(session: pytest.Session, name: str, tests: dict[str, float]) -> str:
    if not tests:
        return UNREACHED
    items = [item for item in session.items if item.nodeid in tests]
    items.sort(key=lambda item: tests[item.nodeid])
    seconds = int(_LONGER * sum(tests.values())) + _AT_LEAST_SECONDS
    return _named(_in_fork(lambda: _run(session, items), name, seconds))


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


def _in_fork(work: Callable[[], int], mutant: str, seconds: int) -> int:
    """Its status, as ``waitpid`` gives it, after what it started has ended too."""
    sys.stdout.flush()
    if not (pid := os.fork()):
        _alone(work, mutant, seconds)
    _, status = os.waitpid(pid, 0)
    with suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)
    return status


def _alone(work: Callable[[], int], mutant: str, seconds: int) -> None:
    os.setpgid(0, 0)
    os.dup2(os.open(os.devnull, os.O_WRONLY) if mutant != _STATISTICS else 2, 1)
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    signal.alarm(_STUCK_SECONDS + 10 * seconds)
    trampoline.set_mutant_under_test(mutant)
    try:
        os._exit(min(work(), 1))
    except BaseException:
        os._exit(1)


def main() -> None:
    """Try what the job says; the verdicts are written after each mutant."""
    job = Job(**json.loads(Path(sys.argv[1]).read_text("utf-8")))
    sys.meta_path.insert(0, Finder(job))  # type: ignore[arg-type]
    with tempfile.TemporaryDirectory(dir="/dev/shm" if os.path.isdir("/dev/shm") else None) as folder:
        options = [*_OPTIONS, "--basetemp", f"{folder}/tests"]
        sys.exit(pytest.main([*options, *job.tests], plugins=[Trying(job, Path(sys.argv[2]), _noted())]))


if __name__ == "__main__":
    main()
