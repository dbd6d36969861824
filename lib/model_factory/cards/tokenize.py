"""The `tokenize` section: the tokenizer and the packed sequences."""

from dataclasses import dataclass

from model_factory.cards.section import Count, Fraction, Section


@dataclass(frozen=True)
class Tokenize(Section):
    """BPE with `vocab_size` entries; sequences of `sequence_length` tokens; the pieces of a document that is
    longer share `overlap` tokens (1: every token is predicted once, with no more context than needed);
    `heldout_fraction` of the documents, chosen by document id, is never trained on."""

    vocab_size: Count
    min_frequency: Count
    sequence_length: Count
    overlap: Count
    heldout_fraction: Fraction
