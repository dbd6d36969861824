"""The `sft_data` section: rows made by executing functions of the corpus."""

from dataclasses import dataclass

from model_factory.cards.limits import Limits
from model_factory.cards.section import Count, NonNegative, Section


@dataclass(frozen=True)
class SftData(Section):
    """Up to `max_functions` pure functions of at most `max_function_chars`; for each the current model
    proposes `num_proposals` argument lists at `temperature` (up to `max_new_tokens` tokens each), typed
    generators fill up to `num_inputs`; results longer than `max_result_chars` are left out."""

    max_functions: Count
    max_function_chars: Count
    num_inputs: Count
    num_proposals: Count
    temperature: NonNegative
    max_new_tokens: Count
    max_result_chars: Count
    limits: Limits
