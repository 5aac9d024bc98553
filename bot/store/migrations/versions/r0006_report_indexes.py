"""Indexes by which reports find a user's and an entry's questions, and the verdicts of a kind."""

from __future__ import annotations

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply it."""
    op.drop_index("ix_questions_user", "questions")
    op.create_index("questions_by_user", "questions", ["user", "asked_at"])
    op.create_index("questions_by_entry", "questions", ["entry", "language", "asked_at"])
    op.create_index("feedback_by_verdict", "feedback", ["verdict", "given_at"])


def downgrade() -> None:
    """Undo it."""
    op.drop_index("feedback_by_verdict", "feedback")
    op.drop_index("questions_by_entry", "questions")
    op.drop_index("questions_by_user", "questions")
    op.create_index("ix_questions_user", "questions", ["user"])
