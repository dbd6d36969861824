"""What a run made, and what it was served from a cache."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from model_factory.ledger import store
from model_factory.ledger.runs import parent_run, runs
from model_factory.nouns import Lock, canonical_json

_FOLDER = "artifacts"
_MADE = "made."
_HELD = "held."


@dataclass(frozen=True)
class Made:
    """An artifact of a run. `served` when no station of this run made it: it came from a cache.
    `path` is where the log book keeps the whole artifact as JSON, under MLflow run `run_id`."""

    station: str
    kind: str
    name: str
    digest: str
    uri: str
    path: str
    run_id: str
    served: bool

    def load(self) -> dict[str, Any]:
        """The whole artifact as it was recorded."""
        from mlflow.artifacts import load_text

        return json.loads(load_text(f"{store.client().get_run(self.run_id).info.artifact_uri}/{self.path}"))


def artifacts(run_digest: str) -> list[Made]:
    """Everything that a run (its digest may be shortened) made or was served, in the order of its stations.

    LookupError if the log book has no such run.
    """
    found = runs(run_digest=run_digest)
    if not found:
        raise LookupError(f"the log book at {store.uri()} has no run {run_digest}; `factory report` lists those it has")
    made: dict[tuple[str, str], Made] = {}
    for run in reversed(found):
        for station in run.stations:
            made |= {(one.station, one.digest): one for one in _read(station.run_id, _MADE, station.station, False)}
        held = _read(run.run_id, _HELD, "", True)
        made = {(one.station, one.digest): one for one in held} | made
    return list(made.values())


def held(run_id: str) -> dict[str, Made]:
    """What a run ended with, by the names under which `record_artifacts` wrote it down."""
    return {one.station: one for one in _read(run_id, _HELD, "", True)}


def record_artifacts(lock: Lock, artifacts: Mapping[str, Any]) -> None:
    """Write down what a run ended with, by station, whether it was made or served from a cache, and
    close the run. A value may be one artifact or several."""
    run_id = parent_run(lock)
    for station, value in artifacts.items():
        _write(run_id, _HELD, station, value)
    store.client().set_terminated(run_id, "FINISHED")


def record_made(run_id: str, station: str, value: Any) -> None:
    """Write down what a station's attempt made."""
    _write(run_id, _MADE, station, value)


def _write(run_id: str, prefix: str, station: str, value: Any) -> None:
    """Keep the artifacts in `value` whole, and their names and digests in the run's tags."""
    for artifact in _each(value):
        parent = artifact.as_parent()
        path = f"{_FOLDER}/{station}-{parent.kind.lower()}-{parent.digest[:16]}.json"
        store.client().log_text(run_id, canonical_json(artifact), path)
        tag = asdict(parent) | {"station": station, "path": path}
        store.client().set_tag(run_id, f"{prefix}{station}.{parent.digest[:16]}", json.dumps(tag))


def _each(value: Any) -> Iterable[Any]:
    if isinstance(value, (list, tuple)):
        for item in value:
            yield from _each(item)
    elif hasattr(value, "as_parent"):
        yield value


def _read(run_id: str, prefix: str, station: str, served: bool) -> list[Made]:
    tags = store.client().get_run(run_id).data.tags
    found = [json.loads(value) for key, value in tags.items() if key.startswith(prefix)]
    return [Made(**one, run_id=run_id, served=served) for one in found if station in ("", one["station"])]
