"""Who may use the operator's desk: passwords, sessions, and a pause after many wrong attempts."""

from __future__ import annotations

import hashlib
import secrets
import uuid
from collections.abc import Callable
from functools import cache

from sqlalchemy import Connection, delete, func, insert, select, update

from bot.errors import SettingsError
from bot.reports import DeskSession, Login
from bot.store.database import Database
from bot.store.passwords import hashed, is_right
from bot.store.secrets import Secrets
from bot.store.tables import desk_sessions, login_attempts, operators

LEAST_PASSWORD, LONGEST_NAME = 10, 64
IDLE_SECONDS, LONGEST_SECONDS = 8 * 3600.0, 7 * 86400.0
PAUSE_SECONDS = 15 * 60.0
# An address that guesses is stopped soon; a name only when many addresses guess it, or anybody could keep
# its owner out.
FAILURES_OF_ADDRESS, FAILURES_OF_NAME = 5, 50
_SEEN_EVERY = 60.0


class DeskAccess:
    """A ``bot.ports.DeskAccess`` in the database; raises StoreError when it cannot be reached."""

    def __init__(self, database: Database, secrets: Secrets, clock: Callable[[], float]) -> None:
        self._database = database
        self._secrets = secrets
        self._clock = clock

    def set_password(self, name: str, password: str) -> None:
        """Let an operator in with this password; whoever is logged in under the name is logged out.

        Raises SettingsError for a name or password that will not do.
        """
        _require_usable(name, password)
        row = {"password": hashed(password), "changed_at": self._clock()}
        with self._database.transaction() as connection:
            self._forget(connection, name)
            connection.execute(insert(operators).values(name=name, **row))

    def remove(self, name: str) -> bool:
        """Let an operator in no more; False if there was none of that name."""
        with self._database.transaction() as connection:
            return self._forget(connection, name)

    def names(self) -> list[str]:
        """The operators who have a password."""
        with self._database.reading() as connection:
            return sorted(connection.execute(select(operators.c.name)).scalars())

    def log_in(self, name: str, password: str, address: str) -> Login:
        """Begin a session, unless name or password is wrong, or one was wrong too often lately."""
        keys = self._keys(name, address)
        # An attempt counts before it is looked at: of many at once, no more are looked at than may fail.
        if wait := self._count_attempt(keys):
            return Login(wait=wait)
        with self._database.reading() as connection:
            query = select(operators.c.password).where(operators.c.name == name)
            stored = connection.execute(query).scalar_one_or_none()
        # A name that nobody has takes as long, so that names cannot be found out.
        if not is_right(password, stored or _nobodys_password()) or stored is None:
            return Login()
        return Login(token=self._begin(name, keys))

    def session(self, token: str) -> DeskSession | None:
        """The session of a token, with its notice, which is then gone; None if it is over."""
        key, now = _digest(token), self._clock()
        with self._database.reading() as connection:
            query = select(desk_sessions).where(desk_sessions.c.token == key)
            row = connection.execute(query).one_or_none()
        if row is None or now > min(row.seen_at + IDLE_SECONDS, row.begun_at + LONGEST_SECONDS):
            return None
        if row.notice or now > row.seen_at + _SEEN_EVERY:
            self._change(key, seen_at=now, notice="")
        return DeskSession(row.operator, row.csrf_token, row.notice)

    def leave_notice(self, token: str, text: str) -> None:
        """Show this on the session's next page."""
        self._change(_digest(token), notice=text)

    def log_out(self, token: str) -> None:
        """End the session."""
        with self._database.transaction() as connection:
            connection.execute(delete(desk_sessions).where(desk_sessions.c.token == _digest(token)))

    def _keys(self, name: str, address: str) -> dict[str, int]:
        """What attempts are counted by, and how many may fail."""
        return {
            self._secrets.user("login address", address): FAILURES_OF_ADDRESS,
            self._secrets.user("login name", name): FAILURES_OF_NAME,
        }

    def _count_attempt(self, keys: dict[str, int]) -> float:
        """Seconds to wait, or 0 if this attempt may be looked at."""
        now = self._clock()
        rows = [{"key": key, "attempt": uuid.uuid4().hex, "at": now} for key in keys]
        with self._database.transaction() as connection:
            connection.execute(delete(login_attempts).where(login_attempts.c.at <= now - PAUSE_SECONDS))
            connection.execute(insert(login_attempts), rows)
        with self._database.transaction() as connection:
            firsts = [_first_of_too_many(connection, key, at_most) for key, at_most in keys.items()]
            if not any(firsts):
                return 0.0
            # What was not looked at does not count, or whoever goes on trying would wait for ever.
            mine = login_attempts.c.attempt.in_([row["attempt"] for row in rows])
            connection.execute(delete(login_attempts).where(mine))
        return max(firsts) + PAUSE_SECONDS - now

    def _begin(self, name: str, keys: dict[str, int]) -> str:
        token, now = secrets.token_urlsafe(32), self._clock()
        row = {"operator": name, "csrf_token": secrets.token_urlsafe(32), "notice": ""}
        with self._database.transaction() as connection:
            connection.execute(delete(login_attempts).where(login_attempts.c.key.in_(keys)))
            connection.execute(delete(desk_sessions).where(desk_sessions.c.seen_at < now - IDLE_SECONDS))
            connection.execute(
                insert(desk_sessions).values(token=_digest(token), begun_at=now, seen_at=now, **row)
            )
        return token

    def _change(self, key: str, **values: object) -> None:
        with self._database.transaction() as connection:
            connection.execute(update(desk_sessions).where(desk_sessions.c.token == key).values(**values))

    def _forget(self, connection: Connection, name: str) -> bool:
        connection.execute(delete(desk_sessions).where(desk_sessions.c.operator == name))
        return connection.execute(delete(operators).where(operators.c.name == name)).rowcount > 0


def _require_usable(name: str, password: str) -> None:
    if not name.strip() or name != name.strip() or not name.isprintable() or len(name) > LONGEST_NAME:
        raise SettingsError(
            "%(name)s is no name of 1 to %(longest)s printable characters",
            name=repr(name),
            longest=LONGEST_NAME,
        )
    if len(password) < LEAST_PASSWORD:
        raise SettingsError(
            "a password needs %(least)s characters or more; several words do well", least=LEAST_PASSWORD
        )


def _first_of_too_many(connection: Connection, key: str, at_most: int) -> float:
    """When the first attempt that still counts was made, if there are more than may be; else 0."""
    query = select(func.count(), func.min(login_attempts.c.at)).where(login_attempts.c.key == key)
    count, first = connection.execute(query).one()
    return float(first) if count > at_most else 0.0


@cache
def _nobodys_password() -> str:
    return hashed(secrets.token_urlsafe(16))


def _digest(token: str) -> str:
    # A token is long and random: whoever reads the database cannot turn this back.
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
