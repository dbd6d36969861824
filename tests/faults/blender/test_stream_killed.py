"""A consuming process is killed -9 at 20 random points, and its world changes in between: the same sequence."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pyarrow as pa
import pytest

from model_factory import lake
from model_factory.blender import BlendLog, Entry, Order, Supply, amended
from model_factory.blender.cache import token_cache
from model_factory.blender.log import encode_entry, encode_header
from tests.unit.blender.rows import LINEAGE, more, sequences

SEED, KILLS, STEPS = 20261121, 20, 1200
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


def start(home: Path, out: Path, steps: int, rank: int, world_size: int, workers: int) -> "subprocess.Popen[bytes]":
    arguments = [home, home / "log.jsonl", out, steps, rank, world_size, workers]
    return subprocess.Popen(
        [sys.executable, str(CONSUMER), *map(str, arguments)],
        stderr=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": f"{ROOT / 'lib'}:{ROOT}"},
    )


def lines(path: Path) -> list[str]:
    """What was consumed whole; a last line without an end was being written when its process died."""
    content = path.read_bytes().decode() if path.exists() else ""
    return content[: content.rfind("\n") + 1].splitlines()


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


def test_killed_twenty_times_it_has_seen_every_row_once_and_in_order(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FACTORY_HOME", str(home))
    log = ten_amendments()
    text = "\n".join([encode_header(log), *map(encode_entry, log.entries)])
    (home / "log.jsonl").write_text(text + "\n")
    expected, generator, out = expected_steps(log), random.Random(SEED), home / "out"
    points = sorted(generator.sample(range(1, STEPS - 60), KILLS))
    for workers, point in zip([0, 1, 4] * KILLS, points, strict=False):
        process = start(home, out, STEPS, 0, 1, workers)
        deadline = time.monotonic() + 60
        while len(lines(out)) < point:
            assert process.poll() is None, process.communicate()[1].decode()[-4000:]
            assert time.monotonic() < deadline, f"step {point} did not come within 60 s"
            time.sleep(0.001)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        assert len(lines(out)) < STEPS, "it ended before it was killed; the test shows nothing"
    process = start(home, out, STEPS, 0, 1, 4)
    assert process.wait(120) == 0, process.communicate()[1].decode()[-4000:]
    assert lines(out) == expected
