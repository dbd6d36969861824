"""What was changed about a run while it went."""

import time

from model_factory.ledger import store
from model_factory.ledger.runs import Run

_PREFIX = "amendment."


def record_amendment(run: Run, step: int, text: str) -> None:
    """Write down an amendment that holds from `step` on, at the run and at the station that trains."""
    for run_id in (run.run_id, *(station.run_id for station in run.stations if station.station == "pretrain")):
        store.client().set_tag(run_id, f"{_PREFIX}{step:09d}", text)
        store.client().log_text(run_id, f"{time.time():.0f} {text}\n", f"amendments/{step:09d}.txt")


def amendments_of(run: Run) -> list[tuple[int, str]]:
    """(step, text) of every amendment that was recorded, by step."""
    tags = store.client().get_run(run.run_id).data.tags
    found = [(int(key.removeprefix(_PREFIX)), value) for key, value in tags.items() if key.startswith(_PREFIX)]
    return sorted(found)


def forget_amendments(run: Run) -> None:
    """Take the tags of withdrawn amendments away; the files beside them stay as their history."""
    for run_id in (run.run_id, *(station.run_id for station in run.stations if station.station == "pretrain")):
        for key in store.client().get_run(run_id).data.tags:
            if key.startswith(_PREFIX):
                store.client().delete_tag(run_id, key)
