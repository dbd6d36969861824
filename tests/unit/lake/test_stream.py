"""Rows that are written and read a piece at a time, beside the same rows in one piece."""

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model_factory import lake
from model_factory.lake import content, files
from model_factory.nouns import Lineage

ROWS = pa.table(
    {"doc_id": [f"{place:05}" for place in range(5000)], "text": ["word " * (place % 40) for place in range(5000)]}
)


def reader(rows: pa.Table, num_rows: int) -> pa.RecordBatchReader:
    return pa.RecordBatchReader.from_batches(rows.schema, rows.to_batches(max_chunksize=num_rows))


def parquet_files(state: Path) -> list[Path]:
    return sorted((state / "lake").rglob("*.parquet"))


@pytest.mark.parametrize("num_rows", [7, 900, 5000])
def test_rows_of_a_reader_are_those_of_the_table(lineage: Lineage, state: Path, num_rows: int) -> None:
    whole = lake.stage("raw.documents", ROWS, lineage)
    written = parquet_files(state)
    streamed = lake.stage("raw.documents", reader(ROWS, num_rows), lineage)
    # Known by its content only once it is written: what was written twice is removed.
    assert streamed == whole
    assert parquet_files(state) == written
    other = lake.write("raw.others", reader(ROWS, num_rows), lineage)
    assert (other.digest, other.num_rows) == (whole.digest, whole.num_rows)
    assert lake.read(other).equals(ROWS)


def test_no_rows_of_a_reader_are_a_snapshot_too(lineage: Lineage) -> None:
    empty = lake.write("raw.documents", reader(ROWS.slice(0, 0), 1), lineage)
    assert (empty.num_rows, empty.digest) == (0, lake.digest(ROWS.slice(0, 0)))
    assert lake.read(empty).num_rows == 0
    assert list(lake.batches(empty)) == []


def test_batches_are_what_read_gives(lineage: Lineage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "GROUP_BYTES", 20_000)
    written = lake.write("raw.documents", ROWS, lineage)
    batches = list(lake.batches(written))
    assert len(batches) > 20
    assert max(batch.nbytes for batch in batches) <= 20_000
    assert pa.Table.from_batches(batches).equals(ROWS)
    for columns, row_filter in (
        (["text"], "doc_id >= '04990'"),
        (None, "doc_id in ('00007', '03000')"),
        (["doc_id"], None),
    ):
        found = list(lake.batches(written, columns, row_filter))
        assert pa.Table.from_batches(found).equals(lake.read(written, columns, row_filter).combine_chunks())
    assert len(list(lake.batches(written, ["text"], "doc_id >= '04990'"))) == 1, (
        "row groups that cannot match are not read"
    )
    with pytest.raises(KeyError, match=r"raw.documents has no column 'txt'"):
        list(lake.batches(written, ["txt"]))


def test_a_reader_is_never_far_ahead_of_what_is_written(lineage: Lineage, monkeypatch: pytest.MonkeyPatch) -> None:
    """The easiest way to lose the bound is to collect the batches first."""
    monkeypatch.setattr(files, "GROUP_BYTES", 20_000)
    taken: list[int] = []
    in_group: list[int] = []

    def some() -> Iterator[pa.RecordBatch]:
        for batch in ROWS.to_batches(max_chunksize=100):
            taken.append(batch.num_rows)
            yield batch

    class Seen(content.ContentDigest):
        def add(self, batch: pa.RecordBatch) -> None:
            in_group.append(sum(taken) - self.num_rows - batch.num_rows)
            super().add(batch)

    monkeypatch.setattr(files, "ContentDigest", Seen)
    lake.write("raw.documents", pa.RecordBatchReader.from_batches(ROWS.schema, some()), lineage)
    assert len(in_group) > 20
    assert max(in_group) <= 200


def test_a_row_larger_than_a_group_is_a_group(lineage: Lineage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "GROUP_BYTES", 100)
    rows = pa.table({"doc_id": ["a", "b", "c"], "text": ["x" * 10, "y" * 1000, "z" * 10]})
    assert lake.read(lake.write("raw.documents", rows, lineage)).equals(rows)


def test_main_may_move_and_no_row_is_written_again(lineage: Lineage, state: Path) -> None:
    early = lake.stage("raw.documents", ROWS, lineage)
    lake.write("raw.documents", ROWS.slice(1), lineage)
    written = parquet_files(state)
    late = lake.publish(early)
    assert parquet_files(state) == written
    assert lake.read(late).equals(ROWS)
    assert lake.head("raw.documents") == late


def test_a_reader_that_breaks_leaves_main_and_branches_as_they_were(lineage: Lineage) -> None:
    before = lake.write("raw.documents", ROWS.slice(0, 10), lineage)

    def broken() -> Iterator[pa.RecordBatch]:
        yield from ROWS.to_batches(max_chunksize=100)[:3]
        raise RuntimeError("the source broke")

    with pytest.raises(RuntimeError, match="the source broke"):
        lake.write("raw.documents", pa.RecordBatchReader.from_batches(ROWS.schema, broken()), lineage)
    assert lake.head("raw.documents") == before
    assert lake.catalog().load_table("raw.documents").refs().keys() == {"main"}


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.text(max_size=5), st.integers(-9, 9)), max_size=60), st.integers(1, 9), st.randoms())
def test_the_digest_does_not_depend_on_pieces_order_or_what_is_held(rows: list, held: int, draw: object) -> None:
    names, numbers = [row[0] for row in rows], [row[1] for row in rows]
    table = pa.table({"doc_id": pa.array(names, pa.string()), "n": pa.array(numbers, pa.int64())})
    order = list(range(len(rows)))
    draw.shuffle(order)  # type: ignore[attr-defined]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(content, "HELD_ROWS", held)
        pieces = content.ContentDigest(table.schema)
        for place in order:
            for batch in table.slice(place, 1).to_batches():
                pieces.add(batch)
        found = pieces.hexdigest()
    assert found == lake.digest(table)
