"""A Llama-architecture transformer: RMSNorm, rotary positions, grouped-query attention, SwiGLU.

B batch, T time, D model features, H query heads, K key-value heads, C features of a head, V vocabulary.
Source: Touvron et al. 2023 (arXiv 2302.13971, 2307.09288); the arithmetic is `transformers`' Llama's.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from model_factory.model.rotary import Rotation, rotate, rotation
from model_factory.nouns import Architecture


class Attention(nn.Module):
    """Causal attention; `num_kv_heads` key-value heads each serve equally many query heads."""

    def __init__(self, architecture: Architecture) -> None:
        super().__init__()
        width, self.head_size = architecture.hidden_size, architecture.hidden_size // architecture.num_heads
        self.group = architecture.num_heads // architecture.num_kv_heads
        self.query = nn.Linear(width, width, bias=False)
        self.key = nn.Linear(width, architecture.num_kv_heads * self.head_size, bias=False)
        self.value = nn.Linear(width, architecture.num_kv_heads * self.head_size, bias=False)
        self.output = nn.Linear(width, width, bias=False)

    def heads(self, x_BTD: Tensor, by: Rotation) -> tuple[Tensor, Tensor, Tensor]:
        """Turned queries (B, H, T, C), turned keys and values (B, K, T, C)."""
        query, key, value = (
            projection(x_BTD).unflatten(-1, (-1, self.head_size)).transpose(1, 2)
            for projection in (self.query, self.key, self.value)
        )
        return rotate(query, by), rotate(key, by), value

    def forward(self, x_BTD: Tensor, by: Rotation, mask_B1TT: Tensor | None) -> Tensor:
        query_BHTC, key_BKTC, value_BKTC = self.heads(x_BTD, by)
        mixed_BHTC = F.scaled_dot_product_attention(
            query_BHTC,
            key_BKTC.repeat_interleave(self.group, dim=1),
            value_BKTC.repeat_interleave(self.group, dim=1),
            attn_mask=mask_B1TT,
            is_causal=mask_B1TT is None,
        )
        return self.output(mixed_BHTC.transpose(1, 2).flatten(2))


class FeedForward(nn.Module):
    """SwiGLU (Shazeer 2020, arXiv 2002.05202)."""

    def __init__(self, architecture: Architecture) -> None:
        super().__init__()
        self.gate = nn.Linear(architecture.hidden_size, architecture.ffn_size, bias=False)
        self.up = nn.Linear(architecture.hidden_size, architecture.ffn_size, bias=False)
        self.down = nn.Linear(architecture.ffn_size, architecture.hidden_size, bias=False)

    def forward(self, x_BTD: Tensor) -> Tensor:
        return self.down(F.silu(self.gate(x_BTD)) * self.up(x_BTD))


class Block(nn.Module):
    def __init__(self, architecture: Architecture) -> None:
        super().__init__()
        self.attention_norm = nn.RMSNorm(architecture.hidden_size, architecture.norm_eps)
        self.attention = Attention(architecture)
        self.feed_forward_norm = nn.RMSNorm(architecture.hidden_size, architecture.norm_eps)
        self.feed_forward = FeedForward(architecture)

    def forward(self, x_BTD: Tensor, by: Rotation, mask_B1TT: Tensor | None) -> Tensor:
        x_BTD = x_BTD + self.attention(self.attention_norm(x_BTD), by, mask_B1TT)
        return x_BTD + self.feed_forward(self.feed_forward_norm(x_BTD))


class Transformer(nn.Module):
    """Next-token logits of token ids.

    The weights are uninitialised torch defaults: `initialise` or a state dict fills them. With tied
    embeddings the output is the embedding's transpose, and the state dict holds it once.
    """

    def __init__(self, architecture: Architecture) -> None:
        super().__init__()
        self.architecture = architecture
        self.embedding = nn.Embedding(architecture.vocab_size, architecture.hidden_size)
        self.blocks = nn.ModuleList(Block(architecture) for _ in range(architecture.num_layers))
        self.norm = nn.RMSNorm(architecture.hidden_size, architecture.norm_eps)
        tied = architecture.tie_embeddings
        self.head = None if tied else nn.Linear(architecture.hidden_size, architecture.vocab_size, bias=False)

    def forward(self, tokens_BT: Tensor, document_ids_BT: Tensor | None = None) -> Tensor:
        """logits_BTV: position t scores the token at t + 1 from the tokens up to t of its own document.

        `document_ids_BT` numbers the documents that share a row; None means one document a row.
        Positions run on over a boundary: rotary attention depends on distances alone, so a packed
        document's logits are those it has alone, up to rounding.
        """
        return self.logits(self.hidden(tokens_BT, document_ids_BT))

    def hidden(self, tokens_BT: Tensor, document_ids_BT: Tensor | None = None) -> Tensor:
        """The normalised last features (B, T, D), for callers that score only some positions."""
        mask_B1TT = None if document_ids_BT is None else document_mask(document_ids_BT)
        by = self.rotation(torch.arange(tokens_BT.shape[1], device=tokens_BT.device))
        x_BTD = self.embedding(tokens_BT)
        for block in self.blocks:
            x_BTD = block(x_BTD, by, mask_B1TT)
        return self.norm(x_BTD)

    def logits(self, hidden: Tensor) -> Tensor:
        """Features (…, D) to logits (…, V)."""
        return F.linear(hidden, self.embedding.weight) if self.head is None else self.head(hidden)

    def rotation(self, positions: Tensor) -> Rotation:
        head_size = self.architecture.hidden_size // self.architecture.num_heads
        return rotation(positions, head_size, self.architecture.rope_theta)


def document_mask(document_ids_BT: Tensor) -> Tensor:
    """(B, 1, T, T) booleans: may position t look at position s? Only backwards, only in its document."""
    same_BTT = document_ids_BT[:, :, None] == document_ids_BT[:, None, :]
    return same_BTT.tril()[:, None]
