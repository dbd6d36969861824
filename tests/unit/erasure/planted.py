"""A small line whose corpus holds two documents to be forgotten, and every place that could show them."""

import shutil
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
from diskcache import Cache

from model_factory import ledger
from model_factory.blender.heldout import is_heldout
from model_factory.blender.tokenizer import load_encoder
from model_factory.curation.ingest import doc_id_of
from model_factory.nouns.home import room
from model_factory.release.summary import Run
from tests.unit.evals.world import TOKENIZE
from tests.unit.lake.bytes_of import everything
from tests.unit.release.small_line import LOCKED, run_line, write_corpus

PLANTED = "zq9planted"
PATHS = {"train": "zz_private_train.py", "heldout": "zz_private_heldout.py"}


@dataclass(frozen=True)
class Planted:
    """A run, and the ids of the two documents in it."""

    run: Run
    corpus: Path
    doc_ids: dict[str, str]

    @property
    def names(self) -> list[str]:
        return [f"library:{path}" for path in PATHS.values()]


def plant(corpus: Path) -> Planted:
    """Run the small line over a corpus with the documents, and show parts of them wherever a station might."""
    write_corpus(corpus)
    doc_ids = {}
    for split, path in PATHS.items():
        text = next(text for number in range(1000) if _is_in(split, path, text := _text(split, number)))
        (corpus / path).write_text(text)
        doc_ids[split] = doc_id_of("library", path, text.encode())
    run = run_line(corpus)
    _show(corpus)
    with Cache(str(room("flyte-cache"))) as cache:
        cache["of the documents"] = f"a literal that names {run.curated.digest}".encode()
        cache["of problems"] = f"a literal that names {run.problems.digest}".encode()
    return Planted(run, corpus, doc_ids)


def _is_in(split: str, path: str, text: str) -> bool:
    heldout = is_heldout(doc_id_of("library", path, text.encode()), TOKENIZE.heldout_fraction)
    return heldout == (split == "heldout")


def _text(split: str, number: int) -> str:
    functions = "".join(
        f"def {PLANTED}_{split}_{n}(a: int, b: int) -> int:\n    return a * {n + 2} + b - {number}\n\n\n"
        for n in range(90)
    )
    told = f"# The {PLANTED} of {split}, which belongs to one person only.\n" * 3
    return f'"""What one person wrote ({split})."""\n\n{told}\n\n{functions}'


def _show(corpus: Path) -> None:
    """A page with a sample, as drop reports have them, and an error that quotes a row."""
    text = (corpus / PATHS["train"]).read_text()
    with ledger.attempt(LOCKED, "curate", "shown", {"seed": 1}, []):
        ledger.show(
            "Drops", f"<table><tr><td>7 kept</td><td>library:{PATHS['train']}</td><td>{text[:160]}</td></tr></table>"
        )
    try:
        with ledger.attempt(LOCKED, "validate", "failed", {"seed": 1}, []):
            raise RuntimeError(f"1 of 9 rows disagree, for example {text[60:140]!r}")
    except RuntimeError:
        pass
    with ledger.attempt(LOCKED, "validate", "failed", {"seed": 1}, []):
        pass
    (room("decks") / "page.html").write_text(f"<p>kept</p><p>{text[:90]}</p>")
    (room("tmp") / "left-behind").write_text(text)


def shows(state: Path, tokenizer: str) -> list[str]:
    """Where the planted text, a path or an id of the documents can still be read, tokens decoded."""
    found = [what for what in (PLANTED, *PATHS.values()) if what.encode() in everything(state)]
    encoder = load_encoder(tokenizer)
    for path in sorted(state.rglob("tokens.bin")):
        if PLANTED in encoder.decode(np.fromfile(path, np.uint16).tolist()):
            found.append(str(path))
    for path in sorted(state.rglob("*.parquet")):
        if "tokens" in pq.read_schema(path).names:
            rows = pq.read_table(path, columns=["tokens"])["tokens"].to_pylist()
            found += [str(path) for row in rows if PLANTED in encoder.decode(row)]
    return found


def put_back(before: Path, state: Path) -> None:
    """Make a state folder what it was. Databases keep their files, which this process has open."""
    for path in sorted(state.rglob("*"), reverse=True):
        if path.suffix != ".db":
            path.rmdir() if path.is_dir() and not any(path.iterdir()) else path.is_file() and path.unlink()
    for path in sorted(before.rglob("*")):
        place = state / path.relative_to(before)
        if path.is_dir():
            place.mkdir(exist_ok=True)
        elif path.suffix == ".db":
            with closing(sqlite3.connect(path)) as old, closing(sqlite3.connect(place)) as new:
                old.backup(new)
        else:
            shutil.copy2(path, place)
