"""Rows of a live table that must be forgotten: gone from the disk, and nobody else's place moves."""

from pathlib import Path

import pyarrow as pa
import pytest

from model_factory.blender.append import append, carried
from model_factory.blender.live import Consumer, consumers_at_work, lag
from model_factory.lake.blank import blank
from model_factory.lake.handle import open_table
from tests.unit.lake.bytes_of import everything

TABLE = "rl.live"
GONE = "d" * 32
PLANTED = "planted-9f2c71"


def commit(number: int, *ids: str) -> bool:
    texts = [PLANTED if one == GONE else f"{number} {place}" for place, one in enumerate(ids)]
    rows = pa.table({"doc_id": list(ids), "text": texts, "tokens": [[number, place] for place in range(len(ids))]})
    return append(TABLE, rows, f"actor-{number}", max_lag_rows=1000, timeout_s=5.0)


def taken(consumer: Consumer, max_rows: int) -> list[str]:
    found = []
    while delivery := consumer.take(max_rows):
        found += delivery.rows["text"].to_pylist()
        consumer.commit(delivery.after)
    return found


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("FACTORY_HOME", str(tmp_path / "state"))
    commit(1, "a" * 32, GONE, "b" * 32)
    commit(2, GONE)
    commit(3, "c" * 32, "a" * 32, GONE)
    return tmp_path / "state"


def test_each_consumer_goes_on_where_it_stood_and_gets_every_other_row_once(state: Path) -> None:
    begun = Consumer(TABLE, "begun")
    first = begun.take(2)
    assert first is not None
    begun.commit(first.after)
    begun.close()
    assert PLANTED.encode() in everything(state)

    blank(TABLE, {GONE}, carried)

    assert PLANTED.encode() not in everything(state)
    assert GONE.encode() not in everything(state)
    again, new = Consumer(TABLE, "begun"), Consumer(TABLE, "new")
    assert taken(again, 2) == ["1 2", "3 0", "3 1"]
    assert taken(new, 1) == ["1 0", "1 2", "3 0", "3 1"]
    commit(4, "e" * 32)
    assert taken(again, 5) == taken(new, 5) == ["4 0"]
    assert lag(TABLE) == {"begun": 0, "new": 0}


def test_a_commit_that_was_made_is_not_made_again(state: Path) -> None:
    blank(TABLE, {GONE}, carried)
    for number in (1, 2, 3):
        assert commit(number, "a" * 32) is False
    assert open_table(TABLE).scan().to_arrow().num_rows == 7


def test_stopped_before_the_old_snapshots_go_it_goes_on(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from model_factory.lake import blank as blanking

    class Killed(BaseException):
        pass

    calls = []

    def stopping(call, what: str):
        calls.append(what)
        if len(calls) == 2:
            raise Killed
        return call()

    with monkeypatch.context() as patch:
        patch.setattr(blanking, "retried", stopping)
        with pytest.raises(Killed):
            blank(TABLE, {GONE}, carried)
    blank(TABLE, {GONE}, carried)
    assert PLANTED.encode() not in everything(state)
    assert taken(Consumer(TABLE, "new"), 10) == ["1 0", "1 2", "3 0", "3 1"]


def test_who_reads_is_told(state: Path) -> None:
    consumer = Consumer(TABLE, "reader")
    assert [one.partition(" (")[0] for one in consumers_at_work()] == [f"reader of {TABLE}"]
    consumer.close()
    assert consumers_at_work() == []
