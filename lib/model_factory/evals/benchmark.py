"""What a benchmark is given and what it gives."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Optional

from model_factory.blender.tokenizer import END, load_encoder
from model_factory.cards.evaluate import Evaluate
from model_factory.nouns import Checkpoint, Score, Snapshot

if TYPE_CHECKING:
    from tokenizers import Tokenizer

    from model_factory.model import Transformer
    from model_factory.nouns.engine import Engine


@dataclass(frozen=True)
class Subject:
    """A checkpoint under evaluation with the tables that benchmarks ask from; weights are loaded once,
    by the first benchmark that needs them."""

    section: Evaluate
    checkpoint: Checkpoint
    sequences: Snapshot
    problems: Snapshot
    documents: Snapshot

    @cached_property
    def tokenizer(self) -> "Tokenizer":
        return load_encoder(self.checkpoint.tokenizer)

    @cached_property
    def model(self) -> "Transformer":
        """Ready to score text: in evaluation mode."""
        from model_factory.weights import load_model

        return load_model(self.checkpoint).eval()

    @cached_property
    def engine(self) -> "Engine":
        """Ready to write text."""
        from model_factory.inference.transformers_engine import TransformersEngine

        engine = TransformersEngine()
        engine.load(self.checkpoint)
        return engine

    @property
    def end_token_id(self) -> int:
        found = self.tokenizer.token_to_id(END)
        if found is None:
            raise ValueError(f"the tokenizer at {self.checkpoint.tokenizer} has no token {END}; train it anew")
        return found

    def seed(self, *names: object) -> int:
        """A seed for one use: the same for every checkpoint, so that all are measured on equal terms."""
        text = "/".join(map(str, (self.section.seed, *names)))
        return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big")


@dataclass(frozen=True)
class Item:
    """One answer. A benchmark's value in a mode is Σ score·weight / Σ weight over its items: weight is 1
    for an answer that passed (score 1) or did not (0), and the bytes of a document for bits per byte."""

    doc_id: str
    mode: str
    sample: int
    prompt: str
    completion: str
    score: float
    weight: float = 1.0


@dataclass(frozen=True)
class Result:
    """The items of a benchmark, the scores they come to, and what a reader must know of how."""

    items: Sequence[Item]
    scores: Sequence[Score]
    note: Optional[str] = None


@dataclass(frozen=True)
class Text:
    """A text of one item that a document must not hold: `part` says which (prompt, solution, …)."""

    doc_id: str
    part: str
    text: str


Benchmark = Callable[[Subject], Result]
# The texts of a benchmark's items; the argument is the snapshot of the problems.
Texts = Callable[[Snapshot], Sequence[Text]]
