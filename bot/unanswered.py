"""What customers asked in vain, for the operator: sorted beside the requests, kept until there is more."""

from __future__ import annotations

import logging
import threading
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from bot.domain import Language, Query
from bot.errors import BotError
from bot.ports import Embedder
from bot.processes import step_back
from bot.question_grouping import Question, open_groups
from bot.reports_teaching import (
    Ask,
    Dismissal,
    Overview,
    Progress,
    QuestionGroup,
    Want,
)
from bot.retrieval.loaded_index import LoadedIndex
from bot.retrieval.question_sorting import QuestionSorter

_log = logging.getLogger(__name__)
MOST_ASKS = 20_000
MOST_QUESTIONS, FIRST_QUESTIONS = 2_000, 200
# Seconds that a page waits for the sorting before it shows how far that is.
PATIENCE = 1.5
Normalise = Callable[[str], Query]


class Rows(Protocol):
    """Where the questions are; raises StoreError."""

    def newest(self) -> tuple[float, ...]:
        """Changes when there are others to read."""
        ...

    def asks(self, most: int) -> list[Ask]:
        """The newest of each kind, at most so many; newest first."""
        ...

    def dismissals(self) -> list[Dismissal]:
        """What was put aside."""
        ...

    def dismiss(self, keys: Sequence[str], times: int) -> None:
        """Put questions aside."""
        ...

    def restore(self, keys: Sequence[str]) -> None:
        """Take that back."""
        ...


@dataclass(frozen=True)
class _Result:
    token: object
    overview: Overview


class Unanswered:
    """One for each process. The sorting runs in a thread of its own, one at a time."""

    def __init__(
        self,
        rows: Callable[[], Rows],
        index: Callable[[], LoadedIndex],
        remembering: Callable[[Embedder], Embedder],
        normalise: Normalise,
    ) -> None:
        """``remembering`` gives an embedder that asks another only for what was never embedded before."""
        self._rows = rows
        self._index = index
        self._remembering = remembering
        self._normalise = normalise
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._sorter: QuestionSorter | None = None
        self._result = _Result(None, Overview(None))
        self._progress = Progress()
        self._error: Exception | None = None

    def overview(self, patience: float = PATIENCE) -> Overview:
        """The groups as they are known; newer ones may be on their way.

        Raises StoreError, and IndexUnusableError where no version serves.
        """
        token = (self._rows().newest(), self._index().version)
        if self._result.token != token:
            thread = self._started(token)
            thread.join(patience)
            self._raise_failure()
        result = self._result
        found = replace(result.overview, progress=Progress() if result.token == token else self._progress)
        if found.groups is None:
            return found
        put_aside = {dismissal.key: dismissal for dismissal in self._rows().dismissals()}
        return replace(found, groups=tuple(_dismissed(group, put_aside) for group in found.groups))

    def dismiss(self, group: QuestionGroup, times: int) -> None:
        """Hide a group until it is asked so many times more; raises StoreError."""
        self._rows().dismiss([question.key for question in group.questions], times)

    def restore(self, group: QuestionGroup) -> None:
        """Show it again; raises StoreError."""
        self._rows().restore([question.key for question in group.questions])

    def _started(self, token: object) -> threading.Thread:
        with self._lock:
            if self._thread is None or not self._thread.is_alive():
                self._error, self._progress = None, Progress()
                self._thread = threading.Thread(
                    target=self._run, args=(token,), name="unanswered", daemon=True
                )
                self._thread.start()
            return self._thread

    def _raise_failure(self) -> None:
        if self._error is not None:
            raise self._error

    def _run(self, token: object) -> None:
        step_back()
        try:
            asks = self._rows().asks(MOST_ASKS)
            if self._result.overview.groups is None:
                # Something to begin with: the rest follows.
                self._result = _Result(None, self._sorted(asks, FIRST_QUESTIONS))
            self._result = _Result(token, self._sorted(asks, MOST_QUESTIONS))
        except BotError as error:
            self._error = error
        except Exception as error:  # the page must say so, a thread's last words it would not see
            _log.exception("the unanswered questions could not be grouped")
            self._error = error

    def _sorted(self, asks: Sequence[Ask], most: int) -> Overview:
        sorter = self._sorter_of(self._index())
        known = self._distinct(asks)
        known = [q for q in known if q.is_down or not sorter.is_phrasing(q.query)]
        questions = sorted(known, key=lambda q: (-len(q.asks), -q.asks[0].at, q.query.key))[:most]
        found = sorter.sort([question.query for question in questions], self._reporter(len(questions)))
        groups = open_groups(questions, found.groups, found.rankings, sorter, self._entry_question)
        is_cut = any(sum(ask.want is want for ask in asks) >= MOST_ASKS for want in Want)
        return Overview(tuple(groups), Progress(), len(known) - len(questions), is_cut)

    def _sorter_of(self, index: LoadedIndex) -> QuestionSorter:
        if self._sorter is None or self._sorter.version != index.version:
            self._sorter = QuestionSorter(index, self._remembering(index.embedder))
        return self._sorter

    def _distinct(self, asks: Iterable[Ask]) -> list[Question]:
        queries: dict[str, Query] = {}
        by_key: dict[str, list[Ask]] = defaultdict(list)
        for ask in asks:
            query = queries.get(ask.text) or queries.setdefault(ask.text, self._normalise(ask.text))
            by_key[query.key].append(ask)
        return [Question(queries[own[0].text], tuple(own)) for key, own in by_key.items() if key]

    def _reporter(self, total: int) -> Callable[[int], None]:
        def report(done: int) -> None:
            self._progress = Progress(done, total)

        return report

    def _entry_question(self, entry_id: str, language: Language) -> str:
        entry = self._index().entry(entry_id, language)
        return entry.question if entry else entry_id


def _dismissed(group: QuestionGroup, put_aside: dict[str, Dismissal]) -> QuestionGroup:
    own = [found for question in group.questions if (found := put_aside.get(question.key))]
    if not own:
        return group
    last = max(own, key=lambda dismissal: dismissal.at)
    since = sum(ask.at > last.at for ask in group.asks)
    return replace(group, dismissal=last) if since < last.times else group
