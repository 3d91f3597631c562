"""Roles of readers, who reads a worklist and how, stamps of files, and ids of actions."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Adds columns and a table; what is stored stays as it is, to the last hash."""
    op.add_column(
        "readers", sa.Column("role", sa.String(16), nullable=False, server_default="reader")
    )
    _widen_worklists()
    op.add_column("entries", sa.Column("action_id", sa.String(36)))
    op.create_index("entries_by_action", "entries", ["action_id"], unique=True)
    op.create_index("entries_by_worklist_in_order", "entries", ["worklist_id", "number"])


def _widen_worklists() -> None:
    for column in (
        sa.Column("threshold", sa.Double()),
        sa.Column("threshold_at", sa.Text()),
        sa.Column("hides_names", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("truth", sa.String(16)),
        sa.Column("truth_at", sa.Text()),
    ):
        op.add_column("worklists", column)
    # To adjudicate is what a reader does in a worklist, not a way in which all of it is read.
    op.execute("UPDATE worklists SET mode = 'second_reader' WHERE mode = 'adjudication'")
    op.create_table(
        "worklist_readers",
        sa.Column("worklist_id", sa.String(32), sa.ForeignKey("worklists.id"), primary_key=True),
        sa.Column("reader_id", _NUMBER, sa.ForeignKey("readers.id"), primary_key=True,
                  autoincrement=False),
    )  # fmt: skip
    op.add_column("worklist_items", sa.Column("size", sa.BigInteger()))
    op.add_column("worklist_items", sa.Column("mtime_ns", sa.BigInteger()))
