"""Ranks that train on nothing: `consumer.py HOME LOG OUT FIRST LAST RANKS WORLD_SIZE WORKERS`, RANKS as 0,2,4.

Writes what each rank is given to OUT, a line a step and rank: both and its rows' ids. Started again, it goes on
behind the last whole step.
"""

import os
import sys
import time
from pathlib import Path

from model_factory import lake
from model_factory.blender.cache import token_cache
from model_factory.blender.log import decode
from model_factory.blender.stream import Stream


def main(log: str, out: str, first: int, last: int, ranks: list[int], world_size: int, workers: int) -> None:
    """Consume steps `first` to `last` − 1 for all `ranks`."""
    history = {snapshot.digest: snapshot for snapshot in lake.history("tokens.sequences")}
    tokens = {digest: token_cache().open(snapshot, "train") for digest, snapshot in history.items()}
    whole = decode(Path(log).read_text().splitlines())
    streams = [Stream(whole, tokens, rank, world_size, workers) for rank in ranks]
    done = first + _whole_steps(Path(out), len(ranks))
    with open(out, "ab", buffering=0) as file:
        for batches in zip(*(stream.batches(done, last) for stream in streams), strict=True):
            for rank, batch in zip(ranks, batches, strict=True):
                names = [batch.row(index).sequence_id for index in range(len(batch))]
                file.write(f"{batch.step} {rank} {' '.join(names)}\n".encode())
            # Long enough to be killed between steps, in the middle of reading ahead and of writing.
            time.sleep(0.005)
    for stream in streams:
        stream.close()


def _whole_steps(path: Path, num_ranks: int) -> int:
    """How many steps all ranks have behind them; what follows the last one is cut off."""
    lines = path.read_bytes().split(b"\n")[:-1] if path.exists() else []
    steps = len(lines) // num_ranks
    path.write_bytes(b"".join(line + b"\n" for line in lines[: steps * num_ranks]))
    return steps


if __name__ == "__main__":
    os.environ["FACTORY_HOME"] = sys.argv[1]
    first, last, ranks, world_size, workers = sys.argv[4:]
    main(sys.argv[2], sys.argv[3], int(first), int(last), [*map(int, ranks.split(","))], int(world_size), int(workers))
