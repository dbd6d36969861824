"""The log book: runs and attempts in MLflow, metrics, pages, progress, and the factory's figures.

Nothing here changes a result, and everything is harmless where no attempt is open.
"""

from model_factory.ledger.amendments import amendments_of, forget_amendments, record_amendment
from model_factory.ledger.artifacts import Made, artifacts, held, record_artifacts
from model_factory.ledger.attempt import Attempt, attempt
from model_factory.ledger.drift import PackageDrift
from model_factory.ledger.exclusive import exclusive
from model_factory.ledger.figures import Figures, figures, report_rows
from model_factory.ledger.metrics import committed, log_metrics
from model_factory.ledger.pages import show
from model_factory.ledger.progress import Progress, progress
from model_factory.ledger.runs import Run, runs

__all__ = [
    "Attempt",
    "Figures",
    "Made",
    "PackageDrift",
    "Progress",
    "Run",
    "amendments_of",
    "artifacts",
    "attempt",
    "committed",
    "exclusive",
    "figures",
    "forget_amendments",
    "held",
    "log_metrics",
    "progress",
    "record_amendment",
    "record_artifacts",
    "report_rows",
    "runs",
    "show",
]
