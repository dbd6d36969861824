"""Documents that a classifier trained on the user's labels holds to be good enough.

After the quality classifiers of GPT-3 (Brown et al. 2020, appendix A) and FineWeb-Edu (arXiv 2406.17557, section 4);
a linear model over hashed word n-grams as fastText's (Joulin et al. 2017), trained by `classifier.linear.train` and
read from `model_file`. Measured is the probability of the label 1; the bound is min_probability.
"""

from functools import lru_cache
from pathlib import Path

import polars as pl

from model_factory.curation.classifier.linear import LinearModel, load_model
from model_factory.curation.filters.batch import Batch
from model_factory.curation.filters.rule import Filter, Rule, Settings
from model_factory.nouns.home import checkout


@lru_cache(maxsize=2)
def _model(location: Path, changed_ns: int) -> LinearModel:
    return load_model(location)


def _measure(documents: Batch, parameters: Settings) -> pl.DataFrame:
    location = Path(checkout(), parameters["model_file"])
    model = _model(location, location.stat().st_mtime_ns)
    return pl.DataFrame({"classifier": model.probabilities(documents.word_lists)})


FILTER = Filter("1", (Rule("classifier", "at_least", "min_probability"),), _measure, parameters=("model_file",))
