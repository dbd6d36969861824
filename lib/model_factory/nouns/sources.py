"""What raw files a run starts from."""

from dataclasses import dataclass


@dataclass(frozen=True)
class SourceListing:
    """The raw files of all sources, by content.

    `digest` is over (source, logical path, sha256) of every file and the tombstones of what was erased, so that
    it moves when and only when some file's name or bytes do or a document must not come in any more.
    """

    digest: str
    num_files: int
    size_bytes: int
