"""The databases that earlier versions wrote, with their tables and triggers as they were."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

# As version 0.1.0 created them, read from its databases.
REVIEWS = """
CREATE TABLE reviews (
    id INTEGER NOT NULL, created_at DATETIME NOT NULL, image_id VARCHAR(64) NOT NULL,
    bundle_sha256 VARCHAR(64) NOT NULL, verdict VARCHAR(16), comment TEXT NOT NULL,
    PRIMARY KEY (id));
CREATE INDEX by_bundle_and_image ON reviews (bundle_sha256, image_id);
CREATE TRIGGER reviews_no_update BEFORE UPDATE ON reviews
BEGIN SELECT RAISE(ABORT, 'reviews are append-only'); END;
CREATE TRIGGER reviews_no_delete BEFORE DELETE ON reviews
BEGIN SELECT RAISE(ABORT, 'reviews are append-only'); END;
"""
REFUSE_EMPTY = """
CREATE TRIGGER reviews_no_empty BEFORE INSERT ON reviews
WHEN NEW.verdict IS NULL AND TRIM(NEW.comment) = '' AND NOT EXISTS (
    SELECT 1 FROM reviews WHERE image_id = NEW.image_id AND bundle_sha256 = NEW.bundle_sha256
    AND (verdict IS NOT NULL OR TRIM(comment) <> ''))
BEGIN SELECT RAISE(ABORT, 'a review needs a verdict or a comment'); END;
"""
SECOND_LOOKS = """
CREATE TABLE second_looks (
    id INTEGER NOT NULL, created_at DATETIME NOT NULL, image_id VARCHAR(64) NOT NULL,
    judged_id VARCHAR(64) NOT NULL, bundle_sha256 VARCHAR(64) NOT NULL, remedy VARCHAR(16),
    reason TEXT NOT NULL, reader TEXT NOT NULL, PRIMARY KEY (id));
CREATE INDEX second_looks_by_bundle_and_image ON second_looks (bundle_sha256, image_id);
CREATE TRIGGER second_looks_no_update BEFORE UPDATE ON second_looks
BEGIN SELECT RAISE(ABORT, 'second_looks are append-only'); END;
CREATE TRIGGER second_looks_no_delete BEFORE DELETE ON second_looks
BEGIN SELECT RAISE(ABORT, 'second_looks are append-only'); END;
"""

Row = tuple[str | None, ...]


def write_reviews(path: Path, reviews: Sequence[Row], second_looks: Sequence[Row] = ()) -> None:
    """Writes a database of the earlier version.

    Args:
        path: The file; its folder is created.
        reviews: Time, image, bundle, verdict and comment of each.
        second_looks: Time, image, identity then, bundle, remedy, reason and reader of each.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(path)) as database, database:
        database.executescript(REVIEWS)
        database.executemany(
            "INSERT INTO reviews (created_at, image_id, bundle_sha256, verdict, comment) "
            "VALUES (?, ?, ?, ?, ?)",
            reviews,
        )
        database.executescript(REFUSE_EMPTY + SECOND_LOOKS)
        database.executemany(
            "INSERT INTO second_looks (created_at, image_id, judged_id, bundle_sha256, remedy, "
            "reason, reader) VALUES (?, ?, ?, ?, ?, ?, ?)",
            second_looks,
        )
