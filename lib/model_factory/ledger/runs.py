"""Runs in the log book: one for every lock, beneath it one for every station it worked on."""

import json
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from model_factory.ledger import store
from model_factory.ledger.exclusive import exclusive
from model_factory.ledger.records import AttemptRecord, read_records
from model_factory.nouns import Lock, canonical_json

if TYPE_CHECKING:
    from mlflow.entities import Run as MlflowRun

_PARENT = "mlflow.parentRunId"
_NAME = "mlflow.runName"
_MAX_PARAM_CHARS = 6000
_PARAMS_A_BATCH = 100


@dataclass(frozen=True)
class StationRun:
    """A station's work in a run: its attempts, first to last."""

    station: str
    key: str
    run_id: str
    attempts: list[AttemptRecord]

    @property
    def outcome(self) -> str:
        """That of the last attempt; one whose process is gone was killed."""
        if not self.attempts:
            return "running"
        return "killed" if self.attempts[-1].is_dead else self.attempts[-1].outcome


@dataclass(frozen=True)
class Run:
    """One lock's run. `started` in seconds since 1970; `promoted` is 0 until its model was."""

    run_digest: str
    recipe_digest: str
    card: str
    owner: str
    commit: str
    run_id: str
    started: float
    finished: bool
    drift: str
    placement: str
    promoted: float
    stations: list[StationRun] = field(default_factory=list)

    @property
    def outcome(self) -> str:
        """failed or killed if some station's last attempt was, running while one runs, ok once the
        run's artifacts were recorded, else open: every station so far went well, more is to come."""
        outcomes = {station.outcome for station in self.stations}
        for outcome in ("running", "failed", "killed"):
            if outcome in outcomes:
                return outcome
        return "ok" if self.finished else "open"


def runs(recipe_digest: str | None = None, run_digest: str | None = None, card: str | None = None) -> list[Run]:
    """Earlier runs, newest first: of a recipe, of a lock (digests may be shortened), of a card, or all."""
    store_ = store.client()
    wanted = {"run_digest": run_digest, "recipe_digest": recipe_digest}
    terms = [f"tags.{name} LIKE '{value}%'" for name, value in wanted.items() if value]
    experiments = [one.experiment_id for one in store_.search_experiments() if card in (None, one.name)]
    found = list(_search(experiments, " and ".join([*terms, "tags.kind = 'run'"])))
    same = [f"tags.run_digest LIKE '{run_digest}%'"] if run_digest else []
    stations = list(_search(experiments, " and ".join([*same, "tags.kind = 'station'"]))) if found else []
    return [
        _run(one, [child for child in stations if child.data.tags.get(_PARENT) == one.info.run_id]) for one in found
    ]


def parent_run(lock: Lock) -> str:
    """The id of the run of a lock, made on first use with its tags, parameters and `lock.json`."""
    tags = {
        "kind": "run",
        "run_digest": lock.run_digest,
        "recipe_digest": lock.recipe_digest,
        "card": lock.card,
        "commit": lock.commit,
        "dirty": str(lock.dirty).lower(),
        "owner": lock.owner,
        "team": lock.team,
        "placement": lock.placement,
        _NAME: f"{lock.card} {lock.run_digest[:12]}",
    }
    run_id, is_new = _continue(lock.card, ("kind", "run_digest"), tags)
    if is_new:
        store.client().log_text(run_id, canonical_json(lock), "lock.json")
        log_params(run_id, json.loads(lock.sections))
    return run_id


def station_run(lock: Lock, station: str, key: str, section: Any) -> str:
    """The id of the run of one station under its lock's; made once, so that a retry continues it."""
    tags = {
        "kind": "station",
        "run_digest": lock.run_digest,
        "station": station,
        "station_key": key,
        "card": lock.card,
        _PARENT: parent_run(lock),
        _NAME: station,
    }
    run_id, is_new = _continue(lock.card, ("kind", "run_digest", "station", "station_key"), tags)
    if is_new:
        log_params(run_id, json.loads(canonical_json(section)))
    return run_id


def log_params(run_id: str, values: Any) -> None:
    """Log the leaves of a nested dict under dotted names, in the characters that MLflow takes."""
    from mlflow.entities import Param

    leaves = _leaves("", values) if isinstance(values, dict) else iter([("section", values)])
    params = [Param(re.sub(r"[^\w\-. :/]", "_", name), str(value)[:_MAX_PARAM_CHARS]) for name, value in leaves]
    for start in range(0, len(params), _PARAMS_A_BATCH):
        store.client().log_batch(run_id, params=params[start : start + _PARAMS_A_BATCH])


def _continue(card: str, identity: tuple[str, ...], tags: dict[str, str]) -> tuple[str, bool]:
    """The id of the one run with these identifying tags, and whether it was just made."""
    experiment = store.experiment(card)
    query = " and ".join(f"tags.{name} = '{tags[name]}'" for name in identity)
    with exclusive("mlflow-runs"):
        found = list(_search([experiment], query))
        if found:
            return found[-1].info.run_id, False
        made = store.client().create_run(
            experiment, tags=tags, run_name=tags[_NAME], start_time=int(time.time() * 1000)
        )
    # Another machine may have made one at the same moment; the oldest is everybody's.
    oldest = list(_search([experiment], query))[-1].info.run_id
    if oldest != made.info.run_id:
        store.client().delete_run(made.info.run_id)
    return oldest, oldest == made.info.run_id


def _search(experiments: list[str], query: str) -> "Iterator[MlflowRun]":
    """Newest first, page by page."""
    token: str | None = None
    order = ["attributes.start_time DESC", "attributes.run_id DESC"]
    while experiments:
        page = store.client().search_runs(experiments, query, max_results=1000, order_by=order, page_token=token)
        yield from page
        token = page.token
        if not token:
            return


def _run(run: "MlflowRun", children: "list[MlflowRun]") -> Run:
    tags = run.data.tags
    return Run(
        run_digest=tags["run_digest"],
        recipe_digest=tags["recipe_digest"],
        card=tags["card"],
        owner=tags["owner"],
        commit=tags["commit"],
        run_id=run.info.run_id,
        started=run.info.start_time / 1000,
        finished=run.info.status == "FINISHED",
        drift=tags.get("drift", ""),
        placement=tags["placement"],
        promoted=float(tags.get("promoted", 0.0)),
        stations=[_station(child) for child in reversed(children)],
    )


def _station(run: "MlflowRun") -> StationRun:
    tags = run.data.tags
    return StationRun(tags["station"], tags["station_key"], run.info.run_id, read_records(tags))


def _leaves(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict) and value:
        for key, item in value.items():
            yield from _leaves(f"{name}.{key}" if name else key, item)
    elif isinstance(value, list) and any(isinstance(item, dict) for item in value):
        for index, item in enumerate(value):
            yield from _leaves(f"{name}.{index}", item)
    else:
        yield name, value
