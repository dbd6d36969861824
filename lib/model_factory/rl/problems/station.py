"""The station that poses the problems: distinct functions, split so that nothing leaks."""

import json
import random
from collections.abc import Iterator
from itertools import product

import pyarrow as pa

from model_factory import lake, ledger
from model_factory.cards.problems import Problems
from model_factory.nouns import Lineage, Snapshot, digest_of
from model_factory.rl.problems.draft import Draft, Family
from model_factory.rl.problems.registry import family

TABLE = "rl.problems"
COLUMNS = ("doc_id", "split", "prompt", "solution", "entry_point", "tests", "function_key", "operators")
WITHHELD_FRACTION = 0.1
MAX_DRAWS_PER_PROBLEM = 20


def make_problems(section: Problems, lineage: Lineage) -> Snapshot:
    """Write `rl.problems`: no two rows of any split compute the same function.

    One in ten ordered pairs of neighbouring operators is withheld: a function that has such a pair
    is in the `combination` split or nowhere. Only demonstrations carry a solution, so no training
    station can read the others'. Equal sections give equal rows.

    Raises ValueError where the family does not hold enough distinct functions.
    """
    rows = list(pose(section))
    ledger.log_metrics({f"problems/{split}": float(num) for split, num in _wanted(section).items()}, step=0)
    return lake.write(TABLE, pa.table({name: [row[name] for row in rows] for name in COLUMNS}), lineage)


def pose(section: Problems) -> Iterator[dict[str, str]]:
    """The rows of `rl.problems`, split by split, as they are drawn."""
    source = family(section)
    rng = random.Random(digest_of(["problems", section.family, section.seed]))
    withheld = withheld_pairs(source, rng)
    for split, draft in _split(section, source, withheld, rng):
        yield _row(section, split, draft)


def withheld_pairs(source: Family, rng: random.Random) -> set[tuple[str, str]]:
    """The ordered pairs of operators that are never neighbours outside the combination split."""
    pairs = list(product(source.operators, source.operators))
    return set(rng.sample(pairs, max(1, round(WITHHELD_FRACTION * len(pairs)))))


def _split(
    section: Problems, source: Family, withheld: set[tuple[str, str]], rng: random.Random
) -> Iterator[tuple[str, Draft]]:
    missing = _wanted(section)
    seen: set[bytes] = set()
    num_draws, max_draws = 0, MAX_DRAWS_PER_PROBLEM * sum(missing.values())
    while any(missing.values()):
        num_draws += 1
        if num_draws > max_draws:
            raise ValueError(_too_small(section, len(seen), missing))
        draft = source.draw(rng)
        if draft is None or draft.behaviour in seen:
            continue
        is_combination = any(pair in withheld for pair in zip(draft.operators, draft.operators[1:], strict=False))
        splits = ("combination",) if is_combination else ("heldout", "demonstration", "train")
        split = next((name for name in splits if missing[name]), None)
        if split is not None:
            seen.add(draft.behaviour)
            missing[split] -= 1
            yield split, draft


def _wanted(section: Problems) -> dict[str, int]:
    return {
        "heldout": section.num_heldout,
        "demonstration": section.num_demonstrations,
        "combination": section.num_combination,
        "train": section.num_train,
    }


def _row(section: Problems, split: str, draft: Draft) -> dict[str, str]:
    return {
        "doc_id": digest_of([section.family, draft.prompt])[:32],
        "split": split,
        "prompt": draft.prompt,
        "solution": draft.solution if split == "demonstration" else "",
        "entry_point": draft.entry_point,
        "tests": json.dumps(draft.tests),
        "function_key": digest_of(draft.behaviour.hex()),
        "operators": " ".join(draft.operators),
    }


def _too_small(section: Problems, num_found: int, missing: dict[str, int]) -> str:
    lacking = ", ".join(
        f"num_{split}s" if split == "demonstration" else f"num_{split}" for split in missing if missing[split]
    )
    return (
        f"problems: {section.family} with min_ops {section.min_ops} and max_ops {section.max_ops} gave only "
        f"{num_found} distinct functions of the {sum(_wanted(section).values())} asked for; "
        f"raise max_ops or lower {lacking}"
    )
