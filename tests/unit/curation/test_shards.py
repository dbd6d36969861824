from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model_factory import lake
from model_factory.curation.shards import NUM_CELLS, shards, sizes, within


def _sizes(held):
    found = np.zeros(NUM_CELLS, dtype=np.int64)
    for cell, num_bytes in held.items():
        found[cell] += num_bytes
    return found


def _bytes(plan, sizes_C):
    ends = [shard.split("-") for shard in plan]
    return [int(sizes_C[int(first, 16) : NUM_CELLS if end == "g" else int(end, 16)].sum()) for first, end in ends]


@settings(max_examples=50, deadline=None)
@given(
    st.dictionaries(st.integers(0, NUM_CELLS - 1), st.integers(1, 10**7), max_size=50),
    st.integers(1, 70),
    st.integers(1, 10**8),
)
def test_shards_hold_every_id_once_and_no_more_than_they_may(held, num_shards, most_bytes):
    sizes_C = _sizes(held)
    plan = shards(sizes_C, num_shards, most_bytes)
    ends = [shard.split("-") for shard in plan]
    assert ends[0][0] == "0000"
    assert ends[-1][1] == "g"
    assert all(end == first for (_, end), (first, _) in pairwise(ends))
    largest = max(held.values(), default=0)
    limit = min(most_bytes, 2 * sum(held.values()) // num_shards)
    assert all(num_bytes <= max(limit, largest) for num_bytes in _bytes(plan, sizes_C))
    assert plan == shards(sizes_C.copy(), num_shards, most_bytes)


def test_one_large_document_is_a_shard_of_its_own():
    draw = np.random.default_rng(3)
    sizes_C = _sizes({int(cell): 1000 for cell in draw.choice(NUM_CELLS, 400, replace=False)})
    even = shards(sizes_C, 8, 1 << 30)
    assert len(even) == 8
    giant = int(draw.integers(NUM_CELLS))
    sizes_C[giant] += 400_000
    plan = shards(sizes_C, 8, 1 << 30)
    found = sorted(_bytes(plan, sizes_C))
    # Its neighbours became shards themselves, on either side.
    assert found[-1] in (400_000, 401_000)
    assert found[-2] <= 75_000
    assert 8 < len(plan) <= 10


def test_a_shard_over_the_limit_is_split_further():
    sizes_C = np.full(NUM_CELLS, 100, dtype=np.int64)
    plan = shards(sizes_C, 4, 1 << 20)
    assert len(plan) == 8
    assert max(_bytes(plan, sizes_C)) <= 1 << 20


def test_ids_are_counted_where_the_plan_looks_for_them(lineage):
    ids = ["00ff" + "0" * 28, "7fff" + "f" * 28, "8000" + "0" * 28, "f" * 32]
    rows = pa.table({"doc_id": ids, "num_bytes": [1, 20, 300, 4000]})
    documents = lake.write("raw.documents", rows, lineage("ingest"))
    sizes_C = sizes(documents)
    assert sizes_C.sum() == 4321
    plan = shards(sizes_C, 4, 1 << 30)
    assert plan == ["0000-4000", "4000-8000", "8000-c000", "c000-g"]
    told = [lake.read(documents, row_filter=within(shard))["num_bytes"].to_pylist() for shard in plan]
    assert told == [[1], [20], [300], [4000]]


@pytest.mark.parametrize("num_shards", [1, 3, 1024])
def test_without_skew_the_plan_is_the_cards(num_shards):
    assert len(shards(np.ones(NUM_CELLS, dtype=np.int64), num_shards, 1 << 30)) == num_shards
