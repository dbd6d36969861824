"""Rows to fine-tune on: a prompt that is read and an answer that is learnt."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from tokenizers import Tokenizer as Encoder

from model_factory import lake, ledger
from model_factory.blender.best_fit import best_fit
from model_factory.blender.tokenizer import END
from model_factory.nouns import Snapshot
from model_factory.trainer.rows import Segment

DEMONSTRATIONS, EXECUTIONS = "demonstrations", "executions"


def read_examples(
    encoder: Encoder, executions: Snapshot, problems: Snapshot, max_tokens: int
) -> dict[str, list[Segment]]:
    """Demonstrations (problems of that split with their solutions) and executed functions, in the order of their ids.

    Those longer than `max_tokens` are left out and counted in the log book.
    """
    solved = lake.read(problems, ["doc_id", "prompt", "solution"], row_filter="split = 'demonstration'")
    executed = lake.read(executions, ["doc_id", "prompt", "answer"])
    found = {DEMONSTRATIONS: _encoded(encoder, solved), EXECUTIONS: _encoded(encoder, executed)}
    kept = {name: [one for one in all_ if len(one.tokens) <= max_tokens] for name, all_ in found.items()}
    for name, all_ in found.items():
        counts = {name: len(kept[name]), f"{name}_too_long": len(all_) - len(kept[name])}
        ledger.log_metrics({key: float(value) for key, value in counts.items()}, step=0)
    return kept


def packed(examples: Sequence[Segment], length: int) -> list[list[Segment]]:
    """Examples fitted into rows of `length` tokens: no computation is spent on padding a short one."""
    bins = best_fit([len(example.tokens) for example in examples], length)
    return [[examples[index] for index in sorted(of_it)] for of_it in bins]


def _encoded(encoder: Encoder, table: pa.Table) -> list[Segment]:
    """Prompt and answer are encoded apart, as they are when the model answers; <|end|> ends the answer."""
    ordered = table.sort_by([(name, "ascending") for name in table.column_names])
    _, prompts, answers = (column.to_pylist() for column in ordered.columns)
    end = [encoder.token_to_id(END)]
    pairs = zip(encoder.encode_batch_fast(prompts), encoder.encode_batch_fast(answers), strict=True)
    return [Segment(np.array(prompt.ids + answer.ids + end), len(prompt.ids)) for prompt, answer in pairs]
