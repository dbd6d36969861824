"""Compressed streams, unpacked up to a limit."""

import zlib
from dataclasses import dataclass

import zstandard

CHUNK_BYTES = 1 << 20


@dataclass(frozen=True)
class Unpacked:
    """What came out before the stream ended or broke; `reason` is empty when it ended well."""

    content: bytes
    reason: str = ""
    detail: str = ""


def unpack(path: str, content: bytes, limit_bytes: int) -> Unpacked:
    """Unpack by the suffix of `path`; at most `limit_bytes` come out, whatever the stream says of itself."""
    if path.endswith(".gz"):
        return _unpack(content, limit_bytes, lambda: zlib.decompressobj(wbits=31))
    if path.endswith(".zst"):
        return _unpack(content, limit_bytes, lambda: zstandard.ZstdDecompressor().decompressobj())
    return Unpacked(content)


def _unpack(content: bytes, limit_bytes: int, begin) -> Unpacked:
    """Both formats are sequences of frames, each with an end mark: without the last the stream was cut."""
    made = bytearray()
    rest = content
    while rest:
        stream = begin()
        for start in range(0, len(rest), CHUNK_BYTES):
            try:
                made += stream.decompress(rest[start : start + CHUNK_BYTES])
            except (zlib.error, zstandard.ZstdError) as error:
                return Unpacked(bytes(made), "corrupt", str(error))
            if len(made) > limit_bytes:
                return Unpacked(b"", "over_total", f"unpacks to more than {limit_bytes} bytes")
            if stream.eof:
                rest = stream.unused_data + rest[start + CHUNK_BYTES :]
                break
        else:
            return Unpacked(bytes(made), "truncated", "the compressed stream has no end")
    return Unpacked(bytes(made))
