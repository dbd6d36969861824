"""The table at the end of a run: what came in, what was scrapped and why, what was learnt, where to look."""

import io
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any

from pydantic import TypeAdapter
from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

from model_factory import lake
from model_factory.blender.packed import packing_of
from model_factory.blender.shares import exact
from model_factory.cards.pretrain import Pretrain
from model_factory.curation.exclusions import admitted, exclusions_of
from model_factory.curation.report import LARGEST_SHARE
from model_factory.ledger.store import uri as log_book
from model_factory.nouns import Checkpoint, Lock, Release, Score, Scorecard, Snapshot, Tokenizer

WIDTH = 130


@dataclass(frozen=True)
class Run:
    """Every artifact that one run made or was served from the cache, in the order of the line."""

    lock: Lock
    documents: Snapshot
    candidate: Snapshot
    curated: Snapshot
    tokenizer: Tokenizer
    sequences: Snapshot
    base: Checkpoint
    problems: Snapshot
    executions: Snapshot
    taught: Checkpoint
    reinforced: Checkpoint
    transcripts: Snapshot
    scorecards: list[Scorecard]
    release: Release

    @property
    def snapshots(self) -> list[Snapshot]:
        return [
            self.documents,
            self.curated,
            self.sequences,
            self.problems,
            self.executions,
            self.transcripts,
        ]

    def artifacts(self) -> dict[str, Any]:
        """Artifact by its place in the line, in the line's order."""
        named: dict[str, Any] = {}
        for name in (field.name for field in fields(self) if field.name != "lock"):
            if name == "scorecards":
                named |= {f"scorecard_{stage}": card for stage, card in self.measured}
            else:
                named[name] = getattr(self, name)
        return named

    @property
    def measured(self) -> list[tuple[str, Scorecard]]:
        """(station, scorecard) in the order of the line. Two checkpoints with equal weights share one card."""
        stations = [checkpoint.station for checkpoint in (self.base, self.taught, self.reinforced)]
        return list(zip(stations, self.scorecards, strict=True))


def summary(run: Run) -> Group:
    """What a person wants to see when the line has ended; printed with rich."""
    return Group(
        _came_in(run),
        _scrapped(run),
        *_excluded(run),
        *_eaten(run),
        _packed(run),
        _made(run),
        _scores(run),
        *_drift(run),
        *_amended(run),
        Text("\n".join(_where_to_look(run))),
    )


def printed(run: Run, width: int = WIDTH) -> str:
    """The summary as plain text, for the Deck and the log book."""
    console = Console(width=width, record=True, file=io.StringIO())
    console.print(summary(run))
    return console.export_text()


def place_in_line(name: str) -> int:
    """Where an artifact's name stands in the order of the line."""
    names = [field.name for field in fields(Run)]
    return names.index("scorecards" if name.startswith("scorecard_") else name)


def came_in(run: Run) -> list[tuple[str, int, int, int]]:
    """(source, documents, bytes, documents kept) for every source."""
    rows = lake.read(run.documents, columns=["source", "num_bytes"]).to_pylist()
    kept = Counter(lake.read(run.curated, columns=["source"])["source"].to_pylist())
    count = Counter(row["source"] for row in rows)
    size = Counter[str]()
    for row in rows:
        size[row["source"]] += row["num_bytes"]
    return [(source, count[source], size[source], kept[source]) for source in sorted(count)]


def scrapped(run: Run) -> list[tuple[str, str, int]]:
    """(station, reason, documents) for everything that was left out, most first."""
    rows: list[tuple[str, str, int]] = []
    for table, sibling in (("raw.scrap", run.documents), ("curated.scrap", run.candidate)):
        made = lake.beside(table, sibling)
        if made is not None:
            reasons = Counter(lake.read(made, columns=["reason"])["reason"].to_pylist())
            rows += [(sibling.lineage.station, reason, count) for reason, count in reasons.most_common()]
    excluded = exclusions_of(run.curated).unique("source", keep="first", maintain_order=True)
    rows += [
        ("validate", f"source {source} excluded", count)
        for source, count in excluded[["source", "num_documents"]].rows()
    ]
    return rows


def blended(run: Run) -> list[tuple[str, float, float]]:
    """(source, share that the card asks for, share that pretraining drew) where validation left a source out."""
    section = TypeAdapter(Pretrain).validate_python(json.loads(run.lock.sections)["pretrain"])
    asked, drawn = exact(section.blend), exact(admitted(section, run.curated).blend)
    return [(source, float(share), float(drawn.get(source, 0))) for source, share in asked.items()]


def _came_in(run: Run) -> Table:
    table = _table("What came in", "source", "documents", "MB", "kept", "kept %")
    for source, count, size, kept in came_in(run):
        table.add_row(source, f"{count:,}", f"{size / 1e6:.1f}", f"{kept:,}", f"{100 * kept / count:.1f}")
    return table


def _scrapped(run: Run) -> Table:
    table = _table("What was scrapped, and why", "station", "reason", "documents")
    for station, reason, count in scrapped(run):
        table.add_row(station, reason, f"{count:,}")
    return table


def _excluded(run: Run) -> Iterator[Table]:
    """What validation left out and why, and what that made of the blend."""
    reasons = exclusions_of(run.curated)
    if reasons.is_empty():
        return
    table = _table("What validation left out, and why", "source", "suite", "expectation", "observed", "documents")
    for row in reasons.to_dicts():
        asked = f"{row['expectation']}({row['threshold']})"
        table.add_row(row["source"], row["suite"], asked, row["observed"], f"{row['num_documents']:,}")
    yield table
    table = _table("The blend without it", "source", "asked", "drawn")
    for source, asked, drawn in blended(run):
        table.add_row(source, f"{asked:.4f}", f"{drawn:.4f}")
    yield table


def _eaten(run: Run) -> Iterator[Text]:
    """A line for every rule that took more than half of a source."""
    made = lake.beside("curated.scrap", run.candidate)
    rows = lake.read(made, columns=["source", "rule"]).to_pylist() if made else []
    dropped = Counter((row["source"], row["rule"]) for row in rows)
    totals = {source: count for source, count, _, _ in came_in(run)}
    for (source, rule), count in sorted(dropped.items()):
        if count > LARGEST_SHARE * totals[source]:
            yield Text(
                f"{rule} dropped {count:,} of {totals[source]:,} documents of {source}: look at the samples on "
                "curate's page Drops before you use what is left",
                style="yellow",
            )


def _packed(run: Run) -> Table:
    """Fill, and what was cut: a token in another sequence than its document's beginning is truncated."""
    table = _table("What was packed", "split", "sequences", "tokens", "fill %", "cuts", "truncated", "repeated")
    for one in packing_of(run.sequences, json.loads(run.lock.sections)["tokenize"]["sequence_length"]):
        counts = (one.sequences, one.tokens, one.cuts, one.truncated_tokens, one.repeated_tokens)
        sequences, tokens, *cut = (f"{count:,}" for count in counts)
        table.add_row(one.split, sequences, tokens, f"{100 * one.fill:.2f}", *cut)
    return table


def _made(run: Run) -> Table:
    table = _table("What was made", "what", "size", "digest")
    for snapshot in run.snapshots:
        table.add_row(snapshot.table, f"{snapshot.num_rows:,} rows", snapshot.digest[:12])
    table.add_row("tokenizer", f"{run.tokenizer.vocab_size:,} entries", run.tokenizer.digest[:12])
    for checkpoint in (run.base, run.taught, run.reinforced):
        table.add_row(
            checkpoint.station, f"step {checkpoint.step:,}, {checkpoint.num_tokens:,} tokens", checkpoint.digest[:12]
        )
    return table


def _scores(run: Run) -> Table:
    table = _table("What was measured", "benchmark", "metric", *(stage for stage, _ in run.measured), "unit")
    found = {(s.benchmark, s.metric, stage): s for stage, card in run.measured for s in card.scores}
    for benchmark, metric in dict.fromkeys((b, m) for b, m, _ in found):
        scores = [found.get((benchmark, metric, stage)) for stage, _ in run.measured]
        unit = next(score.unit for score in scores if score)
        table.add_row(benchmark, metric, *(_cell(score) for score in scores), unit)
    return table


def _cell(score: Score | None) -> str:
    if score is None:
        return "–"
    interval = f" [{score.low:.3f}, {score.high:.3f}]" if score.low is not None and score.high is not None else ""
    return f"{score.value:.3f}{interval}"


def _drift(run: Run) -> Iterator[Text]:
    for name, artifact in run.artifacts().items():
        lineage = getattr(artifact, "lineage", None)
        if lineage and lineage.station in run.lock.pins and lineage.code != run.lock.code[lineage.station]:
            yield Text(
                f"{name}: served from the cache under the pin {run.lock.pins[lineage.station]!r} though the source of "
                f"{lineage.station} has changed since (then {lineage.code}, now {run.lock.code[lineage.station]}); "
                "change the pin in the card's `reuse` to make it again",
                style="yellow",
            )


def _amended(run: Run) -> Iterator[Text]:
    if run.base.amended:
        yield Text(
            "base: its blend was amended while the run went, so it is not what the card alone gives; "
            f"`factory amend {run.lock.run_digest[:12]}` shows how",
            style="yellow",
        )


def _where_to_look(run: Run) -> list[str]:
    return [
        "",
        f"released    {run.release.model_name} version {run.release.model_version} ({run.release.alias})",
        f"            {run.release.uri}",
        f"lineage     factory lineage {run.release.digest[:12]}",
        "one function, from file to score    factory trace SOURCE:PATH",
        f"the same again from nothing         factory replay {run.lock.run_digest[:12]}",
        "the factory's own figures           factory report",
        f"curves                              .venv/bin/mlflow ui --backend-store-uri {log_book()}",
    ]


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold")
    for index, column in enumerate(columns):
        table.add_column(column, justify="left" if index < 2 else "right", no_wrap=index < 2)
    return table
