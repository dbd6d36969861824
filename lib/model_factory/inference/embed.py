"""Texts as the mean of what a checkpoint's model makes of their tokens."""

from collections.abc import Callable, Sequence

import numpy as np
import torch

from model_factory import weights
from model_factory.blender.tokenizer import load_encoder
from model_factory.nouns import Checkpoint


def embedder(checkpoint: Checkpoint) -> Callable[[Sequence[str]], np.ndarray]:
    """A function from texts to one row of numbers each: the last features (see `model.Transformer.hidden`), mean over
    the first `context_length` tokens; zeros for an empty text. The weights are loaded at the first call."""

    @torch.inference_mode()
    def embed(texts: Sequence[str]) -> np.ndarray:
        model, encoder = weights.load_model(checkpoint).eval(), load_encoder(checkpoint.tokenizer)
        rows = np.zeros((len(texts), checkpoint.model.hidden_size))
        for place, text in enumerate(texts):
            ids = encoder.encode(text, add_special_tokens=False).ids[: checkpoint.model.context_length]
            if ids:
                rows[place] = model.hidden(torch.tensor([ids]))[0].double().mean(dim=0).numpy()
        return rows

    return embed
