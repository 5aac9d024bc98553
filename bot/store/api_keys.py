"""The API's keys in the database: made, listed, revoked. A secret is seen once, when it is made."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Callable, Collection, Mapping
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError

from bot.domain import ApiKey, Scope
from bot.errors import ApiKeyError
from bot.store.database import Database
from bot.store.tables import api_keys

# So that people, and programs that look for secrets in code, know one when they see it.
_PREFIX = "botkey_"
_BYTES = 32
_NAME = re.compile(r"[A-Za-z0-9._-]{1,64}")


class ApiKeyRows:
    """All keys that were ever made."""

    def __init__(self, database: Database, clock: Callable[[], float]) -> None:
        self._database = database
        self._clock = clock

    def create(self, name: str, scopes: Collection[Scope], expires_at: float | None = None) -> str:
        """A new key's secret, which is not kept; raises ApiKeyError."""
        if not _NAME.fullmatch(name):
            raise ApiKeyError(
                "%(name)s is no name for a key; use 1 to 64 of the characters A-Z a-z 0-9 . _ -",
                name=repr(name),
            )
        secret = _PREFIX + secrets.token_urlsafe(_BYTES)
        row = {"name": name, "digest": digest(secret), "scopes": " ".join(sorted(scopes))}
        times = {"created_at": self._clock(), "expires_at": expires_at}
        try:
            with self._database.transaction() as connection:
                connection.execute(insert(api_keys).values(**row, **times))
        except IntegrityError as error:
            raise ApiKeyError(
                "there is or was a key %(name)s; choose another name, such as %(name)s-2", name=name
            ) from error
        return secret

    def by_digest(self) -> dict[str, ApiKey]:
        """Every key, by the SHA-256 of its secret, oldest first."""
        with self._database.reading() as connection:
            rows = connection.execute(select(api_keys).order_by(api_keys.c.created_at, api_keys.c.name))
            return {row.digest: _key(row) for row in rows}

    def revoke(self, name: str) -> None:
        """Let it open nothing more; raises ApiKeyError."""
        is_it = (api_keys.c.name == name) & api_keys.c.revoked_at.is_(None)
        with self._database.transaction() as connection:
            revoked = connection.execute(update(api_keys).where(is_it).values(revoked_at=self._clock()))
            if not revoked.rowcount:
                raise ApiKeyError(
                    "there is no key %(name)s to revoke; flask --app wsgi keys list shows all", name=name
                )

    def note_used(self, moments: Mapping[str, float]) -> None:
        """Remember when keys were last used, unless another worker saw a later use."""
        with self._database.transaction() as connection:
            for name, used_at in sorted(moments.items()):
                is_later = api_keys.c.used_at.is_(None) | (api_keys.c.used_at < used_at)
                query = update(api_keys).where(api_keys.c.name == name, is_later)
                connection.execute(query.values(used_at=used_at))


def digest(secret: str) -> str:
    """What is kept of a secret: of so many random bits a plain SHA-256 cannot be turned back."""
    return hashlib.sha256(secret.encode()).hexdigest()


def _key(row: Any) -> ApiKey:  # noqa: ANN401 - a row of the table
    scopes = frozenset(Scope(scope) for scope in row.scopes.split() if scope in set(Scope))
    return ApiKey(row.name, scopes, row.created_at, row.used_at, row.expires_at, row.revoked_at)
