"""Samples from actors to learners through a live table: in commit order, each once, whatever dies in between.

Every process of the mesh is both, so each puts its samples in and takes what all have put in; it learns from its own
share. The table is the station's own and goes with it: what remains are the transcripts.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import pyarrow as pa

from model_factory import lake
from model_factory.blender.append import append
from model_factory.blender.live import Consumer, Position, forget
from model_factory.nouns.engine import Completion
from model_factory.rl.actor import Sample
from model_factory.rl.posed import Problem
from model_factory.rl.rewards.outcome import Outcome
from model_factory.trainer.processes import TIMEOUT_S, Processes

SCHEMA = pa.schema(
    [
        ("step", pa.int64()),
        ("rank", pa.int64()),
        ("doc_id", pa.string()),
        ("group", pa.int64()),
        ("sample", pa.int64()),
        ("prompt_tokens", pa.list_(pa.int64())),
        ("completion_tokens", pa.list_(pa.int64())),
        # Wider than the transcripts': what is learnt from must be what was sampled, to the bit.
        ("logprobs", pa.list_(pa.float64())),
        ("finish_reason", pa.string()),
        ("weights_version", pa.int64()),
        ("reward", pa.float64()),
        ("rewards", pa.string()),
        ("outcome", pa.string()),
    ]
)


class Live:
    """One process's end of a station's live table, `key` being the station's.

    `position` is what the checkpoint that training goes on from had taken. A consumer that is `max_lag_rows`
    behind stops the actors.
    """

    def __init__(self, key: str, processes: Processes, position: Position, max_lag_rows: int) -> None:
        self.table, self.processes, self.max_lag_rows = _table(key), processes, max_lag_rows
        self._consumer = Consumer(self.table, f"learner-{processes.rank}", position)

    @property
    def position(self) -> Position:
        """What is taken: the same in every process once a step is exchanged."""
        return self._consumer.position

    def exchange(self, step: int, problems: Sequence[Problem], samples: Sequence[Sample]) -> list[Sample]:
        """Put this process's samples of a step in, take those of all processes out, and give back its own.

        A step that is done again after a kill finds its rows there, and takes the same ones.
        """
        rank = self.processes.rank
        rows = pa.Table.from_pylist([_row(step, rank, sample) for sample in samples], schema=SCHEMA)
        append(self.table, rows, f"{step}-{rank}", self.max_lag_rows, TIMEOUT_S)
        mine: list[dict[str, Any]] = []
        for _ in range(self.processes.size):
            delivery = self._consumer.wait(self.max_lag_rows, TIMEOUT_S)
            taken = delivery.rows.to_pylist()
            if {row["step"] for row in taken} != {step}:
                raise RuntimeError(
                    f"{self.table}: process {rank} is at step {step} and was given rows of {taken[0]['step']}: this is "
                    "not the table its checkpoint speaks of; run `factory rerun RUN --from rl`"
                )
            mine += [row for row in taken if row["rank"] == rank]
            self._consumer.commit(delivery.after)
        posed = {problem.doc_id: problem for problem in problems}
        return [_sample(row, posed) for row in mine]

    def close(self) -> None:
        self._consumer.close()


def remove(key: str) -> None:
    """Take a station's live table away with everything in it; harmless where there is none."""
    table = _table(key)
    if table in lake.tables():
        lake.catalog().purge_table(table)
        forget(table)


def _table(key: str) -> str:
    return f"rl.live_{key[:16]}"


def _row(step: int, rank: int, sample: Sample) -> dict[str, Any]:
    completion = sample.completion
    return {
        "step": step,
        "rank": rank,
        "doc_id": sample.problem.doc_id,
        "group": sample.group,
        "sample": sample.index,
        "prompt_tokens": list(sample.prompt_ids),
        "completion_tokens": list(completion.token_ids),
        "logprobs": list(completion.logprobs),
        "finish_reason": completion.finish_reason,
        "weights_version": completion.weights_version,
        "reward": sample.reward,
        "rewards": json.dumps(sample.rewards),
        "outcome": json.dumps(asdict(sample.outcome)),
    }


def _sample(row: dict[str, Any], posed: dict[str, Problem]) -> Sample:
    completion = Completion(
        prompt_index=row["group"],
        token_ids=tuple(row["completion_tokens"]),
        logprobs=tuple(row["logprobs"]),
        finish_reason=row["finish_reason"],
        weights_version=row["weights_version"],
    )
    outcome = Outcome(**json.loads(row["outcome"]))
    prompt_ids, rewards = tuple(row["prompt_tokens"]), json.loads(row["rewards"])
    return Sample(
        posed[row["doc_id"]], row["group"], row["sample"], prompt_ids, completion, outcome, row["reward"], rewards
    )
