"""The engine against full forward passes and against transformers' own generate."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from model_factory import weights
from model_factory.inference.registry import engine as make_engine
from model_factory.inference.transformers_engine import TransformersEngine, choose
from model_factory.model import Transformer, hf
from model_factory.model.initialise import initialise
from model_factory.nouns import Architecture, Checkpoint, Lineage, Mesh
from model_factory.nouns.engine import Completion, Engine, Sampling

ARCHITECTURE = Architecture(
    vocab_size=97,
    num_layers=2,
    hidden_size=32,
    num_heads=4,
    num_kv_heads=2,
    ffn_size=64,
    rope_theta=10000.0,
    norm_eps=1e-5,
    context_length=64,
    tie_embeddings=True,
)
STOP = 1
GREEDY = Sampling(temperature=0.0, max_new_tokens=12, seed=0, stop_token_ids=())
SAMPLED = Sampling(temperature=0.8, max_new_tokens=12, seed=5, stop_token_ids=(STOP,), num_samples=3)


def sharp_model(seed: int) -> Transformer:
    """Random weights large enough that logits differ clearly, as a trained model's do."""
    model = initialise(Transformer(ARCHITECTURE), seed).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.ndim > 1:
                parameter.mul_(8)
    return model


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Checkpoint:
    state = sharp_model(seed=3).state_dict()
    folder = weights.step_folder(tmp_path_factory.mktemp("pretrain"), 1)
    weights.save(folder, {"model": state}, marker={})
    digest, lineage = weights.digest_of_state(state), Lineage("run", "pretrain", "code", "commit", "image")
    return Checkpoint(str(folder), "pretrain", 1, 0, digest, Mesh(1, 1), ARCHITECTURE, "", lineage)


@pytest.fixture
def engine(checkpoint: Checkpoint) -> Engine:
    engine = make_engine("transformers")
    engine.load(checkpoint)
    return engine


@pytest.fixture(scope="module")
def prompts() -> list[list[int]]:
    generator = torch.Generator().manual_seed(2)
    lengths = torch.randint(1, 40, (24,), generator=generator).tolist()
    return [torch.randint(2, 97, (length,), generator=generator).tolist() for length in lengths]


def full_logprobs(model: Transformer, prompt: list[int], answer: tuple[int, ...], temperature: float) -> torch.Tensor:
    """One forward pass over prompt and answer: natural log-probabilities (answer, vocabulary)."""
    with torch.no_grad():
        logits_TV = model(torch.tensor([[*prompt, *answer]]))[0]
    return torch.log_softmax(logits_TV[len(prompt) - 1 : -1] / temperature, dim=-1)


@pytest.mark.parametrize("temperature", [0.0, 0.7, 1.0])
def test_logprobs_are_those_of_a_full_forward_pass(
    engine: Engine, checkpoint: Checkpoint, prompts: list[list[int]], temperature: float
) -> None:
    model = weights.load_model(checkpoint)
    sampling = replace(SAMPLED, temperature=temperature)
    for completion in engine.generate(prompts, sampling):
        reference = full_logprobs(model, prompts[completion.prompt_index], completion.token_ids, temperature or 1.0)
        chosen = reference.gather(1, torch.tensor(completion.token_ids)[:, None])[:, 0]
        assert torch.allclose(torch.tensor(completion.logprobs), chosen, atol=1e-4)


def test_greedy_takes_the_likeliest_token(engine: Engine, checkpoint: Checkpoint, prompts: list[list[int]]) -> None:
    model = weights.load_model(checkpoint)
    for completion in engine.generate(prompts, GREEDY):
        reference = full_logprobs(model, prompts[completion.prompt_index], completion.token_ids, 1.0)
        assert completion.token_ids == tuple(reference.argmax(dim=1).tolist())


def test_greedy_agrees_with_transformers_generate(
    engine: Engine, checkpoint: Checkpoint, prompts: list[list[int]]
) -> None:
    from transformers import LlamaForCausalLM

    theirs = LlamaForCausalLM(hf.to_hf_config(ARCHITECTURE, 0, STOP)).eval()
    theirs.load_state_dict(hf.to_hf_state(weights.load_model(checkpoint).state_dict()), strict=False)
    theirs.tie_weights()
    sampling = replace(GREEDY, stop_token_ids=(STOP,))
    for completion in engine.generate(prompts, sampling):
        prompt = torch.tensor([prompts[completion.prompt_index]])
        wanted = theirs.generate(
            prompt, attention_mask=torch.ones_like(prompt), do_sample=False, max_new_tokens=12, eos_token_id=STOP
        )[0, prompt.shape[1] :]
        assert completion.token_ids == tuple(wanted.tolist())


@pytest.mark.parametrize("sampling", [GREEDY, SAMPLED])
def test_a_prompt_is_answered_alone_as_in_a_batch(
    checkpoint: Checkpoint, prompts: list[list[int]], sampling: Sampling
) -> None:
    """Neither the padding, nor the batch's size, nor the rows beside it change a choice."""
    answers = []
    for max_rows in (3, 7, 256):
        engine = TransformersEngine(max_rows)
        engine.load(checkpoint)
        answers.append([completion.token_ids for completion in engine.generate(prompts, sampling)])
    assert answers[0] == answers[1] == answers[2]
    alone = [engine.generate([prompt], GREEDY)[0].token_ids for prompt in prompts]
    assert alone == [completion.token_ids for completion in engine.generate(prompts, GREEDY)]


def test_seeds_reproduce_and_differ(engine: Engine, prompts: list[list[int]]) -> None:
    first = engine.generate(prompts, SAMPLED)
    torch.manual_seed(99)
    torch.rand(7)
    state = torch.get_rng_state()
    assert engine.generate(prompts, SAMPLED) == first
    assert torch.equal(torch.get_rng_state(), state)
    assert engine.generate(prompts, replace(SAMPLED, seed=6)) != first


def test_samples_of_a_prompt_differ_and_equal_prompts_are_sampled_anew(engine: Engine) -> None:
    completions = engine.generate([[5, 6, 7], [5, 6, 7]], replace(SAMPLED, temperature=2.0, num_samples=8))
    assert [completion.prompt_index for completion in completions] == [0] * 8 + [1] * 8
    assert len({completion.token_ids for completion in completions}) == 16


def test_sampled_tokens_follow_the_distribution(engine: Engine, checkpoint: Checkpoint) -> None:
    """20,000 first tokens of one prompt, chi-square against the model's own probabilities."""
    sampling = Sampling(temperature=1.5, max_new_tokens=1, seed=8, stop_token_ids=(), num_samples=20_000)
    drawn = [completion.token_ids[0] for completion in engine.generate([[4, 9, 2]], sampling)]
    expected = full_logprobs(weights.load_model(checkpoint), [4, 9, 2], (0,), 1.5)[0].exp() * len(drawn)
    counted = torch.bincount(torch.tensor(drawn), minlength=97).float()
    common = expected > 10
    assert common.sum() > 5
    chi_square = ((counted - expected)[common] ** 2 / expected[common]).sum() / common.sum()
    assert chi_square < 2.0


def test_draws_reach_both_ends_of_the_vocabulary() -> None:
    logits = torch.tensor([[0.0, -200.0, -200.0, 0.0], [-200.0, 0.0, 0.0, -200.0]])
    low, _ = choose(logits, torch.arange(2), torch.tensor([2**-53] * 2, dtype=torch.float64), 1.0)
    high, logprobs = choose(logits, torch.arange(2), torch.tensor([1 - 2**-53] * 2, dtype=torch.float64), 1.0)
    assert (low.tolist(), high.tolist()) == ([0, 1], [3, 2])
    assert torch.allclose(logprobs, torch.full((2,), -0.6931), atol=1e-4)


def test_samples_that_share_their_beginning_are_those_drawn_apart(engine: Engine, checkpoint: Checkpoint) -> None:
    """Sixteen samples of a cold distribution agree for long; each alone is a prompt of its own."""
    cold = Sampling(0.05, 8, 11, (1,), num_samples=16)
    together = engine.generate([[4, 9, 2]], cold)
    beginnings = {completion.token_ids[:3] for completion in together}
    assert 1 < len(beginnings) < 12
    model = weights.load_model(checkpoint)
    for completion in together:
        expected = full_logprobs(model, [4, 9, 2], completion.token_ids, 0.05)
        picked = expected.gather(1, torch.tensor(completion.token_ids)[:, None]).squeeze(1)
        assert torch.allclose(torch.tensor(completion.logprobs), picked, atol=1e-3)


def test_stop_ends_a_completion_and_stays_in_it(engine: Engine, prompts: list[list[int]]) -> None:
    free = engine.generate(prompts, GREEDY)
    stop = free[0].token_ids[4]
    for completion, unstopped in zip(
        engine.generate(prompts, replace(GREEDY, stop_token_ids=(stop,))), free, strict=True
    ):
        ends = unstopped.token_ids.index(stop) + 1 if stop in unstopped.token_ids else len(unstopped.token_ids)
        assert completion.token_ids == unstopped.token_ids[:ends]
        assert len(completion.logprobs) == ends
        assert completion.finish_reason == ("stop" if stop in unstopped.token_ids else "length")


def test_update_changes_outputs_and_version(engine: Engine, prompts: list[list[int]]) -> None:
    before = engine.generate(prompts, GREEDY)
    other = sharp_model(seed=4)
    engine.update(other.state_dict(), version=17)
    after = engine.generate(prompts, GREEDY)
    assert {completion.weights_version for completion in before} == {0}
    assert {completion.weights_version for completion in after} == {17}
    assert [one.token_ids for one in before] != [one.token_ids for one in after]
    reference = full_logprobs(other, prompts[0], after[0].token_ids, 1.0)
    assert after[0].token_ids == tuple(reference.argmax(dim=1).tolist())


def test_update_copies(engine: Engine, prompts: list[list[int]]) -> None:
    """Training on after an update must not move the engine's weights."""
    learner = sharp_model(seed=4)
    engine.update(learner.state_dict(), version=1)
    before = engine.generate(prompts, GREEDY)
    with torch.no_grad():
        learner.embedding.weight.add_(1.0)
    assert engine.generate(prompts, GREEDY) == before


@pytest.mark.parametrize(
    ("prompts", "sampling", "message"),
    [
        ([[1], []], GREEDY, "prompt 1 is empty; start it with the end-of-document token"),
        (
            [[2] * 53],
            GREEDY,
            "prompt 0: its 53 tokens and max_new_tokens 12 exceed the context of 64; shorten .* to 52",
        ),
    ],
)
def test_prompts_that_cannot_be_answered_are_named(
    engine: Engine, prompts: list[list[int]], sampling: Sampling, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        engine.generate(prompts, sampling)


def test_longest_possible_prompt_is_answered(engine: Engine) -> None:
    (completion,) = engine.generate([[2] * 52], GREEDY)
    assert len(completion.token_ids) == 12


def test_no_prompts_no_completions(engine: Engine) -> None:
    completions: list[Completion] = engine.generate([], GREEDY)
    assert completions == []


def test_an_engine_without_weights_says_so() -> None:
    with pytest.raises(RuntimeError, match=r"call load\(checkpoint\)"):
        make_engine("transformers").generate([[1]], GREEDY)


def test_unknown_engines_are_named() -> None:
    with pytest.raises(ValueError, match="engine: no 'tgi'; there are: transformers"):
        make_engine("tgi")


@pytest.mark.parametrize(("field", "value"), [("temperature", -0.1), ("max_new_tokens", 0), ("num_samples", 0)])
def test_impossible_sampling_is_refused(field: str, value: float) -> None:
    with pytest.raises(ValueError, match=f"sampling.{field}: {value} is less than"):
        replace(SAMPLED, **{field: value})


def test_folder_of_the_checkpoint_is_only_read(
    engine: Engine, checkpoint: Checkpoint, prompts: list[list[int]]
) -> None:
    before = {path: path.read_bytes() for path in Path(checkpoint.uri).iterdir()}
    engine.update(sharp_model(seed=4).state_dict(), version=2)
    engine.generate(prompts, GREEDY)
    assert {path: path.read_bytes() for path in Path(checkpoint.uri).iterdir()} == before
