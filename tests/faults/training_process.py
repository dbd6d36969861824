"""One process of a training station, started by torchrun: `training_process.py pretrain|sft HOME SECTION`.

SECTION holds the fields to change as JSON; what the station made is printed as one line of JSON.
"""

import dataclasses
import json
import os
import subprocess
import sys
import sysconfig
from hashlib import sha256
from pathlib import Path
from typing import Any

import pyarrow as pa

from model_factory import lake
from model_factory.blender.pack import pack
from model_factory.blender.tokenizer import train_tokenizer
from model_factory.cards.pretrain import Amendment, Model, Pretrain
from model_factory.cards.sft import Sft
from model_factory.cards.tokenize import Tokenize
from model_factory.cards.training import Optimizer, Parallel, Schedule
from model_factory.nouns import Architecture, Checkpoint, Lineage, Mesh, Tokenizer

LINEAGE = Lineage("run", "station", "code", "commit", "image")
TOKENIZE = Tokenize(
    seed=1, code="v1", vocab_size=400, min_frequency=2, sequence_length=64, overlap=1, heldout_fraction=0.1
)
PRETRAIN = Pretrain(
    seed=5,
    code="v1",
    mesh=Parallel(2, 1),
    model=Model(2, 48, 4, 2, 96, 10000.0, 1e-5, tie_embeddings=True),
    blend={"stdlib": 0.7, "packages": 0.3},
    interleave="nested",
    max_epochs={},
    amendments=[],
    num_steps=100,
    batch_size=64,
    optimizer=Optimizer(3e-3, 0.9, 0.95, 1e-8, 0.1, 1.0, "fp32"),
    schedule=Schedule("wsd", 3, 0.2, 0.0),
    eval_every=20,
    checkpoint_every=5,
)
SFT = Sft(
    seed=6,
    code="v1",
    mesh=Parallel(2, 1),
    num_steps=6,
    batch_size=8,
    demonstration_fraction=0.5,
    optimizer=Optimizer(3e-3, 0.9, 0.95, 1e-8, 0.0, 1.0, "fp32"),
    schedule=Schedule("cosine", 1, 0.2, 0.1),
    checkpoint_every=2,
)


def prepare(home: Path) -> None:
    """The tables that the stations read: modules of the running Python, tokenised and packed; a few examples."""
    os.environ["FACTORY_HOME"] = str(home)
    files = sorted(Path(sysconfig.get_paths()["stdlib"]).glob("*.py"))[:24]
    texts = [path.read_text() for path in files]
    documents = pa.table(
        {
            "doc_id": [sha256(text.encode()).hexdigest()[:32] for text in texts],
            "source": ["stdlib" if row % 3 else "packages" for row in range(len(texts))],
            "text": texts,
        }
    )
    snapshot = lake.write("curated.documents", documents, LINEAGE)
    tokenizer = train_tokenizer(TOKENIZE, snapshot, LINEAGE)
    pack(TOKENIZE, snapshot, tokenizer, LINEAGE)
    (home / "tokenizer.json").write_text(json.dumps([tokenizer.uri, tokenizer.vocab_size, tokenizer.digest]))
    lake.write("rl.problems", problems(), LINEAGE)
    lake.write("sft.executions", executions(), LINEAGE)


def problems() -> pa.Table:
    rows = [
        {"doc_id": f"p{n:03}", "split": split, "prompt": f"# add {n}\ndef f(x):\n", "solution": f"    return x + {n}\n"}
        for n, split in enumerate(["demonstration"] * 30 + ["train"] * 10)
    ]
    return pa.Table.from_pylist(rows)


def executions() -> pa.Table:
    rows = [{"doc_id": f"e{n:03}", "prompt": f"assert abs(-{n}) == ", "answer": f"{n}\n"} for n in range(30)]
    return pa.Table.from_pylist(rows)


def torchrun(home: Path, station: str, processes: int, **section: Any) -> "subprocess.Popen[str]":
    """Start the processes of a station under torchrun."""
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(processes)]
    section["mesh"] = {"dp_replicate": processes, "threads": 1}
    return subprocess.Popen(
        [*command, __file__, station, str(home), json.dumps(section)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
    )


def outcome(process: "subprocess.Popen[str]") -> list[dict[str, Any]]:
    """What each process made."""
    printed, _ = process.communicate(timeout=240)
    assert process.returncode == 0, printed[-4000:]
    return [json.loads(line) for line in printed.splitlines() if line.startswith('{"uri"')]


def section(base: Any, changes: dict[str, Any]) -> Any:
    mesh = Parallel(**changes.pop("mesh"))
    precision = changes.pop("precision", base.optimizer.precision)
    optimizer = dataclasses.replace(base.optimizer, precision=precision)
    if "amendments" in changes:
        changes["amendments"] = [Amendment(**one) for one in changes["amendments"]]
    return dataclasses.replace(base, mesh=mesh, optimizer=optimizer, **changes)


def main(station: str, home: str, changes: str) -> None:
    os.environ["FACTORY_HOME"] = home
    made = run(station, Path(home), **json.loads(changes))
    # One write call a line: the processes share the pipe.
    os.write(1, (json.dumps(dataclasses.asdict(made)) + "\n").encode())


def run(station: str, home: Path, **changes: Any) -> Checkpoint:
    """Run a station in this process; without a mesh in `changes` it is one process."""
    changes = {"mesh": {"dp_replicate": 1, "threads": 1}} | changes
    if station == "pretrain":
        from model_factory.trainer.pretrain import pretrain

        uri, vocab_size, digest = json.loads((home / "tokenizer.json").read_text())
        tokenizer = Tokenizer(uri, vocab_size, digest, LINEAGE)
        return pretrain(section(PRETRAIN, changes), lake.head("tokens.sequences"), tokenizer, LINEAGE)
    from model_factory.trainer.sft import sft

    executions, problems = lake.head("sft.executions"), lake.head("rl.problems")
    return sft(section(SFT, changes), base(home), executions, problems, LINEAGE)


def base(home: Path) -> Checkpoint:
    """The checkpoint that the test wrote down before."""
    found = json.loads((home / "base.json").read_text())
    mesh, model = Mesh(**found.pop("mesh")), Architecture(**found.pop("model"))
    return Checkpoint(**(found | {"mesh": mesh, "model": model, "lineage": LINEAGE}))


if __name__ == "__main__":
    main(*sys.argv[1:])
