"""Where MLflow keeps runs, and what is said when it does not answer."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from app.core.errors import TrackingError

if TYPE_CHECKING:
    from mlflow import MlflowClient

_ADDRESS = "MLFLOW_TRACKING_URI"
_DATABASE_SERVERS = ("postgresql", "mysql", "mssql")

_SETTINGS = {
    # By default MLflow retries for minutes, at the start of a training and in the middle of it.
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "10",
    # By default MLflow reports usage to its makers.
    "MLFLOW_DISABLE_TELEMETRY": "true",
    # It prints the address, which may contain a password, among the results.
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
}


def client() -> MlflowClient:
    """A client of the server that the environment names, else of the current folder.

    Raises:
        TrackingError: If MLflow is not installed.
    """
    for name, value in _SETTINGS.items():
        os.environ.setdefault(name, value)
    try:
        from mlflow import MlflowClient
    except ModuleNotFoundError:
        raise TrackingError(
            "Tracking needs MLflow, which is not installed. Install it with "
            "`pip install 'overread[tracking]'`, or leave out --track."
        ) from None
    # Their error messages quote addresses, which may contain a password.
    for chatty in ("mlflow", "alembic", "urllib3"):
        logging.getLogger(chatty).setLevel(logging.CRITICAL)
    _require_database(os.environ.get(_ADDRESS, ""))
    return MlflowClient()


def _require_database(address: str) -> None:
    """Opens a database once, as MLflow would try for minutes; nothing if it is not on a server."""
    kind = address.partition("://")[0].partition("+")[0]
    if kind not in _DATABASE_SERVERS:
        return
    from sqlalchemy import create_engine

    engine = create_engine(address)
    try:
        engine.connect().close()
    finally:
        engine.dispose()


@contextmanager
def as_sentence() -> Iterator[None]:
    """Says in a sentence why MLflow cannot be used.

    Raises:
        TrackingError: If what is done within fails.
    """
    try:
        yield
    except failures() as error:
        if _ADDRESS not in os.environ:
            raise TrackingError(
                f"MLflow cannot write to this folder ({reason(error)}). Choose a folder that "
                f"can be written to, name a server in {_ADDRESS}, or leave out --track."
            ) from None
        raise TrackingError(
            f"MLflow does not answer at the address in {_ADDRESS} ({reason(error)}). Expected a "
            "running server, such as http://127.0.0.1:5000, or sqlite:///notes.db. Start it, "
            "correct the address, or leave out --track."
        ) from None


def failures() -> tuple[type[Exception], ...]:
    """Every exception MLflow raises when a server, a database or a disk fails."""
    try:
        from mlflow import MlflowException
    except ModuleNotFoundError:
        return ()
    from sqlalchemy.exc import SQLAlchemyError

    return (MlflowException, SQLAlchemyError, OSError, ImportError, ValueError)


def reason(error: Any) -> str:
    """A short reason; the full text would quote addresses and paths.

    Args:
        error: What MLflow raised.
    """
    return str(getattr(error, "error_code", None) or type(error).__name__)
