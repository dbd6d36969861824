"""Raw files to the candidate corpus in a process of its own: `curation_process.py SOURCES MEMORY_BYTES NUM_SHARDS`.

Prints a line of JSON: the digest of every table by name, and the most memory that the process has had at the end of
each station, in bytes.
"""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from model_factory import lake
from model_factory.cards.clean import Clean
from model_factory.cards.curate import Curate
from model_factory.cards.deduplicate import Deduplicate, NearDuplicates
from model_factory.cards.ingest import Ingest, Source
from model_factory.curation.clean import clean_shard, plan_shards
from model_factory.curation.curate import curate
from model_factory.curation.dedup.station import find_pairs, sign_shard
from model_factory.curation.filters.verdicts import VERDICT_SCHEMA
from model_factory.curation.ingest import ingest
from model_factory.curation.sources import list_sources
from model_factory.curation.values import measure_shard, measured_part
from model_factory.nouns import Lineage, Snapshot

FILTERS: dict[str, dict[str, Any]] = {
    "length": {"min_chars": 200, "max_chars": 400000},
    "repetition": {"max_duplicate_line_fraction": 0.4, "max_top_line_fraction": 0.2},
}
MAX_DOCUMENT_BYTES = 1 << 16


def by(station: str, *parents: Snapshot) -> Lineage:
    return Lineage("f" * 64, station, "code", "commit", "image", [one.as_parent() for one in parents])


def run(folder: Path, memory_bytes: int, num_shards: int, done: Callable[[str], None]) -> list[Snapshot]:
    """Every station from ingest to curate, one after the other; what it leaves in the lake."""
    files = Ingest(
        17,
        "",
        [Source("mine", "files", "MIT", path=str(folder))],
        1 << 40,
        MAX_DOCUMENT_BYTES,
        memory_bytes=memory_bytes,
    )
    documents = ingest(files, list_sources(files), by("ingest"))
    done("ingest")
    section = Clean(17, "", num_shards, {"controls": {}}, {"email": {}}, memory_bytes=memory_bytes)
    plan = plan_shards(section, documents)
    cleaned = [clean_shard(section, documents, shard, by("clean", documents)) for shard in plan]
    done("clean")
    filters = Curate(17, "", FILTERS, {}, memory_bytes=memory_bytes)
    values = [measure_shard(measured_part(filters), shard, by("curate", shard)) for shard in cleaned]
    done("measure")
    alike = Deduplicate(17, "", NearDuplicates(5, 14, 8, 0.8), memory_bytes=memory_bytes)
    signed = [sign_shard(alike, shard, by("deduplicate", shard)) for shard in cleaned]
    done("sign")
    pairs = find_pairs(alike, cleaned, signed, by("deduplicate", *cleaned, *signed))
    done("find pairs")
    free = lake.write("curated.contamination", VERDICT_SCHEMA.to_frame().to_arrow(), by("decontaminate"))
    candidate = curate(filters, cleaned, values, pairs, free, by("curate", *cleaned, *values, pairs, free))
    done("curate")
    published = ("raw.scrap", "curated.verdicts", "curated.duplicates", "curated.scrap", "curated.normals")
    heads = [lake.head(table) for table in (*published, "curated.compared", "curated.signatures")]
    return [documents, *cleaned, *values, *signed, pairs, candidate, *heads]


def peak_bytes() -> int:
    status = Path("/proc/self/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1]) << 10


def main() -> None:
    peaks: dict[str, int] = {}

    def done(station: str) -> None:
        peaks[station] = peak_bytes()
        print(f"done {station}", flush=True)

    made = run(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), done)
    digests: dict[str, list[str]] = {}
    for one in made:
        digests.setdefault(one.table, []).append(one.digest)
    print(json.dumps({"digests": digests, "peaks": peaks}))


if __name__ == "__main__":
    main()
