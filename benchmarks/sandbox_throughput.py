"""Isolated executions against the bare interpreter: milliseconds a program, one worker each, best of RUNS.

    .venv/bin/python benchmarks/sandbox_throughput.py

The peer is `subprocess.run([python, "-I", "-S", "-c", …])`, the fastest documented way to run a
program in a process of its own, with no isolation and no limits at all.
"""

import json
import os
import platform
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from model_factory.cards.limits import Limits
from model_factory.sandbox import Candidate, Program, check_functions, execute
from model_factory.sandbox.backends import BACKENDS

RUNS, NUM_PROGRAMS = 12, 50
RESULTS = Path(__file__).parent / "results" / "posttraining-sandbox_throughput.json"
LIMITS = Limits(wall_s=5.0, cpu_s=2.0, memory_bytes=256 << 20, output_bytes=65536, file_bytes=1 << 20, num_processes=16)
PROGRAMS = {
    "trivial program": "print({})",
    "program that imports json, re, random": "import json, re, random\nprint({})",
    "function judged on 8 tests": "def f(x):\n    return x * {}",
}


def sandboxed(sources: Sequence[str]) -> None:
    answers = execute([Program(source) for source in sources], LIMITS, num_workers=1)
    assert all(answer.status == "ok" for answer in answers)


def judged(sources: Sequence[str]) -> None:
    candidates = [
        Candidate(source, "f", [[[x], x * number] for x in range(8)]) for number, source in enumerate(sources)
    ]
    assert all(verdict.correct for verdict in check_functions(candidates, LIMITS, num_workers=1))


def bare(sources: Sequence[str]) -> None:
    python = BACKENDS[0].command(LIMITS.file_bytes)[0]
    for source in sources:
        subprocess.run([python, "-I", "-S", "-c", source], capture_output=True, check=True)


def milliseconds(runs: Sequence[Callable[[Sequence[str]], None]], sources: Sequence[str]) -> list[float]:
    """Best of RUNS, amortised over the programs, taken in turns so that a busy minute meets all of them.

    The first run is not counted: the worker is warm, as it is from the second step of training on.
    """
    best = [float("inf")] * len(runs)
    for turn in range(RUNS + 1):
        for place, run in enumerate(runs):
            started = time.perf_counter()
            run(sources)
            if turn:
                best[place] = min(best[place], time.perf_counter() - started)
    return [seconds / len(sources) * 1000 for seconds in best]


def main() -> None:
    commit = subprocess.run(["git", "rev-parse", "HEAD"], capture_output=True, text=True, check=True).stdout.strip()
    rows = []
    for what, template in PROGRAMS.items():
        sources = [template.format(number) for number in range(NUM_PROGRAMS)]
        ours, peer = milliseconds([judged if "judged" in what else sandboxed, bare], sources)
        rows.append(
            {
                "what": what,
                "ours": round(ours, 2),
                "peer": round(peer, 2),
                "peer_version": f"CPython {platform.python_version()} -I -S -c, no isolation",
                "unit": "ms a program, one worker",
                "ratio": round(peer / ours, 2),
                "at_least": 1.7,
                "runs": RUNS,
                "hardware": f"{os.cpu_count()} cores {platform.machine()}",
                "commit": commit,
            }
        )
        print(f"{what}: {ours:.2f} ms isolated, {peer:.2f} ms bare, {peer / ours:.1f} times faster")
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(rows, indent=1) + "\n")


if __name__ == "__main__":
    main()
