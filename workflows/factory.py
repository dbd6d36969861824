"""The whole line: raw text and code in, an evaluated and released model out.

`pyflyte run workflows/factory.py factory --card configs/laptop.md`
"""

import functools
from typing import Any, cast

from flytekit import map_task, workflow

from model_factory.cards.card import Card
from model_factory.nouns import Release
from tasks.bias import reweigh, stratify
from tasks.clean import clean_shard, plan_shards
from tasks.curate import curate, measure_shard
from tasks.decontaminate import decontaminate, match_shard
from tasks.deduplicate import cut_shard, find_pairs, find_repeats, sign_shard
from tasks.evaluate import evaluate, write_texts
from tasks.ingest import ingest
from tasks.labels import check_labels
from tasks.pretrain import pretrain
from tasks.problems import make_problems
from tasks.release import release
from tasks.report import report
from tasks.resolve import Plan, resolve
from tasks.rl import commit_transcripts, reinforce
from tasks.sft import sft
from tasks.sft_data import execute_functions
from tasks.tokenize import pack, train_tokenizer
from tasks.validate import admit, published_before, scrap_of, validate


@workflow
def factory(card: Card) -> Release:
    plan = cast(Plan, resolve(card=card))
    lock = plan.lock

    documents = ingest(section=plan.ingest, listing=plan.listing, lock=lock)
    clean: Any = functools.partial(clean_shard, section=plan.clean, documents=documents, lock=lock)
    cleaned = map_task(clean)(shard=plan_shards(section=plan.clean, documents=documents))
    sign: Any = functools.partial(sign_shard, section=plan.deduplicate, lock=lock)
    signed = map_task(sign)(cleaned=cleaned)
    pairs = find_pairs(section=plan.deduplicate, cleaned=cleaned, signed=signed, lock=lock)
    repeats = find_repeats(section=plan.repeats, cleaned=cleaned, pairs=pairs, lock=lock)
    cut: Any = functools.partial(cut_shard, section=plan.repeats, repeats=repeats, lock=lock)
    shards = map_task(cut)(cleaned=cleaned)

    posed = make_problems(section=plan.problems, lock=lock)
    problems = check_labels(section=plan.labels, rows=posed, lock=lock)
    benchmarks = write_texts(section=plan.evaluate, problems=problems, lock=lock)
    match: Any = functools.partial(match_shard, section=plan.matching, benchmarks=benchmarks, lock=lock)
    overlaps = map_task(match)(cleaned=shards)
    contamination = decontaminate(
        section=plan.decontaminate, cleaned=shards, benchmarks=benchmarks, overlaps=overlaps, lock=lock
    )

    measure_values: Any = functools.partial(measure_shard, section=plan.measure, lock=lock)
    values = map_task(measure_values)(cleaned=shards)
    candidate = curate(
        section=plan.curate, cleaned=shards, values=values, pairs=pairs, contamination=contamination, lock=lock
    )
    scrap, before = scrap_of(candidate=candidate), published_before(section=plan.validate, candidate=candidate)
    curated = validate(section=plan.validate, candidate=candidate, scrap=scrap, before=before, lock=lock)
    strata = stratify(section=plan.bias, documents=curated, lock=lock)

    tokenizer = train_tokenizer(section=plan.tokenize, documents=curated, lock=lock)
    sequences = pack(section=plan.tokenize, documents=curated, strata=strata, tokenizer=tokenizer, lock=lock)
    admitted = admit(section=plan.pretrain, documents=curated)
    blended = reweigh(section=admitted, strata_of=strata, sequences=sequences)
    base = pretrain(section=blended, sequences=sequences, tokenizer=tokenizer, lock=lock)

    executed = execute_functions(section=plan.sft_data, documents=curated, checkpoint=base, lock=lock)
    executions = check_labels(section=plan.labels, rows=executed, lock=lock)
    taught = sft(section=plan.sft, checkpoint=base, executions=executions, problems=problems, lock=lock)
    reinforced = reinforce(section=plan.rl, checkpoint=taught, problems=problems, lock=lock)
    transcripts = commit_transcripts(section=plan.rl, checkpoint=reinforced, lock=lock)

    measure = functools.partial(
        evaluate, section=plan.evaluate, sequences=sequences, problems=problems, documents=curated, lock=lock
    )
    scorecards = [measure(checkpoint=base), measure(checkpoint=taught), measure(checkpoint=reinforced)]
    released = release(section=plan.release, checkpoint=reinforced, scorecards=scorecards, lock=lock)
    report(
        lock=lock,
        documents=documents,
        candidate=candidate,
        curated=curated,
        sequences=sequences,
        problems=problems,
        executions=executions,
        transcripts=transcripts,
        tokenizer=tokenizer,
        base=base,
        taught=taught,
        reinforced=reinforced,
        scorecards=scorecards,
        release=released,
    )
    return released
