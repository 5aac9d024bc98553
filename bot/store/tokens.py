"""Access tokens where all workers find them, sealed; and the lease that one fetches under."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy import bindparam, delete, insert, select

from bot.errors import StoreError
from bot.store.database import Database
from bot.store.leases import Leases
from bot.store.prepared import Prepared
from bot.store.secrets import Secrets
from bot.store.tables import tokens
from bot.wechat.tokens import Token

_LEASE_SECONDS = 20.0
_POLL_SECONDS = 0.05
_GET = Prepared(
    select(tokens.c.token, tokens.c.fetched_at, tokens.c.fresh_until).where(
        tokens.c.app_id == bindparam("app_id")
    )
)


class StoredTokens:
    """A ``bot.wechat.tokens.TokenCache`` in the database."""

    def __init__(
        self,
        database: Database,
        secrets: Secrets,
        clock: Callable[[], float],
        sleep: Callable[[float], object],
    ) -> None:
        self._database = database
        self._secrets = secrets
        self._leases = Leases(database, clock)
        self._clock = clock
        self._sleep = sleep

    def get(self, app_id: str) -> Token | None:
        """The token last put; None also when it was sealed with another key."""
        with self._database.looking_up() as connection:
            row = _GET.run(connection, {"app_id": app_id}).fetchone()
        try:
            return Token(self._secrets.unseal(row[0]), *row[1:]) if row else None
        except StoreError:
            return None

    def put(self, app_id: str, token: Token) -> None:
        """Remember this token in place of any other."""
        row = {
            "app_id": app_id,
            "token": self._secrets.seal(token.value),
            "fetched_at": token.fetched_at,
            "fresh_until": token.fresh_until,
        }
        with self._database.transaction() as connection:
            connection.execute(delete(tokens).where(tokens.c.app_id == app_id))
            connection.execute(insert(tokens).values(**row))

    @contextmanager
    def lock(self, app_id: str) -> Iterator[None]:
        """Held by one worker at a time; a lease, so that a killed holder does not block the rest."""
        name, owner = f"token:{app_id}", uuid.uuid4().hex
        while not self._acquire(name, owner):
            self._sleep(_POLL_SECONDS)
        try:
            yield
        finally:
            self._leases.release(name, owner)

    def _acquire(self, name: str, owner: str) -> bool:
        return self._leases.acquire(name, owner, self._clock() + _LEASE_SECONDS)
