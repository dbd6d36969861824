"""The long descriptions (READMEs) that the installed distributions carry in their METADATA."""

import sysconfig
from collections.abc import Iterator
from pathlib import Path

from model_factory.cards.ingest import Source
from model_factory.curation.sources.distributions import licence_of, origin_of, read_headers
from model_factory.curation.sources.location import LocalFile
from model_factory.curation.sources.raw_file import RawFile

# Its description is this checkout's own, and would make the corpus depend on our edits.
OURSELVES = "model-factory"


def find(source: Source) -> Iterator[RawFile]:
    """One document per installed distribution, named after it; the first of two with one name counts."""
    seen = {OURSELVES}
    for folder in dict.fromkeys(Path(sysconfig.get_path(kind)) for kind in ("purelib", "platlib")):
        for metadata in sorted(folder.glob("*.dist-info/METADATA")):
            headers = read_headers(metadata)
            name = (headers["Name"] or metadata.parent.stem).lower().replace("_", "-")
            if name not in seen:
                seen.add(name)
                licence, origin = licence_of(headers, source.licence), origin_of(headers)
                yield RawFile(source.name, f"{name}/README", LocalFile(metadata), "metadata", licence, origin, "text")
