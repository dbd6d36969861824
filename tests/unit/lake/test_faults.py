import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest

from model_factory import lake
from model_factory.lake import disk
from model_factory.nouns import Lineage

ROWS = pa.table({"doc_id": ["a", "b"], "n": [1, 2]})


def test_added_columns_are_taken_in(lineage: Lineage) -> None:
    first = lake.write("raw.documents", ROWS, lineage)
    wider = ROWS.append_column("language", pa.array(["python", None]))
    second = lake.write("raw.documents", wider.select(["language", "n", "doc_id"]), lineage)
    assert lake.read(second).equals(wider)
    assert lake.read(first).equals(ROWS)
    assert lake.digest(lake.read(first)) == first.digest
    assert lake.digest(lake.read(second)) == second.digest


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        (ROWS.select(["doc_id"]), "raw.documents: the rows lack the table's column 'n' .int64.; write these rows"),
        (pa.table({"doc_id": ["a"], "n": ["1"]}), "raw.documents: column 'n' holds int64, the rows have string; write"),
        (pa.table({"doc_id": ["a"], "n": [[1]]}), "column 'n' holds int64, the rows have list"),
    ],
)
def test_other_columns_are_refused(lineage: Lineage, rows: pa.Table, told: str) -> None:
    written = lake.write("raw.documents", ROWS, lineage)
    with pytest.raises(lake.SchemaChanged, match=told):
        lake.write("raw.documents", rows, lineage)
    assert lake.head("raw.documents") == written


def test_narrow_numbers_fit_the_wide_column(lineage: Lineage) -> None:
    lake.write("raw.documents", ROWS, lineage)
    narrow = ROWS.slice(1).cast(pa.schema([("doc_id", pa.large_string()), ("n", pa.int16())]))
    assert lake.read(lake.write("raw.documents", narrow, lineage)).equals(ROWS.slice(1))


def test_an_expired_snapshot_is_told_with_the_way_back(lineage: Lineage) -> None:
    gone = lake.write("raw.documents", ROWS, lineage)
    lake.write("raw.documents", ROWS.slice(1), lineage)
    lake.catalog().load_table("raw.documents").maintenance.expire_snapshots().by_id(gone.snapshot_id).commit()
    told = f"raw.documents@{gone.snapshot_id} .*no longer holds it.*factory rerun 111111111111 --from ingest"
    for use in (lake.read, lake.scan, lake.publish):
        with pytest.raises(lake.SnapshotGone, match=told):
            use(gone)


def test_a_deleted_lake_and_a_deleted_file_are_told(lineage: Lineage, state: Path) -> None:
    written = lake.write("raw.documents", ROWS, lineage)
    for file in (state / "lake").rglob("*.parquet"):
        file.unlink()
    with pytest.raises(lake.SnapshotGone, match=r"is missing; rebuild it with `factory rerun"):
        lake.read(written)
    rebuilt = lake.write("raw.documents", ROWS, lineage)
    assert rebuilt.snapshot_id != written.snapshot_id
    assert lake.read(rebuilt).equals(ROWS)
    with pytest.raises(lake.SnapshotGone, match=r"has no table raw.other"):
        lake.read(replace(written, table="raw.other"))
    shutil.rmtree(state / "lake")
    with pytest.raises(lake.SnapshotGone, match=r"has no table raw.documents"):
        lake.read(written)


def test_a_moved_checkout_is_noticed_and_a_link_cures_it(
    lineage: Lineage, state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = lake.write("raw.documents", ROWS, lineage)
    moved = state.parent / "moved"
    state.rename(moved)
    monkeypatch.setenv("FACTORY_HOME", str(moved))
    with pytest.raises(lake.LakeMoved, match=rf"written at {state / 'lake'}, .*move it back, or link it"):
        lake.read(written)
    state.mkdir()
    (state / "lake").symlink_to(moved / "lake")
    assert lake.read(written).equals(ROWS)


def test_a_copied_checkout_is_noticed(lineage: Lineage, state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written = lake.write("raw.documents", ROWS, lineage)
    shutil.copytree(state, state.parent / "copy")
    monkeypatch.setenv("FACTORY_HOME", str(state.parent / "copy"))
    with pytest.raises(lake.LakeMoved, match=r"written at"):
        lake.read(written)


def test_two_checkouts_do_not_see_each_other(lineage: Lineage, state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lake.write("raw.documents", ROWS, lineage)
    monkeypatch.setenv("FACTORY_HOME", str(state.parent / "second"))
    assert lake.tables() == []


@pytest.fixture
def small_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    folder = tmp_path / "small"
    folder.mkdir()
    if os.geteuid() != 0 or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=12m", "tmpfs", folder]).returncode:
        pytest.skip("mounting a small disk needs root")
    monkeypatch.setenv("FACTORY_HOME", str(folder / "state"))
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


def big(size_bytes: int) -> pa.Table:
    """Rows that zstd cannot make smaller."""
    return pa.table({"doc_id": ["x"] * 16, "n": [0] * 16, "blob": [os.urandom(size_bytes // 16) for _ in range(16)]})


def test_what_does_not_fit_is_refused_before_it_is_written(lineage: Lineage, small_disk: Path) -> None:
    lake.write("raw.documents", big(1000), lineage)
    before = sorted(small_disk.rglob("*"))
    with pytest.raises(lake.DiskFull, match=r"writing 16 rows to raw.documents needs .* MiB; free some space"):
        lake.write("raw.documents", big(40_000_000), lineage)
    assert sorted(small_disk.rglob("*")) == before


def test_a_disk_that_fills_up_leaves_nothing_half_published(
    lineage: Lineage, small_disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another process may take the room after it was found; here there never was as much as was told."""
    written = lake.write("raw.documents", big(1000), lineage)
    data = sorted(small_disk.rglob("*.parquet"))
    usage = shutil.disk_usage(small_disk)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=2**40))
    with pytest.raises(
        lake.DiskFull, match=r"the disk filled up while 16 rows .* written to raw.documents; nothing of"
    ):
        lake.write("raw.documents", big(40_000_000), lineage)
    assert sorted(small_disk.rglob("*.parquet")) == data
    assert lake.head("raw.documents") == written
    assert lake.read(written).num_rows == 16
    smaller = big(100_000)
    assert lake.read(lake.write("raw.documents", smaller, lineage)).equals(smaller)


def test_free_disk_is_asked_of_the_disk_that_holds_the_state(state: Path) -> None:
    free = shutil.disk_usage(state.parent).free
    disk.require_free_disk(1000)
    with pytest.raises(lake.DiskFull, match=r"pretraining needs"):
        disk.require_free_disk(free + 1, "pretraining")


WRITER = """
import sys, threading, os, signal, time
import pyarrow as pa
from model_factory import lake
from model_factory.nouns import Lineage
threading.Timer(float(sys.argv[1]), lambda: os.kill(os.getpid(), signal.SIGKILL)).start()
index = 0
while True:
    rows = pa.table({"doc_id": [str(index)], "n": [index]})
    lake.write("raw.documents", rows, Lineage("9" * 64, "ingest", str(index), "", ""))
    index += 1
"""


@pytest.mark.parametrize("after_s", [0.11, 0.23, 0.37])
def test_a_killed_writer_leaves_a_table_that_can_be_read_and_written(lineage: Lineage, after_s: float) -> None:
    import sys

    lake.write("raw.documents", ROWS, lineage)
    killed = subprocess.run([sys.executable, "-c", WRITER, str(after_s)], timeout=120)
    assert killed.returncode == -9
    for snapshot in lake.history("raw.documents"):
        assert lake.digest(lake.read(snapshot)) == snapshot.digest
    assert lake.read(lake.write("raw.documents", ROWS.slice(1), lineage)).equals(ROWS.slice(1))
