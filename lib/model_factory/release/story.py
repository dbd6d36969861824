"""A trace for the terminal."""

from collections.abc import Iterator
from typing import Any

from rich.console import Group
from rich.markup import escape
from rich.table import Table
from rich.text import Text

_SHOWN = 12


def as_story(story: dict[str, Any]) -> Group:
    """The stations of a document's way, one block each; long lists are cut and say so."""
    return Group(*_blocks(story))


def _blocks(story: dict[str, Any]) -> Iterator[Any]:
    file = story["file"]
    name = f"{file['source']}:{file['path']}" if "source" in file else f"problem {file['doc_id'][:12]}"
    yield Text(f"{name}{'::' + file['function'] if file.get('function') else ''}, run {story['run'][:12]}", "bold")
    yield _facts("file", {key: value for key, value in file.items() if key not in ("kind", "source", "path")})
    if story["cleaned"]:
        yield _table("repairs and placeholders", story["cleaned"], ("by", "what", "version"))
    if story["shared"]:
        yield _table("shared with documents and benchmarks", story["shared"], ("kind", "of", "what"))
    if story["verdicts"]:
        yield _table("verdicts", story["verdicts"], ("rule", "value", "threshold", "kept", "version"))
    yield _facts("fate", story["fate"])
    if story["tokens"]:
        yield _table("sequences", story["tokens"], ("sequence_id", "split", "pieces", "documents", "holds"))
    yield _trained(story)
    if story["sft"]:
        rows = [
            {
                **row,
                "steps": _numbers(row["steps"]),
                "answer": row["answer"].strip().splitlines()[-1] if row["answer"].strip() else "",
            }
            for row in story["sft"]
        ]
        yield _table("fine-tuning rows", rows, ("function", "call", "answer", "provenance", "steps"))
    if story["transcripts"]:
        yield _table("transcripts", story["transcripts"], ("step", "sample", "reward", "weights_version", "execution"))
    yield _scores(story["scores"])


def _trained(story: dict[str, Any]) -> Text:
    steps = [row["step"] for row in story["steps"]]
    if steps:
        return Text(
            f"pretraining saw it {len(steps)} {'time' if len(steps) == 1 else 'times'}, in steps {_numbers(steps)}"
        )
    return Text("pretraining saw it in no step" + (": it is held out" if _held_out(story) else ""))


def _held_out(story: dict[str, Any]) -> bool:
    return bool(story["tokens"]) and all(row["split"] == "heldout" for row in story["tokens"])


def _scores(rows: list[dict[str, Any]]) -> Table:
    """A line for each metric, a column for each checkpoint; `own` is the document's or problem's share in it."""
    checkpoints = list(dict.fromkeys(row["checkpoint"] for row in rows))
    table = Table(title="scores", title_justify="left")
    for column in ("benchmark", "metric", *checkpoints):
        table.add_column(column, overflow="fold")
    for benchmark, metric in dict.fromkeys((row["benchmark"], row["metric"]) for row in rows):
        of_it = {row["checkpoint"]: row for row in rows if (row["benchmark"], row["metric"]) == (benchmark, metric)}
        table.add_row(benchmark, metric, *(_score(of_it[one]) if one in of_it else "–" for one in checkpoints))
    return table


def _score(row: dict[str, Any]) -> str:
    interval = f" [{row['low']:.3f}, {row['high']:.3f}]" if row["low"] is not None else ""
    own = ", ".join(f"{one:.3g}" for one in row["own"][:_SHOWN])
    return escape(f"{row['value']:.3f}{interval}") + (f"\nown {own}" if own else "")


def _numbers(values: list[int]) -> str:
    shown = ", ".join(map(str, values[:_SHOWN]))
    return f"{shown} … ({len(values)} in all)" if len(values) > _SHOWN else shown


def _facts(title: str, facts: dict[str, Any]) -> Text:
    return Text(f"{title}: " + ", ".join(f"{key} {value}" for key, value in facts.items()))


def _table(title: str, rows: list[dict[str, Any]], columns: tuple[str, ...], limit: int = _SHOWN) -> Table:
    held = [column for column in columns if any(column in row for row in rows)]
    table = Table(title=title, title_justify="left")
    for column in held:
        table.add_column(column, overflow="fold")
    for row in rows[:limit]:
        table.add_row(*(escape(str(row.get(column, ""))) for column in held))
    if len(rows) > limit:
        table.caption = f"{len(rows) - limit} more"
    return table
