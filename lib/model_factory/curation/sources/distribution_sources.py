"""The Python sources of installed distributions that the card allows by name."""

from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

from model_factory.cards.errors import CardError
from model_factory.cards.ingest import Source
from model_factory.curation.registry import suggest
from model_factory.curation.sources.distributions import licence_of, origin_of
from model_factory.curation.sources.location import LocalFile
from model_factory.curation.sources.raw_file import RawFile


def find(source: Source) -> Iterator[RawFile]:
    """One document per `.py` file of every distribution in `source.packages`."""
    if not source.packages:
        raise CardError(f"ingest.sources[{source.name}].packages: empty; name the distributions to read")
    for package in source.packages:
        yield from _files_of(source, package)


def _files_of(source: Source, package: str) -> Iterator[RawFile]:
    field = f"ingest.sources[{source.name}].packages"
    try:
        distribution = metadata.distribution(package)
    except metadata.PackageNotFoundError:
        installed = {found.metadata["Name"] for found in metadata.distributions()}
        raise CardError(f"{field}: {package!r} is not installed; {suggest(package, installed)}") from None
    headers = distribution.metadata
    modules = [file for file in distribution.files or [] if file.suffix == ".py" and ".." not in file.parts]
    if not modules:
        raise CardError(f"{field}: {package!r} records no .py file (an editable install?); leave it out of the list")
    licence, origin = licence_of(headers, source.licence), origin_of(headers)  # type: ignore[arg-type]
    for module in modules:
        location = LocalFile(Path(str(distribution.locate_file(module))))
        yield RawFile(source.name, module.as_posix(), location, "text", licence, origin, "python")
