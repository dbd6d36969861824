"""Lines of a stream, none of them longer in memory than a limit."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

SKIPPED_BYTES = 1 << 20


@dataclass(frozen=True)
class Line:
    """`content` without its newline, empty where the line is `too_long`; `ended` is False without a newline."""

    number: int
    content: bytes
    num_bytes: int
    ended: bool
    too_long: bool = False


def lines(stream: BinaryIO, max_line_bytes: int) -> Iterator[Line]:
    """Every line, counted from 1; of a longer one than `max_line_bytes` only the length is known."""
    number = 0
    while content := stream.readline(max_line_bytes + 1):
        number += 1
        ended = content.endswith(b"\n")
        if ended or len(content) <= max_line_bytes:
            yield Line(number, content.removesuffix(b"\n"), len(content), ended)
        else:
            num_bytes, ended = _skip(stream)
            yield Line(number, b"", len(content) + num_bytes, ended, too_long=True)


def _skip(stream: BinaryIO) -> tuple[int, bool]:
    """Read to the end of the line and drop it."""
    num_bytes = 0
    while content := stream.readline(SKIPPED_BYTES):
        num_bytes += len(content)
        if content.endswith(b"\n"):
            return num_bytes, True
    return num_bytes, False
