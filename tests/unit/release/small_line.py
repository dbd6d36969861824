"""A small line, run for real."""

import sysconfig
from dataclasses import replace
from pathlib import Path
from typing import Any

from model_factory import lake, ledger
from model_factory.blender.pack import pack
from model_factory.blender.tokenizer import train_tokenizer
from model_factory.cards.clean import Clean
from model_factory.cards.curate import Curate
from model_factory.cards.decontaminate import Decontaminate, Overlap
from model_factory.cards.deduplicate import Deduplicate, NearDuplicates
from model_factory.cards.ingest import Ingest, Source
from model_factory.cards.pretrain import Model, Pretrain
from model_factory.cards.rl import Rl
from model_factory.cards.sft import Sft
from model_factory.cards.sft_data import SftData
from model_factory.cards.training import Optimizer, Parallel, Schedule
from model_factory.curation.clean import clean_shard, plan_shards
from model_factory.curation.curate import curate
from model_factory.curation.decontaminate.station import decontaminate, match_shard
from model_factory.curation.dedup.station import find_pairs, sign_shard
from model_factory.curation.ingest import ingest
from model_factory.curation.sources import list_sources
from model_factory.curation.synthesis import execute_functions
from model_factory.curation.values import measure_shard, measured_part
from model_factory.evals.station import evaluate
from model_factory.evals.texts import write_texts
from model_factory.inference.registry import engine
from model_factory.nouns import Lineage, canonical_json
from model_factory.release.station import release
from model_factory.release.summary import Run
from model_factory.rl import transcripts
from model_factory.rl.problems.station import make_problems
from model_factory.rl.station import reinforce
from model_factory.sandbox import execute
from model_factory.trainer.pretrain import pretrain
from model_factory.trainer.sft import sft
from tests.unit.evals.world import EVALUATE, LIMITS, PROBLEMS, TOKENIZE
from tests.unit.release.conftest import LOCK, SECTION

MESH = Parallel(1, 1)
OPTIMIZER = Optimizer(lr=1e-3, beta1=0.9, beta2=0.95, eps=1e-8, weight_decay=0.0, max_grad_norm=1.0)
SCHEDULE = Schedule(kind="constant", warmup_steps=0, decay_fraction=0.0, final_lr_fraction=1.0)
CLEAN = Clean(1, "t", 2, {"mojibake": {}}, {"email": {}})
DEDUPLICATE = Deduplicate(1, "t", NearDuplicates(5, 14, 8, 0.8))
DECONTAMINATE = Decontaminate(1, "t", 0.5, Overlap(13, 8))
CURATE = Curate(1, "t", {"length": {"min_chars": 400, "max_chars": 100000}}, {})
MODEL = Model(1, 32, 2, 1, 64, 10000.0, 1e-5, True)
PRETRAIN = Pretrain(1, "t", MESH, MODEL, {"library": 1.0}, "even", {}, [], 6, 8, OPTIMIZER, SCHEDULE, 6, 6)
SFT_DATA = SftData(1, "t", 40, 600, 3, 1, 0.8, 8, 80, LIMITS)
SFT = Sft(1, "t", MESH, 4, 8, 0.5, OPTIMIZER, SCHEDULE, 4)
RL = Rl(
    1, "t", MESH, "grpo", {"execution": 1.0}, 2, 4, 2, 1.0, 8, 0.2, 0.2, 0.0, 1, True, OPTIMIZER, SCHEDULE, 2, LIMITS
)  # fmt: skip
SCORE = replace(EVALUATE, benchmarks=["bits_per_byte", "problems_heldout"])
SECTIONS = {
    "clean": CLEAN, "deduplicate": DEDUPLICATE, "decontaminate": DECONTAMINATE, "curate": CURATE, "tokenize": TOKENIZE,
    "pretrain": PRETRAIN, "problems": PROBLEMS,
    "sft_data": SFT_DATA, "sft": SFT, "rl": RL, "evaluate": SCORE, "release": SECTION,
}  # fmt: skip
LOCKED = replace(LOCK, run_digest="a" * 64, sections=canonical_json(SECTIONS))


def by(station: str, *parents: Any) -> Lineage:
    return Lineage(LOCKED.run_digest, station, "code", "commit", "image", [one.as_parent() for one in parents])


def run_line(corpus: Path) -> Run:
    """Run every station but the audit, at its smallest, and record it in the log book as a run records it."""
    section = Ingest(1, "t", [Source("library", "files", "PSF-2.0", path=str(corpus))], 1 << 26, 1 << 20)
    documents = ingest(section, list_sources(section), by("ingest"))
    cleaned = [clean_shard(CLEAN, documents, shard, by("clean", documents)) for shard in plan_shards(CLEAN, documents)]
    values = [measure_shard(measured_part(CURATE), shard, by("curate", shard)) for shard in cleaned]
    signed = [sign_shard(DEDUPLICATE, shard, by("deduplicate", shard)) for shard in cleaned]
    pairs = find_pairs(DEDUPLICATE, cleaned, signed, by("deduplicate", *cleaned, *signed))
    problems = make_problems(PROBLEMS, by("problems"))
    asked = write_texts(SCORE, problems, by("evaluate", problems))
    overlaps = [
        match_shard(DECONTAMINATE.matching, shard, asked, by("decontaminate", shard, asked)) for shard in cleaned
    ]
    held = decontaminate(DECONTAMINATE, cleaned, asked, overlaps, by("decontaminate", *cleaned, asked, *overlaps))
    candidate = curate(CURATE, cleaned, values, pairs, held, by("curate", *cleaned, *values, pairs, held))
    curated = lake.publish(candidate)
    tokenizer = train_tokenizer(TOKENIZE, curated, by("tokenize", curated))
    sequences = pack(TOKENIZE, curated, tokenizer, by("tokenize", curated, tokenizer))
    base = pretrain(PRETRAIN, sequences, tokenizer, by("pretrain", sequences, tokenizer))
    writer = engine("transformers")
    writer.load(base)
    executions = execute_functions(SFT_DATA, curated, base, by("sft_data", curated, base), writer, execute)
    taught = sft(SFT, base, executions, problems, by("sft", base, executions, problems))
    reinforced = reinforce(RL, taught, problems, by("rl", taught, problems))
    told = transcripts.commit(reinforced, by("rl", reinforced))
    cards = [
        evaluate(SCORE, one, sequences, problems, curated, by("evaluate", one, sequences, problems))
        for one in (base, taught, reinforced)
    ]
    released = release(SECTION, reinforced, cards, LOCKED, by("release", reinforced, *cards))
    run = Run(
        lock=LOCKED,
        documents=documents,
        candidate=candidate,
        curated=curated,
        tokenizer=tokenizer,
        sequences=sequences,
        base=base,
        problems=problems,
        executions=executions,
        taught=taught,
        reinforced=reinforced,
        transcripts=told,
        scorecards=cards,
        release=released,
    )
    ledger.record_artifacts(LOCKED, run.artifacts())
    return run


def write_corpus(folder: Path) -> None:
    """Modules of the standard library, one of them twice, and one that is too short to keep."""
    library = Path(sysconfig.get_paths()["stdlib"])
    files = [path for path in sorted(library.glob("*.py")) if 2_000 < path.stat().st_size < 12_000][:30]
    for path in [*files, library / "bisect.py", library / "keyword.py", library / "stat.py", library / "textwrap.py"]:
        (folder / path.name).write_bytes(path.read_bytes())
    (folder / "zz_copy.py").write_bytes((library / "bisect.py").read_bytes())
    (folder / "zz_short.py").write_text("x = 1\n")
