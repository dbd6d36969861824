"""One generation pass: prompts as text in, answers as text out."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from model_factory import ledger
from model_factory.evals.benchmark import Subject
from model_factory.evals.parallel import side_by_side
from model_factory.nouns.engine import Completion, Sampling

GREEDY, SAMPLED = "greedy", "sampled"
MODES = (GREEDY, SAMPLED)


@dataclass(frozen=True)
class Answer:
    """Sample number `sample` for prompt number `prompt_index`. `finished` says that the model ended it with
    the end-of-document token, not the token limit."""

    prompt_index: int
    sample: int
    text: str
    finished: bool


@dataclass(frozen=True)
class Answers:
    """All answers of a pass, by prompt and sample; `num_cut` prompts lost their beginning to fit the context."""

    answers: Sequence[Answer]
    num_cut: int


def generate(subject: Subject, name: str, prompts: Sequence[str], mode: str, max_new_tokens: int) -> Answers:
    """Ask every prompt once greedily, or `num_samples` times at temperature 1.

    A prompt that leaves no room for `max_new_tokens` in the model's context is cut from the left, and
    counted. ValueError if the context has no room for a prompt at all.
    """
    room = subject.checkpoint.model.context_length - max_new_tokens
    if room < 1:
        raise ValueError(
            f"{name}: {max_new_tokens} new tokens leave no room for a prompt in a context of "
            f"{subject.checkpoint.model.context_length}; use fewer new tokens or a longer tokenize.sequence_length"
        )
    encoded = [encoding.ids for encoding in subject.tokenizer.encode_batch(list(prompts), add_special_tokens=False)]
    num_cut = sum(len(ids) > room for ids in encoded)
    sampling = Sampling(
        temperature=0.0 if mode == GREEDY else 1.0,
        max_new_tokens=max_new_tokens,
        seed=subject.seed(name, mode),
        stop_token_ids=[subject.end_token_id],
        num_samples=1 if mode == GREEDY else subject.section.num_samples,
    )
    completions = _in_batches(subject, f"{name} {mode}", [ids[-room:] for ids in encoded], sampling)
    return Answers(_answers(subject, completions), num_cut)


def _in_batches(subject: Subject, title: str, encoded: Sequence[Sequence[int]], sampling: Sampling) -> list[Completion]:
    """The engine is asked batch by batch, prompts of like length together, so that a long pass can be watched."""
    order = sorted(range(len(encoded)), key=lambda index: (len(encoded[index]), index))
    # A short pass still gives every process of the mesh a batch.
    size = min(subject.section.batch_size, math.ceil(len(encoded) / subject.checkpoint.mesh.num_processes)) or 1
    engine = subject.engine

    def ask(start: int) -> list[Completion]:
        places = order[start : start + size]
        of_batch = replace(sampling, seed=(sampling.seed + start) % (1 << 32))
        written = engine.generate([encoded[place] for place in places], of_batch)
        return [replace(one, prompt_index=places[one.prompt_index]) for one in written]

    found: list[Completion] = []
    with ledger.progress(len(encoded), title, "prompts") as bar:
        for completions in side_by_side(ask, range(0, len(order), size), subject.checkpoint.mesh):
            found += completions
            bar.advance(len(completions) // sampling.num_samples)
    return found


def _answers(subject: Subject, completions: Sequence[Completion]) -> list[Answer]:
    by_prompt: dict[int, int] = {}
    answers = []
    for one in sorted(completions, key=lambda completion: completion.prompt_index):
        sample = by_prompt[one.prompt_index] = by_prompt.get(one.prompt_index, -1) + 1
        ids = [token for token in one.token_ids if token != subject.end_token_id]
        text = subject.tokenizer.decode(ids, skip_special_tokens=False)
        answers.append(Answer(one.prompt_index, sample, text, one.finish_reason == "stop"))
    return answers
