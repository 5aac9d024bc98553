"""Unanswered questions by outcome, those put aside, and edits of the knowledge."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply it."""
    op.create_index("questions_by_outcome", "questions", ["outcome", "asked_at"], if_not_exists=True)
    op.create_index("feedback_by_verdict", "feedback", ["verdict", "given_at"], if_not_exists=True)
    op.create_table(
        "dismissals",
        sa.Column("question", sa.String(64), primary_key=True),
        sa.Column("dismissed_at", sa.Float, nullable=False),
        sa.Column("times", sa.Integer, nullable=False),
    )
    op.create_table(
        "knowledge_edits",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("made_at", sa.Float, nullable=False),
        sa.Column("path", sa.Text, nullable=False),
        sa.Column("language", sa.String(8), nullable=False),
        sa.Column("entry", sa.String(128), nullable=False),
        sa.Column("question", sa.Text, nullable=False),
        sa.Column("line", sa.Integer, nullable=False),
        sa.Column("before", sa.Text, nullable=False),
        sa.Column("after", sa.Text, nullable=False),
        sa.Column("undone_at", sa.Float),
    )


def downgrade() -> None:
    """Undo it."""
    op.drop_table("knowledge_edits")
    op.drop_table("dismissals")
    op.drop_index("feedback_by_verdict", "feedback")
    op.drop_index("questions_by_outcome", "questions")
