"""Transcripts: every sample of every step, on disk as the steps go, in the lake when the station is done.

Each process writes one Arrow file a step into `transcripts/` beside the checkpoints, by rename, so that
a file is whole or not there. A step done again after a kill writes the same file again, with the same
rows: nothing is lost and nothing is there twice.
"""

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.feather as feather

from model_factory import lake
from model_factory.nouns import Checkpoint, Lineage, Snapshot
from model_factory.rl.actor import Sample

TABLE = "rl.transcripts"
MANIFEST = "transcripts/manifest.json"
SCHEMA = pa.schema(
    [
        ("doc_id", pa.string()),
        ("step", pa.int64()),
        ("sample", pa.int64()),
        ("prompt_tokens", pa.list_(pa.int64())),
        ("completion_tokens", pa.list_(pa.int64())),
        ("logprobs", pa.list_(pa.float32())),
        ("weights_version", pa.int64()),
        ("reward", pa.float64()),
        ("rewards", pa.string()),
        ("execution", pa.string()),
    ]
)


def begin(folder: Path, num_steps: int, num_processes: int) -> None:
    """Say beside the checkpoints in `folder` which files there will be; called again it says the same.
    For one process only: the name of the draft is the file's."""
    (folder / "transcripts").mkdir(parents=True, exist_ok=True)
    _replace(folder / MANIFEST, lambda draft: draft.write_text(json.dumps([num_steps, num_processes])))


def write(folder: Path, step: int, rank: int, samples: Sequence[Sample]) -> None:
    """Put one process's samples of one step (from 0) beside the checkpoints in `folder`."""
    rows = pa.Table.from_pylist([_row(step, sample) for sample in samples], schema=SCHEMA)
    _replace(_file(folder, step, rank), lambda draft: feather.write_feather(rows, str(draft), compression="lz4"))


def commit(checkpoint: Checkpoint, lineage: Lineage) -> Snapshot:
    """Write the transcripts of every step that led to `checkpoint` to `rl.transcripts`.

    Called again it gives the same snapshot. FileNotFoundError names the first file that is not there.
    """
    folder = Path(checkpoint.uri).parent
    return lake.write(TABLE, pa.concat_tables(feather.read_table(file) for file in _files(folder)), lineage)


def _files(folder: Path) -> list[Path]:
    files = [folder / MANIFEST]
    if files[0].is_file():
        num_steps, num_processes = json.loads(files[0].read_text())
        files += [_file(folder, step, rank) for step in range(num_steps) for rank in range(num_processes)]
    missing = next((file for file in files if not file.is_file()), None)
    if missing:
        raise FileNotFoundError(
            f"no transcript {missing}: the station that trained here lost it or is not done; "
            f"remove {folder} and run rl again"
        )
    return files[1:]


def _replace(target: Path, write: Callable[[Path], object]) -> None:
    draft = target.with_name(f".{target.name}.tmp")
    write(draft)
    draft.replace(target)


def _file(folder: Path, step: int, rank: int) -> Path:
    return folder / "transcripts" / f"step-{step:06d}-rank-{rank:03d}.arrow"


def _row(step: int, sample: Sample) -> dict[str, object]:
    outcome = sample.outcome
    return {
        "doc_id": sample.problem.doc_id,
        "step": step,
        "sample": sample.index,
        "prompt_tokens": list(sample.prompt_ids),
        "completion_tokens": list(sample.completion.token_ids),
        "logprobs": list(sample.completion.logprobs),
        "weights_version": sample.completion.weights_version,
        "reward": sample.reward,
        "rewards": json.dumps(sample.rewards, sort_keys=True),
        "execution": json.dumps({"status": outcome.status, "passed": outcome.passed, "total": outcome.total}),
    }
