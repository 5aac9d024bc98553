"""The stores put together from settings: one database and one key for all channels."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

from bot.domain import LogState
from bot.settings import Settings
from bot.store.api_keys import ApiKeyRows
from bot.store.audit import AuditLog
from bot.store.conversations import Conversations
from bot.store.database import USUAL_PATIENCE, Database
from bot.store.desk_access import DeskAccess
from bot.store.feedback import FeedbackRows
from bot.store.jobs import Jobs
from bot.store.knowledge_edits import KnowledgeEdits
from bot.store.known_keys import KnownKeys
from bot.store.question_figures import QuestionFigures
from bot.store.question_log import QuestionLog
from bot.store.question_rows import QuestionRows
from bot.store.question_search import QuestionSearch
from bot.store.retention import Retention
from bot.store.secrets import Secrets, load_key
from bot.store.unanswered import UnansweredRows
from bot.store.user_data import UserData

KEY_FILE = "secret.key"
DATABASE_FILE = "bot.db"


@dataclass(frozen=True)
class Stores:
    """Opens files and database on first use only; ``observe_log`` is told how the question log is doing."""

    settings: Settings
    observe_log: Callable[[LogState], None] = lambda state: None
    _opened: list[Database] = field(default_factory=list, init=False, repr=False)

    @cached_property
    def database(self) -> Database:
        """The database with its usual patience; raises SettingsError."""
        return self._open(USUAL_PATIENCE)

    @cached_property
    def secrets(self) -> Secrets:
        """What users and tokens are hidden with; raises StoreError when there can be no key."""
        return Secrets(load_key(self.settings.data_dir / KEY_FILE))

    @cached_property
    def jobs(self) -> Jobs:
        """The rebuilds that were asked for; raises SettingsError."""
        return Jobs(self.database, time.time)

    def conversations(self, max_age: float, patience: float) -> Conversations:
        """The conversations of ``max_age`` seconds, in a database that is waited for ``patience`` seconds.

        Raises SettingsError or StoreError.
        """
        return Conversations(self._open(patience), self.secrets, time.time, max_age)

    def late_conversations(self, max_age: float) -> Conversations:
        """The same in the database with its usual patience, for what no answer waits for."""
        return Conversations(self.database, self.secrets, time.time, max_age)

    @cached_property
    def question_log(self) -> QuestionLog:
        """This process's way to the log; it opens files and database in its own time."""
        # Looked up when they are called: not before is anything opened.
        return QuestionLog(
            lambda batch: self.question_rows.add(batch),
            lambda between_steps: self.retention.purge_nightly(between_steps),
            observe=self.observe_log,
        )

    @cached_property
    def question_rows(self) -> QuestionRows:
        """The log's rows; raises SettingsError or StoreError."""
        return QuestionRows(self.database, self.secrets)

    @cached_property
    def retention(self) -> Retention:
        """What deletes old rows; raises SettingsError."""
        return Retention(self.database, time.time, self.settings.retention_days)

    @cached_property
    def desk_access(self) -> DeskAccess:
        """Who may use the desk; raises SettingsError or StoreError."""
        return DeskAccess(self.database, self.secrets, time.time)

    @cached_property
    def audit(self) -> AuditLog:
        """What operators did; raises SettingsError."""
        return AuditLog(self.database, time.time)

    @property
    def api_keys(self) -> ApiKeyRows:
        """The API's keys; raises SettingsError."""
        return ApiKeyRows(self.database, time.time)

    @cached_property
    def known_keys(self) -> KnownKeys:
        """This process's view of them; it opens the database with the first key that is sent."""
        return KnownKeys(lambda: self.api_keys, time.time)

    @cached_property
    def question_figures(self) -> QuestionFigures:
        """The question log in figures; raises SettingsError."""
        return QuestionFigures(self.database, time.time)

    @cached_property
    def question_search(self) -> QuestionSearch:
        """What looks for questions in the log; raises SettingsError."""
        return QuestionSearch(self.database)

    def feedback(self) -> FeedbackRows:
        """What users think of the answers; raises SettingsError."""
        return FeedbackRows(self.database, time.time)

    def unanswered(self) -> UnansweredRows:
        """What was asked in vain; raises SettingsError."""
        return UnansweredRows(self.database, time.time)

    def knowledge_edits(self) -> KnowledgeEdits:
        """What was changed from the desk; raises SettingsError."""
        return KnowledgeEdits(self.database, time.time)

    def user_data(self) -> UserData:
        """What is kept of a user; raises SettingsError or StoreError."""
        return UserData(self.database, self.secrets, time.time)

    def close(self) -> None:
        """Write what is waiting for the log, and give all connections back."""
        self.question_log.close()
        self.known_keys.close()
        for database in self._opened:
            database.close()

    def _open(self, patience: float) -> Database:
        database = Database(self._address, patience)
        self._opened.append(database)
        return database

    @property
    def _address(self) -> str:
        settings = self.settings
        return settings.database_url or f"sqlite:///{settings.data_dir / DATABASE_FILE}"
