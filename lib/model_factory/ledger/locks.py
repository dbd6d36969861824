"""A run's lock, read back from the log book."""

import json

from model_factory.ledger import store
from model_factory.ledger.runs import Run, runs
from model_factory.nouns import Lock

NEWEST = "newest"


def run_named(name: str) -> Run:
    """The run of a digest, which may be shortened, or the newest for "newest".

    LookupError if the log book has none or several.
    """
    found = runs()[:1] if name == NEWEST else runs(run_digest=name)
    if not found:
        raise LookupError(f"no run {name!r} in the log book at {store.uri()}; `factory runs` lists those it has")
    several = sorted({run.run_digest[:16] for run in found})
    if len(several) > 1:
        raise LookupError(f"run {name!r} could be any of {', '.join(several)}; give more digits")
    return found[0]


def lock_of(name: str) -> Lock:
    """The lock that a run was started with."""
    from mlflow.artifacts import load_text

    run = run_named(name)
    return Lock(**json.loads(load_text(f"{store.client().get_run(run.run_id).info.artifact_uri}/lock.json")))
