"""A trained tokenizer at rest."""

from dataclasses import dataclass

from model_factory.nouns.lineage import Lineage, Parent


@dataclass(frozen=True)
class Tokenizer:
    """A `tokenizers` JSON file. `digest` is the sha256 of the file; `uri` its folder."""

    uri: str
    vocab_size: int
    digest: str
    lineage: Lineage
    schema: int = 1

    def as_parent(self) -> Parent:
        return Parent("Tokenizer", "tokenizer", self.digest, self.uri)
