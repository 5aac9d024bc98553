"""Brings a database's tables to what this program needs, whichever worker comes first."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, inspect, text

from bot.errors import StoreError

# The last step in ``migrations/versions``; here so that a worker need not read them all to know.
HEAD = "0008"
MIGRATIONS = Path(__file__).parent / "migrations"
_VERSION = text("SELECT version_num FROM alembic_version")
# Any number will do, as long as nothing else in the database locks the same one.
_LOCK = text("SELECT pg_advisory_xact_lock(7217041156)")


def version(connection: Connection) -> str:
    """The last step that was applied; empty when none was."""
    if not inspect(connection).has_table("alembic_version"):
        return ""
    return connection.execute(_VERSION).scalar_one_or_none() or ""


def migrate(connection: Connection) -> str:
    """Apply the missing steps in the connection's transaction; the version it was before.

    Of several at once the first applies them and the others find nothing to do. Raises StoreError when
    the database is newer than this program.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(_LOCK)
    before = version(connection)
    if before > HEAD:
        raise StoreError(
            "the database is of a newer version (%(before)s, not %(newest)s); update the program",
            before=before,
            newest=HEAD,
        )
    if before != HEAD:
        _upgrade(connection)
    return before


def _upgrade(connection: Connection) -> None:
    # Imported here: a worker whose database is as it should be, which is nearly always, does without.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
