"""Where the log book lies: an MLflow server where one is set, else SQLite in the state folder."""

import functools
import os
from pathlib import Path
from typing import TYPE_CHECKING

from model_factory.ledger.exclusive import exclusive
from model_factory.nouns.home import room

if TYPE_CHECKING:
    from mlflow import MlflowClient

_QUIET = {
    # No network unless a server is named.
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "DO_NOT_TRACK": "true",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "GIT_PYTHON_REFRESH": "quiet",
}


def uri() -> str:
    """`$MLFLOW_TRACKING_URI`, else the SQLite database of this checkout."""
    return os.environ.get("MLFLOW_TRACKING_URI") or f"sqlite:///{room('mlflow') / 'mlflow.db'}"


def is_local() -> bool:
    """Whether the log book is this checkout's own database."""
    return not os.environ.get("MLFLOW_TRACKING_URI")


def client() -> "MlflowClient":
    """A client of the log book; its database is made on first use, by one process at a time."""
    # A database connection must not cross a fork, hence the process in the key.
    return _client(uri(), os.getpid())


def experiment(card: str) -> str:
    """The id of the experiment that holds a card's runs, made on first use."""
    store = client()
    found = store.get_experiment_by_name(card)
    if found:
        return found.experiment_id
    place = (room("mlflow") / "artifacts" / card).as_uri() if is_local() else None
    with exclusive("mlflow-experiments"):
        found = store.get_experiment_by_name(card)
        return found.experiment_id if found else store.create_experiment(card, artifact_location=place)


def artifact_folder(artifact_uri: str) -> Path | None:
    """The folder an artifact location is on this machine, or None where it is elsewhere."""
    from urllib.parse import unquote, urlparse

    parts = urlparse(artifact_uri)
    return Path(unquote(parts.path)) if parts.scheme in ("", "file") else None


@functools.lru_cache(maxsize=4)
def _client(tracking_uri: str, pid: int) -> "MlflowClient":
    for name, value in _QUIET.items():
        os.environ.setdefault(name, value)
    import logging

    logging.getLogger("mlflow.store.db.utils").setLevel(logging.WARNING)
    logging.getLogger("alembic").setLevel(logging.WARNING)
    from mlflow import MlflowClient

    with exclusive("mlflow-database"):
        store = MlflowClient(tracking_uri, registry_uri=tracking_uri)
        store.search_experiments(max_results=1)
    return store
