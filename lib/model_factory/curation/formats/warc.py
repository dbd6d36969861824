"""Web archives (ISO 28500), read by FastWARC: pages of WARC responses, and the plain text of WET conversions."""

from collections.abc import Iterator
from typing import BinaryIO

from fastwarc.warc import ArchiveIterator, WarcRecord, WarcRecordType

from model_factory.curation.formats.html import page
from model_factory.curation.formats.piece import Limits, Piece, Reject, decode, too_large
from model_factory.curation.formats.unpack import Broken, unpacked
from model_factory.curation.sources.raw_file import RawFile

CODINGS = ("Content-Encoding", "Transfer-Encoding")  # under these the decoded length says nothing
PAGES = ("text/html", "application/xhtml+xml")


def read(file: RawFile, stream: BinaryIO, limits: Limits) -> Iterator[Piece | Reject]:
    """A document a record, numbered from 1 among all records; images, requests and errors of servers are no
    documents. A damaged archive keeps the records before the damage."""
    number = 0
    kinds = WarcRecordType.response | WarcRecordType.conversion
    try:
        # Unpacked by us: FastWARC ends silently where a compressed stream was cut.
        content = _Told(unpacked(file.path, stream))
        for number, record in enumerate(
            ArchiveIterator(content, record_types=kinds, auto_decode="all", stream_detect=False), start=1
        ):
            piece = _read_record(f"{file.path}#{number}", record, file, limits)
            if piece:
                yield piece
    except Broken as broken:
        yield Reject(f"{file.path}#{number + 1}", broken.reason, broken.detail)
    except (OSError, ValueError, EOFError) as error:
        yield Reject(f"{file.path}#{number + 1}", "corrupt", str(error)[:200])


class _Told:
    """A stream that knows where it is: FastWARC 2.0 asks by seeking, and panics where a stream cannot."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream, self._at = stream, 0

    def read(self, size: int = -1) -> bytes:
        # One piece at a time: a damaged stream must not take along what came before.
        content = getattr(self._stream, "read1", self._stream.read)(size)
        self._at += len(content)
        return content

    def tell(self) -> int:
        return self._at

    def close(self) -> None:
        """The stream is its opener's to close."""

    def seek(self, offset: int, whence: int = 0) -> int:
        if (offset, whence) not in ((0, 1), (self._at, 0)):
            raise OSError("only the place is told; nothing is skipped")
        return self._at


def _read_record(path: str, record: WarcRecord, file: RawFile, limits: Limits) -> Piece | Reject | None:
    url = record.headers.get("WARC-Target-URI") or ""
    status = record.http_headers.status_code if record.http_headers else None
    if record.is_http and (status != 200 or record.http_content_type not in PAGES):
        return None
    content = record.reader.read(limits.max_document_bytes + 1)
    if len(content) > limits.max_document_bytes:
        return too_large(path, record.content_length, limits)
    coded = record.http_headers and any(name in record.http_headers for name in CODINGS)
    if "Content-Length" not in record.headers or (len(content) < record.content_length and not coded):
        return Reject(path, "truncated", f"{len(content)} bytes of {record.content_length}")
    if record.is_http:
        return page(path, content, record.http_charset or "", file, url)
    found = decode(path, content)
    return Piece(path, found.text, found.num_bytes, url) if isinstance(found, Piece) else found
