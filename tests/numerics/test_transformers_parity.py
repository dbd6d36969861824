"""Our model and transformers' Llama are one function, whichever way the weights go."""

import pytest
import torch
from transformers import LlamaForCausalLM

from model_factory.model import Transformer, hf
from model_factory.model.initialise import initialise
from model_factory.nouns import Architecture

SHAPES = [
    Architecture(97, 2, 48, 6, 2, 80, 10000.0, 1e-5, 64, tie_embeddings=True),
    Architecture(61, 3, 32, 4, 4, 96, 500000.0, 1e-6, 32, tie_embeddings=False),
]


@pytest.mark.parametrize("architecture", SHAPES, ids=["grouped-tied", "full-untied"])
def test_our_weights_give_transformers_logits(architecture: Architecture) -> None:
    ours = initialise(Transformer(architecture), seed=1)
    _spread(ours)
    theirs = LlamaForCausalLM(hf.to_hf_config(architecture, 0, 1)).eval()
    missing, unexpected = theirs.load_state_dict(hf.to_hf_state(ours.state_dict()), strict=False)
    assert (missing, unexpected) == (["lm_head.weight"] if architecture.tie_embeddings else [], [])
    _assert_equal_logits(ours, theirs)


@pytest.mark.parametrize("architecture", SHAPES, ids=["grouped-tied", "full-untied"])
def test_transformers_weights_give_our_logits(architecture: Architecture) -> None:
    torch.manual_seed(2)
    theirs = LlamaForCausalLM(hf.to_hf_config(architecture, 0, 1)).eval()
    _spread(theirs)
    assert hf.from_hf_config(theirs.config) == architecture
    ours = Transformer(architecture)
    ours.load_state_dict(hf.from_hf_state(theirs.state_dict(), architecture))
    _assert_equal_logits(ours, theirs)


def test_a_llama_with_biases_is_refused() -> None:
    config = hf.to_hf_config(SHAPES[0], 0, 1)
    config.attention_bias = True
    with pytest.raises(ValueError, match="attention_bias: True is not supported"):
        hf.from_hf_config(config)


def _spread(model: torch.nn.Module) -> None:
    """Weights large enough that a wrong rotation, norm or head order moves logits far past 1e-4."""
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.mul_(4.0)


def _assert_equal_logits(ours: Transformer, theirs: torch.nn.Module) -> None:
    tokens_BT = torch.randint(
        ours.architecture.vocab_size, (3, ours.architecture.context_length), generator=torch.Generator().manual_seed(3)
    )
    with torch.no_grad():
        mine_BTV, other_BTV = ours(tokens_BT), theirs(tokens_BT).logits
    assert mine_BTV.std() > 0.1
    assert (mine_BTV - other_BTV).abs().max().item() <= 1e-4
