"""What several threads want written, in one transaction: to commit costs more than what is committed.

Whoever finds nobody writing writes for all who wait by then; who comes meanwhile belongs to the next group.
Nobody waits for company, and everybody goes on when their own write is committed.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, Generic, TypeVar

from bot.errors import StoreError
from bot.store.database import Database
from bot.store.prepared import Direct

Result = TypeVar("Result")


@dataclass(eq=False)
class _Wanted(Generic[Result]):
    """A write, and what came of it once it is over."""

    whose: str
    write: Callable[[Direct], Result]
    is_over: bool = False
    result: Result | None = None
    error: Exception | None = None


class GroupCommit:
    """The writes of one process. Each group in the order of users: rows are locked in the same everywhere."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._waiting: deque[_Wanted[Any]] = deque()
        self._turn = threading.Lock()

    def run(self, whose: str, write: Callable[[Direct], Result]) -> Result:
        """What ``write`` gave, once it is committed; raises what it raised, or StoreError.

        It may be run twice, then in another transaction than before.
        """
        wanted = _Wanted(whose, write)
        self._waiting.append(wanted)
        with self._turn:
            if not wanted.is_over:
                self._commit(self._taken())
        if wanted.error:
            raise wanted.error
        return wanted.result  # type: ignore[return-value]

    def _taken(self) -> list[_Wanted[Any]]:
        return [self._waiting.popleft() for _ in range(len(self._waiting))]

    def _commit(self, group: Sequence[_Wanted[Any]]) -> None:
        try:
            with self._database.writing() as connection:
                for each in sorted(group, key=attrgetter("whose")):
                    each.result = each.write(connection)
        except StoreError as error:  # who came meanwhile has waited for the same database
            _end([*group, *self._taken()], error)
        except Exception as error:  # one of them is to blame, and is the only one to hear of it
            if len(group) == 1:
                _end(group, error)
            else:
                for each in group:
                    self._commit([each])
        else:
            _end(group)


def _end(group: Sequence[_Wanted[Any]], error: Exception | None = None) -> None:
    for each in group:
        each.is_over, each.error = True, error
