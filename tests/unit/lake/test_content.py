import random

import pyarrow as pa
import pytest

from model_factory import lake

ROWS = [
    {"doc_id": "a", "tokens": [1, 2, 3], "value": 0.5, "kept": True},
    {"doc_id": "b", "tokens": [], "value": None, "kept": None},
    {"doc_id": "", "tokens": None, "value": float("nan"), "kept": False},
    {"doc_id": None, "tokens": [None, 0], "value": -0.0, "kept": True},
    {"doc_id": "a", "tokens": [1, 2, 3], "value": 0.5, "kept": True},
]
SCHEMA = pa.schema(
    [("doc_id", pa.string()), ("tokens", pa.list_(pa.int64())), ("value", pa.float64()), ("kept", pa.bool_())]
)


def table(rows: list[dict], schema: pa.Schema = SCHEMA) -> pa.Table:
    return pa.Table.from_pylist(rows, schema)


def test_order_of_rows_columns_and_chunks_does_not_count() -> None:
    expected = lake.digest(table(ROWS))
    for seed in range(5):
        rows = random.Random(seed).sample(ROWS, len(ROWS))
        columns = random.Random(seed).sample(SCHEMA.names, 4)
        chunked = pa.concat_tables([table(rows[:2]), table(rows[2:])])
        assert lake.digest(chunked.select(columns)) == expected
        assert lake.digest(pa.concat_tables([table(ROWS), table(rows)]).slice(5)) == expected


def test_widths_do_not_count() -> None:
    wide = pa.schema(
        [
            ("doc_id", pa.large_string()),
            ("tokens", pa.large_list(pa.int16())),
            ("value", pa.float32()),
            ("kept", pa.bool_()),
        ]
    )
    assert lake.digest(table(ROWS).cast(wide)) == lake.digest(table(ROWS))
    assert lake.digest(pa.table({"x": pa.array(["p", "q", "p"]).dictionary_encode()})) == lake.digest(
        pa.table({"x": ["p", "q", "p"]})
    )


CHANGES = [
    {"doc_id": "c"},
    {"doc_id": ""},
    {"doc_id": None},
    {"tokens": [1, 2]},
    {"tokens": [1, 2, 3, None]},
    {"tokens": []},
    {"tokens": None},
    {"value": 0.25},
    {"value": None},
    {"value": 0.0},
    {"kept": False},
    {"kept": None},
]


def test_every_change_of_a_value_counts() -> None:
    digests = [lake.digest(table([ROWS[0] | change, *ROWS[1:]])) for change in [{}, *CHANGES]]
    assert len(set(digests)) == len(digests)


def test_repeated_missing_and_empty_rows_count() -> None:
    digests = [lake.digest(table(rows)) for rows in ([], ROWS[:1], ROWS[:1] * 2, ROWS, ROWS + ROWS[1:2])]
    assert len(set(digests)) == len(digests)
    assert lake.digest(table([])) != lake.digest(table([]).select(["doc_id"]))


def test_neighbouring_values_cannot_be_exchanged_for_each_other() -> None:
    texts = [("ab", "c"), ("a", "bc"), ("abc", ""), ("", "abc"), ("abc", None), (None, "abc")]
    schema = pa.schema([("x", pa.string()), ("y", pa.string())])
    assert len({lake.digest(pa.table({"x": [x], "y": [y]}, schema)) for x, y in texts}) == len(texts)
    lists = [([[1], [2]]), ([[1, 2], []]), ([[], [1, 2]]), ([[1, 2], None])]
    assert (
        len({lake.digest(pa.table({"x": [one]}, pa.schema([("x", pa.list_(pa.list_(pa.int64())))]))) for one in lists})
        == 4
    )


def test_names_and_kinds_of_columns_count() -> None:
    assert lake.digest(pa.table({"x": ["1"]})) != lake.digest(pa.table({"y": ["1"]}))
    assert lake.digest(pa.table({"x": [1]})) != lake.digest(pa.table({"x": [1.0]}))
    assert lake.digest(pa.table({"x": [None]}, pa.schema([("x", pa.int64())]))) != lake.digest(
        pa.table({"x": [None]}, pa.schema([("x", pa.string())]))
    )


def test_structs_are_taken_by_field_name() -> None:
    one = pa.table({"x": [{"a": 1, "b": "p"}, None]})
    type_ = pa.struct([("b", pa.string()), ("a", pa.int32())])
    other = pa.table({"x": pa.array([None, {"b": "p", "a": 1}], type_)})
    assert lake.digest(one) == lake.digest(other)
    assert lake.digest(one) != lake.digest(pa.table({"x": [{"a": 1, "b": "p"}, {"a": None, "b": None}]}))


def test_batches_do_not_change_the_digest(monkeypatch: pytest.MonkeyPatch) -> None:
    expected = lake.digest(table(ROWS * 100))
    monkeypatch.setattr("model_factory.lake.content.BATCH_ROWS", 7)
    assert lake.digest(table(ROWS * 100)) == expected


def test_a_type_without_an_encoding_is_named() -> None:
    with pytest.raises(TypeError, match=r"column 'at' has type timestamp"):
        lake.digest(pa.table({"at": pa.array([0], pa.timestamp("us"))}))
