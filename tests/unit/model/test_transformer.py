import torch
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from model_factory.model import Transformer
from model_factory.model.flops import forward_flops_per_token, num_parameters
from model_factory.model.initialise import initialise
from model_factory.nouns import Architecture

ARCHITECTURE = Architecture(50, 2, 32, 4, 2, 64, 10000.0, 1e-5, 64, tie_embeddings=True)


def test_packed_documents_do_not_see_each_other() -> None:
    model = initialise(Transformer(ARCHITECTURE), seed=0)
    first, second = torch.arange(1, 12), torch.arange(20, 40)
    packed = torch.cat([first, second])[None]
    document_ids = torch.tensor([[0] * len(first) + [1] * len(second)])
    with torch.no_grad():
        apart = torch.cat([model(first[None]), model(second[None])], dim=1)
        together = model(packed, document_ids)
        leaking = model(packed)
    assert (together - apart).abs().max() < 1e-5
    assert (leaking - apart).abs().max() > 1e-3


def test_one_document_a_row_needs_no_mask() -> None:
    model = initialise(Transformer(ARCHITECTURE), seed=0)
    tokens = torch.arange(40).reshape(2, 20)
    with torch.no_grad():
        assert torch.allclose(model(tokens), model(tokens, torch.zeros_like(tokens)), atol=1e-6)


def test_a_logit_depends_on_the_past_alone() -> None:
    model = initialise(Transformer(ARCHITECTURE), seed=0)
    tokens = torch.arange(30)[None]
    changed = tokens.clone()
    changed[0, 20] = 49
    with torch.no_grad():
        before, after = model(tokens), model(changed)
    assert torch.equal(before[0, :20], after[0, :20])
    assert not torch.equal(before[0, 20:], after[0, 20:])


def test_initial_weights_are_the_seeds_alone() -> None:
    def weights(seed: int, noise: int) -> dict[str, torch.Tensor]:
        torch.manual_seed(noise)
        return initialise(Transformer(ARCHITECTURE), seed).state_dict()

    one, again, other = weights(1, 5), weights(1, 6), weights(2, 5)
    assert all(torch.equal(one[name], again[name]) for name in one)
    assert not torch.equal(one["embedding.weight"], other["embedding.weight"])


def test_parameters_are_counted_as_torch_counts_them() -> None:
    for tied in (True, False):
        architecture = Architecture(50, 3, 32, 4, 2, 64, 10000.0, 1e-5, 64, tie_embeddings=tied)
        counted = sum(parameter.numel() for parameter in Transformer(architecture).parameters())
        assert num_parameters(architecture) == counted


def test_flops_are_those_torch_counts_up_to_the_causal_half() -> None:
    length = 64
    with sdpa_kernel(SDPBackend.MATH), FlopCounterMode(display=False) as counter, torch.no_grad():
        Transformer(ARCHITECTURE)(torch.zeros(1, length, dtype=torch.int64))
    causal_half = 2 * ARCHITECTURE.num_layers * length * length * ARCHITECTURE.hidden_size
    expected = forward_flops_per_token(ARCHITECTURE, length) * length
    assert counter.get_total_flops() == expected + causal_half
