"""datatrove's side of `data_filters.py`; runs in the peer's environment and imports nothing of ours.

data_filters_peer.py run FILTER CORPUS ANSWERS     one JSON line: CPU-seconds and seconds of the filter alone
data_filters_peer.py tokens CORPUS TOKENS          datatrove's own words of every text
"""

import json
import resource
import sys
import time
from importlib.metadata import version

import pyarrow as pa
import pyarrow.parquet as pq
from datatrove.data import Document
from datatrove.pipeline.filters import (
    C4QualityFilter,
    FineWebQualityFilter,
    GopherQualityFilter,
    GopherRepetitionFilter,
)
from datatrove.utils.text import split_into_words
from datatrove.utils.typeshelper import Languages

FILTERS = {
    "gopher_quality": GopherQualityFilter,
    "gopher_repetition": GopherRepetitionFilter,
    "fineweb": FineWebQualityFilter,
    "c4": C4QualityFilter,
}
WARM_UP = "The tokeniser loads with the first text. It is a matter of a second, and none of the filter's."


def cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def run(name: str, corpus: str, answers: str) -> None:
    """The filter's own `filter` on every document, without the executor around it: the fastest documented use."""
    rows = pq.read_table(corpus).to_pylist()
    judge = FILTERS[name]()
    judge.filter(Document(text=WARM_UP * 10, id="warm"))
    split_into_words(WARM_UP, Languages.english)
    documents = [Document(text=row["text"], id=row["doc_id"]) for row in rows]
    started, used = time.perf_counter(), cpu_s()
    kept = [judge.filter(document) for document in documents]
    figures = {"cpu_s": cpu_s() - used, "wall_s": time.perf_counter() - started}
    table = pa.table({"doc_id": [row["doc_id"] for row in rows], "kept": [answer is True for answer in kept]})
    pq.write_table(table, answers)
    print(json.dumps({**figures, "version": f"datatrove {version('datatrove')}"}))


def tokens(corpus: str, target: str) -> None:
    rows = pq.read_table(corpus).to_pylist()
    words = [split_into_words(row["text"], Languages.english) for row in rows]
    pq.write_table(pa.table({"doc_id": [row["doc_id"] for row in rows], "words": words}), target)


if __name__ == "__main__":
    {"run": run, "tokens": tokens}[sys.argv[1]](*sys.argv[2:])
