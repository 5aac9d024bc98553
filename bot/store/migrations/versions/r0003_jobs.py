"""Rebuilds of the index, and which of them a client's idempotency key got."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply it."""
    op.create_table(
        "jobs",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("slot", sa.String(32), nullable=False, unique=True),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("what", sa.Text, nullable=False),
        sa.Column("done", sa.Integer, nullable=False),
        sa.Column("total", sa.Integer, nullable=False),
        sa.Column("log", sa.Text, nullable=False),
        sa.Column("version", sa.String(64), nullable=False),
        sa.Column("report", sa.Text, nullable=False),
        sa.Column("created_at", sa.Float, nullable=False),
        sa.Column("started_at", sa.Float),
        sa.Column("alive_at", sa.Float, nullable=False),
        sa.Column("finished_at", sa.Float),
    )
    op.create_index("ix_jobs_created_at", "jobs", ["created_at"])
    op.create_table(
        "job_keys",
        sa.Column("key", sa.String(64), primary_key=True),
        sa.Column("job", sa.String(32), nullable=False),
    )
    op.create_index("ix_job_keys_job", "job_keys", ["job"])


def downgrade() -> None:
    """Undo it."""
    op.drop_table("job_keys")
    op.drop_table("jobs")
