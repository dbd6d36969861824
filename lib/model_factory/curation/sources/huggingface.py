"""A Hugging Face dataset on disk, as `Dataset.save_to_disk` or `DatasetDict.save_to_disk` leaves it."""

import json
from collections.abc import Iterator
from pathlib import Path

from model_factory.cards.errors import CardError
from model_factory.cards.ingest import Source
from model_factory.curation.sources.files import included, raw_file
from model_factory.curation.sources.location import LocalFile
from model_factory.curation.sources.raw_file import RawFile
from model_factory.nouns.home import checkout

CURE = "name a folder written by `save_to_disk` (parquet files of a dataset are read by `kind: files`)"


def find(source: Source) -> Iterator[RawFile]:
    """The arrow files of every split, named by split; `include: ["train/*"]` restricts it to one."""
    field = f"ingest.sources[{source.name}].path"
    root = Path(checkout(), source.path)
    if not source.path or not root.is_dir():
        raise CardError(f"{field}: there is no folder {source.path!r}; {CURE}")
    found = [(path, file) for path, file in _arrow_files(root, field) if included(source, path)]
    if not found:
        raise CardError(f"{field}: {source.path!r} holds no data that `include` {source.include} keeps; {CURE}")
    for path, file in found:
        yield raw_file(source, path, LocalFile(file), source.path)


def _arrow_files(root: Path, field: str) -> list[tuple[str, Path]]:
    splits = _read(root / "dataset_dict.json", field).get("splits", [""])
    named = []
    for split in splits:
        folder = root / split
        files = [entry["filename"] for entry in _read(folder / "state.json", field).get("_data_files", [])]
        named += [((Path(split) / name).as_posix(), folder / name) for name in files]
    if not named:
        raise CardError(f"{field}: no state.json under {root} names a data file; {CURE}")
    return named


def _read(path: Path, field: str) -> dict:
    if not path.is_file():
        return {}
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise CardError(f"{field}: {path} is damaged ({error}); save the dataset again") from None
