"""The engine that needs no service: our transformer in this process."""

from collections.abc import Iterator, Mapping, Sequence

import torch
from torch import Tensor

from model_factory import weights as weights_at_rest
from model_factory.inference.decode import Decoder
from model_factory.model import Transformer
from model_factory.nouns import Checkpoint
from model_factory.nouns.engine import Completion, Sampling

MAX_ROWS = 256


class TransformersEngine:
    """Generates with `model.Transformer` on the CPU, at most `max_rows` completions at a time."""

    def __init__(self, max_rows: int = MAX_ROWS) -> None:
        self.max_rows = max_rows
        self.version = 0
        self._model: Transformer | None = None

    def load(self, checkpoint: Checkpoint) -> None:
        self.take(weights_at_rest.load_model(checkpoint))

    def take(self, model: Transformer) -> None:
        """Generate with `model` itself, as version 0: for a model that has no checkpoint."""
        self._model = model.eval()
        self.version = 0

    def update(self, weights: Mapping[str, Tensor], version: int) -> None:
        self.model.load_state_dict(weights)
        self.version = version

    @property
    def model(self) -> Transformer:
        if self._model is None:
            raise RuntimeError("the engine has no weights yet: call load(checkpoint) before update or generate")
        return self._model

    @torch.inference_mode()
    def generate(self, prompts: Sequence[Sequence[int]], sampling: Sampling) -> list[Completion]:
        """See `Engine`. ValueError names the first prompt that is empty or leaves no room in the context.

        Which rows share a batch changes no choice: each completion draws from its own row of a
        table of random numbers made from `sampling.seed`, whatever torch's global generator holds.
        """
        self._refuse(prompts, sampling)
        generator = torch.Generator().manual_seed(sampling.seed)
        shape = (len(prompts), sampling.num_samples, sampling.max_new_tokens)
        draws = torch.rand(shape, generator=generator, dtype=torch.float64)
        completions: dict[int, list[Completion]] = {}
        for batch in self._batches(prompts, sampling.num_samples):
            rows = _decode(self.model, [prompts[index] for index in batch], draws[batch].flatten(0, 1), sampling)
            for place, (token_ids, logprobs) in enumerate(rows):
                index = batch[place // sampling.num_samples]
                reason = "stop" if token_ids[-1] in sampling.stop_token_ids else "length"
                completion = Completion(index, token_ids, logprobs, reason, self.version)
                completions.setdefault(index, []).append(completion)
        return [completion for index in range(len(prompts)) for completion in completions[index]]

    def _refuse(self, prompts: Sequence[Sequence[int]], sampling: Sampling) -> None:
        context_length = self.model.architecture.context_length
        for index, prompt in enumerate(prompts):
            if not prompt:
                raise ValueError(f"prompt {index} is empty; start it with the end-of-document token")
            if len(prompt) + sampling.max_new_tokens > context_length:
                raise ValueError(
                    f"prompt {index}: its {len(prompt)} tokens and max_new_tokens {sampling.max_new_tokens} exceed the "
                    f"context of {context_length}; shorten the prompt to {context_length - sampling.max_new_tokens}"
                )

    def _batches(self, prompts: Sequence[Sequence[int]], num_samples: int) -> Iterator[list[int]]:
        """Indices of prompts of like length: little padding, whole prompts, at most `max_rows` rows."""
        by_length = sorted(range(len(prompts)), key=lambda index: (len(prompts[index]), index))
        size = max(1, self.max_rows // num_samples)
        for start in range(0, len(by_length), size):
            yield by_length[start : start + size]


def _decode(
    model: Transformer, prompts: Sequence[Sequence[int]], draws_RN: Tensor, sampling: Sampling
) -> list[tuple[tuple[int, ...], tuple[float, ...]]]:
    """Token ids and logprobs of every sample R (samples of the first prompt, of the second, …), until all stop.

    Samples that have the same prompt and the same tokens so far share one row B of the decoder: it is
    read once, and divided where they part. Where answers agree most of the work is saved.
    """
    num_all, num_new = draws_RN.shape
    decoder = Decoder(model, prompts, num_new)
    stops = torch.tensor(list(sampling.stop_token_ids), dtype=torch.long)
    tokens_RN, logprobs_RN = torch.full((num_all, num_new), -1), torch.zeros(num_all, num_new)
    running, row_of = torch.arange(num_all), torch.arange(len(prompts)).repeat_interleave(sampling.num_samples)
    logits_BV = decoder.prefill()
    for position in range(num_new):
        chosen, logprobs = choose(logits_BV, row_of, draws_RN[running, position], sampling.temperature)
        tokens_RN[running, position], logprobs_RN[running, position] = chosen, logprobs
        goes_on = ~torch.isin(chosen, stops)
        if position + 1 == num_new or not goes_on.any():
            break
        running = running[goes_on]
        ways = row_of[goes_on] * logits_BV.shape[1] + chosen[goes_on]
        ways_B, row_of = ways.unique(return_inverse=True)
        from_B = ways_B // logits_BV.shape[1]
        if len(from_B) != len(logits_BV) or not torch.equal(from_B, torch.arange(len(from_B))):
            decoder.select(from_B)
        logits_BV = decoder.step(ways_B % logits_BV.shape[1])
    lengths = (tokens_RN >= 0).sum(dim=1).tolist()
    return [
        (tuple(tokens[:length]), tuple(logprobs[:length]))
        for tokens, logprobs, length in zip(tokens_RN.tolist(), logprobs_RN.tolist(), lengths, strict=True)
    ]


def choose(logits_BV: Tensor, row_of_R: Tensor, draws_R: Tensor, temperature: float) -> tuple[Tensor, Tensor]:
    """(tokens_R, their natural logprobs_R), sample r from row `row_of_R[r]`: the likeliest at temperature 0,
    else drawn by inversion.

    A token is drawn where the cumulated probability first exceeds the sample's number from [0, 1).
    The sums are fp64: in fp32 the tail of a large vocabulary would round away.
    """
    logprobs_BV = torch.log_softmax(logits_BV.float() / (temperature or 1.0), dim=-1)
    if temperature == 0:
        chosen_R = logprobs_BV.argmax(dim=-1)[row_of_R]
    else:
        summed_BV = logprobs_BV.double().exp().cumsum(dim=-1)
        wanted_R1 = (draws_R.double() * summed_BV[row_of_R, -1])[:, None]
        chosen_R = torch.searchsorted(summed_BV[row_of_R], wanted_R1, right=True).squeeze(1)
        chosen_R = chosen_R.clamp(max=logits_BV.shape[1] - 1)
    return chosen_R, logprobs_BV[row_of_R, chosen_R]
