import threading
from pathlib import Path

import pyarrow as pa
import pytest

from model_factory.blender.append import append
from model_factory.blender.cache import WaitedTooLong
from model_factory.blender.live import Consumer, Position, dismiss, lag
from model_factory.lake.handle import open_table

TABLE = "rl.live"


@pytest.fixture(autouse=True)
def here(home: Path) -> None:
    pass


def put(number: int, size: int = 3, max_lag_rows: int = 1000, timeout_s: float = 0.1) -> bool:
    rows = pa.table({"doc_id": [f"{number}-{row}" for row in range(size)], "reward": [float(number)] * size})
    return append(TABLE, rows, f"actor-{number}", max_lag_rows, timeout_s)


def drained(consumer: Consumer, max_rows: int) -> list[str]:
    found = []
    while delivery := consumer.take(max_rows):
        assert 0 < delivery.rows.num_rows <= max_rows
        found += delivery.rows["doc_id"].to_pylist()
        consumer.commit(delivery.after)
    return found


@pytest.mark.parametrize("max_rows", [1, 2, 100])
def test_rows_come_in_commit_order_whatever_is_taken_at_a_time(max_rows: int) -> None:
    expected = [f"{number}-{row}" for number in (5, 1, 3) for row in range(3)]
    for number in (5, 1, 3):
        assert put(number)
    consumer = Consumer(TABLE, "learner")
    assert drained(consumer, max_rows) == expected
    put(2, size=1)
    assert drained(consumer, max_rows) == ["2-0"]
    assert consumer.position.total == 10
    assert drained(Consumer(TABLE, "another"), max_rows) == [*expected, "2-0"]


def test_what_was_not_committed_comes_again_and_what_was_does_not() -> None:
    for number in range(3):
        put(number)
    consumer = Consumer(TABLE, "learner")
    consumer.commit(consumer.take(2).after)  # type: ignore[union-attr]
    assert consumer.take(100).rows["doc_id"].to_pylist() == ["0-2"]  # type: ignore[union-attr]
    consumer.close()
    back = Consumer(TABLE, "learner")
    assert drained(back, 100)[:2] == ["0-2", "1-0"]
    back.close()
    # A learner that resumes from a checkpoint brings the position it holds.
    assert drained(Consumer(TABLE, "learner", Position()), 100)[0] == "0-0"


def test_a_commit_is_made_once_for_its_key() -> None:
    assert put(1)
    assert not put(1)
    assert put(2)
    assert drained(Consumer(TABLE, "learner"), 100) == [f"{number}-{row}" for number in (1, 2) for row in range(3)]


def test_expired_snapshots_take_nothing_from_a_consumer() -> None:
    for number in range(4):
        put(number)
    handle = open_table(TABLE)
    old = [snapshot.snapshot_id for snapshot in handle.snapshots()][:-1]
    handle.maintenance.expire_snapshots().by_ids(old).commit()
    assert len(drained(Consumer(TABLE, "learner"), 2)) == 12


def test_a_name_is_one_processs() -> None:
    first = Consumer(TABLE, "learner")
    with pytest.raises(ValueError, match=r"consumer learner of rl\.live is process \d+ already; end it"):
        Consumer(TABLE, "learner")
    first.close()
    Consumer(TABLE, "learner").close()


def test_writers_wait_for_the_slowest_consumer_and_name_it() -> None:
    put(0)
    fast, slow = Consumer(TABLE, "fast"), Consumer(TABLE, "slow")
    drained(fast, 100)
    put(1)
    assert lag(TABLE) == {"fast": 3, "slow": 6}
    with pytest.raises(WaitedTooLong, match=r"waited 0 s for consumer slow of rl\.live to take some of the 6 rows"):
        put(2, max_lag_rows=6)
    waiting = threading.Thread(target=lambda: put(2, max_lag_rows=6, timeout_s=30.0))
    waiting.start()
    slow.commit(slow.take(1).after)  # type: ignore[union-attr]
    waiting.join(30)
    assert lag(TABLE) == {"fast": 6, "slow": 8}
    dismiss(TABLE, "slow")
    assert put(3, max_lag_rows=7)


def test_a_consumer_that_waits_in_vain_says_for_what() -> None:
    consumer = Consumer(TABLE, "learner")
    assert consumer.take(5) is None
    with pytest.raises(WaitedTooLong, match=r"consumer learner .* waited 0 s for a commit to rl\.live after number 0"):
        consumer.wait(5, 0.1)
    put(1)
    assert consumer.wait(5, 30.0).rows.num_rows == 3
