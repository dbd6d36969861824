"""Every module of the running Python's standard library, its test packages included."""

import os
import platform
import sysconfig
from collections.abc import Iterator
from pathlib import Path

from model_factory.cards.ingest import Source
from model_factory.curation.sources.location import LocalFile
from model_factory.curation.sources.raw_file import RawFile

# Other people's packages lie inside the library's folder; they are sources of their own.
FOREIGN = {"site-packages", "dist-packages", "__pycache__"}


def find(source: Source) -> Iterator[RawFile]:
    """One document per `.py` file; `licence: declared` is Python's own, PSF-2.0."""
    root = Path(sysconfig.get_path("stdlib"))
    origin = f"python=={platform.python_version()}"
    licence = "PSF-2.0" if source.licence == "declared" else source.licence
    for folder, folders, names in os.walk(root):
        folders[:] = [name for name in folders if name not in FOREIGN]
        for name in names:
            if name.endswith(".py"):
                location = Path(folder, name)
                path = location.relative_to(root).as_posix()
                yield RawFile(source.name, path, LocalFile(location), "text", licence, origin, "python")
