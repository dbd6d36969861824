"""Attempts: seeds asked about, answers read and run, each batch committed once and never made again.

What a batch holds is a pure function of its seeds, their order, the recipe with its settings, the random seed and the
checkpoint, so that it has a name; a run that was stopped, or that wants more than the last one, takes what
is there and makes the rest.
"""

from collections.abc import Sequence

import pyarrow as pa
from tokenizers import Tokenizer as Encoder

from model_factory import lake
from model_factory.blender.append import append
from model_factory.blender.tokenizer import END
from model_factory.cards.synthesis import Synthesis
from model_factory.curation.synthesis.orders import Order
from model_factory.curation.synthesis.programs import Execute
from model_factory.curation.synthesis.recipes.recipe import Ask, Draft, Rejected, Seed
from model_factory.nouns import Checkpoint
from model_factory.nouns.digest import digest_of
from model_factory.nouns.engine import Engine, Sampling

ATTEMPTS = "synthesis.attempts"
_TEXTS = ("batch", "row_id", "doc_id", "recipe", "version", "checkpoint", "language", "category", "prompt", "answer")
SCHEMA = pa.schema(
    {
        **dict.fromkeys(_TEXTS, pa.string()),
        **dict.fromkeys(("text", "verified", "reason", "detail"), pa.string()),
        "seed": pa.int64(),
        "place": pa.int64(),
    }
)
# Nobody reads the attempts as they come, so that no writer has to wait for a reader.
_MAX_LAG_ROWS, _TIMEOUT_S = 1 << 62, 60.0
NOTHING_TO_ASK, NO_ROOM = "nothing to ask about", "no room in the context"


def attempt(
    section: Synthesis,
    order: Order,
    seeds: Sequence[Seed],
    checkpoint: Checkpoint,
    encoder: Encoder,
    engine: Engine,
    execute: Execute,
) -> list[dict[str, object]]:
    """Rows of SCHEMA, one per seed and in their order, from the lake or made now and committed to it.

    `reason` is "" for a row that is proved, else why it is not; `detail` says more.
    """
    key = _key(section, order, seeds, checkpoint)
    held = _held(key)
    if held:
        return held
    outcomes = _outcomes(section, order, seeds, checkpoint, encoder, engine, execute)
    shared = {
        "batch": key,
        "recipe": order.name,
        "version": order.recipe.version,
        "checkpoint": checkpoint.digest,
        "language": order.language,
        "category": order.category,
        "verified": order.recipe.verified,
        "seed": section.seed,
    }
    rows = [
        _row(seed, outcome) | shared | {"place": place}
        for place, (seed, outcome) in enumerate(zip(seeds, outcomes, strict=True))
    ]
    for row in rows:
        row["row_id"] = digest_of([row["recipe"], row["version"], row["doc_id"], row["seed"], row["text"]])[:32]
    append(ATTEMPTS, pa.Table.from_pylist(rows, SCHEMA), key, _MAX_LAG_ROWS, _TIMEOUT_S)
    return rows


def _key(section: Synthesis, order: Order, seeds: Sequence[Seed], checkpoint: Checkpoint) -> str:
    sampling = [section.seed, section.temperature, section.max_new_tokens]
    recipe = [order.name, order.recipe.version, dict(order.settings), order.category]
    limits = section.limits if order.recipe.finish else None
    return digest_of([recipe, sampling, limits, checkpoint.digest, [seed.doc_id for seed in seeds]])[:32]


def _held(key: str) -> list[dict[str, object]]:
    if ATTEMPTS not in lake.tables():
        return []
    rows = lake.catalog().load_table(ATTEMPTS).scan(row_filter=f"batch = '{key}'").to_arrow()
    return sorted(rows.select(SCHEMA.names).to_pylist(), key=lambda row: row["place"])


def _outcomes(
    section: Synthesis,
    order: Order,
    seeds: Sequence[Seed],
    checkpoint: Checkpoint,
    encoder: Encoder,
    engine: Engine,
    execute: Execute,
) -> list[Draft | Rejected]:
    asks = [order.recipe.ask(seed, order.settings, section.seed) for seed in seeds]
    answers = _answers(section, asks, checkpoint.model.context_length, encoder, engine)
    found = [_read(section, order, ask, answer) for ask, answer in zip(asks, answers, strict=True)]
    waiting = [place for place, one in enumerate(found) if isinstance(one, Draft) and one.program is not None]
    executed = execute([_draft(found[place]).program for place in waiting], section.limits) if waiting else []  # type: ignore[misc]
    for place, ran in zip(waiting, executed, strict=True):
        assert order.recipe.finish is not None, f"{order.name} makes programs and never looks at them"
        try:
            found[place] = order.recipe.finish(_draft(found[place]), ran, order.settings)
        except Rejected as why:
            draft = _draft(found[place])
            found[place] = Rejected(why.reason, why.detail, draft.prompt, draft.answer)
    return found


def _draft(outcome: Draft | Rejected) -> Draft:
    assert isinstance(outcome, Draft)
    return outcome


def _answers(
    section: Synthesis, asks: Sequence[Ask | None], context_length: int, encoder: Encoder, engine: Engine
) -> list[str | Rejected]:
    """The model's continuation of every prompt; why there is none otherwise."""
    answers: list[str | Rejected] = [Rejected(NOTHING_TO_ASK)] * len(asks)
    prompts: dict[int, list[int]] = {}
    for place, ask in enumerate(asks):
        if ask is not None:
            ids = encoder.encode(ask.prompt, add_special_tokens=False).ids
            if len(ids) + section.max_new_tokens <= context_length:
                prompts[place] = ids
            else:
                answers[place] = Rejected(NO_ROOM, f"{len(ids)} tokens")
    end = encoder.token_to_id(END)
    sampling = Sampling(section.temperature, section.max_new_tokens, section.seed, () if end is None else (end,))
    places = list(prompts)
    for completed in engine.generate(list(prompts.values()), sampling) if prompts else []:
        answers[places[completed.prompt_index]] = encoder.decode(list(completed.token_ids))
    return answers


def _read(section: Synthesis, order: Order, ask: Ask | None, answer: str | Rejected) -> Draft | Rejected:
    if ask is None or isinstance(answer, Rejected):
        assert isinstance(answer, Rejected)
        return answer
    try:
        return order.recipe.read(ask, answer, order.settings, section.seed)
    except Rejected as why:
        # What was rejected is kept for whoever mends the recipe.
        return Rejected(why.reason, why.detail, ask.prompt, answer)


def _row(seed: Seed, outcome: Draft | Rejected) -> dict[str, object]:
    if isinstance(outcome, Rejected):
        empty = {"prompt": outcome.prompt, "answer": outcome.answer, "text": ""}
        return {"doc_id": seed.doc_id, **empty, "reason": outcome.reason, "detail": outcome.detail}
    made = {"prompt": outcome.prompt, "answer": outcome.answer, "text": outcome.text}
    return {"doc_id": seed.doc_id, **made, "reason": "", "detail": ""}
