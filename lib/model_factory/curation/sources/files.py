"""Your own files: a folder, a file or a glob, on a disk or behind any URL that fsspec opens.

Formats go by suffix: parquet, arrow, jsonl, csv, html, warc, zip and plain text, `.gz` and `.zst` unpacked.
"""

import fnmatch
import glob
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import fsspec

from model_factory.cards.errors import CardError
from model_factory.cards.ingest import Source
from model_factory.curation.sources.location import LocalFile, Location, UrlFile
from model_factory.curation.sources.raw_file import RawFile, format_of, language_of
from model_factory.nouns.home import checkout


def find(source: Source) -> Iterator[RawFile]:
    """Every file under `source.path` (hidden ones left out), relative to the checkout's root unless absolute."""
    field = f"ingest.sources[{source.name}].path"
    if not source.path:
        raise CardError(f"{field}: missing; `kind: files` needs a folder, a file, a glob or a URL")
    located = _behind_url(source.path, field) if "://" in source.path else _on_disk(source.path, field)
    found = [(path, location) for path, location in located if included(source, path)]
    if not found:
        raise CardError(f"{field}: {source.path!r} matches no file; correct the path or put files there")
    for path, location in found:
        yield raw_file(source, path, location, source.path)


def included(source: Source, path: str) -> bool:
    """Whether the card's `include` and `exclude` leave a logical path in."""
    wanted = not source.include or any(fnmatch.fnmatchcase(path, pattern) for pattern in source.include)
    return wanted and not any(fnmatch.fnmatchcase(path, pattern) for pattern in source.exclude)


def raw_file(source: Source, path: str, location: Location, origin: str) -> RawFile:
    """A file read by its suffix, with what the card says of all files of its source."""
    return RawFile(
        source.name,
        path,
        location,
        format_of(path),
        source.licence,
        origin,
        language_of(path),
        source.text_column,
        source.url_column,
        source.main_content,
    )


def _on_disk(written: str, field: str) -> list[tuple[str, Location]]:
    root, found = _locate(Path(checkout(), written), field)
    return [(path.relative_to(root).as_posix(), LocalFile(path)) for path in found]


def _locate(path: Path, field: str) -> tuple[Path, list[Path]]:
    """The folder that logical paths are relative to, and the files."""
    if glob.has_magic(str(path)):
        fixed = next(folder for folder in path.parents if not glob.has_magic(str(folder)))
        matches = [Path(name) for name in glob.glob(str(path), recursive=True)]
        return fixed, [match for match in matches if match.is_file()]
    if path.is_dir():
        inside = (file for file in path.rglob("*") if file.is_file())
        return path, [file for file in inside if not _hidden(file.relative_to(path).parts)]
    if path.is_file():
        return path.parent, [path]
    raise CardError(f"{field}: there is no {path}; correct the path or make the folder")


def _behind_url(url: str, field: str) -> list[tuple[str, Location]]:
    try:
        filesystem, path = fsspec.url_to_fs(url)
        root, found = _walk(filesystem, path)
    except (ValueError, ImportError) as error:
        raise CardError(
            f"{field}: {url!r} cannot be opened: {error}; correct the protocol or install its package"
        ) from None
    except OSError as error:
        raise CardError(f"{field}: {url!r} cannot be listed: {error}; correct the URL or grant access") from None
    relative = [(str(PurePosixPath(name).relative_to(root)), UrlFile(filesystem, name)) for name in found]
    return [(name, file) for name, file in relative if not _hidden(PurePosixPath(name).parts)]


def _walk(filesystem, path: str) -> tuple[str, list[str]]:
    if glob.has_magic(path):
        fixed = next(str(folder) for folder in PurePosixPath(path).parents if not glob.has_magic(str(folder)))
        return fixed, [name for name in filesystem.glob(path) if filesystem.isfile(name)]
    if filesystem.isfile(path):
        return str(PurePosixPath(path).parent), [path]
    return path, filesystem.find(path)


def _hidden(parts: tuple[str, ...]) -> bool:
    return any(part.startswith(".") for part in parts)
