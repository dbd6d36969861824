import pytest
from torch.distributed.elastic.multiprocessing.errors import ChildFailedError, ProcessFailure

from model_factory.ledger.records import cause_of, shortened


class BadRowsError(RuntimeError):
    scrap_cause = "data"


@pytest.mark.parametrize(
    ("error", "cause"),
    [
        (OSError(28, "No space left on device"), "infrastructure"),
        (MemoryError(), "infrastructure"),
        (KeyboardInterrupt(), "infrastructure"),
        (ValueError("batch_size"), "configuration"),
        (KeyError("no score"), "configuration"),
        (UnicodeDecodeError("utf-8", b"x", 0, 1, "invalid"), "data"),
        (BadRowsError(), "data"),
        (RuntimeError("loss is not finite"), "experiment"),
        (ZeroDivisionError(), "experiment"),
    ],
)
def test_every_error_has_one_cause(error: BaseException, cause: str) -> None:
    assert cause_of(error) == cause


class Wrapper(Exception):
    """As flytekit wraps what a task raises."""

    def __init__(self, value: BaseException) -> None:
        super().__init__("wrapped")
        self.value = value


def elastic(exitcode: int) -> ChildFailedError:
    return ChildFailedError("worker", {0: ProcessFailure(local_rank=0, pid=1, exitcode=exitcode, error_file="none")})


@pytest.mark.parametrize(("exitcode", "cause"), [(-9, "infrastructure"), (1, "experiment")])
def test_a_killed_worker_is_infrastructure_and_a_failed_one_is_not(exitcode: int, cause: str) -> None:
    assert cause_of(elastic(exitcode)) == cause
    assert cause_of(Wrapper(elastic(exitcode))) == cause
    reraised = RuntimeError("worker failed")
    reraised.__context__ = elastic(exitcode)
    assert cause_of(reraised) == cause


def test_a_declared_cause_is_found_through_wrappers() -> None:
    assert cause_of(Wrapper(BadRowsError())) == "data"


def test_long_errors_keep_their_end() -> None:
    assert shortened("x" * 10_000 + "the reason").endswith("the reason")
    assert len(shortened("x" * 10_000)) < 8000
    assert shortened("short") == "short"
