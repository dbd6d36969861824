"""What an installed distribution says about itself."""

from email.message import Message
from email.parser import HeaderParser
from pathlib import Path

MAX_LICENCE_CHARS = 60  # older packages put the whole text of their licence into this field


def read_headers(metadata: Path) -> Message:
    """The headers of a METADATA file (core metadata specification, an e-mail header block)."""
    return HeaderParser().parsestr(metadata.read_text(encoding="utf-8", errors="replace"))


def licence_of(headers: Message, written: str) -> str:
    """The card's licence, or what the distribution declares where the card says "declared".

    Tried in this order: License-Expression (SPDX), a License of one short line, the licence
    classifiers; else "unknown".
    """
    if written != "declared":
        return written
    free = (headers.get("License") or "").strip()
    if "\n" in free or len(free) > MAX_LICENCE_CHARS or free.upper() == "UNKNOWN":
        free = ""
    classifiers = [entry for entry in headers.get_all("Classifier") or [] if entry.startswith("License ::")]
    classified = " AND ".join(entry.rpartition(":: ")[2] for entry in classifiers)
    return headers.get("License-Expression") or free or classified or "unknown"


def origin_of(headers: Message) -> str:
    return f"{headers['Name']}=={headers['Version']}"
