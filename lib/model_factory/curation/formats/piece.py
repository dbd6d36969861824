"""What a format finds in a file."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """How much may come out of one file: bytes of a document, bytes in all."""

    max_document_bytes: int
    max_total_bytes: int

    @property
    def max_line_bytes(self) -> int:
        """A record may be as long as its text can be escaped (six bytes for one), with as much again for the rest."""
        return 8 * self.max_document_bytes


@dataclass(frozen=True)
class Piece:
    """The text of one document; `path` is the file's, with the record's number where there are several;
    `url` is where it was published, if the file says so."""

    path: str
    text: str
    num_bytes: int
    url: str = ""


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
    "encrypted": "encrypted or protected by a password",
    "bomb": "unpacks to far more than any text does",
    "nested": "an archive inside of an archive",
    "empty": "nothing but white space",
    "missing_column": "no such text column",
    "not_text": "the text column holds something else than a string, or the page is no page",
    "too_large": "beyond ingest.max_document_bytes",
    "over_total": "beyond ingest.max_total_bytes",
    "erased": "forgotten on request, see `factory forget`",
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


def checked(path: str, text: object, url: object = "") -> Piece | Reject:
    """A column's value as a document: a string without lone surrogates, which no UTF-8 file can hold."""
    if not isinstance(text, str):
        return Reject(path, "not_text", f"a value of type {type(text).__name__}")
    try:
        return Piece(path, text, len(text.encode()), url if isinstance(url, str) else "")
    except UnicodeEncodeError as error:
        return Reject(path, "undecodable", f"character {error.start}: {error.reason}")


def missing_column(path: str, column: str, held: list[str]) -> Reject:
    return Reject(path, "missing_column", f"no {column!r}; there is: {', '.join(held[:20])}")


def too_large(path: str, num_bytes: int, limits: Limits) -> Reject:
    return Reject(path, "too_large", f"{num_bytes} bytes, ingest.max_document_bytes is {limits.max_document_bytes}")
