"""The folder that a release is: what `transformers` loads, and what it was made of and scored."""

import hashlib
import json
import shutil
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from model_factory import weights
from model_factory.cards.release import Release as Section
from model_factory.nouns import Checkpoint, Lock, Scorecard, canonical_json

README, LOCK, CONTENTS = "README.md", "lock.json", "release.json"
# They tell of the run, its commit and where things lay: two runs that made the same model tell it differently.
DESCRIPTIONS = (README, LOCK)


def digest_of_release(folder: Path) -> str:
    """sha256 (64 hex digits) over the relative path and content of every file but the descriptions.

    So weights, configuration, tokenizer, scores and licence decide it. FileNotFoundError if there is no
    such folder.
    """
    if not folder.is_dir():
        raise FileNotFoundError(f"release folder {folder} is gone; run the release station again")
    total = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        name = path.relative_to(folder).as_posix()
        if name not in DESCRIPTIONS:
            with path.open("rb") as file:
                total.update(f"{name}\0{hashlib.file_digest(file, 'sha256').hexdigest()}\n".encode())
    return total.hexdigest()


def write_folder(
    folder: Path, section: Section, checkpoint: Checkpoint, scorecards: Sequence[Scorecard], lock: Lock, readme: str
) -> None:
    """Write the whole release beside its place and rename it there; what lay there before is replaced."""
    draft = folder.with_name(f".{folder.name}.tmp")
    shutil.rmtree(draft, ignore_errors=True)
    weights.export_hf(checkpoint, draft)
    _write_json(draft / CONTENTS, contents(section, checkpoint, scorecards))
    _write_json(draft / LOCK, json.loads(canonical_json(lock)))
    (draft / README).write_text(readme, encoding="utf-8")
    shutil.rmtree(folder, ignore_errors=True)
    draft.rename(folder)


def contents(section: Section, checkpoint: Checkpoint, scorecards: Sequence[Scorecard]) -> dict[str, Any]:
    """What is released, without a word on when, where or by which run."""
    return {
        "model_name": section.model_name,
        "licence": section.licence,
        "description": section.description,
        "station": checkpoint.station,
        "step": checkpoint.step,
        "num_tokens": checkpoint.num_tokens,
        "weights": checkpoint.digest,
        "scores": [
            {
                "station": card.station,
                "weights": card.checkpoint,
                "scores": [asdict(score) for score in card.scores],
                "notes": card.notes,
            }
            for card in scorecards
        ],
    }


def _write_json(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False) + "\n", encoding="utf-8")
