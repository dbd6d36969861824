"""What a format finds in a file."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Piece:
    """The text of one document; `path` is the file's, with the record's number where there are several."""

    path: str
    text: str
    num_bytes: int


@dataclass(frozen=True)
class Reject:
    """A document, or a whole file, that cannot be read. `reason` is one of REASONS."""

    path: str
    reason: str
    detail: str


REASONS = {
    "undecodable": "not UTF-8, or not JSON",
    "truncated": "ends in the middle of a character, a record or a compressed stream",
    "corrupt": "not what its suffix says",
    "empty": "nothing but white space",
    "missing_column": "no such text column",
    "not_text": "the text column holds something else than a string",
    "too_large": "beyond ingest.max_document_bytes",
    "over_total": "beyond ingest.max_total_bytes",
    "unreadable": "the operating system refuses to read it",
}


def decode(path: str, content: bytes) -> Piece | Reject:
    """UTF-8 text (a byte-order mark and carriage returns dropped), or why it is none."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        reason = "truncated" if error.reason == "unexpected end of data" else "undecodable"
        return Reject(path, reason, f"byte {error.start}: {error.reason}")
    return Piece(path, text.replace("\r\n", "\n").replace("\r", "\n"), len(content))
