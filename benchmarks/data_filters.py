"""Gopher quality, Gopher repetition, FineWeb and C4 against datatrove: CPU-seconds, seconds of two processes, verdicts.

    .venv/bin/python benchmarks/data_filters.py --peer-python PEER/bin/python [--documents 6000] [--runs 3]

Both judge the same documents in two processes, each half of them, ours and the peer's in turns; CPU-seconds are those
of both processes, seconds those of the slower one. Loading, start-up and warming up are left out on both sides. Our
words are what white space separates, the peer's spaCy's, and each pays for its own; verdicts are compared on the
peer's words, handed to ours as the column `words`. Every run compares all of ours, though the peer stops a
document at its first failed rule.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import polars as pl
from data_filters_corpus import texts
from paired import ONE_CORE, median, row, save

from model_factory.curation.filters.measure import measure
from model_factory.curation.filters.verdicts import judge

HERE = Path(__file__).parent
AT_LEAST = {"gopher_quality": 50, "gopher_repetition": 25, "fineweb": 50, "c4": 50}
AGREEMENT = 0.995
SETTINGS: dict[str, dict] = {
    "gopher_quality": {
        "stop_words": ["the", "be", "to", "of", "and", "that", "have", "with"],
        "min_words": 50,
        "max_words": 100000,
        "min_mean_word_chars": 3,
        "max_mean_word_chars": 10,
        "max_hash_ratio": 0.1,
        "max_ellipsis_ratio": 0.1,
        "max_bullet_line_fraction": 0.9,
        "max_ellipsis_line_fraction": 0.3,
        "min_alphabetic_word_fraction": 0.8,
        "min_stop_words": 2,
    },
    "gopher_repetition": {
        "max_duplicate_line_fraction": 0.3,
        "max_duplicate_line_char_fraction": 0.2,
        "max_duplicate_paragraph_fraction": 0.3,
        "max_duplicate_paragraph_char_fraction": 0.2,
        **{f"max_top_{n}_gram_fraction": bound for n, bound in ((2, 0.2), (3, 0.18), (4, 0.16))},
        **{f"max_duplicate_{n}_gram_fraction": 0.2 - n / 100 for n in range(5, 11)},
    },
    "fineweb": {
        "short_line_chars": 30,
        "min_terminal_line_fraction": 0.12,
        "max_short_line_fraction": 0.67,
        "max_duplicate_line_char_fraction": 0.01,
        "max_line_breaks_per_word": 0.3,
    },
    "c4": {"min_line_words": 3, "max_word_chars": 1000, "min_sentences": 5},
}


def cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def verdicts(documents: pl.DataFrame, name: str) -> pl.DataFrame:
    """doc_id, kept."""
    chosen = {name: SETTINGS[name]}
    sources = documents.select("doc_id", source=pl.lit("corpus"))
    judged = judge(measure(documents, chosen), chosen, sources, {})
    return judged.group_by("doc_id").agg(pl.col("kept").all())


def run(name: str, corpus: str, answers: str) -> None:
    """Our side, in a process of its own."""
    documents = pl.read_parquet(corpus).with_columns(language=pl.lit("text"))
    verdicts(documents.head(50), name)
    started, used = time.perf_counter(), cpu_s()
    kept = verdicts(documents, name)
    figures = {"cpu_s": cpu_s() - used, "wall_s": time.perf_counter() - started}
    kept.write_parquet(answers)
    print(json.dumps({**figures, "version": "ours"}))


def side_by_side(command: list[str], name: str, halves: list[Path], answers: Path) -> dict:
    """One process per half at the same time, each on one core."""
    environment = {**os.environ, **ONE_CORE}
    processes = [
        subprocess.Popen(
            [*command, "run", name, str(half), f"{answers}-{place}.parquet"],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment,
        )
        for place, half in enumerate(halves)
    ]  # fmt: skip
    outputs = [process.communicate()[0] for process in processes]
    figures = [json.loads(output.splitlines()[-1]) for output in outputs]
    return {
        "cpu_s": sum(one["cpu_s"] for one in figures),
        "wall_s": max(one["wall_s"] for one in figures),
        "version": figures[0]["version"],
    }


def agreement(folder: Path, documents: pl.DataFrame, name: str) -> tuple[float, float]:
    """The share of equal verdicts on the peer's words, and the share that the peer keeps."""
    words = pl.read_parquet(folder / "tokens.parquet")
    mine = verdicts(documents.join(words, on="doc_id"), name)
    theirs = pl.read_parquet(folder / f"peer-{name}-*.parquet")
    both = mine.join(theirs, on="doc_id", suffix="_peer")
    assert len(both) == len(documents)
    return both.select((pl.col("kept") == pl.col("kept_peer")).mean()).item(), theirs["kept"].mean()  # type: ignore


def compare(folder: Path, peer: list[str], number: int, runs: int) -> list[dict]:
    found = texts(number)
    documents = pl.DataFrame({"doc_id": [f"{place:08}" for place in range(len(found))], "text": found})
    halves = [folder / f"half-{place}.parquet" for place in range(2)]
    for place, half in enumerate(halves):
        documents[place::2].write_parquet(half)
    documents = documents.with_columns(language=pl.lit("text"))
    documents.select("doc_id", "text").write_parquet(folder / "all.parquet")
    subprocess.run([*peer, "tokens", str(folder / "all.parquet"), str(folder / "tokens.parquet")], check=True)
    size = f"{len(documents)} documents, {documents['text'].str.len_bytes().sum() / 1e6:.0f} MB"
    rows = []
    for name in SETTINGS:
        pairs = [
            (
                side_by_side([sys.executable, __file__], name, halves, folder / f"ours-{name}"),
                side_by_side(peer, name, halves, folder / f"peer-{name}"),
            )
            for _ in range(runs)
        ]
        rows += rows_of(name, pairs, *agreement(folder, documents, name), size)
    return rows


def rows_of(name: str, pairs: list[tuple[dict, dict]], equal: float, kept: float, size: str) -> list[dict]:
    version, rows = pairs[0][1]["version"], []
    for figure, unit, at_least in (("cpu_s", "CPU s", AT_LEAST[name]), ("wall_s", "s, two processes", 0.0)):
        ours, peer = (median([pair[side] for pair in pairs], figure) for side in (0, 1))
        rows.append(row(f"filter {name}, {size}", ours, peer, version, unit, peer / ours, at_least, len(pairs)))
    what = f"filter {name}, equal verdicts on the peer's words (the peer keeps {kept:.1%})"
    return [*rows, row(what, equal, 1.0, version, "share", equal, AGREEMENT, 1)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peer-python", required=True)
    parser.add_argument("--documents", type=int, default=6000)
    parser.add_argument("--runs", type=int, default=3)
    arguments = parser.parse_args()
    peer = [arguments.peer_python, str(HERE / "data_filters_peer.py")]
    with tempfile.TemporaryDirectory() as folder:
        save("data-filters", compare(Path(folder), peer, arguments.documents, arguments.runs))


if __name__ == "__main__":
    if sys.argv[1:2] == ["run"]:
        run(*sys.argv[2:5])
    else:
        main()
