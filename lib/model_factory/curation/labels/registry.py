"""The checks that a card may name under `labels.checks`."""

_HERE = "model_factory.curation.labels"

CHECKS = {
    "executed_answers": f"{_HERE}.executed_answers:CHECK",
    "disagreement": f"{_HERE}.disagreement:CHECK",
    "preferences": f"{_HERE}.preferences:CHECK",
}
