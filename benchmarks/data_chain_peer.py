"""datatrove's FineWeb chain on parquet files; runs in the peer's environment, see data_chain.py.

After its examples/fineweb.py and fineweb-2.py: the filters in their order and with their settings, MinHash in four
stages, ftfy and personal data last, on what is left. Left out as they download something or want pages: URL lists,
text extraction, language (fastText); and no file of what is dropped is written.
"""

import argparse
from pathlib import Path

from data_dedup_peer import CONFIG
from datatrove.executor import LocalPipelineExecutor
from datatrove.pipeline.base import PipelineStep
from datatrove.pipeline.dedup import (
    MinhashDedupBuckets,
    MinhashDedupCluster,
    MinhashDedupFilter,
    MinhashDedupSignature,
)
from datatrove.pipeline.filters import (
    C4QualityFilter,
    FineWebQualityFilter,
    GopherQualityFilter,
    GopherRepetitionFilter,
)
from datatrove.pipeline.formatters import FTFYFormatter, PIIFormatter
from datatrove.pipeline.readers import JsonlReader, ParquetReader
from datatrove.pipeline.writers import JsonlWriter, ParquetWriter


def stages(corpus: Path, folder: Path, tasks: int) -> list[tuple[list[PipelineStep], int]]:
    filtered, signatures, buckets, clusters = (
        str(folder / name) for name in ("filtered", "signatures", "buckets", "clusters")
    )
    filters = [
        ParquetReader(str(corpus), id_key="doc_id", glob_pattern="*.parquet", read_metadata=False),
        GopherRepetitionFilter(),
        GopherQualityFilter(),
        C4QualityFilter(filter_no_terminal_punct=False),
        FineWebQualityFilter(),
        JsonlWriter(filtered),
    ]
    rest = [
        JsonlReader(filtered),
        MinhashDedupFilter(clusters),
        FTFYFormatter(),
        PIIFormatter(),
        ParquetWriter(str(folder / "kept")),
    ]
    return [
        (filters, tasks),
        ([JsonlReader(filtered), MinhashDedupSignature(signatures, CONFIG)], tasks),
        ([MinhashDedupBuckets(signatures, buckets, config=CONFIG)], CONFIG.num_buckets),
        ([MinhashDedupCluster(buckets, clusters, config=CONFIG)], 1),
        (rest, tasks),
    ]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--corpus", type=Path)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--processes", type=int, default=1)
    asked = parser.parse_args()
    for place, (pipeline, tasks) in enumerate(stages(asked.corpus, asked.folder, asked.processes)):
        logs = str(asked.folder / f"logs-{place}")
        LocalPipelineExecutor(pipeline, tasks=tasks, workers=min(tasks, asked.processes), logging_dir=logs).run()


if __name__ == "__main__":
    main()
