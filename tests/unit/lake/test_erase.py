"""A table rewritten without documents: what is left, what is gone from the disk, what a kill leaves."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyiceberg.table import Table

from model_factory import lake
from model_factory.lake import erase as erasing
from model_factory.lake.erase import erase
from model_factory.lake.handle import open_table
from model_factory.lake.references import without
from model_factory.nouns import Lineage, Snapshot
from tests.unit.lake.bytes_of import everything

GONE = "d" * 32
PLANTED = "planted-9f2c71"
TABLE = "curated.documents"


def rows(*names: str, planted: bool = True) -> pa.Table:
    ids = [*(name * 32 for name in names), *([GONE] if planted else [])]
    texts = [*(f"text of {name} " * 50 for name in names), *([f"{PLANTED} in the middle"] if planted else [])]
    return pa.table({"doc_id": ids, "text": texts})


def drop(_: Snapshot, held: pa.Table) -> pa.Table:
    return without(held, {GONE})


@pytest.fixture
def written(lineage: Lineage) -> dict[str, Snapshot]:
    """Three published snapshots of which the middle one never had the document, and one that waits on a branch."""
    first = lake.write(TABLE, rows("a", "b"), lineage)
    clean = lake.write(TABLE, rows("a", "c", planted=False), lineage)
    last = lake.write(TABLE, rows("a", "b", "c"), replace(lineage, code="code-2"))
    waiting = lake.stage(TABLE, rows("b"), replace(lineage, code="code-3"))
    return {"first": first, "clean": clean, "last": last, "waiting": waiting}


def test_every_snapshot_is_left_without_the_document_and_nothing_else_is(
    written: dict[str, Snapshot], state: Path
) -> None:
    assert PLANTED.encode() in everything(state)
    erase(TABLE, {GONE}, drop)
    assert PLANTED.encode() not in everything(state)
    assert GONE.encode() not in everything(state)
    for name, names in {"first": "ab", "last": "abc", "waiting": "b"}.items():
        left = lake.left_of(written[name].as_parent().uri)
        wanted = rows(*names, planted=False)
        assert (left.digest, left.num_rows) == (lake.digest(wanted), wanted.num_rows)
        assert lake.digest(lake.read(left)) == left.digest
        assert left.lineage == written[name].lineage
    assert lake.read(written["clean"]).num_rows == 2
    assert lake.head(TABLE) == lake.left_of(written["last"].as_parent().uri)


def test_what_is_gone_says_so_and_what_is_left_of_it(written: dict[str, Snapshot]) -> None:
    erase(TABLE, {GONE}, drop)
    left = lake.left_of(written["last"].as_parent().uri)
    with pytest.raises(lake.SnapshotGone, match=f"erased.*{left.snapshot_id}.*factory rerun"):
        lake.read(written["last"])
    with pytest.raises(lake.SnapshotGone, match=f"erased.*{left.snapshot_id}"):
        lake.find(f"{TABLE}@{written['last'].snapshot_id}")


def test_a_candidate_is_still_published_on_top_of_main(written: dict[str, Snapshot]) -> None:
    erase(TABLE, {GONE}, drop)
    waiting = lake.left_of(written["waiting"].as_parent().uri)
    assert waiting.branch == written["waiting"].branch
    assert lake.publish(waiting).num_rows == 1
    assert lake.head(TABLE).digest == waiting.digest


def test_another_document_can_follow_and_the_first_snapshot_is_still_found(written: dict[str, Snapshot]) -> None:
    erase(TABLE, {GONE}, drop)
    erase(TABLE, {"a" * 32}, lambda _, held: without(held, {"a" * 32}))
    left = lake.left_of(written["last"].as_parent().uri)
    assert sorted(lake.read(left)["doc_id"].to_pylist()) == ["b" * 32, "c" * 32]


def test_erased_twice_is_erased_once(written: dict[str, Snapshot]) -> None:
    erase(TABLE, {GONE}, drop)
    before = open_table(TABLE).metadata_location
    erase(TABLE, {GONE}, drop)
    assert open_table(TABLE).metadata_location == before


def test_files_that_no_snapshot_names_are_removed(written: dict[str, Snapshot], state: Path) -> None:
    """What a writer that was killed before its commit leaves behind, whole and half."""
    data = next((state / "lake" / "warehouse" / "curated" / "documents").rglob("*.parquet")).parent
    pq.write_table(rows("x"), data / "orphan.parquet", compression="zstd")
    (data / "half.parquet").write_bytes(b"PAR1" + PLANTED.encode())
    erase(TABLE, {GONE}, drop)
    assert not (data / "orphan.parquet").exists()
    assert PLANTED.encode() not in everything(state)


def test_rows_that_refer_to_it_go_and_lists_that_name_it_too(lineage: Lineage) -> None:
    pairs = pa.table({"doc_id": ["a" * 32, "b" * 32], "other_doc_id": [GONE, "a" * 32], "similarity": [1.0, 0.9]})
    made = lake.write("curated.pairs", pairs, lineage)
    lists = lake.write("some.lists", pa.table({"name": ["x", "y"], "doc_ids": [[GONE, "a" * 32], []]}), lineage)
    for table in ("curated.pairs", "some.lists"):
        erase(table, {GONE}, drop)
    assert lake.read(lake.left_of(made.as_parent().uri))["doc_id"].to_pylist() == ["b" * 32]
    assert lake.read(lake.left_of(lists.as_parent().uri))["name"].to_pylist() == ["y"]


def test_a_table_of_nothing_else_is_left_empty(lineage: Lineage, state: Path) -> None:
    made = lake.write(TABLE, rows(), lineage)
    erase(TABLE, {GONE}, drop)
    assert lake.read(lake.left_of(made.as_parent().uri)).num_rows == 0
    assert PLANTED.encode() not in everything(state)


class Killed(BaseException):
    """A stop at which nothing is tidied up."""


@pytest.mark.parametrize("step", ["_write", "_move", "_expire", "remove_unreferenced"])
@pytest.mark.parametrize("when", ["before", "after"])
def test_stopped_anywhere_it_goes_on(
    written: dict[str, Snapshot], state: Path, monkeypatch: pytest.MonkeyPatch, step: str, when: str
) -> None:
    real: Callable[..., Any] = getattr(erasing, step)

    def stopping(*arguments: Any) -> Any:
        if when == "after":
            real(*arguments)
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(erasing, step, stopping)
        with pytest.raises(Killed):
            erase(TABLE, {GONE}, drop)
    erase(TABLE, {GONE}, drop)
    assert PLANTED.encode() not in everything(state)
    assert lake.read(lake.head(TABLE)).num_rows == 3
    assert lake.read(lake.left_of(written["first"].as_parent().uri)).num_rows == 2
    handle: Table = open_table(TABLE)
    assert set(handle.refs()) == {"main", written["waiting"].branch}
