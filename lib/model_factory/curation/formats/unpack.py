"""Compressed streams, unpacked piece by piece: whatever they claim, little of them is in memory at a time."""

import io
import zlib
from collections.abc import Iterator
from typing import BinaryIO

import zstandard

GZIP_CHUNK_BYTES = 1 << 16
# A zstandard block of four bytes can stand for 128 KiB, so that this many bytes make 32 MiB at most.
ZSTD_CHUNK_BYTES = 1 << 10
MAX_WINDOW_BYTES = 1 << 27  # what the zstd command itself accepts without being asked
PIECE_BYTES = 1 << 20


class Broken(Exception):
    """A stream that ends before its end; `reason` is one of REASONS."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason, self.detail = reason, detail


def unpacked(path: str, stream: BinaryIO) -> BinaryIO:
    """The stream as it is, or unpacked by the suffix of `path`; reading it raises Broken where it is damaged."""
    if path.endswith(".gz"):
        return io.BufferedReader(_Pieces(_gzip(stream)), PIECE_BYTES)
    if path.endswith(".zst"):
        return io.BufferedReader(_Pieces(_zstd(stream)), PIECE_BYTES)
    return stream


def is_packed(path: str) -> bool:
    return path.endswith((".gz", ".zst"))


def unpacks_within(path: str, stream: BinaryIO, limit_bytes: int) -> bool:
    """Whether no more than `limit_bytes` come out. The stream is unpacked once for it and rewound; damage counts as
    its end, as what lies before it can be read."""
    num_bytes, content = 0, unpacked(path, stream)
    try:
        while num_bytes <= limit_bytes and (piece := content.read(PIECE_BYTES)):
            num_bytes += len(piece)
    except Broken:
        pass
    stream.seek(0)
    return num_bytes <= limit_bytes


class _Pieces(io.RawIOBase):
    """A readable stream made of pieces of any length."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces, self._rest = pieces, memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer) -> int:  # type: ignore[override]
        while not self._rest:
            piece = next(self._pieces, None)
            if piece is None:
                return 0
            self._rest = memoryview(piece)
        num_bytes = min(len(buffer), len(self._rest))
        buffer[:num_bytes] = self._rest[:num_bytes]
        self._rest = self._rest[num_bytes:]
        return num_bytes


def _gzip(stream: BinaryIO) -> Iterator[bytes]:
    """Members one after the other, each with an end mark: without the last the stream was cut."""
    rest = stream.read(GZIP_CHUNK_BYTES)
    while rest:
        member = zlib.decompressobj(wbits=31)
        while not member.eof:
            try:
                yield member.decompress(rest, PIECE_BYTES)
            except zlib.error as error:
                raise Broken("corrupt", str(error)) from None
            rest = member.unconsumed_tail or (b"" if member.eof else stream.read(GZIP_CHUNK_BYTES))
            if not rest and not member.eof:
                raise Broken("truncated", "the compressed stream has no end")
        rest = member.unused_data or stream.read(GZIP_CHUNK_BYTES)


def _zstd(stream: BinaryIO) -> Iterator[bytes]:
    """Frames one after the other, as with gzip."""
    rest = stream.read(ZSTD_CHUNK_BYTES)
    while rest:
        frame = zstandard.ZstdDecompressor(max_window_size=MAX_WINDOW_BYTES).decompressobj()
        while not frame.eof:
            if not rest:
                raise Broken("truncated", "the compressed stream has no end")
            try:
                yield frame.decompress(rest)
            except zstandard.ZstdError as error:
                raise Broken("corrupt", str(error)) from None
            rest = b"" if frame.eof else stream.read(ZSTD_CHUNK_BYTES)
        rest = frame.unused_data or stream.read(ZSTD_CHUNK_BYTES)
