"""A process that trains on nothing: `consumer.py HOME LOG OUT STEPS RANK WORLD_SIZE WORKERS`.

Writes what it is given to OUT, a line a step: the step and its rows' ids. Started again, it goes on behind
the last whole line.
"""

import os
import sys
import time
from pathlib import Path

from model_factory import lake
from model_factory.blender.cache import token_cache
from model_factory.blender.log import decode
from model_factory.blender.stream import Stream


def main(log: str, out: str, steps: int, rank: int, world_size: int, workers: int) -> None:
    """Consume steps up to `steps`."""
    history = {snapshot.digest: snapshot for snapshot in lake.history("tokens.sequences")}
    tokens = {digest: token_cache().open(snapshot, "train") for digest, snapshot in history.items()}
    stream = Stream(decode(Path(log).read_text().splitlines()), tokens, rank, world_size, workers)
    done = _whole_lines(Path(out))
    with open(out, "ab", buffering=0) as file:
        for batch in stream.batches(done, steps):
            names = [batch.row(index).sequence_id for index in range(len(batch))]
            file.write(f"{batch.step} {' '.join(names)}\n".encode())
            # Long enough to be killed between steps, in the middle of reading ahead and of writing.
            time.sleep(0.002)
    stream.close()


def _whole_lines(path: Path) -> int:
    content = path.read_bytes() if path.exists() else b""
    whole = content[: content.rfind(b"\n") + 1]
    path.write_bytes(whole)
    return whole.count(b"\n")


if __name__ == "__main__":
    os.environ["FACTORY_HOME"] = sys.argv[1]
    main(sys.argv[2], sys.argv[3], *map(int, sys.argv[4:]))
