"""A small corpus, packed, problems, and checkpoints of a model that knows nothing: what evaluation needs."""

import sysconfig
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

import pyarrow as pa

from model_factory import lake, weights
from model_factory.blender.pack import pack
from model_factory.blender.tokenizer import train_tokenizer
from model_factory.cards.evaluate import Evaluate
from model_factory.cards.limits import Limits
from model_factory.cards.problems import Problems
from model_factory.cards.tokenize import Tokenize
from model_factory.model import Transformer
from model_factory.model.initialise import initialise
from model_factory.nouns import Architecture, Checkpoint, Lineage, Mesh, Snapshot, Tokenizer
from model_factory.nouns.home import room
from model_factory.rl.problems.station import make_problems

LIMITS = Limits(
    wall_s=10.0, cpu_s=5.0, memory_bytes=268435456, output_bytes=65536, file_bytes=1048576, num_processes=16
)
TOKENIZE = Tokenize(
    seed=17, code="t", vocab_size=400, min_frequency=2, sequence_length=128, overlap=16, heldout_fraction=0.2
)
PROBLEMS = Problems(
    seed=17,
    code="t",
    family="words_to_function",
    min_ops=2,
    max_ops=2,
    num_train=20,
    num_heldout=12,
    num_combination=6,
    num_demonstrations=8,
    num_tests=4,
)
EVALUATE = Evaluate(
    seed=17,
    code="t",
    benchmarks=["bits_per_byte", "problems_heldout", "problems_combination", "human_eval", "lm_eval"],
    num_samples=2,
    num_bootstrap=200,
    batch_size=8,
    max_new_tokens=8,
    human_eval_limit=3,
    human_eval_max_new_tokens=4,
    limits=LIMITS,
)
NUM_DOCUMENTS = 40


def lineage(station: str, *parents: Snapshot | Tokenizer | Checkpoint, run: str = "r" * 64) -> Lineage:
    return Lineage(run, station, f"code of {station}", "c" * 40, "unpinned", [one.as_parent() for one in parents])


@dataclass(frozen=True)
class World:
    """Artifacts in the state folder that FACTORY_HOME names."""

    raw: Snapshot
    documents: Snapshot
    tokenizer: Tokenizer
    sequences: Snapshot
    problems: Snapshot
    base: Checkpoint

    @staticmethod
    def make() -> "World":
        rows = _rows()
        raw = lake.write("raw.documents", rows, lineage("ingest"))
        documents = lake.write("curated.documents", rows.drop_columns(["num_bytes", "shard"]), lineage("curate", raw))
        tokenizer = train_tokenizer(TOKENIZE, documents, lineage("tokenize", documents))
        sequences = pack(TOKENIZE, documents, tokenizer, lineage("tokenize", documents, tokenizer))
        problems = make_problems(PROBLEMS, lineage("problems"))
        base = checkpoint("pretrain", 1, tokenizer, lineage("pretrain", sequences, tokenizer))
        return World(raw, documents, tokenizer, sequences, problems, base)

    def taught(self) -> Checkpoint:
        """Another checkpoint: other weights, a later step."""
        made = checkpoint("sft", 2, self.tokenizer, lineage("sft", self.base, self.problems))
        return replace(made, step=9)


def checkpoint(station: str, seed: int, tokenizer: Tokenizer, made_by: Lineage) -> Checkpoint:
    """A freshly initialised model at rest."""
    architecture = Architecture(tokenizer.vocab_size, 2, 32, 2, 1, 64, 10000.0, 1e-5, 128, True)
    state = initialise(Transformer(architecture), seed).state_dict()
    folder = room("checkpoints") / f"{station}-{seed}" / "step-000003"
    weights.save(folder, {"model": state}, marker={"step": 3})
    digest = weights.digest_of_state(state)
    return Checkpoint(str(folder), station, 3, 999, digest, Mesh(1, 1), architecture, tokenizer.uri, made_by)


def _rows() -> pa.Table:
    """Modules of the standard library, smallest names first."""
    library = Path(sysconfig.get_paths()["stdlib"])
    files = [path for path in sorted(library.glob("*.py")) if 2_000 < path.stat().st_size < 20_000][:NUM_DOCUMENTS]
    texts = [path.read_text(encoding="utf-8") for path in files]
    doc_ids = [
        sha256(f"stdlib/{path.name}/{text}".encode()).hexdigest()[:32] for path, text in zip(files, texts, strict=True)
    ]
    return pa.table(
        {
            "doc_id": doc_ids,
            "source": ["stdlib"] * len(files),
            "path": [path.name for path in files],
            "licence": ["PSF-2.0"] * len(files),
            "origin": ["python"] * len(files),
            "language": ["python"] * len(files),
            "text": texts,
            "num_chars": [len(text) for text in texts],
            "num_bytes": [len(text.encode()) for text in texts],
            "shard": [0] * len(files),
        }
    )
