"""Latency and request id of every question, feedback, and who was erased."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply it."""
    op.add_column("questions", sa.Column("latency_ms", sa.Float))
    op.add_column("questions", sa.Column("request_id", sa.String(64)))
    op.create_index("ix_questions_request_id", "questions", ["request_id"])
    op.create_table(
        "feedback",
        sa.Column("request_id", sa.String(64), primary_key=True),
        sa.Column("verdict", sa.String(8), nullable=False),
        sa.Column("comment", sa.Text, nullable=False),
        sa.Column("given_at", sa.Float, nullable=False),
    )
    op.create_index("ix_feedback_given_at", "feedback", ["given_at"])
    op.create_table(
        "erasures",
        sa.Column("user", sa.String(64), primary_key=True),
        sa.Column("erased_at", sa.Float, nullable=False),
    )
    op.create_index("ix_erasures_erased_at", "erasures", ["erased_at"])


def downgrade() -> None:
    """Undo it."""
    op.drop_table("erasures")
    op.drop_table("feedback")
    op.drop_index("ix_questions_request_id", "questions")
    with op.batch_alter_table("questions") as questions:
        questions.drop_column("request_id")
        questions.drop_column("latency_ms")
