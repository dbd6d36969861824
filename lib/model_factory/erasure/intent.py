"""An erasure that has begun: by id, so that it is finished even where the lake no longer knows the names."""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from model_factory.nouns.home import room


@dataclass(frozen=True)
class Intent:
    """`marked` says that everything that saw the documents is marked: the tables that tell it may go."""

    doc_ids: list[str]
    reason: str
    marked: bool = False


def begun() -> Intent | None:
    """The erasure that was begun and not finished, if any."""
    return Intent(**json.loads(_file().read_text())) if _file().exists() else None


def note(intent: Intent) -> None:
    """Write it down, in one atomic step."""
    draft = _file().with_suffix(".draft")
    with open(draft, "w") as file:
        json.dump(asdict(intent), file)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(_file())


def done() -> None:
    _file().with_suffix(".draft").unlink(missing_ok=True)
    _file().unlink(missing_ok=True)


def _file() -> Path:
    return room("lake") / "erasing.json"
