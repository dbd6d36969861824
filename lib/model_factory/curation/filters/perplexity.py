"""Text that a small model of good text finds neither surprising nor trivial.

After CCNet (Wenzek et al. 2020, arXiv 1911.00359), which uses KenLM over words of Wikipedia. What we do differently:
the model counts byte n-grams (`classifier.byte_model`), is trained by `train` on rows the user holds to be good, and
lies in `model_file`; measured is the perplexity per byte of the first `max_bytes` bytes. No bound is published:
look at the values' percentiles by source first.
"""

from functools import lru_cache
from pathlib import Path

import polars as pl

from model_factory.curation.classifier.byte_model import ByteModel, load_model
from model_factory.curation.filters.batch import Batch
from model_factory.curation.filters.rule import Filter, Settings, bounded
from model_factory.nouns.home import checkout

RULES = bounded(
    "perplexity",
    {"min_perplexity": ("at_least", "min_perplexity"), "max_perplexity": ("at_most", "max_perplexity")},
)


@lru_cache(maxsize=2)
def _model(location: Path, changed_ns: int) -> ByteModel:
    return load_model(location)


def _measure(documents: Batch, parameters: Settings) -> pl.DataFrame:
    location = Path(checkout(), parameters["model_file"])
    model = _model(location, location.stat().st_mtime_ns)
    values = model.perplexities(documents["text"], int(parameters["max_bytes"]))
    return pl.DataFrame({rule.name: values for rule in RULES})


FILTER = Filter("1", RULES, _measure, parameters=("model_file", "max_bytes"))
