"""Promotion: a candidate becomes the champion when a person agrees.

`pyflyte run workflows/release.py promote --model laptop-coder --approved_by "Ada"`; a local run asks on the
terminal, the console shows a button.
"""

from datetime import timedelta

from flytekit import approve, workflow

from model_factory.nouns import Release
from tasks.promote import candidate, crown

# Who has not agreed after a week has not agreed: the gate fails and the champion stays.
PATIENCE = timedelta(days=7)


@workflow
def promote(model: str, approved_by: str, version: str = "") -> Release:
    proposed = candidate(model=model, version=version)
    approved = approve(proposed, "approve", timeout=PATIENCE)  # pyright: ignore[reportArgumentType]
    return crown(release=approved, approved_by=approved_by)  # pyright: ignore[reportReturnType]
