"""The order of rows under a log of amendments: properties over random logs, against plain counting."""

from collections import Counter
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model_factory.blender import BlendLog, Entry, Exhausted, Order, Supply, amended, batch, constant
from model_factory.blender.even import Even
from model_factory.blender.log import decode, encode_entry, encode_header
from model_factory.blender.permutation import permute, permute_many
from model_factory.blender.segments import segments
from model_factory.cards.errors import CardError

SOURCES = ("books", "code", "papers", "web")
LAST = 60
WEIGHT = st.one_of(st.integers(0, 9), st.floats(0.05, 1.0), st.decimals("0.050", "1", places=3).map(float))


@st.composite
def logs(draw: st.DrawFn, max_entries: int = 10, limits: bool = False) -> BlendLog:
    """Amendments at random steps: other weights, batch sizes, sources, grown and replaced supplies."""
    steps = [0, *sorted(draw(st.sets(st.integers(1, LAST - 10), max_size=max_entries - 1)))]
    supplies = {source: Supply("0", draw(st.integers(1, 60))) for source in SOURCES[: draw(st.integers(1, 4))]}
    entries = []
    for number, step in enumerate(steps):
        for source in SOURCES if number else ():
            change = draw(st.sampled_from(["none", "none", "grown", "replaced"]))
            old = supplies.get(source)
            if change == "grown" and old:
                supplies[source] = Supply(str(number), old.num_rows + draw(st.integers(0, 30)), continues=True)
            elif change != "none":
                supplies[source] = Supply(str(number), draw(st.integers(1, 60)))
        weights = {source: draw(WEIGHT) for source in supplies}
        weights[draw(st.sampled_from(sorted(supplies)))] = 1.0
        limited = draw(st.sets(st.sampled_from(sorted(supplies)))) if limits else set()
        epochs = {source: draw(st.sampled_from([0.5, 1, 2, 2.5])) for source in sorted(limited)}
        entries.append(Entry(step, draw(st.sampled_from([1, 3, 8, 17])), weights, dict(supplies), epochs))
    return BlendLog(draw(st.integers(0, 99)), "even", tuple(entries))


def entry_of(log: BlendLog, step: int) -> Entry:
    return [entry for entry in log.entries if entry.step <= step][-1]


class Counted:
    """How often each row of a source came, kept row by row across growth and replacement."""

    def __init__(self) -> None:
        self.supply: Supply | None = None
        self.times: list[int] = []

    def supplied(self, supply: Supply) -> None:
        if supply != self.supply:
            kept = self.times if supply.continues and self.supply else []
            # A row that joins late has as many turns behind it as the rest of the running epoch allows.
            joined = min(kept, default=0)
            joined -= bool(kept) and min(kept) == max(kept)
            self.times = kept + [max(joined, 0)] * (supply.num_rows - len(kept))
            self.supply = supply

    def see(self, index: int) -> None:
        self.times[index] += 1
        assert max(self.times) - min(self.times) <= 1, "a row came again before all had come"


@settings(deadline=None, max_examples=60)
@given(logs())
def test_nothing_repeats_before_its_source_is_exhausted_whatever_is_amended(log: BlendLog) -> None:
    order, counted = Order(log), {source: Counted() for source in SOURCES}
    for step in range(LAST):
        for source, supply in entry_of(log, step).supplies.items():
            counted[source].supplied(supply)
        draw = order.step(step)
        assert len(draw) == entry_of(log, step).batch_size
        for code, index in zip(draw.codes_B, draw.indices_B, strict=True):
            source, supply = draw.sources[code], draw.supplies[code]
            assert supply == entry_of(log, step).supplies[source]
            counted[source].see(int(index))


@settings(deadline=None, max_examples=60)
@given(logs())
def test_every_batch_and_every_stretch_since_an_amendment_keep_the_weights_within_one_row(log: BlendLog) -> None:
    order = Order(log)
    for number, entry in enumerate(log.entries):
        end = log.entries[number + 1].step if number + 1 < len(log.entries) else LAST
        total, shares, since = sum(entry.weights.values()), order.shares(entry.step), Counter()
        for step in range(entry.step, end):
            now = Counter(source for source, _ in order.step(step).pairs())
            since += now
            for source, weight in entry.weights.items():
                share = shares.get(source, 0.0)
                # The plan may round a share, by no more than half a row in its period.
                assert abs(share - weight / total) <= 1 / (1000 * entry.batch_size)
                assert abs(now[source] - share * entry.batch_size) < 1 - 1e-9 or share == 0
                rows = (step + 1 - entry.step) * entry.batch_size
                assert abs(since[source] - share * rows) < 1


@settings(deadline=None, max_examples=25)
@given(logs(), st.integers(0, LAST - 1))
def test_any_step_is_found_alone_and_an_amendment_changes_nothing_before_it(log: BlendLog, step: int) -> None:
    assert Order(log).step(step).pairs() == _walked(log)[step]
    before = BlendLog(log.seed, log.interleave, tuple(entry for entry in log.entries if entry.step <= step))
    assert Order(before).step(step).pairs() == Order(log).step(step).pairs()


def _walked(log: BlendLog) -> list[list[tuple[str, int]]]:
    order = Order(log)
    return [order.step(step).pairs() for step in range(LAST)]


def test_world_sizes_may_change_at_any_step_and_ten_amendments_come_between() -> None:
    log = BlendLog(
        5, "even", (Entry(0, 96, {"web": 1, "code": 1}, {"web": Supply("a", 900), "code": Supply("a", 70)}),)
    )
    for number in range(1, 11):
        supplies = {"web": Supply("a", 900), "code": Supply(str(number // 4), 70 + 10 * (number // 4), continues=True)}
        supplies |= {"books": Supply("b", 300)} if number > 5 else {}
        log = amended(log, Entry(number * 9 + 1, 96, {source: number % 3 + 1.0 for source in supplies}, supplies))
    straight = [pair for step in range(110) for pair in Order(log).step(step).pairs()]
    elastic = []
    for first, last, world_size in [(0, 13, 1), (13, 30, 2), (30, 57, 8), (57, 80, 3), (80, 110, 32)]:
        # Every process makes its own order from the log, as after a restart.
        ranks = [Order(log) for _ in range(world_size)]
        for step in range(first, last):
            for rank, order in enumerate(ranks):
                elastic += order.share(step, rank, world_size).pairs()
    assert elastic == straight


@settings(deadline=None, max_examples=60)
@given(logs(limits=True))
def test_limits_hold_to_the_row_and_batches_stay_whole(log: BlendLog) -> None:
    order, drawn = Order(log), Counter()
    for step in range(LAST):
        entry = entry_of(log, step)
        if step == entry.step:
            drawn.clear()
        try:
            draw = order.step(step)
        except Exhausted:
            assert all(source in entry.max_epochs for source, weight in entry.weights.items() if weight)
            continue
        assert len(draw) == entry.batch_size
        epochs = order.epochs(step + 1)
        for source, most in entry.max_epochs.items():
            if source in draw.sources and source in {name for name, _ in draw.pairs()}:
                assert epochs[source] <= max(most, 0) + 1e-9


def test_at_its_limit_a_source_has_given_every_row_and_the_others_take_its_part() -> None:
    supplies = {"web": Supply("a", 1000), "code": Supply("a", 50)}
    log = BlendLog(1, "even", (Entry(0, 16, {"web": 0.5, "code": 0.5}, supplies, {"code": 2}),))
    order = Order(log)
    times = Counter(index for step in range(40) for source, index in order.step(step).pairs() if source == "code")
    assert times == Counter({index: 2 for index in range(50)})
    assert [sum(source == "code" for source, _ in order.step(step).pairs()) for step in range(14)] == [8] * 12 + [4, 0]
    assert order.rows(40) == {"code": 100, "web": 540}
    assert (order.epochs(40)["code"], order.shares(40)) == (2.0, {"web": 1.0})


def test_a_blend_that_has_given_all_it_may_says_so() -> None:
    log = BlendLog(1, "even", (Entry(0, 8, {"web": 1}, {"web": Supply("a", 20)}, {"web": 1}),))
    assert len(Order(log).step(1)) == 8
    with pytest.raises(Exhausted, match=r"step 2 has no rows left: .*'web': 1.*raise max_epochs, add a source"):
        Order(log).step(2)


def test_rows_and_epochs_count_what_was_drawn() -> None:
    log = constant(3, "even", {"web": 3, "code": 1}, 8, {"web": Supply("a", 40), "code": Supply("a", 7)})
    log = amended(log, Entry(5, 4, {"web": 1}, {"web": Supply("b", 60, continues=True)}))
    drawn = Counter(source for step in range(20) for source, _ in Order(log).step(step).pairs())
    assert Order(log).rows(20) == drawn == {"web": 90, "code": 10}
    assert Order(log).epochs(20) == {"web": 1.5, "code": 1 + 3 / 7}


@settings(deadline=None, max_examples=60)
@given(
    st.dictionaries(st.sampled_from(SOURCES), WEIGHT.filter(bool), min_size=1), st.integers(1, 40), st.integers(0, 50)
)
def test_a_constant_nested_blend_is_the_order_that_runs_have_always_seen(
    weights: dict[str, float], batch_size: int, step: int
) -> None:
    counts = {source: 17 + 30 * number for number, source in enumerate(SOURCES)}
    assert batch(3, weights, step, batch_size, counts) == _always_seen(3, weights, step, batch_size, counts)


def _always_seen(
    seed: int, blend: dict[str, float], step: int, batch_size: int, counts: dict[str, int]
) -> list[tuple[str, int]]:
    """Written out once more, row by row and from nothing but the definition."""
    wanted = {source: Fraction(str(weight)) for source, weight in sorted(blend.items())}
    found = []
    for row in range(step * batch_size, (step + 1) * batch_size):
        left = sum(wanted.values())
        for source, weight in wanted.items():
            part = weight / left
            taken = int(row * part)
            if int((row + 1) * part) > taken:
                epoch, position = divmod(taken, counts[source])
                found.append((source, permute(position, counts[source], seed, source, epoch)))
                break
            row, left = row - taken, left - weight
    return found


@pytest.mark.parametrize("size", [1, 2, 5, 64, 1000, 10**9, 2**62])
def test_many_elements_of_a_permutation_are_each_of_its_elements(size: int) -> None:
    indices = np.unique(np.linspace(0, size - 1, 50).astype(np.int64).clip(0, size - 1))
    assert permute_many(indices, size, 7, "web", 3).tolist() == [permute(int(i), size, 7, "web", 3) for i in indices]


def test_where_a_run_resumes_costs_nothing_to_find(monkeypatch: pytest.MonkeyPatch) -> None:
    """Counted, not timed: a step far away asks for as many elements of permutations as the first one."""
    calls: list[int] = []
    from model_factory.blender import supply

    def counted(indices: np.ndarray, size: int, *key: object) -> np.ndarray:
        calls.append(len(indices))
        return permute_many(indices, size, *key)

    monkeypatch.setattr(supply, "permute_many", counted)
    log = constant(3, "even", {"web": 0.7, "code": 0.3}, 10, {"web": Supply("a", 10**7), "code": Supply("a", 999)})
    log = amended(log, Entry(10**8, 10, {"web": 1, "code": 1}, dict(log.entries[0].supplies)))
    work = []
    for step in (0, 10**6, 10**8, 10**9):
        calls.clear()
        assert len(Order(log).step(step)) == 10
        work.append(sum(calls))
    assert work == [10] * 4
    assert len(segments(log)) == 2


def test_a_log_is_written_and_read_without_loss() -> None:
    log = constant(3, "even", {"web": 0.1 + 0.2}, 8, {"web": Supply("a", 40)})
    log = amended(log, Entry(5, 4, {"web": 1, "code": 1e-3}, {"web": Supply("b", 60, True), "code": Supply("c", 5)}))
    assert decode([encode_header(log), *map(encode_entry, log.entries)]) == log


def test_what_cannot_be_delivered_is_refused_with_the_cure() -> None:
    rows = {"web": Supply("a", 10)}
    log = constant(1, "even", {"web": 1}, 4, rows)
    amended(log, Entry(1, 4, {"web": 1}, rows))
    for message, entry in [
        (r"already says what holds from step 0 on.*amend from step 1 or later", Entry(0, 4, {"web": 1}, rows)),
        (r"blend\.code: 1 of the rows .* has none; sources with rows: web", Entry(1, 4, {"code": 1}, rows)),
        (r"continue 10 rows and has only 9.*continues: false", Entry(1, 4, {"web": 1}, {"web": Supply("b", 9, True)})),
        (r"web: -1 is no share", Entry(1, 4, {"web": -1}, rows)),
        (r"max_epochs\.web: 0 draws nothing", Entry(1, 4, {"web": 1}, rows, {"web": 0})),
        (r"batch_size 0 draws nothing", Entry(1, 0, {"web": 1}, rows)),
    ]:
        with pytest.raises(CardError, match=message):
            amended(log, entry)
    with pytest.raises(CardError, match=r"unknown; use even or nested"):
        constant(1, "odd", {"web": 1}, 4, rows)
    with pytest.raises(CardError, match=r"opens with an entry for step 0"):
        BlendLog(1, "even", (Entry(3, 4, {"web": 1}, rows),))
    with pytest.raises(CardError, match=r"blend\.code: a share of 1e-09 is less than one row in 1000 batches of 4"):
        Even({"web": 1, "code": 1e-9}, 4)


def test_a_batch_mixes_its_sources() -> None:
    """Rank's runs of a batch hold every large source, so that processes do equal work."""
    sources = [source for source, _ in batch_of({"web": 0.5, "code": 0.25, "books": 0.25}, 64)]
    for run in (sources[start : start + 16] for start in range(0, 64, 16)):
        assert Counter(run) == {"web": 8, "code": 4, "books": 4}


def batch_of(weights: dict[str, float], size: int) -> list[tuple[str, int]]:
    supplies = {source: Supply("a", 1000) for source in weights}
    return Order(constant(1, "even", weights, size, supplies)).step(0).pairs()
