"""Ten times as much text as there may be memory, from raw files to the candidate corpus."""

import json
import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.faults

ROOT = Path(__file__).parents[3]
PROCESS = ROOT / "tests" / "faults" / "curation_process.py"
LIMIT_BYTES = 8 << 20
# The interpreter, its libraries and what their three allocators keep: 290 MiB at a megabyte of text.
BASELINE_BYTES = 400 << 20
STATIONS = ["ingest", "clean", "measure", "sign", "find pairs", "curate"]


def _write(folder: Path, size_bytes: int) -> None:
    """Documents of a few kilobytes, one in fifty the copy of an earlier one, one in fifty nearly."""
    folder.mkdir()
    draw = random.Random(7)
    words = [f"{draw.choice('bcdfglmnprst')}{draw.choice('aeiou')}{place:x}" for place in range(4000)]
    written, texts = 0, []
    with (folder / "all.jsonl").open("w") as file:
        while written < size_bytes:
            chance = draw.random()
            if texts and chance < 0.04:
                text = draw.choice(texts).replace("ba", "bu" if chance < 0.02 else "ba")
            else:
                text = "\n".join(" ".join(draw.choices(words, k=12)) for _ in range(draw.randint(20, 120)))
                texts = texts or [text]
            written += file.write(json.dumps({"text": text}) + "\n")


def _peaks(folder: Path, home: Path) -> dict[str, int]:
    command = [sys.executable, str(PROCESS), str(folder), str(LIMIT_BYTES), "4"]
    environment = os.environ | {"FACTORY_HOME": str(home), "PYTHONPATH": f"{ROOT / 'lib'}:{ROOT}"}
    done = subprocess.run(command, capture_output=True, text=True, timeout=1200, check=False, env=environment)
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1])["peaks"]


def test_every_station_stays_within_the_cards_memory(tmp_path: Path) -> None:
    """A station that held all texts, once as Python's strings and once as columns, would be over it."""
    _write(tmp_path / "much", 10 * LIMIT_BYTES)
    peaks = _peaks(tmp_path / "much", tmp_path / "home")
    assert list(peaks) == STATIONS
    assert max(peaks.values()) <= BASELINE_BYTES + LIMIT_BYTES, {
        name: f"{size >> 20} MiB" for name, size in peaks.items()
    }
