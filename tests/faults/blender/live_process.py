"""`live_process.py HOME write NAME COUNT` appends COUNT commits of 1 to 4 rows to rl.live, going on where it was;
`live_process.py HOME read NAME TOTAL` takes rows until it has TOTAL, a line of JSON a row in HOME/NAME.out.
"""

import json
import os
import sys
from pathlib import Path

import pyarrow as pa

from model_factory.blender.append import append
from model_factory.blender.live import Consumer, Position

TABLE, MAX_LAG_ROWS = "rl.live", 40


def commit(name: str, number: int) -> pa.Table:
    """The rows of a writer's commit, always the same."""
    size = 1 + number % 4
    return pa.table({"writer": [name] * size, "number": [number] * size, "row": list(range(size))})


def write(name: str, count: int) -> None:
    for number in range(count):
        append(TABLE, commit(name, number), f"{name}-{number}", MAX_LAG_ROWS, 60.0)


def read(home: Path, name: str, total: int) -> None:
    """What was made of the rows and the position behind them lie in one file, written in one step."""
    out = home / f"{name}.out"
    kept = json.loads(out.read_text()) if out.exists() else {"position": {}, "rows": []}
    consumer = Consumer(TABLE, name, Position(**kept["position"]))
    while len(kept["rows"]) < total:
        delivery = consumer.wait(3, 60.0)
        kept["rows"] += [list(row.values()) for row in delivery.rows.to_pylist()]
        kept["position"] = vars(delivery.after)
        draft = out.with_suffix(".draft")
        draft.write_text(json.dumps(kept))
        draft.replace(out)
        consumer.commit(delivery.after)


if __name__ == "__main__":
    os.environ["FACTORY_HOME"] = sys.argv[1]
    if sys.argv[2] == "write":
        write(sys.argv[3], int(sys.argv[4]))
    else:
        read(Path(sys.argv[1]), sys.argv[3], int(sys.argv[4]))
