"""Consuming processes are killed -9 at 20 random points while the world changes from 1 to 2, 8, 3 and 32 ranks and
the blend ten times: the same sequence."""

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pytest

from model_factory import lake
from model_factory.blender import BlendLog, Entry, Order, Supply, amended
from model_factory.blender.cache import token_cache
from model_factory.blender.log import encode
from tests.unit.blender.rows import LINEAGE, more, sequences

pytestmark = pytest.mark.faults

SEED, KILLS, STEPS = 20261121, 20, 1200
WORLDS = [(0, 200, 1), (200, 500, 2), (500, 750, 8), (750, 1000, 3), (1000, STEPS, 32)]
# More ranks than that share processes, each with streams of its own.
PROCESSES = 2
CONSUMER = Path(__file__).with_name("consumer.py")
ROOT = Path(__file__).parents[3]


def ten_amendments() -> BlendLog:
    """Two snapshots, the second one longer, and ten changes of weights, sources and snapshot."""
    rows = sequences(400)
    old = lake.write("tokens.sequences", rows, LINEAGE)
    new = lake.write("tokens.sequences", pa.concat_tables([rows, more(400, 90)]), LINEAGE)
    first, second = (token_cache().open(snapshot, "train").counts() for snapshot in (old, new))
    supplies = {source: Supply(old.digest, count) for source, count in first.items()}
    log = BlendLog(3, "even", (Entry(0, 12, {"web": 1.0, "code": 1.0}, supplies),))
    for number in range(1, 11):
        if number == 5:
            supplies = {source: Supply(new.digest, count, continues=True) for source, count in second.items()}
        weights = {source: 1.0 + (number * place) % 4 for place, source in enumerate(sorted(supplies))}
        log = amended(log, Entry(number * 100 + 7, 12, weights, supplies))
    return log


@dataclass(frozen=True)
class Process:
    """One process of a stretch of steps with a constant world, and the ranks that it stands for."""

    home: Path
    number: int
    first: int
    last: int
    world_size: int
    workers: int

    @property
    def ranks(self) -> list[int]:
        return list(range(self.number, self.world_size, PROCESSES))

    @property
    def out(self) -> Path:
        return self.home / f"out-{self.first}-{self.number}"

    def start(self) -> "subprocess.Popen[bytes]":
        arguments = [self.home, self.home / "log.jsonl", self.out, self.first, self.last]
        arguments += [",".join(map(str, self.ranks)), self.world_size, self.workers]
        return subprocess.Popen(
            [sys.executable, str(CONSUMER), *map(str, arguments)],
            stderr=subprocess.PIPE,
            env=os.environ | {"PYTHONPATH": f"{ROOT / 'lib'}:{ROOT}"},
        )

    def parts(self) -> dict[tuple[int, int], list[str]]:
        """(step, rank) → rows. A last line without an end was being written when the process died."""
        content = self.out.read_bytes().decode() if self.out.exists() else ""
        rows = [line.split() for line in content[: content.rfind("\n") + 1].splitlines()]
        assert len({(row[0], row[1]) for row in rows}) == len(rows), "a step was given twice"
        return {(int(row[0]), int(row[1])): row[2:] for row in rows}

    def reached(self) -> int:
        """The first step that it has not behind it."""
        return self.first + len(self.parts()) // len(self.ranks)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


def expected_steps(log: BlendLog) -> list[str]:
    """From the order and the snapshots' rows alone, without the stream."""
    order = Order(log)
    tokens = {one.digest: token_cache().open(one, "train") for one in lake.history("tokens.sequences")}
    found = []
    for step in range(STEPS):
        draw = order.step(step)
        names = []
        for code, index in zip(draw.codes_B, draw.indices_B, strict=True):
            held = tokens[draw.supplies[code].snapshot]
            names.append(held.ids[held.sources[draw.sources[code]][index]])
        found.append(f"{step} {' '.join(names)}")
    return found


def test_killed_twenty_times_in_changing_worlds_every_row_came_once_and_in_order(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FACTORY_HOME", str(home))
    log = ten_amendments()
    (home / "log.jsonl").write_text(encode(log))
    expected, generator, kills = expected_steps(log), random.Random(SEED), 0
    delivered: dict[tuple[int, int], list[str]] = {}
    for (first, last, world_size), workers in zip(WORLDS, (4, 1, 0, 1, 0), strict=True):
        processes = [
            Process(home, number, first, last, world_size, workers) for number in range(min(PROCESSES, world_size))
        ]
        points = sorted(generator.sample(range(first + 1, last - 60), KILLS // len(WORLDS)))
        victims = [generator.choice(processes) for _ in points]
        with ThreadPoolExecutor(len(processes)) as pool:
            drawn = list(zip(points, victims, strict=True))
            mine = [[point for point, victim in drawn if victim is one] for one in processes]
            kills += sum(pool.map(_run, processes, mine))
        for one in processes:
            delivered |= one.parts()
    assert kills == KILLS
    worlds = [(step, world_size) for first, last, world_size in WORLDS for step in range(first, last)]
    got = [[name for rank in range(world) for name in delivered.pop((step, rank))] for step, world in worlds]
    assert got == [line.split()[1:] for line in expected]
    assert not delivered
    _check_shares(log, got)


def _run(one: Process, points: list[int]) -> int:
    """Run it to its last step, killed and started again at each of the points; how often it was killed."""
    process = one.start()
    for point in points:
        _kill(one, process, point)
        process = one.start()
    assert process.wait(300) == 0, process.communicate()[1].decode()[-4000:]
    return len(points)


def _kill(victim: Process, process: "subprocess.Popen[bytes]", point: int) -> None:
    """kill -9 as soon as the process has come to a step."""
    deadline = time.monotonic() + 300
    while victim.reached() < point:
        assert process.poll() is None, process.communicate()[1].decode()[-4000:]
        assert time.monotonic() < deadline, f"step {point} did not come within 300 s"
        time.sleep(0.001)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert victim.reached() < victim.last, "it ended before it was killed; the test shows nothing"


def _check_shares(log: BlendLog, got: list[list[str]]) -> None:
    """In every batch, and in every stretch since an amendment, each source is within a row of its share."""
    for entry, end in zip(log.entries, [*(entry.step for entry in log.entries[1:]), STEPS], strict=True):
        total, since = sum(entry.weights.values()), Counter[str]()
        for number, names in enumerate(got[entry.step : end], 1):
            now = Counter(name.partition("-")[0] for name in names)
            since += now
            for source, weight in entry.weights.items():
                share = weight / total
                assert abs(now[source] - share * len(names)) < 1
                assert abs(since[source] - share * len(names) * number) < 1
