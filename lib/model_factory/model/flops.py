"""The arithmetic of a token."""

from model_factory.nouns import Architecture


def num_parameters(architecture: Architecture) -> int:
    """Trainable weights; tied embeddings count once."""
    a = architecture
    kv_size = a.num_kv_heads * (a.hidden_size // a.num_heads)
    block = 2 * a.hidden_size * (a.hidden_size + kv_size) + 3 * a.hidden_size * a.ffn_size + 2 * a.hidden_size
    embeddings = a.vocab_size * a.hidden_size * (1 if a.tie_embeddings else 2)
    return a.num_layers * block + embeddings + a.hidden_size


def forward_flops_per_token(architecture: Architecture, length: int) -> float:
    """Floating-point operations of the matrix products of a forward pass, per token of a `length`-token row.

    Two per weight (the embedding lookup is none, the output product is), and the causal half of
    attention's two products: 2 · length · hidden a layer. Norms, rotations and softmax are left out,
    as in Chowdhery et al. 2022 (PaLM, appendix B), which counts the full square of attention.
    """
    a = architecture
    lookups = 0 if a.tie_embeddings else a.vocab_size * a.hidden_size
    norms = a.hidden_size * (2 * a.num_layers + 1)
    return 2.0 * (num_parameters(a) - lookups - norms) + 2.0 * a.num_layers * length * a.hidden_size


def training_flops_per_token(architecture: Architecture, length: int) -> float:
    """Forward and backward: three times the forward pass; recomputation would not count."""
    return 3.0 * forward_flops_per_token(architecture, length)
