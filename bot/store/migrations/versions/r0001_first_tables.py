"""The tables that were made without migrations at first.

A database of that time has them already, so only what is missing is made: that adopts it.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply it."""
    _make_wechat_tables()
    _make_conversations_and_questions()
    _make_tokens_and_leases()


def _make_wechat_tables() -> None:
    op.create_table(
        "pushes",
        sa.Column("key", sa.String(255), primary_key=True),
        sa.Column("reply_kind", sa.String(16), nullable=False),
        sa.Column("reply_text", sa.Text, nullable=False),
        sa.Column("settled_at", sa.Float, nullable=False),
        if_not_exists=True,
    )
    _index("pushes", "settled_at")
    op.create_table(
        "outbox",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("account", sa.String(64), nullable=False),
        sa.Column("user", sa.String(64), nullable=False),
        sa.Column("recipient", sa.LargeBinary, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("not_before", sa.Float, nullable=False),
        sa.Column("expires_at", sa.Float, nullable=False),
        sa.Column("error", sa.Text, nullable=False),
        if_not_exists=True,
    )
    op.create_index("outbox_due", "outbox", ["state", "not_before"], if_not_exists=True)


def _make_conversations_and_questions() -> None:
    op.create_table(
        "conversations",
        sa.Column("channel", sa.String(64), primary_key=True),
        sa.Column("user", sa.String(64), primary_key=True),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("updated_at", sa.Float, nullable=False),
        if_not_exists=True,
    )
    _index("conversations", "updated_at")
    op.create_table(
        "questions",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("asked_at", sa.Float, nullable=False),
        sa.Column("channel", sa.String(64), nullable=False),
        sa.Column("user", sa.String(64), nullable=False),
        sa.Column("language", sa.String(8), nullable=False),
        sa.Column("question", sa.Text, nullable=False),
        sa.Column("outcome", sa.String(16), nullable=False),
        sa.Column("entry", sa.String(128), nullable=False),
        sa.Column("confidence", sa.Float, nullable=False),
        sa.Column("index_version", sa.String(64), nullable=False),
        if_not_exists=True,
    )
    _index("questions", "asked_at")
    _index("questions", "user")


def _make_tokens_and_leases() -> None:
    op.create_table(
        "tokens",
        sa.Column("app_id", sa.String(64), primary_key=True),
        sa.Column("token", sa.LargeBinary, nullable=False),
        sa.Column("fetched_at", sa.Float, nullable=False),
        sa.Column("fresh_until", sa.Float, nullable=False),
        if_not_exists=True,
    )
    op.create_table(
        "leases",
        sa.Column("name", sa.String(128), primary_key=True),
        sa.Column("owner", sa.String(64), nullable=False),
        sa.Column("until", sa.Float, nullable=False),
        if_not_exists=True,
    )


def _index(table: str, column: str) -> None:
    op.create_index(f"ix_{table}_{column}", table, [column], if_not_exists=True)


def downgrade() -> None:
    """Undo it."""
    for table in ("leases", "tokens", "questions", "conversations", "outbox", "pushes"):
        op.drop_table(table)
