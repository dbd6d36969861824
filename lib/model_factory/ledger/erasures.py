"""What the log book says of documents that were erased: at every run and model version that had to do with them."""

import json
import time
from dataclasses import asdict, dataclass, field
from typing import Any

from model_factory.ledger import store
from model_factory.ledger.runs import runs

TAG = "erased"
_FOLDER = "erasures"


@dataclass(frozen=True)
class Erasure:
    """One erasure: its `name` (12 digits of its tombstones), why, and how many documents it was of.

    `at` is seconds since 1970.
    """

    name: str
    reason: str
    num_documents: int
    at: float = field(default_factory=time.time)


def mark_run(run_id: str, erasure: Erasure, details: Any = None) -> None:
    """Mark a run, or a station's run, as one that saw what was erased; `details` (JSON) are kept beside it.

    An erasure that marks a run again changes nothing there.
    """
    before = erasures_of(run_id)
    if erasure.name in {one.name for one in before}:
        return
    if details is not None:
        store.client().log_text(run_id, json.dumps(details), f"{_FOLDER}/{erasure.name}.json")
    store.client().set_tag(run_id, TAG, _encode([*before, erasure]))


def mark_version(model: str, version: str, erasure: Erasure) -> None:
    """Mark a version of a released model in the registry."""
    tags = store.client().get_model_version(model, version).tags
    before = _decode(tags.get(TAG, "[]"))
    if erasure.name not in {one.name for one in before}:
        store.client().set_model_version_tag(model, version, TAG, _encode([*before, erasure]))


def erasures_of(run_id: str) -> list[Erasure]:
    """What was erased of what a run saw, oldest first."""
    return _decode(store.client().get_run(run_id).data.tags.get(TAG, "[]"))


def erased_from(run_digest: str) -> list[Erasure]:
    """What was erased of what the runs of a lock saw, oldest first."""
    found = {one.name: one for run in runs(run_digest=run_digest) for one in erasures_of(run.run_id)}
    return sorted(found.values(), key=lambda one: one.at)


def _encode(erasures: list[Erasure]) -> str:
    return json.dumps([asdict(one) for one in erasures])


def _decode(tag: str) -> list[Erasure]:
    return [Erasure(**one) for one in json.loads(tag)]
