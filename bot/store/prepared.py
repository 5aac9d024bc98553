"""Statements that are compiled once and handed to the driver as they are.

SQLAlchemy takes ten times as long for a small statement as SQLite does; what every message needs goes
past it, within its transactions and with its errors.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, Executable
from sqlalchemy.engine import Dialect
from sqlalchemy.engine.interfaces import DBAPICursor
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import PoolProxiedConnection
from sqlalchemy.sql.compiler import SQLCompiler


@dataclass(frozen=True)
class Direct:
    """As much of a connection as such statements need, without a transaction of SQLAlchemy's."""

    connection: PoolProxiedConnection
    dialect: Dialect


@contextmanager
def opened(engine: Engine) -> Iterator[Direct]:
    """One from an engine's pool; raises what SQLAlchemy would."""
    try:
        connection = engine.raw_connection()
    except engine.dialect.loaded_dbapi.Error as error:
        raise _named(engine.dialect, "connect", error) from error
    try:
        yield Direct(connection, engine.dialect)
    finally:
        connection.close()


class Prepared:
    """A statement whose parameters are all bound by name. Safe to share between threads and databases."""

    def __init__(self, statement: Executable) -> None:
        self._statement = statement
        self._compiled: dict[str, SQLCompiler] = {}

    def run(self, connection: Connection | Direct, values: Mapping[str, Any]) -> DBAPICursor:
        """The driver's cursor, rows as tuples; raises what SQLAlchemy would."""
        compiled = self._compiled.get(connection.dialect.name) or self._compile(connection)
        names = compiled.positiontup
        parameters = [values[name] for name in names] if names is not None else dict(values)
        return run_raw(connection, compiled.string, parameters)

    def _compile(self, connection: Connection | Direct) -> SQLCompiler:
        compiled: SQLCompiler = self._statement.compile(dialect=connection.dialect)  # type: ignore[attr-defined]
        self._compiled[connection.dialect.name] = compiled
        return compiled


def run_raw(connection: Connection | Direct, sql: str, parameters: Any = ()) -> DBAPICursor:  # noqa: ANN401 - the driver's
    """Run a text on the connection's driver; raises what SQLAlchemy would."""
    cursor = connection.connection.cursor()
    try:
        cursor.execute(sql, parameters)
    except connection.dialect.loaded_dbapi.Error as error:
        raise _named(connection.dialect, sql, error) from error
    return cursor


def commit(direct: Direct) -> None:
    """End a transaction, if there is one; raises what SQLAlchemy would."""
    try:
        direct.connection.commit()
    except direct.dialect.loaded_dbapi.Error as error:
        raise _named(direct.dialect, "commit", error) from error


def _named(dialect: Dialect, sql: str, error: Exception) -> BaseException:
    """SQLAlchemy's error for the driver's, without what the parameters hold."""
    base = dialect.loaded_dbapi.Error
    return DBAPIError.instance(sql, None, error, base, hide_parameters=True, dialect=dialect)
