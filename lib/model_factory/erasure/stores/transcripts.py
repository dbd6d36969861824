"""Rows in Arrow files beside checkpoints: transcripts, until they are committed to the lake and after."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.feather as feather

from model_factory.erasure.doomed import Doomed
from model_factory.erasure.store import Found
from model_factory.lake.references import speaking_of, without
from model_factory.nouns.home import home


def find(doomed: Doomed) -> Sequence[Found]:
    return [
        Found("transcripts", f"{path.parent.parent.name}/{path.name}", rows, 1, path.stat().st_size, "rows removed")
        for path, rows in _holding(doomed)
    ]


def erase(doomed: Doomed) -> None:
    for path, _ in _holding(doomed):
        draft = path.with_name(f".{path.name}.draft")
        feather.write_feather(without(feather.read_table(path), doomed.doc_ids), str(draft), compression="lz4")
        draft.replace(path)


def _holding(doomed: Doomed) -> Iterator[tuple[Path, int]]:
    for path in sorted((home() / "checkpoints").rglob("*.arrow")):
        rows: pa.Table = feather.read_table(path)
        count = int(speaking_of(rows, doomed.doc_ids).sum())
        if count:
            yield path, count
