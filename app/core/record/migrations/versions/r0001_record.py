"""The record: readers, worklists and one chain of entries, with what earlier versions stored."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.core.record.earlier import copy_earlier
from app.core.record.triggers import guard_entries

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_DIGEST = sa.String(64)


def upgrade() -> None:
    """Creates the tables, copies what earlier versions stored, and forbids changes."""
    _create_worklists()
    _create_entries()
    connection = op.get_bind()
    head = op.create_table(
        "chain_head",
        sa.Column("id", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("number", _NUMBER, nullable=False),
        sa.Column("hash", _DIGEST, nullable=False),
    )
    number, last = copy_earlier(connection)
    connection.execute(head.insert().values(id=1, number=number, hash=last))
    guard_entries(connection)


def _create_worklists() -> None:
    op.create_table(
        "readers",
        sa.Column("id", _NUMBER, primary_key=True),
        sa.Column("name", sa.Text(), nullable=False, unique=True),
        sa.Column("subject", sa.Text(), unique=True),
        sa.Column("created_at", sa.Text(), nullable=False),
        sa.Column("removed_at", sa.Text()),
    )
    op.create_table(
        "worklists",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("origin", sa.String(16), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("bundle_sha256", _DIGEST, nullable=False),
        sa.Column("network_sha256", _DIGEST, nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("mode", sa.String(16), nullable=False),
        sa.Column("created_by", _NUMBER, sa.ForeignKey("readers.id")),
        sa.Column("created_at", sa.Text(), nullable=False),
        sa.Column("closed_at", sa.Text()),
    )
    op.create_table(
        "worklist_items",
        sa.Column("worklist_id", sa.String(32), sa.ForeignKey("worklists.id"), primary_key=True),
        sa.Column("position", _NUMBER, primary_key=True, autoincrement=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("image_id", _DIGEST),
    )
    op.create_index(
        "worklist_items_by_name", "worklist_items", ["worklist_id", "name"], unique=True
    )


def _create_entries() -> None:
    op.create_table(
        "entries",
        sa.Column("number", _NUMBER, primary_key=True, autoincrement=False),
        sa.Column("event", sa.String(16), nullable=False),
        sa.Column("created_at", sa.Text(), nullable=False),
        sa.Column("reader", sa.Text(), nullable=False),
        sa.Column("reader_id", _NUMBER, sa.ForeignKey("readers.id")),
        sa.Column("worklist_id", sa.String(32), sa.ForeignKey("worklists.id")),
        sa.Column("item", _NUMBER),
        sa.Column("image_id", _DIGEST, nullable=False),
        sa.Column("bundle_sha256", _DIGEST, nullable=False),
        sa.Column("network_sha256", _DIGEST),
        sa.Column("pipeline", sa.Integer()),
        sa.Column("heatmap_sha256", _DIGEST),
        sa.Column("threshold", sa.Double()),
        sa.Column("probability", sa.Double()),
        sa.Column("prediction", sa.Text()),
        sa.Column("zone", sa.String(16)),
        sa.Column("reading", sa.Text()),
        sa.Column("versions", sa.Text()),
        sa.Column("label", sa.Text()),
        sa.Column("agreement", sa.String(16)),
        sa.Column("confidence", sa.Double()),
        sa.Column("comment", sa.Text()),
        sa.Column("tags", sa.Text()),
        sa.Column("regions", sa.Text()),
        sa.Column("reading_seconds", sa.Double()),
        sa.Column("idle_seconds", sa.Double()),
        sa.Column("judged_id", _DIGEST),
        sa.Column("remedy", sa.String(16)),
        sa.Column("reason", sa.Text()),
        sa.Column("undoes", _NUMBER, sa.ForeignKey("entries.number"), unique=True),
        sa.Column("origin", sa.Text()),
        sa.Column("previous", _DIGEST, nullable=False),
        sa.Column("hash", _DIGEST, nullable=False),
    )
    op.create_index("entries_by_model_and_image", "entries", ["bundle_sha256", "image_id"])
    op.create_index("entries_by_model_and_judged", "entries", ["bundle_sha256", "judged_id"])
    op.create_index("entries_by_worklist", "entries", ["worklist_id", "item"])
