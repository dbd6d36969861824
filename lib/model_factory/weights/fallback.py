"""Where a station goes on after it was stopped."""

import re
import warnings
from pathlib import Path

from model_factory.weights.verified import DamagedCheckpoint, IncompleteCheckpoint, verify


def steps(folder: Path) -> list[Path]:
    """The step folders of a station, oldest first, whole or not."""
    found = [path for path in folder.glob("step-*") if re.fullmatch(r"step-\d+", path.name)]
    return sorted(found, key=lambda path: int(path.name.removeprefix("step-")))


def newest(folder: Path, last_step: int | None = None) -> Path | None:
    """The newest step folder, up to `last_step`, whose files are those its marker names; None if there is none.

    A damaged or unfinished one is passed over with a warning that names it, never silently: the work
    since the step before is done again.
    """
    for step in reversed(steps(folder)):
        if last_step is not None and int(step.name.removeprefix("step-")) > last_step:
            continue
        try:
            verify(step)
        except (DamagedCheckpoint, IncompleteCheckpoint) as error:
            warnings.warn(f"falling back past {step.name}: {error}", RuntimeWarning, stacklevel=2)
        else:
            return step
    return None
