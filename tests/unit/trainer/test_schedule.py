import math
from itertools import pairwise

import pytest

from model_factory.cards.training import Schedule
from model_factory.trainer.schedule import lr_factor


def factors(kind: str, warmup_steps: int = 10, decay: float = 0.2, final: float = 0.1) -> list[float]:
    schedule = Schedule(kind, warmup_steps, decay, final)  # type: ignore[arg-type]
    return [lr_factor(schedule, step, 100) for step in range(100)]


@pytest.mark.parametrize("kind", ["cosine", "wsd", "constant"])
def test_warmup_is_linear_to_the_peak(kind: str) -> None:
    assert factors(kind)[:10] == pytest.approx([(step + 1) / 10 for step in range(10)])


def test_cosine_falls_to_its_floor() -> None:
    values = factors("cosine")
    assert values[99] == pytest.approx(0.1)
    assert values[54] == pytest.approx(0.1 + 0.9 * 0.5 * (1 + math.cos(math.pi * 45 / 90)))
    assert all(after < before for before, after in pairwise(values[10:]))


def test_wsd_stays_and_then_falls_linearly() -> None:
    values = factors("wsd")
    assert values[10:81] == [1.0] * 71
    assert values[90] == pytest.approx(0.1 + 0.9 * 0.5)
    assert values[99] == pytest.approx(0.1 + 0.9 / 20)


def test_constant_stays() -> None:
    assert set(factors("constant", warmup_steps=0)) == {1.0}
