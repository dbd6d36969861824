"""The containers that tasks name, and the refusal to register what nobody can reproduce."""

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
