"""Checkpoints: weights cannot forget, so those that saw the documents say so, and in which steps."""

import json
import os
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from model_factory.erasure.doomed import Doomed
from model_factory.erasure.seen import Saw, ranges
from model_factory.erasure.store import Found
from model_factory.ledger.erasures import mark_run

MARKER = "ERASED"


def find(doomed: Doomed) -> Sequence[Found]:
    return [
        Found("checkpoints", saw.trained.folder.name, len(saw.steps), len(saw.marked), 0, _words(saw))
        for saw in doomed.saw
    ]


def erase(doomed: Doomed) -> None:
    """Put ERASED beside the COMPLETE marker of every step that saw them, and the steps into the log book."""
    for saw in doomed.saw:
        about = {
            **asdict(doomed.erasure),
            "station": saw.trained.station,
            "steps": ranges(saw.steps),
            "through": saw.through.parent.name if saw.through else "",
        }
        for step in saw.marked:
            _add(step / MARKER, about)
        if saw.trained.run_id:
            mark_run(saw.trained.run_id, doomed.erasure, about)


def marks(step: Path) -> list[dict[str, Any]]:
    """What was erased of what the weights of a step folder saw, as `erase` wrote it; steps count from 0 in the
    station, `[first, last]` of every run of them."""
    file = step / MARKER
    return json.loads(file.read_text()) if file.exists() else []


def _add(file: Path, about: dict[str, Any]) -> None:
    before = marks(file.parent)
    if about["name"] in {one["name"] for one in before}:
        return
    draft = file.with_name(f".{MARKER}.{os.getpid()}")
    draft.write_text(json.dumps([*before, about], indent=1))
    draft.replace(file)


def _words(saw: Saw) -> str:
    shown = ", ".join(f"{first}" if first == last else f"{first}–{last}" for first, last in ranges(saw.steps)[:8])
    own = (
        f"saw it in {len(saw.steps)} steps ({shown}{', …' if len(ranges(saw.steps)) > 8 else ''})" if saw.steps else ""
    )
    through = f"started from {saw.through.parent.name}" if saw.through else ""
    return f"{'; '.join(part for part in (own, through) if part)}; kept and marked"
