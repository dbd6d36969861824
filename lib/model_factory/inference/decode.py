"""Decoding with a static key-value cache.

B rows, T prompt time (left-padded), S slots of the cache, D model features, K key-value heads, G query
heads each of them serves, C features of a head, V vocabulary.
"""

from collections.abc import Sequence
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor

from model_factory.model.rotary import Rotation
from model_factory.model.transformer import Block, Transformer


class Decoder:
    """One batch of rows on its way: `prefill` once, then `step` with every chosen token.

    Every row keeps its own positions and sees none of its padding, so that a row's logits do not
    depend on the rows beside it (up to the rounding of a matrix product of another shape).
    """

    def __init__(self, model: Transformer, prompts: Sequence[Sequence[int]], num_new: int) -> None:
        self.model = model
        a = model.architecture
        self.used = max(map(len, prompts))
        self.padding_B = torch.tensor([self.used - len(prompt) for prompt in prompts])
        self.tokens_BT = torch.tensor([[0] * (self.used - len(prompt)) + list(prompt) for prompt in prompts])
        slots, head_size = self.used + num_new, a.hidden_size // a.num_heads
        dtype = model.embedding.weight.dtype
        self.cache = torch.zeros(a.num_layers, 2, len(prompts), a.num_kv_heads, slots, head_size, dtype=dtype)

    def prefill(self) -> Tensor:
        """logits_BV after the prompts."""
        slots = torch.arange(self.used)
        seen_BTT = (slots >= self.padding_B[:, None])[:, None] & (slots <= slots[:, None])
        # Padding looks at itself: a query that sees nothing is undefined.
        mask_B1TT = (seen_BTT | torch.eye(self.used, dtype=torch.bool))[:, None]
        x_BTD = self._run(self.tokens_BT, slots, 0, mask_B1TT)
        return self.model.logits(x_BTD[:, -1])

    def step(self, tokens_B: Tensor) -> Tensor:
        """logits_BV after one more token a row."""
        slot, self.used = self.used, self.used + 1
        mask_B11S = (torch.arange(self.used) >= self.padding_B[:, None])[:, None, None]
        x_B1D = self._run(tokens_B[:, None], torch.tensor([slot]), slot, mask_B11S)
        return self.model.logits(x_B1D[:, -1])

    def select(self, rows: Tensor) -> None:
        """Go on with these rows only: fewer, or some of them several times."""
        self.cache = self.cache.index_select(2, rows)
        self.padding_B = self.padding_B[rows]

    def _run(self, tokens_BT: Tensor, slots_T: Tensor, first: int, mask: Tensor) -> Tensor:
        positions_B1T = (slots_T - self.padding_B[:, None]).clamp(min=0)[:, None]
        by = self.model.rotation(positions_B1T)
        x_BTD = self.model.embedding(tokens_BT)
        for block, cache in zip(self.model.blocks, self.cache, strict=True):
            x_BTD = _through(cast(Block, block), x_BTD, by, cache, first, mask)
        return self.model.norm(x_BTD)


def _through(block: Block, x_BTD: Tensor, by: Rotation, cache: Tensor, first: int, mask: Tensor) -> Tensor:
    """One block over `x_BTD`, which occupies the slots from `first` on of the block's `cache` (2, B, K, S, C)."""
    attention, length = block.attention, x_BTD.shape[1]
    query_BHTC, key_BKTC, value_BKTC = attention.heads(block.attention_norm(x_BTD), by)
    cache[0, :, :, first : first + length] = key_BKTC
    cache[1, :, :, first : first + length] = value_BKTC
    keys_BKSC, values_BKSC = cache[:, :, :, : first + length]
    if length == 1:
        # All query heads of a group ask the same keys: as rows of one product the cache is read once.
        query_BKGC = query_BHTC.unflatten(1, (-1, attention.group)).squeeze(3)
        mixed_BKGC = F.scaled_dot_product_attention(query_BKGC, keys_BKSC, values_BKSC, attn_mask=mask)
        mixed_B1D = mixed_BKGC.flatten(1)[:, None]
        x_BTD = x_BTD + attention.output(mixed_B1D)
    else:
        keys, values = (part.repeat_interleave(attention.group, dim=1) for part in (keys_BKSC, values_BKSC))
        mixed_BHTC = F.scaled_dot_product_attention(query_BHTC, keys, values, attn_mask=mask)
        x_BTD = x_BTD + attention.output(mixed_BHTC.transpose(1, 2).flatten(2))
    return x_BTD + block.feed_forward(block.feed_forward_norm(x_BTD))
