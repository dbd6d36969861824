"""The station that writes down what benchmarks ask, so that curation can keep it out of training.

`bits_per_byte` and `lm_eval` ask about held-out documents of the corpus itself: they have no texts here, since they
would condemn the very documents they are made of. What keeps those apart is that documents are held out whole, by
their ids, and that `deduplicate` leaves one of several equal ones. `problems_heldout` and `problems_combination` give
the prompts of these splits alone; the problems that are trained on are no documents. `human_eval` gives all 164
problems, also where a card asks fewer: a document with the problem after next is contaminated tomorrow.
"""

import pyarrow as pa

from model_factory import lake
from model_factory.cards.evaluate import Evaluate
from model_factory.evals.benchmark import Text
from model_factory.evals.registry import texts_of
from model_factory.nouns import Lineage, Snapshot, digest_of

TABLE = "evals.benchmarks"
COLUMNS = ["doc_id", "benchmark", "part", "text", "digest"]


def write_texts(section: Evaluate, problems: Snapshot, lineage: Lineage) -> Snapshot:
    """Publish `evals.benchmarks`: the texts of every item of every benchmark that the section names, question and
    answer as rows of their own; `digest` is of the row's text."""
    rows = [
        (one.doc_id, name, one.part, one.text, digest_of(one.text))
        for name in sorted(set(section.benchmarks))
        for one in texts_of(name)(problems)
    ]
    columns = {name: [row[place] for row in rows] for place, name in enumerate(COLUMNS)}
    return lake.write(TABLE, pa.table(columns, pa.schema([(name, pa.string()) for name in COLUMNS])), lineage)


def of_the_corpus(problems: Snapshot) -> list[Text]:
    """Nothing: the benchmark asks about held-out documents of the corpus."""
    return []
