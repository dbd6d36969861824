"""Input made to exhaust memory, read in a process of its own that has little."""

import gzip
import json
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard

GIB = 1 << 30
LIMIT_BYTES = 300 << 20

# Only what reading takes on top of the imports counts: those map more than the limit and touch little of it.
READ = """
import json, resource, sys
from model_factory.cards.ingest import Ingest, Source
from model_factory.curation.ingest import pieces
from model_factory.curation.sources.listing import survey

with open("/proc/self/statm") as statm:
    mapped = int(statm.read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (mapped + int(sys.argv[2]),) * 2)
section = Ingest(17, "", [Source("mine", "files", "MIT", path=sys.argv[1])], int(sys.argv[3]), 1 << 20)
found = {}
for one in survey(section):
    for piece in pieces(one, section):
        found[piece.path] = getattr(piece, "reason", "") or piece.text[:20]
print(json.dumps(found))
"""


def _read(folder: Path, max_total_bytes: int) -> dict[str, str]:
    command = [sys.executable, "-c", READ, str(folder), str(LIMIT_BYTES), str(max_total_bytes)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)


def _sparse(path: Path, start: bytes, end: bytes) -> None:
    with path.open("wb") as file:
        file.write(start)
        file.seek(GIB)
        file.write(end)


def _zstd_bomb(path: Path, start: bytes, end: bytes) -> None:
    with path.open("wb") as file, zstandard.ZstdCompressor(level=1).stream_writer(file) as packed:
        packed.write(start)
        for _ in range(GIB >> 20):
            packed.write(b"0" * (1 << 20))
        packed.write(end)


@pytest.fixture(scope="module")
def bombs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bombs")
    good = b'{"text": "before"}\n'
    _sparse(folder / "a.jsonl", good, b'\n{"text": "after"}\n')
    _sparse(folder / "b.csv", b"text\nbefore\n", b"\nafter\n")
    _sparse(folder / "c.txt", b"x", b"x")
    _zstd_bomb(folder / "d.jsonl.zst", good, b'\n{"text": "after"}\n')
    _zstd_bomb(folder / "e.txt.zst", b"", b"")
    with gzip.open(folder / "f.wet.gz", "wb", compresslevel=1) as packed:
        head = f"WARC/1.0\r\nWARC-Type: conversion\r\nWARC-Record-ID: <urn:uuid:1>\r\nContent-Length: {GIB}\r\n\r\n"
        packed.write(head.encode())
        for _ in range(GIB >> 20):
            packed.write(b"0" * (1 << 20))
    table = pa.table({"text": ["0" * (GIB >> 1), "small"]})
    pq.write_table(table, folder / "g.parquet", compression="zstd", use_dictionary=False, write_statistics=False)
    (folder / "h.txt").write_text("fine")
    return folder


def test_a_gigabyte_in_one_line_is_scrapped_in_little_memory(bombs):
    found = _read(bombs, 8 * GIB)
    assert found == {
        "a.jsonl#1": "before",
        "a.jsonl#2": "too_large",
        "a.jsonl#3": "after",
        "b.csv#1": "before",
        "b.csv#2": "too_large",
        "b.csv#3": "after",
        "c.txt": "too_large",
        "d.jsonl.zst#1": "before",
        "d.jsonl.zst#2": "too_large",
        "d.jsonl.zst#3": "after",
        "e.txt.zst": "too_large",
        "f.wet.gz#1": "too_large",
        "g.parquet#1": "bomb",
        "h.txt": "fine",
    }


def test_nothing_unpacks_to_more_than_the_total(bombs):
    found = _read(bombs, 1 << 26)
    packed = {path: reason for path, reason in found.items() if path[0] in "defg"}
    assert packed == {
        "d.jsonl.zst": "over_total",
        "e.txt.zst": "over_total",
        "f.wet.gz": "over_total",
        "g.parquet#1": "over_total",
    }
    assert found["h.txt"] == "fine"
