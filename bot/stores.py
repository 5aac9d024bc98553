"""The stores put together from settings: one database and one key for all channels."""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import cached_property

from bot.settings import Settings
from bot.store.conversations import Conversations
from bot.store.database import Database
from bot.store.jobs import Jobs
from bot.store.secrets import Secrets, load_key

KEY_FILE = "secret.key"
DATABASE_FILE = "bot.db"


@dataclass(frozen=True)
class Stores:
    """Opens files and database on first use only."""

    settings: Settings

    @cached_property
    def database(self) -> Database:
        """The database with its usual patience; raises SettingsError."""
        return Database(self._address)

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
        database = Database(self._address, patience)
        return Conversations(database, self.secrets, time.time, max_age)

    @property
    def _address(self) -> str:
        settings = self.settings
        return settings.database_url or f"sqlite:///{settings.data_dir / DATABASE_FILE}"
