"""The actor: samples answers, runs them, and gives each its reward."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from tokenizers import Tokenizer as Encoder

from model_factory.blender.tokenizer import END
from model_factory.cards.rl import Rl
from model_factory.nouns import digest_of
from model_factory.nouns.engine import Completion, Engine, Sampling
from model_factory.rl.posed import Problem
from model_factory.rl.rewards.outcome import Outcome
from model_factory.rl.rewards.registry import score
from model_factory.sandbox.check import Candidate, Verdict, check_functions

# The status of an answer that met the token limit: half a function, which is not worth running.
TRUNCATED = "truncated"


@dataclass(frozen=True)
class Sample:
    """One answer to one problem. `group` counts the problems of this process's share of the step, `index`
    the samples of the problem; `rewards` are the parts that `reward` is the weighted sum of."""

    problem: Problem
    group: int
    index: int
    prompt_ids: tuple[int, ...]
    completion: Completion
    outcome: Outcome
    reward: float
    rewards: dict[str, float]


class Actor:
    """One process's hands: its engine, and the sandbox workers that `check_functions` keeps for it."""

    def __init__(self, section: Rl, engine: Engine, encoder: Encoder) -> None:
        self.section, self.engine, self.encoder = section, engine, encoder
        end_id = encoder.token_to_id(END)
        if end_id is None:
            raise ValueError(f"the checkpoint's tokenizer has no {END} token to end an answer with; run tokenize again")
        self.end_id = end_id

    def generate(self, problems: Sequence[Problem], step: int, rank: int) -> list[tuple[tuple[int, ...], Completion]]:
        """(prompt, answer) for `group_size` answers to each problem, problem by problem. Equal section,
        weights, step and rank give equal answers."""
        prompts = [tuple(self.encoder.encode(problem.prompt).ids) for problem in problems]
        sampling = Sampling(
            temperature=self.section.temperature,
            max_new_tokens=self.section.max_new_tokens,
            seed=int(digest_of(["rl", self.section.seed, step, rank])[:15], 16),
            stop_token_ids=(self.end_id,),
            num_samples=self.section.group_size,
        )
        completions = sorted(self.engine.generate(prompts, sampling), key=lambda found: found.prompt_index)
        return [(prompts[completion.prompt_index], completion) for completion in completions]

    def judge(self, problems: Sequence[Problem], answers: Sequence[tuple[tuple[int, ...], Completion]]) -> list[Sample]:
        """Run what the answers say and score it, in the answers' order; equal programs run once."""
        asked = [problems[completion.prompt_index] for _, completion in answers]
        texts = [self._text(completion) for _, completion in answers]
        outcomes = self._outcomes(asked, texts)
        return [
            self._sample(problem, place, prompt_ids, completion, outcome)
            for place, (problem, (prompt_ids, completion), outcome) in enumerate(
                zip(asked, answers, outcomes, strict=True)
            )
        ]

    def _text(self, completion: Completion) -> str | None:
        if completion.finish_reason != "stop":
            return None
        ids = [token for token in completion.token_ids if token != self.end_id]
        return self.encoder.decode(ids, skip_special_tokens=False)

    def _outcomes(self, problems: Sequence[Problem], texts: Sequence[str | None]) -> list[Outcome]:
        candidates = [
            Candidate(problem.prompt + text, problem.entry_point, json.loads(problem.tests))
            for problem, text in zip(problems, texts, strict=True)
            if text is not None
        ]
        # One worker: the other processes of the mesh run theirs on the other cores.
        verdicts = iter(check_functions(candidates, self.section.limits, num_workers=1))
        return [
            _outcome(problem, text, None if text is None else next(verdicts))
            for problem, text in zip(problems, texts, strict=True)
        ]

    def _sample(
        self, problem: Problem, place: int, prompt_ids: tuple[int, ...], completion: Completion, outcome: Outcome
    ) -> Sample:
        group, index = divmod(place, self.section.group_size)
        reward, rewards = score(self.section.rewards, outcome)
        return Sample(problem, group, index, prompt_ids, completion, outcome, reward, rewards)


def _outcome(problem: Problem, text: str | None, verdict: Verdict | None) -> Outcome:
    if text is None or verdict is None:
        return Outcome(problem.prompt, problem.entry_point, False, TRUNCATED, 0, 0)
    source = problem.prompt + text
    return Outcome(source, problem.entry_point, True, verdict.status, verdict.passed, verdict.total)
