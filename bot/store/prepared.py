"""Statements that are compiled once and handed to the driver as they are.

SQLAlchemy takes ten times as long for a small statement as SQLite does; what every message needs goes
past it, within its transactions and with its errors.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Executable
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
        raise _named(connection, sql, error) from error
    return cursor


def _named(connection: Connection | Direct, sql: str, error: Exception) -> BaseException:
    """SQLAlchemy's error for the driver's, without what the parameters hold."""
    dialect = connection.dialect
    base = dialect.loaded_dbapi.Error
    return DBAPIError.instance(sql, None, error, base, hide_parameters=True, dialect=dialect)
