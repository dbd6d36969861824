"""Tokens a second of one process from the stream against MosaicML Streaming, and what resuming costs.

    .venv/bin/python benchmarks/data_stream.py --peer-python PEER/bin/python [--samples 32768]

The peer's environment holds `mosaicml-streaming==0.13.0`. The same samples of 2,048 random uint16 tokens are a
snapshot in a lake for us and an MDS folder for the peer (fixed-size arrays, local, py1e shuffle, StreamingDataLoader
with 0, 1 or 4 workers). Both give shuffled batches of 16 as torch tensors and must have given every token once: the
sums are compared. A run is a process of its own, taken in turns; the first epoch, which fills caches, is not counted.

Resuming is from nothing to the first batch of a run that stands at 10⁷ or 10⁹ samples after ten amendments; the
peer's is the epoch's order of 10⁷ samples, which it computes anew (10⁹ would be 8 GB of sample numbers).
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import torch

from model_factory import lake
from model_factory.blender import Entry, Order, Supply, amended, constant
from model_factory.blender.cache import token_cache
from model_factory.blender.stream import Stream, supplies
from model_factory.nouns import Lineage

HERE = Path(__file__).parent
RESULTS = HERE / "results" / "data-stream.json"
LENGTH, BATCH_SIZE, EPOCHS = 2048, 16, 3
LINEAGE = Lineage("bench", "pack", "code", "commit", "image")
TABLE = "bench.sequences"


def write(samples: np.ndarray) -> None:
    """The samples as packed sequences of two sources, in the lake that FACTORY_HOME names."""
    count = len(samples)
    offsets = pa.array(np.arange(count + 1, dtype=np.int32) * LENGTH)
    sources = ["web" if number % 4 else "code" for number in range(count)]
    columns = {
        "sequence_id": [f"{source}-train-{number:07d}" for number, source in enumerate(sources)],
        "source": sources,
        "split": ["train"] * count,
        "tokens": pa.ListArray.from_arrays(offsets, pa.array(samples.reshape(-1).astype(np.int32))),
        "doc_ids": [[str(number)] for number in range(count)],
        "boundaries": [[0]] * count,
        "num_bytes": [LENGTH] * count,
    }
    lake.write(TABLE, pa.table(columns), LINEAGE)
    token_cache().open(lake.head(TABLE), "train")


def stream(workers: int) -> dict[str, float]:
    """Epochs over the snapshot; the blend is the sources' own sizes, so that an epoch has every row once."""
    tokens = token_cache().open(lake.head(TABLE), "train")
    held = supplies(tokens)
    log = constant(17, "even", {source: supply.num_rows for source, supply in held.items()}, BATCH_SIZE, held)
    source = Stream(log, {tokens.digest: tokens}, workers=workers)
    steps = len(tokens) // BATCH_SIZE
    _consume(source, 0, steps)
    started = time.perf_counter()
    total = _consume(source, steps, EPOCHS * steps)
    seconds = time.perf_counter() - started
    source.close()
    return {"tokens_per_s": (EPOCHS - 1) * steps * BATCH_SIZE * LENGTH / seconds, "sum": total / (EPOCHS - 1)}


def _consume(source: Stream, first: int, last: int) -> int:
    total = 0
    for batch in source.batches(first, last):
        rows = torch.from_numpy(batch.matrix())
        # Every row is looked at, as little as can be: what is measured is the stream.
        total += int(rows[:, 0].to(torch.int64).sum())
    return total


def resume(num_samples: int) -> dict[str, float]:
    """Milliseconds from a log to the batch after `num_samples` samples, in a process that did nothing before."""
    supply = {name: Supply(name, num_samples // 2 + 7) for name in ("web", "code", "books")}
    weights = [{"web": 5.0 + number, "code": 3.0, "books": 1.17} for number in range(11)]
    steps, started = num_samples // BATCH_SIZE, time.perf_counter()
    log = constant(17, "even", weights[0], BATCH_SIZE, supply)
    for number in range(1, 11):
        log = amended(log, Entry(number * steps // 11, BATCH_SIZE, weights[number], supply))
    rows = Order(log).share(steps, 5, 8)
    assert len(rows) == BATCH_SIZE // 8
    return {"ms": 1000 * (time.perf_counter() - started)}


def child(python: str, script: Path, *arguments: object) -> dict[str, float]:
    """What a process prints last, as JSON."""
    command = ["nice", "-n", "10", python, str(script), *map(str, arguments)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, timeout=1800)
    return json.loads(done.stdout.splitlines()[-1])


def compare(peer_python: str, folder: Path, runs: int) -> list[dict[str, object]]:
    peer, rows = HERE / "data_stream_peer.py", []
    for workers in (0, 1, 4):
        ours, theirs = [], []
        for _ in range(runs):
            ours.append(child(sys.executable, Path(__file__), "--stream", workers))
            theirs.append(child(peer_python, peer, "stream", folder, workers, BATCH_SIZE, EPOCHS))
        assert {one["sum"] for one in ours} == {one["sum"] for one in theirs}, "both must give every sample once"
        mine, its = (statistics.median(one["tokens_per_s"] for one in side) / 1e6 for side in (ours, theirs))
        what = f"stream of 2,048-token uint16 samples, {workers} workers"
        rows.append(row(what, mine, its, "Mtok/s a process", mine / its, 2.0, runs))
    for size in (10**7, 10**9):
        mine = statistics.median(child(sys.executable, Path(__file__), "--resume", size)["ms"] for _ in range(runs))
        its = None
        if size == 10**7:
            its = statistics.median(child(peer_python, peer, "resume", size)["ms"] for _ in range(runs))
        what = f"resume at {size:.0e} samples after ten amendments (limit 50 ms)".replace("e+0", "e")
        rows.append(row(what, mine, its, "ms", (its or 50.0) / mine, 1.0, runs))
    return rows


def row(what: str, ours: float, peer: float | None, unit: str, ratio: float, at_least: float, runs: int) -> dict:
    commit = subprocess.run(["git", "rev-parse", "HEAD"], capture_output=True, text=True, check=True).stdout.strip()
    return {
        "what": what,
        "ours": round(ours, 2),
        "peer": round(peer, 2) if peer is not None else None,
        "peer_version": "mosaicml-streaming 0.13.0" if peer is not None else "the limit of 50 ms",
        "unit": unit,
        "ratio": round(ratio, 2),
        "at_least": at_least,
        "runs": runs,
        "hardware": f"{os.cpu_count()} cores {platform.machine()}",
        "commit": commit,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peer-python")
    parser.add_argument("--samples", type=int, default=32768)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--stream", type=int, help="one measurement: number of workers")
    parser.add_argument("--resume", type=int, help="one measurement: number of samples")
    asked = parser.parse_args()
    if asked.stream is not None or asked.resume is not None:
        print(json.dumps(resume(asked.resume) if asked.resume is not None else stream(asked.stream)))
        return
    with tempfile.TemporaryDirectory() as folder:
        os.environ["FACTORY_HOME"] = f"{folder}/home"
        samples = np.random.default_rng(17).integers(0, 50_000, (asked.samples, LENGTH), dtype=np.uint16)
        np.save(f"{folder}/samples.npy", samples)
        write(samples)
        child(asked.peer_python, HERE / "data_stream_peer.py", "write", folder)
        rows = compare(asked.peer_python, Path(folder), asked.runs)
    for one in rows:
        print(f"{one['what']}: {one['ours']} {one['unit']} ours, {one['peer']} {one['peer_version']}: {one['ratio']}×")
    RESULTS.write_text(json.dumps(rows, indent=1) + "\n")


if __name__ == "__main__":
    main()
