from collections import Counter

import pytest

from model_factory.blender import batch
from model_factory.blender.permutation import permute

COUNTS = {"big": 700, "small": 40, "middle": 130}
BLEND = {"big": 0.7, "small": 0.05, "middle": 0.25}


@pytest.mark.parametrize("size", [1, 2, 3, 16, 17, 1000])
def test_a_permutation_is_one(size: int) -> None:
    assert sorted(permute(index, size, 7, "key") for index in range(size)) == list(range(size))


def test_permutations_differ_by_key_and_are_not_the_identity() -> None:
    orders = [[permute(index, 1000, seed, "a", epoch) for index in range(1000)] for seed in (1, 2) for epoch in (0, 1)]
    for position, order in enumerate(orders):
        for other in [*orders[:position], list(range(1000))]:
            assert sum(mine == theirs for mine, theirs in zip(order, other, strict=True)) < 10


def test_an_element_costs_the_same_whatever_the_size() -> None:
    assert 0 <= permute(10**14, 10**15, 1) < 10**15


def test_a_step_is_a_pure_function_of_its_number() -> None:
    forward = [batch(3, BLEND, step, 16, COUNTS) for step in range(20)]
    backward = [batch(3, dict(reversed(BLEND.items())), step, 16, COUNTS) for step in reversed(range(20))]
    assert forward == backward[::-1]
    assert forward != [batch(4, BLEND, step, 16, COUNTS) for step in range(20)]
    halves = [batch(3, BLEND, step, 8, COUNTS) for step in range(40)]
    assert [row for rows in halves for row in rows] == [row for rows in forward for row in rows]


def test_nothing_repeats_before_its_source_is_exhausted() -> None:
    drawn: dict[str, list[int]] = {source: [] for source in COUNTS}
    for step in range(200):
        for source, index in batch(3, BLEND, step, 16, COUNTS):
            drawn[source].append(index)
    for source, indices in drawn.items():
        count = COUNTS[source]
        assert len(indices) > count
        for start in range(0, len(indices) - count + 1, count):
            assert sorted(indices[start : start + count]) == list(range(count))
        assert indices[:count] != sorted(indices[:count])


def test_every_prefix_keeps_the_shares() -> None:
    rows = [source for step in range(50) for source, _ in batch(3, BLEND, step, 16, COUNTS)]
    for length in range(1, len(rows) + 1, 7):
        seen = Counter(rows[:length])
        for source, share in BLEND.items():
            assert abs(seen[source] - share * length) <= len(BLEND)


def test_shares_need_no_common_scale_and_zero_is_none() -> None:
    assert {source for source, _ in batch(3, {"big": 3, "small": 1, "middle": 0}, 0, 64, COUNTS)} == {"big", "small"}


@pytest.mark.parametrize("counts", [{"big": 5}, {"big": 5, "web": 0}])
def test_a_source_without_rows_is_named_with_the_cure(counts: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=r"blend\.web: 0\.5 .* has none; sources with rows: big\. Set its share to 0"):
        batch(1, {"big": 0.5, "web": 0.5}, 0, 4, counts)


def test_a_blend_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="no source a positive share"):
        batch(1, {"big": 0.0}, 0, 4, {"big": 5})
