"""The container images that stations run in, and the digests they are pinned to."""

import json
import os
from pathlib import Path

from model_factory.nouns.home import checkout

UNPINNED = "unpinned"


def images_file() -> Path:
    """`$FACTORY_IMAGES`, else dockerfiles/images.json of the checkout."""
    return Path(os.environ.get("FACTORY_IMAGES") or checkout() / "dockerfiles" / "images.json")


def image_references() -> dict[str, str]:
    """Image name → repository reference, with `@sha256:…` once `make images-pin` has resolved it."""
    return json.loads(images_file().read_text())


def image_digests() -> dict[str, str]:
    """Image name → digest, or "unpinned"."""
    return {name: _digest(reference) for name, reference in image_references().items()}


def _digest(reference: str) -> str:
    return reference.partition("@")[2] or UNPINNED
