"""The log book: pages, messages and tags that show parts of the documents, blanked where they do."""

from collections.abc import Sequence

from model_factory import ledger
from model_factory.erasure.doomed import Doomed
from model_factory.erasure.store import Found
from model_factory.ledger import texts


def find(doomed: Doomed) -> Sequence[Found]:
    found = texts.rewrite(ledger.runs(), doomed.excerpts.redact, is_asked_only=True)
    return [Found("log book", place, 1, 1, 0, "what it shows of them is blanked") for place in found]


def erase(doomed: Doomed) -> None:
    """Blank them, then write the database anew: SQLite keeps what was overwritten on free pages."""
    texts.rewrite(ledger.runs(), doomed.excerpts.redact)
    texts.compact()
