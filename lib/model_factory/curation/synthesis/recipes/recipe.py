"""What a recipe is: a question about a seed, and the proof that the answer is good."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from model_factory.nouns.program import Execution, Program

Settings = Mapping[str, Any]


@dataclass(frozen=True)
class Seed:
    """The document that something is made from."""

    doc_id: str
    path: str
    text: str


@dataclass(frozen=True)
class Ask:
    """`prompt` is what the model continues, `about` what the recipe itself needs to judge what comes."""

    prompt: str
    about: Any


@dataclass(frozen=True)
class Draft:
    """A row to be: `text` is the new document, `prompt` and `answer` the same as a row to fine-tune on. Where `program`
    is not None the draft counts only if `finish` accepts how it ran; `calls` are the calls in it."""

    prompt: str
    answer: str
    text: str
    program: Program | None = None
    calls: tuple[str, ...] = ()


class Rejected(Exception):
    """An answer that is not taken; `reason` is one of few, `detail` belongs to this answer. `prompt` and `answer` are
    what was asked and said, as far as it came to that."""

    def __init__(self, reason: str, detail: str = "", prompt: str = "", answer: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason, self.detail, self.prompt, self.answer = reason, detail, prompt, answer


@dataclass(frozen=True)
class Recipe:
    """`ask` gives the question for a seed under a random seed, None where the document has nothing to ask about;
    `read` makes a draft of the answer or raises Rejected; `finish` completes a draft by its execution or raises
    Rejected, and is None where reading is the whole proof. All are pure functions. `version` moves whenever the
    same answer could fare otherwise; `settings` are the fields that the card must give.
    """

    version: str
    language: str
    settings: tuple[str, ...]
    ask: Callable[[Seed, Settings, int], Ask | None]
    read: Callable[[Ask, str, Settings, int], Draft]
    finish: Callable[[Draft, Execution, Settings], Draft] | None = None

    @property
    def verified(self) -> str:
        """How rows are proved: "executed" or "parsed"."""
        return "parsed" if self.finish is None else "executed"


def rank(*parts: object) -> bytes:
    """A place in an order that is random and the same every time."""
    return hashlib.blake2b("\0".join(map(str, parts)).encode(), digest_size=16).digest()
