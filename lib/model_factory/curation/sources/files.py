"""Your own files: a folder, a file or a glob of parquet, jsonl (plain, .gz, .zst) and plain text."""

import glob
from collections.abc import Iterator
from pathlib import Path

from model_factory.cards.errors import CardError
from model_factory.cards.ingest import Source
from model_factory.curation.sources.raw_file import Format, RawFile, language_of
from model_factory.nouns.home import checkout

JSON_LINES = (".jsonl", ".ndjson")
COMPRESSED = (".gz", ".zst")


def find(source: Source) -> Iterator[RawFile]:
    """Every file under `source.path` (hidden ones left out), relative to the checkout's root unless absolute."""
    field = f"ingest.sources[{source.name}].path"
    if not source.path:
        raise CardError(f"{field}: missing; `kind: files` needs a folder, a file or a glob")
    root, found = _locate(Path(checkout(), source.path), field)
    if not found:
        raise CardError(f"{field}: {source.path!r} matches no file; correct the path or put files there")
    for location in found:
        path = location.relative_to(root).as_posix()
        yield RawFile(
            source.name,
            path,
            location,
            format_of(path),
            source.licence,
            source.path,
            language_of(path),
            source.text_column,
        )


def format_of(path: str) -> Format:
    """How a file is read, by its suffix; whatever is not known is plain text."""
    bare = path.removesuffix(".gz").removesuffix(".zst")
    if bare.endswith(JSON_LINES):
        return "jsonl"
    return "parquet" if path.endswith(".parquet") else "text"


def _locate(path: Path, field: str) -> tuple[Path, list[Path]]:
    """The folder that logical paths are relative to, and the files."""
    if glob.has_magic(str(path)):
        fixed = next(folder for folder in path.parents if not glob.has_magic(str(folder)))
        matches = [Path(name) for name in glob.glob(str(path), recursive=True)]
        return fixed, [match for match in matches if match.is_file()]
    if path.is_dir():
        inside = (file for file in path.rglob("*") if file.is_file())
        return path, [file for file in inside if not any(part[0] == "." for part in file.relative_to(path).parts)]
    if path.is_file():
        return path.parent, [path]
    raise CardError(f"{field}: there is no {path}; correct the path or make the folder")
