"""Whether one checkpoint is better than another, on the same items."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from itertools import combinations
from typing import Optional

from model_factory import ledger
from model_factory.evals.benchmark import Item
from model_factory.evals.items import read_items
from model_factory.evals.picture import picture
from model_factory.evals.scores import clustered
from model_factory.evals.statistics import Interval, mcnemar, paired_difference
from model_factory.nouns import Scorecard

Items = dict[tuple[str, str], list[Item]]


@dataclass(frozen=True)
class Difference:
    """What changed from the checkpoint of station `before` to that of `after` in one benchmark and mode.

    `difference` is after − before in the benchmark's unit with the 95 % interval of a bootstrap that
    draws the same documents or problems of both; `p_value` is McNemar's, exact, where every problem was
    answered once and passed or not, else None.
    """

    benchmark: str
    mode: str
    before: str
    after: str
    num_items: int
    difference: float
    low: float
    high: float
    p_value: Optional[float]


def compare(scorecards: Sequence[Scorecard], *, seed: int, num_bootstrap: int) -> list[Difference]:
    """Every pair of scorecards in the order given, on every benchmark and mode that both hold.

    Shows a page and logs the differences. ValueError if two scorecards did not ask the same items:
    their difference would be of the questions, not of the models.
    """
    held = [(card.station, read_items(card)) for card in scorecards]
    found = [
        _difference(key, before, after, seed, num_bootstrap)
        for before, after in combinations(held, 2)
        for key in before[1]
        if key in after[1]
    ]
    ledger.show("comparison", page(scorecards, found))
    ledger.log_metrics(
        {f"{one.benchmark}/{one.mode}/{one.after}-{one.before}": one.difference for one in found}, step=0
    )
    return found


def page(scorecards: Sequence[Scorecard], differences: Sequence[Difference]) -> str:
    """The scores as a picture, and the differences as a table, in HTML."""
    titles = ("benchmark", "mode", "from", "to", "items", "difference [95 %]", "McNemar p")
    head = "".join(f"<th>{title}</th>" for title in titles)
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in _cells(one)) + "</tr>" for one in differences
    )
    notes = dict.fromkeys(note for card in scorecards for note in card.notes)
    told = "".join(f"<li>{escape(note)}</li>" for note in notes)
    return f"{picture(scorecards)}<table><tr>{head}</tr>{body}</table><ul>{told}</ul>"


def _difference(
    key: tuple[str, str], before: tuple[str, Items], after: tuple[str, Items], seed: int, num_bootstrap: int
) -> Difference:
    (benchmark, mode), (earlier, earlier_items), (later, later_items) = key, before, after
    old, new = _aligned(earlier_items[key], later_items[key], f"{benchmark} {mode}: {earlier} and {later}")
    (sums_before, weights), (sums_after, _) = clustered(old), clustered(new)
    found: Interval = paired_difference(sums_before, sums_after, weights, seed, num_bootstrap)
    p_value = mcnemar([item.score == 1 for item in old], [item.score == 1 for item in new]) if _once(old, new) else None
    return Difference(benchmark, mode, earlier, later, len(old), found.value, found.low, found.high, p_value)


def _aligned(before: list[Item], after: list[Item], what: str) -> tuple[list[Item], list[Item]]:
    """Both in the same order; ValueError unless they answer the same questions."""
    old, new = (sorted(items, key=lambda item: (item.doc_id, item.sample)) for items in (before, after))
    if [(one.doc_id, one.sample, one.prompt, one.weight) for one in old] != [
        (one.doc_id, one.sample, one.prompt, one.weight) for one in new
    ]:
        raise ValueError(
            f"{what} were not asked the same items ({len(old)} and {len(new)}); "
            "evaluate both with the same evaluate section, problems and sequences"
        )
    return old, new


def _once(before: list[Item], after: list[Item]) -> bool:
    one_each = len({item.doc_id for item in before}) == len(before)
    return one_each and all(item.score in (0, 1) and item.weight == 1 for item in (*before, *after))


def _cells(one: Difference) -> tuple[str, ...]:
    p_value = "–" if one.p_value is None else f"{one.p_value:.3f}" if one.p_value >= 0.001 else "< 0.001"
    change = f"{one.difference:+.3f} [{one.low:+.3f}, {one.high:+.3f}]"
    return one.benchmark, one.mode, one.before, one.after, f"{one.num_items:,}", change, p_value
