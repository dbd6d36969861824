"""Around the approval: the candidate as it was released, and its crown."""

from flytekit import Deck, task

from model_factory.nouns import Release
from model_factory.release.registered import registered
from model_factory.release.station import promote
from tasks import resources
from tasks.decks import lineage_page
from tasks.images import IMAGES


@task(container_image=IMAGES["train"], requests=resources.SMALL, enable_deck=True, deck_fields=())
def candidate(model: str, version: str) -> Release:
    found = registered(model, version)
    Deck("lineage", lineage_page(found))
    return found


@task(container_image=IMAGES["train"], requests=resources.SMALL)
def crown(release: Release, approved_by: str) -> Release:
    return promote(release, approved_by)
