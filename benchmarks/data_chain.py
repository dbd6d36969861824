"""The whole chain, from parquet files of text to an Iceberg table, against datatrove's FineWeb chain.

    .venv/bin/python benchmarks/data_chain.py --peer-python PEER/bin/python [--documents 24000] [--runs 3]

Ours: read, six repairs, language, Gopher repetition and quality, C4, FineWeb (every rule of every document measured
and judged), MinHash with every pair compared in full, nine detectors of personal data, Iceberg; the reason of every
rejection is a row as well. The peer's chain is in data_chain_peer.py: no language (its model is a download), two
detectors, parquet, a document is dropped at its first failed rule, pairs are not compared. Both read the same files
and dedupe what their filters leave. A run is a process of its own; its children, start-up and imports count.

Memory: ours works shard by shard; its peak is held to `--limit-mib` on ten times the data, too.
"""

import argparse
import json
import os
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import polars as pl
from data_filters import SETTINGS
from data_filters_corpus import texts
from paired import cost, median, row, save

from model_factory import lake
from model_factory.cards.deduplicate import NearDuplicates
from model_factory.curation.curate import first_failures
from model_factory.curation.dedup.choose import choose
from model_factory.curation.dedup.find import ORDER, pairs_of
from model_factory.curation.dedup.signatures import signatures
from model_factory.curation.filters.measure import measure
from model_factory.curation.filters.verdicts import judge
from model_factory.curation.normalise.apply import normalise
from model_factory.curation.pii.redact import redact
from model_factory.nouns import Lineage, Snapshot

HERE = Path(__file__).parent
LINEAGE = Lineage("bench", "chain", "code", "commit", "image")
SEED, SHARD_DOCUMENTS, COPIES = 17, 3000, 10
NORMALISE: dict[str, dict[str, Any]] = {
    "mojibake": {}, "entities": {}, "controls": {}, "unicode": {}, "white_space": {"max_blank_lines": 2},
    "boilerplate": {},
}  # fmt: skip
LANGUAGE = {"languages": ["en"], "max_chars": 1000, "min_probability": 0.65}
FILTERS = {"language": LANGUAGE, **SETTINGS}
NEAR = NearDuplicates(5, 20, 6, 0.8)
REDACT: dict[str, dict[str, Any]] = {
    "private_key": {}, "jwt": {}, "api_key": {"min_entropy_bits": 3.0}, "email": {}, "iban": {}, "payment_card": {},
    "ipv6": {}, "ipv4": {}, "phone": {},
}  # fmt: skip


def filtered(file: Path) -> tuple[pl.DataFrame, Snapshot, Snapshot]:
    """A shard read, repaired, measured and judged: the signatures of what is kept, its snapshot, and the scrap's."""
    rows = pl.read_parquet(file).with_columns(source=pl.lit("bench"), path="doc_id", language=pl.lit("text"))
    rows = normalise(rows, NORMALISE).documents
    judged = judge(measure(rows, FILTERS), FILTERS, rows.select("doc_id", "source"), {})
    scrap = first_failures(judged, list(FILTERS))
    kept = rows.join(scrap, on="doc_id", how="anti", maintain_order="left")
    staged = lake.stage("bench.filtered", kept.to_arrow(), LINEAGE, label=file.stem)
    return signatures(kept, NEAR, SEED), staged, lake.stage("bench.scrap", scrap.to_arrow(), LINEAGE, label=file.stem)


def finished(shard: Snapshot, repeated: pl.DataFrame) -> Snapshot:
    """A shard without repetitions and personal data."""
    rows = pl.DataFrame(lake.read(shard)).join(repeated, on="doc_id", how="anti", maintain_order="left")
    return lake.stage("bench.documents", redact(rows, REDACT).documents.to_arrow(), LINEAGE, label=shard.branch)


def chain(corpus: Path, processes: int) -> dict[str, int]:
    files = sorted(corpus.glob("*.parquet"))
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        run = pool.map if processes > 1 else map
        signed, shards, scrap = zip(*run(filtered, files), strict=True)
        new = pl.concat(signed)
        pairs = pairs_of(new, NEAR, lambda ids: _texts(shards, ids))
        repeated = choose(pairs, new.sort(*ORDER)["doc_id"])
        made = list(run(finished, shards, [repeated] * len(shards)))
    return {
        "documents": sum(one.num_rows for one in made),
        "scrap": sum(one.num_rows for one in scrap),
        "duplicates": len(repeated),
    }


def _texts(shards: tuple[Snapshot, ...], ids: pl.Series) -> pl.DataFrame:
    found = [
        pl.DataFrame(lake.read(shard, ["doc_id", "text"])).filter(pl.col("doc_id").is_in(ids.implode()))
        for shard in shards
    ]
    return pl.concat(found)


def write_corpus(folder: Path, number: int) -> float:
    """The corpus as shards; its size in MB."""
    folder.mkdir()
    found = texts(number)
    for place, start in enumerate(range(0, len(found), SHARD_DOCUMENTS)):
        shard = found[start : start + SHARD_DOCUMENTS]
        ids = [f"{place:04}-{index:05}" for index in range(len(shard))]
        pl.DataFrame({"doc_id": ids, "text": shard}).write_parquet(folder / f"{place:04}.parquet")
    return sum(len(text.encode()) for text in found) / 1e6


def write_copies(corpus: Path, folder: Path) -> None:
    """COPIES times the corpus: every fourth word of a copy is its own, so that copies are no duplicates."""
    folder.mkdir()
    for copy in range(COPIES):
        for file in sorted(corpus.glob("*.parquet")):
            own = pl.col("text").str.replace_all(r"((?:\S+\s+){3})(\S+)", f"${{1}}${{2}}x{copy}")
            rows = pl.read_parquet(file).with_columns(own, doc_id=pl.format("{}-{}", pl.lit(f"{copy:02}"), "doc_id"))
            rows.write_parquet(folder / f"{copy:02}-{file.stem}.parquet")


def measured(peer_python: str, number: int, runs: int, clock_runs: int, limit_mib: float) -> list[dict[str, Any]]:
    peer = [peer_python, str(HERE / "data_chain_peer.py")]
    costs: dict[str, list[dict[str, Any]]] = {}
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        size_mb = write_corpus(folder / "corpus", number)
        for run in range(max(runs, clock_runs)):
            for processes in (1,) * (run < runs) + (2,) * (run < clock_runs):
                for name, command in (("ours", [sys.executable, __file__, "--ours"]), ("peer", peer)):
                    out = folder / f"{name}-{processes}-{run}"
                    out.mkdir()
                    options = ["--corpus", str(folder / "corpus"), "--folder", str(out), "--processes", str(processes)]
                    costs.setdefault(f"{name}-{processes}", []).append(cost([*command, *options]))
                    print(f"run {run}, {name}, {processes} processes: {costs[f'{name}-{processes}'][-1]}", flush=True)
        write_copies(folder / "corpus", folder / "copies")
        (folder / "large").mkdir()
        options = ["--ours", "--corpus", str(folder / "copies"), "--folder", str(folder / "large")]
        large = cost([sys.executable, __file__, *options])
    return _rows(costs, large, f"{number} documents, {size_mb:.0f} MB", version_of(peer_python), limit_mib)


def _rows(
    costs: dict[str, list[dict[str, Any]]], large: dict[str, Any], size: str, version: str, limit_mib: float
) -> list[dict[str, Any]]:
    rows = []
    kinds = ((1, "cpu_s", "CPU s", 30.0), (2, "wall_s", "s, two processes", 0.0))
    for processes, what, unit, at_least in kinds:
        if runs := len(costs.get(f"ours-{processes}", ())):
            ours, peer = (median(costs[f"{name}-{processes}"], what) for name in ("ours", "peer"))
            rows.append(row(f"whole chain, {size}", ours, peer, version, unit, peer / ours, at_least, runs))
    peaks = [median(costs[f"{name}-1"], "peak_mib") for name in ("ours", "peer")]
    rows.append(
        row(
            f"whole chain, peak of a process, {size}",
            *peaks,
            version,
            "MiB",
            peaks[1] / peaks[0],
            0.0,
            len(costs["ours-1"]),
        )
    )
    limit = f"the limit of {limit_mib:g} MiB"
    ratio = limit_mib / large["peak_mib"]
    rows.append(
        row("whole chain, peak on ten times the data", large["peak_mib"], limit_mib, limit, "MiB", ratio, 1.0, 1)
    )
    return rows


def version_of(peer_python: str) -> str:
    command = [peer_python, "-c", "from importlib.metadata import version; print('datatrove', version('datatrove'))"]
    return f"{cost(command)['printed']}, FineWeb chain without language"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peer-python")
    parser.add_argument("--documents", type=int, default=24_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--clock-runs", type=int, default=3, help="of two processes, for the clock")
    parser.add_argument("--limit-mib", type=float, default=1024.0)
    parser.add_argument("--ours", action="store_true", help="what a run of our side is started with")
    parser.add_argument("--corpus", type=Path)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--processes", type=int, default=1)
    asked = parser.parse_args()
    if asked.ours:
        os.environ["FACTORY_HOME"] = str(asked.folder)
        print(json.dumps(chain(asked.corpus, asked.processes)))
        return
    save("data-chain", measured(asked.peer_python, asked.documents, asked.runs, asked.clock_runs, asked.limit_mib))


if __name__ == "__main__":
    main()
