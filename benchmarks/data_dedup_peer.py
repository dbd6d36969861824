"""datatrove's four MinHash stages on a parquet file; runs in the peer's environment, see data_dedup.py."""

import argparse
import json
from importlib.metadata import version
from pathlib import Path

import pyarrow.parquet as pq
from data_dedup_truth import quality, true_pairs
from datatrove.executor import LocalPipelineExecutor
from datatrove.pipeline.dedup import (
    MinhashDedupBuckets,
    MinhashDedupCluster,
    MinhashDedupFilter,
    MinhashDedupSignature,
)
from datatrove.pipeline.dedup.minhash import MinhashConfig
from datatrove.pipeline.readers import ParquetReader
from datatrove.pipeline.writers import JsonlWriter
from datatrove.utils.hashing import HashConfig

# The values of datatrove's own examples (fineweb.py, minhash_deduplication.py): 14 × 8, 5-grams, 64 bits.
CONFIG = MinhashConfig(n_grams=5, num_buckets=14, hashes_per_bucket=8, hash_config=HashConfig(precision=64))


def remove(corpus: Path, folder: Path, tasks: int) -> None:
    """Documents that repeat another, to `folder`/removed."""

    def reader() -> ParquetReader:
        return ParquetReader(str(corpus), id_key="doc_id", glob_pattern="*.parquet", read_metadata=False)

    signatures, buckets, clusters = (str(folder / name) for name in ("signatures", "buckets", "clusters"))
    removed = JsonlWriter(str(folder / "removed"), compression=None)
    stages = [
        ([reader(), MinhashDedupSignature(signatures, CONFIG)], tasks),
        ([MinhashDedupBuckets(signatures, buckets, config=CONFIG)], CONFIG.num_buckets),
        ([MinhashDedupCluster(buckets, clusters, config=CONFIG)], 1),
        ([reader(), MinhashDedupFilter(clusters, exclusion_writer=removed)], tasks),
    ]
    for place, (pipeline, count) in enumerate(stages):
        logs = str(folder / f"logs-{place}")
        LocalPipelineExecutor(pipeline, tasks=count, workers=min(tasks, count), logging_dir=logs).run()


def judge(corpus: Path, folder: Path, threshold: float) -> dict[str, float]:
    """Recall and precision by the similarity of datatrove's own shingles: what it set out to find."""
    rows = [row for file in sorted(corpus.glob("*.parquet")) for row in pq.read_table(file).to_pylist()]
    place_of = {row["doc_id"]: place for place, row in enumerate(rows)}
    removed = {
        place_of[json.loads(line)["id"]]
        for file in (folder / "removed").glob("*.jsonl")
        for line in file.read_text().splitlines()
    }
    shingles = MinhashDedupSignature(str(folder / "unused"), CONFIG).get_shingles
    truth = true_pairs([row["text"] for row in rows], threshold, lambda text: set(shingles(text).ravel().tolist()))
    return {**quality(removed, truth), "removed": len(removed), "true_pairs": len(truth)}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=["remove", "judge", "version"])
    parser.add_argument("--corpus", type=Path)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--tasks", type=int, default=1)
    parser.add_argument("--threshold", type=float)
    asked = parser.parse_args()
    if asked.what == "version":
        print(version("datatrove"))
    elif asked.what == "remove":
        remove(asked.corpus, asked.folder, asked.tasks)
    else:
        print(json.dumps(judge(asked.corpus, asked.folder, asked.threshold)))


if __name__ == "__main__":
    main()
