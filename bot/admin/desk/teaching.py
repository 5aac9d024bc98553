"""The pages on which the bot is taught: unanswered questions, the entry editor, changes and their rebuild."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.admin.desk.rebuilds import Start
from bot.knowledge.editing import Editor
from bot.ports import Jobs, KnowledgeEdits
from bot.unanswered import Unanswered


@dataclass(frozen=True)
class Teaching:
    """What these pages work with; what opens the database is called on first use.

    ``start`` runs a new job in an operator's name; ``is_live``: whether the live version was built from the
    knowledge as it is now.
    """

    unanswered: Unanswered
    editor: Editor
    edits: Callable[[], KnowledgeEdits]
    jobs: Callable[[], Jobs]
    start: Start
    is_live: Callable[[], bool]
    clock: Callable[[], float]
    timezone: ZoneInfo

    def today(self) -> str:
        """The date in the operator's time zone, ISO 8601."""
        return datetime.fromtimestamp(self.clock(), self.timezone).date().isoformat()


Audit = Callable[[str, str], None]
Notify = Callable[[str], None]
