"""The card as text: one Markdown file and the parents it extends, bundled so that it travels whole."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from model_factory.cards.errors import CardError

_SEPARATOR = re.compile(r"^<!-- card: (?P<path>.+?) -->\n", re.MULTILINE)
_FRONT_MATTER = re.compile(r"\A---\n(?P<yaml>.*?\n)---[ \t]*(?:\n|\Z)(?P<prose>.*)\Z", re.DOTALL)


@dataclass(frozen=True)
class CardFile:
    """One Markdown file of a card: its path as the user wrote it, front matter and prose."""

    path: str
    front_matter: str
    prose: str


@dataclass(frozen=True)
class Card:
    """An experiment card with its parents: `text` holds the files from child to root, each after a
    line `<!-- card: PATH -->`. This string is what crosses Flyte's edges."""

    text: str

    @property
    def files(self) -> list[CardFile]:
        """The bundled files, the card itself first."""
        pieces = _SEPARATOR.split(self.text)
        return [_split(path, text) for path, text in zip(pieces[1::2], pieces[2::2], strict=True)]

    @property
    def path(self) -> str:
        return self.files[0].path

    @staticmethod
    def read(path: str | Path) -> "Card":
        """Read a card and every parent named by `extends`, relative to the file that names it."""
        texts: list[str] = []
        seen: list[Path] = []
        current: Path | None = Path(path)
        while current is not None:
            if current.resolve() in seen:
                raise CardError(
                    f"{current}: extends itself by way of {' → '.join(map(str, seen))}; remove one `extends`"
                )
            seen.append(current.resolve())
            text = _text_of(current, texts)
            texts.append(f"<!-- card: {current} -->\n{text}")
            parent = _parent_of(str(current), text)
            current = current.parent / parent if parent else None
        return Card("".join(texts))

    @staticmethod
    def from_dict(values: dict[str, Any], prose: str = "", path: str = "card.md") -> "Card":
        """A card from Python values: the same values give the same digest as the Markdown they render to."""
        front = yaml.safe_dump(values, sort_keys=False, allow_unicode=True, default_flow_style=None, width=110)
        return Card(f"<!-- card: {path} -->\n---\n{front}---\n{prose}")

    def markdown(self) -> str:
        """The card's own file, without the parents, as it would stand on disk."""
        file = self.files[0]
        return f"---\n{file.front_matter}---\n{file.prose}"


def _text_of(path: Path, children: list[str]) -> str:
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        named_by = " (named by `extends`)" if children else ""
        raise CardError(f"{path}: no such card{named_by}; see the files under configs/") from None
    except (UnicodeDecodeError, IsADirectoryError) as error:
        raise CardError(
            f"{path}: not a Markdown file in UTF-8 ({error}); a card is text with YAML front matter"
        ) from None
    return text.replace("\r\n", "\n")


def _split(path: str, text: str) -> CardFile:
    match = _FRONT_MATTER.match(text)
    if not match:
        raise CardError(f"{path}:1: no front matter; a card opens with a line `---`, YAML, and a second `---`")
    return CardFile(path, match["yaml"], match["prose"])


def _parent_of(path: str, text: str) -> str:
    for line in _split(path, text).front_matter.splitlines():
        found = re.match(r"extends:\s*['\"]?([^'\"#]+?)['\"]?\s*(#.*)?$", line)
        if found:
            return found[1]
    return ""
