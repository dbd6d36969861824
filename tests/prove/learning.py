"""Does RL teach what the demonstrations do not? Three seeds and two controls on a card, through the factory itself.

`python tests/prove/learning.py [--card configs/laptop.md] [--seeds 17 18 19]`

Held-out pass@1 before and after RL, greedy and sampled, with paired 95 % intervals (bootstrap over problems),
for every seed and pooled. Controls on the first seed: rewards shuffled among samples, and RL's measured
seconds spent on more SFT over the same demonstrations. Writes docs/learning.md; exit code 1 where a line falls short.
"""

import argparse
import subprocess
import sys
from pathlib import Path

import numpy as np

from model_factory import ledger
from model_factory.cards.card import Card
from model_factory.cards.parse import parse
from model_factory.evals.benchmark import Item
from model_factory.evals.items import read_items
from model_factory.evals.statistics import Interval, paired_difference
from model_factory.nouns import Lineage, Score, Scorecard
from model_factory.nouns.home import checkout, room
from model_factory.release.verify import held

MODES = ("greedy", "sampled")
SPLITS = ("problems_heldout", "problems_combination")
RESAMPLES = 2000
# Place in the line → the station that trains it.
PLACES = {"taught": "sft", "reinforced": "rl"}
Items = dict[tuple[str, str], list[Item]]


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--card", default="configs/laptop.md")
    options.add_argument("--seeds", type=int, nargs="+", default=[17, 18, 19])
    asked = options.parse_args()
    runs = {f"seed {seed}": run(asked.card, f"learning-{seed}", seeded(seed)) for seed in asked.seeds}
    first = asked.seeds[0]
    controls = {
        "shuffled rewards": run(asked.card, f"learning-shuffled-{first}", seeded(first, "algorithm: grpo_shuffled")),
        "more SFT instead of RL": run(
            asked.card, f"learning-sft-{first}", longer(asked.card, f"learning-{first}", first)
        ),
    }
    rows = [
        row(name, mode, split, *pair(one, mode, split))
        for name, one in runs.items()
        for split in SPLITS
        for mode in MODES
    ]
    pooled = {mode: pool(list(runs.values()), mode) for mode in MODES}
    shuffled = {mode: pair(controls["shuffled rewards"], mode, SPLITS[0]) for mode in MODES}
    base, more = runs[f"seed {first}"], controls["more SFT instead of RL"]
    beside = {mode: (more["sft"][SPLITS[0], mode], base["rl"][SPLITS[0], mode]) for mode in MODES}
    rows += [row("all seeds", mode, SPLITS[0], None, None, found) for mode, found in pooled.items()]
    rows += [row("control: shuffled rewards", mode, SPLITS[0], *shuffled[mode]) for mode in MODES]
    rows += [row("control: RL over more SFT", mode, SPLITS[0], *beside[mode]) for mode in MODES]
    verdicts = judged(pooled, shuffled, beside)
    text = page(asked.card, rows, verdicts)
    (checkout() / "docs" / "learning.md").write_text(text, encoding="utf-8")
    print(text)
    return 0 if all(verdicts.values()) else 1


def seeded(seed: int, rl: str = "", sft: str = "") -> str:
    """Front matter that trains both stations from `seed` and asks only for the problems."""
    more_rl, more_sft = (f", {text}" if text else "" for text in (rl, sft))
    return (
        f"sft: {{seed: {seed}{more_sft}}}\nrl: {{seed: {seed}{more_rl}}}\n"
        f"evaluate: {{benchmarks: [{', '.join(SPLITS)}]}}\n"
    )


def longer(card: str, measured: str, seed: int) -> str:
    """The card with as many more SFT steps as fit into the seconds that RL took in the run of card `measured`."""
    run_digest = ledger.runs(card=measured)[0].run_digest
    seconds = {station: trained_seconds(run_digest, place, station) for place, station in PLACES.items()}
    steps = parse(Card.read(checkout() / card)).sft.num_steps
    more = steps + round(steps * seconds["rl"] / seconds["sft"])
    # One step of RL, since the line has no way around the station; the SFT checkpoint is what is looked at.
    return seeded(seed, rl="num_steps: 1, schedule: {warmup_steps: 0}", sft=f"num_steps: {more}")


def trained_seconds(run_digest: str, place: str, station: str) -> float:
    """Seconds that a checkpoint of the run took where it was made: the run itself may have had it from the cache."""
    made_in = held(run_digest)[place]["lineage"]["run_digest"]
    run = next(one for one in ledger.runs() if one.run_digest == made_in)
    return next(kept_seconds(one) for one in run.stations if one.station == station)


def kept_seconds(station: object) -> float:
    """Seconds of a station's last attempt that ended well."""
    ended = [one for one in station.attempts if one.outcome == "ok"]  # type: ignore[attr-defined]
    return ended[-1].ended - ended[-1].started


def run(card: str, name: str, front_matter: str) -> dict[str, Items]:
    """Run the line on a card that extends `card`; the items of its SFT and RL checkpoints."""
    path = room("tmp") / f"{name}.md"
    path.write_text(f"---\nextends: {checkout() / card}\nname: {name}\n{front_matter}---\n")
    pyflyte = Path(sys.executable).parent / "pyflyte"
    command = [pyflyte, "run", "workflows/factory.py", "factory", "--card", path]
    subprocess.run(command, cwd=checkout(), check=True)
    artifacts = held(ledger.runs(card=name)[0].run_digest)
    return {stage: read_items(scorecard(artifacts[f"scorecard_{stage}"])) for stage in ("sft", "rl")}


def scorecard(record: dict) -> Scorecard:
    """A scorecard back from its record; its lineage is not needed here."""
    fields = {name: value for name, value in record.items() if name not in ("kind", "lineage", "scores")}
    return Scorecard(scores=[Score(**one) for one in record["scores"]], lineage=Lineage("", "", "", "", ""), **fields)


def pair(one: dict[str, Items], mode: str, split: str) -> tuple[list[Item], list[Item]]:
    return one["sft"][split, mode], one["rl"][split, mode]


def passed(items: list[Item]) -> np.ndarray:
    """(problems,) share of a problem's answers that passed, problems in order of their id."""
    ids = sorted({item.doc_id for item in items})
    return (
        np.array([np.mean([item.score for item in items if item.doc_id == one]) for one in ids]) if ids else np.zeros(0)
    )


def difference(before: np.ndarray, after: np.ndarray) -> Interval:
    return paired_difference(before, after, np.ones(len(before)), 17, RESAMPLES)


def pool(runs: list[dict[str, Items]], mode: str) -> Interval:
    """RL − SFT over all seeds, every resample taking the same problems of every seed."""
    before = np.mean([passed(one["sft"][SPLITS[0], mode]) for one in runs], axis=0)
    after = np.mean([passed(one["rl"][SPLITS[0], mode]) for one in runs], axis=0)
    return difference(before, after)


def row(
    name: str, mode: str, split: str, before: list[Item] | None, after: list[Item] | None, found: Interval | None = None
) -> str:
    """A line of the table: percent before and after, points of difference with their interval."""
    shares = ["", ""]
    if before is not None and after is not None:
        left, right = passed(before), passed(after)
        shares, found = [f"{100 * left.mean():.1f}", f"{100 * right.mean():.1f}"], difference(left, right)
    assert found is not None
    change = f"{100 * found.value:+.1f} [{100 * found.low:+.1f}, {100 * found.high:+.1f}]"
    return f"| {name} | {split.removeprefix('problems_')} | {mode} | {shares[0]} | {shares[1]} | {change} |"


def judged(pooled: dict, shuffled: dict, beside: dict) -> dict[str, bool]:
    """Each line that was promised, and whether it held."""
    rise = {mode: 100 * pooled[mode].value for mode in MODES}
    verdicts = {
        "one of greedy and sampled rises by ≥ 15 points": max(rise.values()) >= 15,
        "the other rises by ≥ 5": min(rise.values()) >= 5,
    }
    for mode in MODES:
        verdicts[f"shuffled rewards do not raise {mode}"] = difference(*map(passed, shuffled[mode])).low <= 0
        verdicts[f"RL is above more SFT, {mode}"] = difference(*map(passed, beside[mode])).low > 0
    return verdicts


def page(card: str, rows: list[str], verdicts: dict[str, bool]) -> str:
    head = "| run | split | mode | before % | after % | points [95 %] |\n|---|---|---|---|---|---|\n"
    promises = "\n".join(f"- {'held' if held_ else 'FELL SHORT'}: {what}" for what, held_ in verdicts.items())
    opening = f"# RL over SFT on {card}\n\nMade by `python tests/prove/learning.py --card {card}`.\n\n"
    return f"{opening}{head}" + "\n".join(rows) + f"\n\n{promises}\n"


if __name__ == "__main__":
    sys.exit(main())
