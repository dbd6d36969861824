"""From functions of the corpus to `sft.executions`."""

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import pyarrow as pa
from tokenizers import Tokenizer as Encoder

from model_factory import lake, ledger
from model_factory.blender.tokenizer import load_encoder
from model_factory.cards.errors import CardError
from model_factory.cards.sft_data import SftData
from model_factory.curation.synthesis.generate import generate
from model_factory.curation.synthesis.programs import Execute, call_of, program_of, results_of
from model_factory.curation.synthesis.propose import propose
from model_factory.curation.synthesis.pure import Function, pure_functions
from model_factory.nouns import Checkpoint, Lineage, Snapshot
from model_factory.nouns.engine import Engine

EXECUTIONS = "sft.executions"
SCHEMA = pa.schema(
    [
        (name, pa.string())
        for name in ("doc_id", "path", "function", "source", "call", "result", "provenance", "prompt", "answer")
    ]
)
# Arguments made per input asked for: many do not suit the function.
OVERSAMPLE = 6
BATCH_FUNCTIONS = 32


@dataclass(frozen=True)
class Attempt:
    """A call to be tried, and who thought of it ("model", "generator")."""

    call: str
    provenance: str


def execute_functions(
    section: SftData,
    documents: Snapshot,
    checkpoint: Checkpoint,
    lineage: Lineage,
    engine: Engine,
    execute: Execute,
) -> Snapshot:
    """Publish `sft.executions`: for pure functions of the corpus, calls and what they really return.

    `engine` holds the checkpoint's weights and proposes arguments, typed generators make more, `execute`
    runs them. Up to `num_inputs` rows a function, the model's calls first. Rows that do not fit into the
    checkpoint's context with their answer are left out. The rows depend on nothing but the section, the
    documents and the engine's completions. CardError when no row is made.
    """
    encoder = load_encoder(checkpoint.tokenizer)
    functions = choose(section, lake.read(documents, ["doc_id", "path", "text"], "language = 'python'"))
    proposals = propose(section, functions, engine, encoder, checkpoint.model.context_length)
    attempts = [_attempts(section, *pair) for pair in zip(functions, proposals, strict=True)]
    results = _execute(section, functions, attempts, execute)
    rows = [
        row
        for function, tried, found in zip(functions, attempts, results, strict=True)
        for row in _rows(section, function, tried, found, encoder, checkpoint.model.context_length)
    ]
    _report(functions, proposals, attempts, rows)
    if not rows:
        raise CardError(
            f"sft_data: no row came out of {len(functions)} pure functions; raise sft_data.max_function_chars or "
            "max_result_chars, or name sources with more Python under ingest.sources"
        )
    return lake.write(EXECUTIONS, pa.Table.from_pylist(rows, SCHEMA), lineage)


def choose(section: SftData, documents: pa.Table) -> list[Function]:
    """At most `max_functions` distinct pure functions, drawn by the section's seed and their source alone.

    Where two documents hold the same source, the first path counts.
    """
    found: dict[str, Function] = {}
    with ledger.progress(len(documents), "pure functions", "documents") as progress:
        for row in sorted(documents.to_pylist(), key=lambda row: (row["path"], row["doc_id"])):
            for function in pure_functions(row["doc_id"], row["path"], row["text"], section.max_function_chars):
                found.setdefault(function.source, function)
            progress.advance()
    drawn = sorted(found.values(), key=lambda function: _rank(section.seed, function.source))
    return drawn[: section.max_functions]


def _rank(seed: int, source: str) -> bytes:
    return hashlib.blake2b(f"{seed}\0{source}".encode(), digest_size=16).digest()


def _attempts(section: SftData, function: Function, proposed: list[tuple[Any, ...]]) -> list[Attempt]:
    """The distinct calls to try, the model's first."""
    made = generate(function, OVERSAMPLE * section.num_inputs, section.seed)
    calls = {call_of(function.name, arguments): "generator" for arguments in made}
    by_model = {call_of(function.name, arguments): "model" for arguments in proposed}
    return [Attempt(call, provenance) for call, provenance in (by_model | {**calls, **by_model}).items()]


def _execute(
    section: SftData, functions: Sequence[Function], attempts: Sequence[Sequence[Attempt]], execute: Execute
) -> list[dict[int, str]]:
    """What each function's calls returned, by the call's number."""
    programs = [
        program_of(function.source, [attempt.call for attempt in tried], section.max_result_chars)
        for function, tried in zip(functions, attempts, strict=True)
    ]
    results: list[dict[int, str]] = []
    with ledger.progress(len(programs), "executing functions", "functions") as progress:
        for start in range(0, len(programs), BATCH_FUNCTIONS):
            batch = programs[start : start + BATCH_FUNCTIONS]
            results += map(results_of, execute(batch, section.limits))
            progress.advance(len(batch))
    return results


def _rows(
    section: SftData,
    function: Function,
    attempts: Sequence[Attempt],
    results: dict[int, str],
    encoder: Encoder,
    context_length: int,
) -> list[dict[str, str]]:
    """At most `num_inputs` rows: the model's calls first, then generated ones with results not seen before."""
    seen: Counter[str] = Counter()
    order: list[tuple[bool, int, int]] = []
    for number, result in sorted(results.items()):
        order.append((attempts[number].provenance != "model", seen[result], number))
        seen[result] += 1
    rows: list[dict[str, str]] = []
    for *_, number in sorted(order):
        row = _row(function, attempts[number], results[number])
        # One more for the token that ends the answer.
        if len(rows) < section.num_inputs and len(encoder.encode(row["prompt"] + row["answer"]).ids) < context_length:
            rows.append(row)
    return rows


def _row(function: Function, attempt: Attempt, result: str) -> dict[str, str]:
    return {
        "doc_id": function.doc_id,
        "path": function.path,
        "function": function.name,
        "source": function.source,
        "call": attempt.call,
        "result": result,
        "provenance": attempt.provenance,
        "prompt": f"{function.source}\n\nassert {attempt.call} == ",
        "answer": f"{result}\n",
    }


def _report(
    functions: Sequence[Function],
    proposals: Sequence[Sequence[Any]],
    attempts: Sequence[Sequence[Attempt]],
    rows: Sequence[dict[str, str]],
) -> None:
    """Show how far calls came, by who thought of them."""
    provenance = Counter(row["provenance"] for row in rows)
    counts = {
        "pure functions": len(functions),
        "functions with rows": len({row["source"] for row in rows}),
        "proposals that read as arguments": sum(map(len, proposals)),
        "distinct calls by the model": sum(one.provenance == "model" for tried in attempts for one in tried),
        "distinct calls by generators": sum(one.provenance == "generator" for tried in attempts for one in tried),
        "rows by the model": provenance["model"],
        "rows by generators": provenance["generator"],
    }
    cells = "".join(f"<tr><td>{escape(name)}</td><td>{count:,}</td></tr>" for name, count in counts.items())
    ledger.show("Executed functions", f'<table border="1" cellpadding="4">{cells}</table>')
    ledger.log_metrics({name.replace(" ", "_"): float(count) for name, count in counts.items()}, step=0)
