"""The tables of the record. A change here needs a migration in `migrations/versions`.

Times are text in UTC, as `times.now` writes them, and structured values are JSON in a text: so
what is stored is the same on every database to the last character, and can be hashed.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
)

metadata = MetaData()

_NUMBER = BigInteger().with_variant(Integer, "sqlite")
_DIGEST = String(64)

readers = Table(
    "readers",
    metadata,
    Column("id", _NUMBER, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    # Issuer and subject of whoever signed in by OpenID Connect.
    Column("subject", Text, unique=True),
    Column("created_at", Text, nullable=False),
    Column("removed_at", Text),
    Column("role", String(16), nullable=False, server_default="reader"),
)

worklists = Table(
    "worklists",
    metadata,
    # Random, and part of the worklist's address.
    Column("id", String(32), primary_key=True),
    Column("name", Text, nullable=False),
    # Where the images are from: `folder`, `uploads` or `samples`, and the place there.
    Column("origin", String(16), nullable=False),
    Column("place", Text, nullable=False),
    # The model: the digest of it as it judges, that of the bundle below an adaptation, and its
    # folder's name.
    Column("bundle_sha256", _DIGEST, nullable=False),
    Column("network_sha256", _DIGEST, nullable=False),
    Column("model", Text, nullable=False),
    Column("mode", String(16), nullable=False),
    Column("created_by", _NUMBER, ForeignKey("readers.id")),
    Column("created_at", Text, nullable=False),
    Column("closed_at", Text),
    # A decision threshold in place of the model's, and since when.
    Column("threshold", Double),
    Column("threshold_at", Text),
    # Whether names of files are not shown.
    Column("hides_names", Integer, nullable=False, server_default="0"),
    # Where the true class is from: `folders`, their names, or `table`; and since when.
    Column("truth", String(16)),
    Column("truth_at", Text),
    # Choices for files that leave open which image or window is meant, as JSON.
    Column("reading", Text),
)

# Who may read a worklist; everybody where it has no row.
worklist_readers = Table(
    "worklist_readers",
    metadata,
    Column("worklist_id", String(32), ForeignKey("worklists.id"), primary_key=True),
    Column("reader_id", _NUMBER, ForeignKey("readers.id"), primary_key=True, autoincrement=False),
)

worklist_items = Table(
    "worklist_items",
    metadata,
    Column("worklist_id", String(32), ForeignKey("worklists.id"), primary_key=True),
    # From 0, in the order of the worklist.
    Column("position", _NUMBER, primary_key=True, autoincrement=False),
    # Relative to the place of the worklist.
    Column("name", Text, nullable=False),
    # Null until the image was read.
    Column("image_id", _DIGEST),
    # The file as it was then, to know whether it must be read again.
    Column("size", BigInteger),
    Column("mtime_ns", BigInteger),
    # The true class as a table gives it.
    Column("truth", Text),
    Index("worklist_items_by_name", "worklist_id", "name", unique=True),
)

entries = Table(
    "entries",
    metadata,
    Column("number", _NUMBER, primary_key=True, autoincrement=False),
    Column("event", String(16), nullable=False),
    Column("created_at", Text, nullable=False),
    # The name as it was then; empty if nobody was named.
    Column("reader", Text, nullable=False),
    Column("reader_id", _NUMBER, ForeignKey("readers.id")),
    Column("worklist_id", String(32), ForeignKey("worklists.id")),
    # The position of the film in the worklist.
    Column("item", _NUMBER),
    # Empty of a film that could not be read at all.
    Column("image_id", _DIGEST, nullable=False),
    Column("bundle_sha256", _DIGEST, nullable=False),
    # What was shown.
    Column("network_sha256", _DIGEST),
    Column("pipeline", Integer),
    Column("heatmap_sha256", _DIGEST),
    Column("threshold", Double),
    Column("probability", Double),
    Column("prediction", Text),
    Column("zone", String(16)),
    Column("reading", Text),
    Column("versions", Text),
    # What the reader said.
    Column("label", Text),
    Column("agreement", String(16)),
    Column("confidence", Double),
    Column("comment", Text),
    Column("tags", Text),
    Column("regions", Text),
    Column("reading_seconds", Double),
    Column("idle_seconds", Double),
    # Of a decision about a refused film.
    Column("judged_id", _DIGEST),
    Column("remedy", String(16)),
    Column("reason", Text),
    # The number of the entry that is taken back.
    Column("undoes", _NUMBER, ForeignKey("entries.number"), unique=True),
    # Table and id of an entry that an earlier version wrote.
    Column("origin", Text),
    # The sender's own id of what was done.
    Column("action_id", String(36)),
    Column("previous", _DIGEST, nullable=False),
    Column("hash", _DIGEST, nullable=False),
    Index("entries_by_model_and_image", "bundle_sha256", "image_id"),
    Index("entries_by_model_and_judged", "bundle_sha256", "judged_id"),
    Index("entries_by_worklist", "worklist_id", "item"),
    Index("entries_by_worklist_in_order", "worklist_id", "number"),
    Index("entries_by_action", "action_id", unique=True),
)

# One row: the last entry. Whoever adds an entry holds it until all is on disk.
chain_head = Table(
    "chain_head",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("number", _NUMBER, nullable=False),
    Column("hash", _DIGEST, nullable=False),
)
