"""What the data benchmarks share: a process measured as a whole, and the rows of a result file.

CPU seconds are user and system time of the process and all its children, start-up and imports included: what other
work on the machine does to the clock does little to them.
"""

import json
import os
import platform
import statistics
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results"
# Two processes are two cores on either side: no library is to take more.
ONE_CORE = {"POLARS_MAX_THREADS": "1", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
METER = """
import json, resource, subprocess, sys, time
started = time.perf_counter()
run = subprocess.run(sys.argv[1:], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
wall_s = time.perf_counter() - started
if run.returncode:
    sys.exit(run.stderr[-3000:])
usage = resource.getrusage(resource.RUSAGE_CHILDREN)
printed = (run.stdout.splitlines() or [""])[-1]
print(json.dumps([usage.ru_utime + usage.ru_stime, wall_s, usage.ru_maxrss / 1024, printed]))
"""


def cost(command: Sequence[str]) -> dict[str, Any]:
    """`cpu_s` and `wall_s` of a command, `peak_mib` of its largest process, and what it `printed` last."""
    environment = {**os.environ, **ONE_CORE}
    run = subprocess.run([sys.executable, "-c", METER, *command], capture_output=True, text=True, env=environment)
    if run.returncode:
        raise SystemExit(run.stderr)
    cpu_s, wall_s, peak_mib, printed = json.loads(run.stdout)
    return {"cpu_s": cpu_s, "wall_s": wall_s, "peak_mib": peak_mib, "printed": printed}


def median(costs: Sequence[Mapping[str, Any]], what: str) -> float:
    return round(statistics.median(one[what] for one in costs), 3)


def row(
    what: str, ours: float, peer: float | None, peer_version: str, unit: str, ratio: float, at_least: float, runs: int
) -> dict[str, Any]:
    """A row of a result file. `ratio` is turned so that larger is better; `at_least` is 0 where nothing was asked."""
    commit = subprocess.run(["git", "rev-parse", "HEAD"], capture_output=True, text=True, check=True).stdout.strip()
    return {
        "what": what,
        "ours": float(f"{ours:.5g}"),
        "peer": float(f"{peer:.5g}") if peer is not None else None,
        "peer_version": peer_version,
        "unit": unit,
        "ratio": round(ratio, 4),
        "at_least": at_least,
        "runs": runs,
        "hardware": f"{os.cpu_count()} cores {platform.machine()}",
        "commit": commit,
    }


def save(name: str, rows: list[dict[str, Any]]) -> None:
    """Write `results/NAME.json` and say what is in it; what falls short is said as loudly."""
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"{name}.json").write_text(json.dumps(rows, indent=1, ensure_ascii=False) + "\n")
    for one in rows:
        short = f"  SHORT of {one['at_least']}" if one["ratio"] < one["at_least"] else ""
        print(f"{one['what']}: {one['ours']} {one['unit']}, peer {one['peer']}, ratio {one['ratio']}{short}")
