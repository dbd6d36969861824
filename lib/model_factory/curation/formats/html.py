"""HTML pages: their text, extracted by resiliparse (Bevendorff et al. 2018)."""

from collections.abc import Iterator
from typing import BinaryIO

from resiliparse.extract.html2text import extract_plain_text
from resiliparse.parse.encoding import bytes_to_str, detect_encoding

from model_factory.curation.formats.piece import Limits, Piece, Reject
from model_factory.curation.formats.text import whole
from model_factory.curation.sources.raw_file import RawFile

MARKUP = b"<"


def read(file: RawFile, stream: BinaryIO, limits: Limits) -> Iterator[Piece | Reject]:
    content = whole(file, stream, limits)
    yield content if isinstance(content, Reject) else page(file.path, content, "", file)


def page(path: str, content: bytes, charset: str, file: RawFile, url: str = "") -> Piece | Reject:
    """The text of one page: paragraphs, lists and preformatted text keep their lines. `charset` is what the
    server said, else the page's own meta tag counts, else what its bytes look like."""
    if b"\0" in content[:1024] or MARKUP not in content:
        return Reject(path, "not_text", "no markup, or bytes that no page has")
    detected = detect_encoding(content, from_html_meta=True) or "utf-8"
    try:
        html = bytes_to_str(content, charset or detected)
    except LookupError:
        html = bytes_to_str(content, detected)
    text = extract_plain_text(html, preserve_formatting=True, main_content=file.main_content)
    return Piece(path, text, len(text.encode()), url)
