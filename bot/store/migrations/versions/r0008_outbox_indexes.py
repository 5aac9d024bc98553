"""Indexes by which the sender finds what is due, and whose turn it is, however much waits."""

from __future__ import annotations

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply it."""
    op.drop_index("outbox_due", "outbox")
    op.create_index("outbox_by_state", "outbox", ["state", "id"])
    op.create_index("outbox_by_user", "outbox", ["user", "state", "id"])


def downgrade() -> None:
    """Undo it."""
    op.drop_index("outbox_by_user", "outbox")
    op.drop_index("outbox_by_state", "outbox")
    op.create_index("outbox_due", "outbox", ["state", "not_before"])
