"""How the files of a worklist are read that leave it open."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds a column; what is stored stays as it is."""
    op.add_column("worklists", sa.Column("reading", sa.Text()))
