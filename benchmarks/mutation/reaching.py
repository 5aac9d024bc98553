"""Which tests reach which function, while nothing is changed."""

from __future__ import annotations

import gc
import json
import re
import sys
import time
from contextlib import suppress
from functools import cache
from importlib import import_module
from inspect import signature
from pathlib import Path
from typing import Any, TypedDict

import pytest
from mutmut.mutation import trampoline

from benchmarks.mutation.forks import STATISTICS, in_fork

_Remembering = type(cache(len))
Reached = dict[str, dict[str, float]]
_OURS = re.compile(r"(?:bot|tests|benchmarks)\b")


class Noted(TypedDict):
    """What is found out while nothing is changed."""

    reached: Reached
    libraries: list[str]


def reached_by(session: pytest.Session, file: Path, package: str) -> Reached:
    """Each function's tests and how many seconds each took, nothing being changed; noted in a file.

    Libraries that the tests import late are imported here, else every fork would do so anew.
    """
    newest = max(test.stat().st_mtime for test in Path("tests").rglob("*.py"))
    if not file.exists() or file.stat().st_mtime < newest:
        status = in_fork(lambda: _recorded(session, file, package), STATISTICS, 3600)
        if status:
            sys.exit(f"the tests fail before anything is changed: {status}")
    found: Noted = json.loads(file.read_text())
    for name in found["libraries"]:
        with suppress(ImportError):
            import_module(name)
    gc.freeze()
    return found["reached"]


def _recorded(session: pytest.Session, file: Path, package: str) -> int:
    reached: Reached = {}
    hits, before = noted(), set(sys.modules)
    shared = SharedFixtures(hits)
    session.config.pluginmanager.register(shared)
    for item, following in zip(session.items, [*session.items[1:], None], strict=True):
        forget(package)
        hits.clear()
        started = time.process_time()
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
        for function in hits | shared.hits_of(item):
            reached.setdefault(function, {})[item.nodeid] = time.process_time() - started
    if not session.testsfailed:
        libraries = [name for name in sys.modules if name not in before and not _OURS.match(name)]
        file.write_text(json.dumps(Noted(reached=reached, libraries=libraries)))
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


def forget(package: str) -> None:
    """Empty what a package remembers in the process, else a test reaches nothing that one before it did.

    What takes no arguments is read from a file of data, which takes long.
    """
    for module in [module for name, module in sys.modules.items() if name.startswith(package)]:
        for value in list(vars(module).values()):
            if isinstance(value, _Remembering) and signature(value).parameters:
                value.cache_clear()


def noted() -> set[str]:
    """The functions that are called from now on, while nothing is changed."""
    hits: set[str] = set()
    trampoline.record_trampoline_hit = lambda name, caller=None: hits.add(name)
    trampoline.set_mutant_under_test(STATISTICS)
    return hits
