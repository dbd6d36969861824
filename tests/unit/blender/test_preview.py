"""What a blend is said to deliver is what its stream delivers."""

from collections import Counter
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest

from model_factory.blender import Entry, Exhausted, Supply, amended, constant
from model_factory.blender.cache import Cache
from model_factory.blender.preview import preview, times_drawn
from model_factory.blender.stream import Stream, supplies
from model_factory.blender.supply import Stage
from tests.unit.blender.rows import more, sequences, written


def test_it_is_what_the_stream_gives(cache: Cache) -> None:
    rows = sequences(200)
    old = cache.open(written(rows), "train")
    new = cache.open(written(pa.concat_tables([rows, more(200, 60)])), "train")
    held = {one.digest: one for one in (old, new)}
    log = constant(3, "even", {"web": 0.6, "code": 0.4}, 12, supplies(old))
    limited = Entry(9, 10, {"web": 1, "code": 1, "books": 1}, supplies(old), {"books": 1})
    grown = {source: Supply(new.digest, count, continues=True) for source, count in new.counts().items()}
    log = amended(amended(log, limited), Entry(33, 16, {"web": 2, "code": 1}, grown))
    seen: dict[str, Counter[tuple[str, str]]] = {}
    num_tokens, lengths = Counter[str](), Counter[tuple[str, int]]()
    for batch in Stream(log, held).batches(0, 50):
        for index in range(len(batch)):
            row = batch.row(index)
            supply = batch.draw.supplies[batch.draw.codes_B[index]]
            seen.setdefault(row.source, Counter())[supply.snapshot, row.sequence_id] += 1
            num_tokens[row.source] += len(row.tokens)
            for start, end in pairwise([*row.boundaries.tolist(), len(row.tokens)]):
                lengths[row.source, 1 << (end - start).bit_length()] += 1
    told = {one.source: one for one in preview(log, held, 50)}
    total = sum(counts.total() for counts in seen.values())
    assert told.keys() == seen.keys() == {"web", "code", "books"}
    for source, one in told.items():
        assert one.num_rows == seen[source].total()
        assert one.num_tokens == num_tokens[source]
        assert one.share == one.num_rows / total
        assert one.lengths == {size: count for (name, size), count in lengths.items() if name == source}
        assert {times: count for times, count in one.times.items() if times} == Counter(seen[source].values())
    # Its limit reached, books grew by rows that nobody asks for.
    assert told["books"].epochs == len(old.sources["books"]) / len(new.sources["books"]) < 1
    assert told["web"].num_available == len(new.sources["web"])


def test_a_run_that_is_longer_than_the_blend_is_not_previewed(cache: Cache) -> None:
    tokens = cache.open(written(sequences(60)), "train")
    log = constant(3, "even", {"web": 1}, 8, supplies(tokens))
    log = amended(log, Entry(1, 8, {"web": 1}, supplies(tokens), {"web": 2}))
    with pytest.raises(Exhausted, match="raise max_epochs"):
        preview(log, {tokens.digest: tokens}, 100)


@pytest.mark.parametrize(("first", "last"), [(0, 0), (0, 3), (2, 9), (0, 10), (7, 44), (10, 10), (9, 31), (30, 75)])
def test_whole_epochs_are_counted_without_being_walked(first: int, last: int) -> None:
    first_stage = Stage(1, "web", Supply("a", 10))
    for stage in (first_stage, first_stage.then(Supply("b", 13, continues=True), 4)[0]):
        walked = np.bincount(stage.indices(np.arange(first, last)), minlength=stage.supply.num_rows)
        assert times_drawn(stage, first, last).tolist() == walked.tolist()
