import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model_factory.curation import sorter
from model_factory.curation.sorter import Sorter

SCHEMA = pa.schema([("key", pa.string()), ("number", pa.int64())])


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text("abc", max_size=2), max_size=80), st.sampled_from([1, 700, 5000, 1 << 30]))
def test_rows_come_back_sorted_and_equal_ones_as_they_came(keys: list[str], held_bytes: int) -> None:
    rows = [{"key": key, "number": number} for number, key in enumerate(keys)]
    with pytest.MonkeyPatch.context() as patch:
        # Three levels of files with 80 rows.
        patch.setattr(sorter, "FAN_IN", 4)
        sorted_ = Sorter(SCHEMA, ["key"], held_bytes)
        for row in rows:
            sorted_.add(row)
        found = [row for batch in sorted_.batches() for row in batch.to_pylist()]
    assert found == sorted(rows, key=lambda row: row["key"])
    assert sorted_.num_rows == len(rows)


def test_what_is_held_is_bounded_by_bytes_and_not_by_rows() -> None:
    sorted_ = Sorter(SCHEMA, ["key"], 1 << 20)
    held = []
    for number in range(60):
        sorted_.add({"key": f"{number % 7}" * 100_000, "number": number})
        held.append(len(sorted_._held))
    assert max(held) == 10
    batches = list(sorted_.batches())
    assert [row for batch in batches for row in batch["number"].to_pylist()] == sorted(range(60), key=lambda n: n % 7)
    assert max(batch.num_rows for batch in batches) == 1
