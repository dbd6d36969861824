"""Finds and blanks parts of documents in text of any kind: pages, messages, JSON."""

import html
import json
import re
from collections.abc import Collection, Iterable
from typing import Any

WINDOW = 16
# Up to so many characters every window of the documents is kept; of more, only one in WINDOW.
ALL_WINDOWS_CHARS = 1 << 20
# Fewer different characters than this are a rule, an indentation or a number, not text.
_MIN_DISTINCT = 6
_MIN_SHORT_CHARS = 6
BLANK = "[erased]"

_ESCAPES = re.compile(r"\\[ntr]")
_SPACE = re.compile(r"\s+")
_TAG = re.compile(r"(<[^<>]*>)")
_VALUE = re.compile(r'="[^"]*"')
_ID = re.compile(r"[0-9a-f]{12,}")
_NAME = re.compile(r"[^\s\"'<>(),;:=]+")


class Excerpts:
    """Parts of some documents: their ids (12 digits of one are enough), their paths, and their text.

    Text counts as theirs where it shares WINDOW characters with them (twice as many where there are very many
    documents), white space, HTML and JSON escapes aside. Shorter pieces cannot be told from any other text.
    """

    def __init__(self, doc_ids: Collection[str], paths: Iterable[str], texts: Iterable[str]) -> None:
        self._ids = {doc_id[:12] for doc_id in doc_ids}
        paths = set(paths)
        self._names = {path for path in paths if _NAME.fullmatch(path)}
        self._spelled = sorted(paths - self._names)
        plain = [_plain(text) for text in texts]
        step = 1 if sum(map(len, plain)) <= ALL_WINDOWS_CHARS else WINDOW
        self._windows = {
            window
            for text in plain
            for at in range(0, max(len(text) - WINDOW + 1, 0), step)
            if _is_text(window := text[at : at + WINDOW])
        }
        self._short = sorted({text for text in plain if _MIN_SHORT_CHARS <= len(text) < WINDOW})

    def redact(self, text: str) -> str | None:
        """The text with every part of the documents blanked, or None where it shows none.

        What is blanked is a text between two tags of HTML, a string of JSON, or a line of anything else.
        """
        if text.lstrip()[:1] in ("{", "["):
            try:
                value = json.loads(text)
            except ValueError:
                value = None
            if value is not None:
                changed = self._value(value)
                return None if changed == value else json.dumps(changed)
        # In a page, text is escaped and tags are the page's; in anything else they may be the document's own.
        pieces = _TAG.split(text) if text.lstrip().startswith("<") else text.splitlines(keepends=True)
        changed = [self._piece(piece) for piece in pieces]
        return None if changed == pieces else "".join(changed)

    def shows(self, text: str) -> bool:
        """Whether some of the documents can be seen in a piece of text."""
        if any(found.group()[:12] in self._ids for found in _ID.finditer(text)):
            return True
        unescaped = html.unescape(text)
        if any(found.group() in self._names for found in _NAME.finditer(unescaped)):
            return True
        plain = _plain(text)
        if any(one in unescaped for one in self._spelled) or any(one in plain for one in self._short):
            return True
        return any(plain[at : at + WINDOW] in self._windows for at in range(len(plain) - WINDOW + 1))

    def _piece(self, piece: str) -> str:
        if not piece.strip() or not self.shows(piece):
            return piece
        if _TAG.fullmatch(piece):
            return _VALUE.sub(f'="{BLANK}"', piece)
        end = piece[len(piece.rstrip("\r\n")) :]
        return BLANK + end

    def _value(self, value: Any) -> Any:
        if isinstance(value, str):
            changed = self.redact(value)
            return value if changed is None else changed
        if isinstance(value, list):
            return [self._value(item) for item in value]
        if isinstance(value, dict):
            return {key: self._value(item) for key, item in value.items()}
        return value


def _plain(text: str) -> str:
    """Text without what the place that shows it did to it."""
    return _SPACE.sub(" ", _ESCAPES.sub(" ", html.unescape(text))).strip()


def _is_text(window: str) -> bool:
    return len(set(window)) >= _MIN_DISTINCT
