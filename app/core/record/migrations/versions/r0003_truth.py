"""The true class of a film, where a table gives it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds a column; what is stored stays as it is."""
    op.add_column("worklist_items", sa.Column("truth", sa.Text()))
