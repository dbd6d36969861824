"""Our checkpoints as lm-eval's `LM`."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from lm_eval.api.model import LM
from lm_eval.utils import get_rolling_token_windows, make_disjoint_window

from model_factory.evals.benchmark import Subject
from model_factory.evals.likelihood import token_logprobs
from model_factory.nouns.engine import Sampling

if TYPE_CHECKING:
    from lm_eval.api.instance import Instance

_MAX_NEW_TOKENS = 64


class HarnessModel(LM):
    """The three questions lm-eval asks a model. Context and continuation are encoded apart, so that the
    continuation's tokens do not depend on what stands before; an empty context is the end of a document.
    """

    def __init__(self, subject: Subject) -> None:
        super().__init__()
        self.subject = subject

    def loglikelihood(self, requests: "list[Instance]") -> list[tuple[float, bool]]:
        """(Σ natural log-probability of the continuation, whether greedy decoding would write it)."""
        pairs = [(self._encode(context), self._encode(target)) for context, target in map(_args, requests)]
        return self._score([(context or [self.subject.end_token_id], target) for context, target in pairs])

    def loglikelihood_rolling(self, requests: "list[Instance]") -> list[float]:
        """Σ natural log-probability of a whole text, in windows of the context's length."""
        length, prefix = self.subject.checkpoint.model.context_length, self.subject.end_token_id
        totals = []
        for one in requests:
            tokens = self._encode(_args(one)[0])
            windows = get_rolling_token_windows(tokens, prefix_token=prefix, max_seq_len=length - 1, context_len=1)
            scored = self._score([make_disjoint_window(window) for window in windows])
            totals.append(float(sum(logprob for logprob, _ in scored)))
        return totals

    def generate_until(self, requests: "list[Instance]") -> list[str]:
        """Greedy text up to the first of the request's `until` strings."""
        return [self._write(context, options) for context, options in map(_args, requests)]

    def _score(self, pairs: Sequence[tuple[Sequence[int], Sequence[int]]]) -> list[tuple[float, bool]]:
        room = self.subject.checkpoint.model.context_length
        rows = [[*context, *target][-room:] for context, target in pairs]
        found = token_logprobs(self.subject, rows)
        answers = []
        for (_, target), (logprobs, greedy) in zip(pairs, found, strict=True):
            asked = slice(len(logprobs) - min(len(target), len(logprobs) - 1), None)
            answers.append((float(np.sum(logprobs[asked])), bool(np.all(greedy[asked]))))
        return answers

    def _write(self, context: str, options: dict[str, Any]) -> str:
        num_new = int(options.get("max_gen_toks", _MAX_NEW_TOKENS))
        room = self.subject.checkpoint.model.context_length - num_new
        prompt = (self._encode(context) or [self.subject.end_token_id])[-room:]
        sampling = Sampling(
            temperature=0.0, max_new_tokens=num_new, seed=0, stop_token_ids=[self.subject.end_token_id], num_samples=1
        )
        written = self.subject.engine.generate([prompt], sampling)[0].token_ids
        text = self.subject.tokenizer.decode([token for token in written if token != self.subject.end_token_id])
        until = options.get("until", [])
        for stop in [until] if isinstance(until, str) else until:
            text = text.split(stop)[0] if stop else text
        return text

    def _encode(self, text: str) -> list[int]:
        return self.subject.tokenizer.encode(text, add_special_tokens=False).ids


def _args(request: "Instance") -> tuple[Any, ...]:
    return tuple(request.args)
