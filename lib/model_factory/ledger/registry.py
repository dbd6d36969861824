"""Released models in MLflow's registry: versions of a name, and who is candidate and champion."""

import time
from pathlib import Path

from model_factory.ledger import store
from model_factory.ledger.runs import parent_run, runs
from model_factory.nouns import Lock

CANDIDATE = "candidate"
CHAMPION = "champion"


def register(folder: Path, name: str, lock: Lock, digest: str, alias: str = CANDIDATE) -> str:
    """Register a model folder as the next version of `name` with an alias; returns the version.

    The folder is registered where it lies, its weights are not copied, unless the log book is a
    server, which takes only what it holds: then the folder is uploaded to the run first. The same
    digest again moves the alias to the version it has.
    """
    version = version_of(name, digest) or _create(folder, name, lock, digest)
    set_alias(name, alias, version)
    return version


def version_of(name: str, digest: str) -> str | None:
    """The version of `name` that has this digest, if any."""
    found = store.client().search_model_versions(f"name = '{name}'")
    return next((str(one.version) for one in found if one.tags.get("digest") == digest), None)


def alias_of(name: str, alias: str) -> str | None:
    """The version that bears the alias, or None."""
    from mlflow.exceptions import MlflowException

    try:
        return str(store.client().get_model_version_by_alias(name, alias).version)
    except MlflowException:
        return None


def set_alias(name: str, alias: str, version: str) -> None:
    store.client().set_registered_model_alias(name, alias, version)


def promote(name: str, version: str | None = None) -> tuple[str, str | None]:
    """Make the candidate (or `version`) champion; returns it and the champion before.

    The promotion's time is noted at the run that made the model. LookupError if there is no candidate.
    """
    version = version or alias_of(name, CANDIDATE)
    if version is None:
        raise LookupError(f"model {name} has no version with alias {CANDIDATE}; release one, or name a version")
    before = alias_of(name, CHAMPION)
    set_alias(name, CHAMPION, version)
    run_digest = store.client().get_model_version(name, version).tags.get("run_digest", "")
    for run in runs(run_digest=run_digest) if run_digest else []:
        store.client().set_tag(run.run_id, "promoted", str(time.time()))
    return version, before


def _create(folder: Path, name: str, lock: Lock, digest: str) -> str:

    client = store.client()
    if not client.search_registered_models(f"name = '{name}'"):
        client.create_registered_model(name)
    run_id = parent_run(lock)
    source = folder.resolve().as_uri()
    if store.is_server():
        client.log_artifacts(run_id, str(folder), "model")
        source = f"{client.get_run(run_id).info.artifact_uri}/model"
    tags = {"digest": digest, "run_digest": lock.run_digest, "card": lock.card}
    return str(client.create_model_version(name, source, run_id=run_id, tags=tags).version)
