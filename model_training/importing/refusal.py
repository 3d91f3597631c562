"""What is said of a model that is not imported."""

from __future__ import annotations

from app.core.errors import OverreadError


class NotImportedError(OverreadError):
    """A model file that cannot be imported, with what to do about it."""
