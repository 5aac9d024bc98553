"""What the pages that only read are given by the composition root."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bot.ports import Jobs, KnowledgeIndex, QuestionFigures, QuestionSearch


@dataclass(frozen=True)
class Reports:
    """The question log, the live index and the rebuilds; all but the clock are opened on first use.

    ``index`` raises IndexUnusableError while no version can serve; ``channels``: those that can be asked on.
    """

    figures: Callable[[], QuestionFigures]
    search: Callable[[], QuestionSearch]
    index: Callable[[], KnowledgeIndex]
    jobs: Callable[[], Jobs]
    channels: tuple[str, ...]
    clock: Callable[[], float]
