"""Where the log book lies: an MLflow server where one is set, else SQLite in the state folder."""

import functools
import os
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


def is_server() -> bool:
    """Whether the log book is an MLflow server, which says itself where artifacts go, or a database."""
    return uri().startswith(("http:", "https:", "databricks"))


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
    place = None if is_server() else f"{artifact_root()}/{card}"
    with exclusive("mlflow-experiments"):
        found = store.get_experiment_by_name(card)
        return found.experiment_id if found else store.create_experiment(card, artifact_location=place)


def artifact_root() -> str:
    """Where artifacts go when no server decides: `$MLFLOW_DEFAULT_ARTIFACT_ROOT`, else a folder of this checkout."""
    configured = os.environ.get("MLFLOW_DEFAULT_ARTIFACT_ROOT", "")
    return configured.rstrip("/") or (room("mlflow") / "artifacts").as_uri()


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
