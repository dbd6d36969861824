"""Where this checkout keeps its state."""

import os
from pathlib import Path

ROOMS = ("lake", "mlflow", "checkpoints", "flyte-cache", "decks", "tmp", "locks")


def home() -> Path:
    """The state folder: `$FACTORY_HOME`, else `.factory` beside the checkout's `pyproject.toml`.

    The checkout is the one this source file belongs to, so two clones never share state.
    """
    configured = os.environ.get("FACTORY_HOME")
    if configured:
        return Path(configured).expanduser().resolve()
    return checkout() / ".factory"


def checkout() -> Path:
    """The root of the checkout that holds this source file."""
    return Path(__file__).resolve().parents[3]


def room(name: str) -> Path:
    """One folder of the state folder, made on first use; `name` is one of ROOMS."""
    if name not in ROOMS:
        raise ValueError(f"no state room {name!r}; there are: {', '.join(ROOMS)}")
    folder = home() / name
    folder.mkdir(parents=True, exist_ok=True)
    return folder
