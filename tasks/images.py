"""The containers that tasks name, and what a registration or a remote run must have."""

import click

from model_factory.cards.images import UNPINNED, image_digests, image_references

IMAGES = image_references()


def refuse_unpinned() -> None:
    """Stop a registration or a remote run while an image has no digest.

    Packaging to files is allowed: it reaches no backend.
    """
    context = click.get_current_context(silent=True)
    while context is not None:
        if context.info_name in ("register", "serve") or (context.info_name == "run" and context.params.get("remote")):
            unpinned = [name for name, digest in image_digests().items() if digest == UNPINNED]
            if unpinned:
                raise click.UsageError(
                    f"images {', '.join(unpinned)} are unpinned, so nobody could say later what ran; "
                    "run `make images-pin` where the registry can be reached"
                )
        context = context.parent


def carry_everything() -> None:
    """Let a remote run take the whole checkout along.

    `pyflyte run` leaves behind what has not been imported yet: images.json, the cards, and the
    modules that a station imports late or digests as source.
    """
    context = click.get_current_context(silent=True)
    if context is None:
        return
    from flytekit.clis.sdk_in_container.run import RunLevelParams
    from flytekit.constants import CopyFileDetection

    run = context.find_object(RunLevelParams)
    if run and run.copy == CopyFileDetection.LOADED_MODULES:
        run.copy = CopyFileDetection.ALL


# Before anything is uploaded: the commands import the tasks first.
refuse_unpinned()
carry_everything()
