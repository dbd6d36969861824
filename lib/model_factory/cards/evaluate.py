"""The `evaluate` section: what every checkpoint is measured on."""

from dataclasses import dataclass

from model_factory.cards.limits import Limits
from model_factory.cards.section import Count, Section


@dataclass(frozen=True)
class Evaluate(Section):
    """`benchmarks` are names in the benchmark registry (`bits_per_byte`, `problems_heldout`,
    `problems_combination`, `human_eval`, `lm_eval`). `num_samples` are drawn for each problem at
    temperature 1 beside the greedy answer; `num_bootstrap` resamples make the paired intervals;
    `human_eval_limit` is how many of its 164 problems are asked."""

    benchmarks: list[str]
    num_samples: Count
    num_bootstrap: Count
    batch_size: Count
    max_new_tokens: Count
    human_eval_limit: Count
    human_eval_max_new_tokens: Count
    limits: Limits
