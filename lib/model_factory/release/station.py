"""The station that makes a checkpoint ready to leave, and the promotion that lets it."""

import json
from collections.abc import Sequence
from dataclasses import replace
from html import escape
from pathlib import Path

from model_factory import ledger
from model_factory.cards.release import Release as Section
from model_factory.evals.compare import Difference, compare
from model_factory.ledger import registry, store
from model_factory.nouns import Checkpoint, Lineage, Lock, Release, Scorecard, station_key
from model_factory.nouns.home import room
from model_factory.release.folder import digest_of_release, write_folder
from model_factory.release.model_card import model_card

PREVIOUS = "previous"
APPROVED_BY = "approved_by"


class ReleaseChanged(ValueError):
    """A release folder does not hold what was released."""


def release(
    section: Section, checkpoint: Checkpoint, scorecards: Sequence[Scorecard], lock: Lock, lineage: Lineage
) -> Release:
    """Export a checkpoint with its model card, scores and lock, and register it as a candidate.

    The folder is loaded by `AutoModelForCausalLM` and `AutoTokenizer` without a network. The same
    content again is the same version of the registered model. ValueError if the released checkpoint
    is not among those that were evaluated.
    """
    _refuse_unscored(checkpoint, scorecards)
    # A station that changed nothing leaves the checkpoint of the one before, and its scorecard.
    scorecards = list({(card.station, card.digest): card for card in scorecards}.values())
    folder = room("checkpoints") / f"release-{station_key('release', section, checkpoint, *scorecards)}"
    card = model_card(section, checkpoint, scorecards, _differences(scorecards, lock), lineage, lock)
    write_folder(folder, section, checkpoint, scorecards, lock, str(card))
    ledger.show("model card", f"<pre>{escape(str(card))}</pre>")
    digest = digest_of_release(folder)
    version = registry.register(folder, section.model_name, lock, digest)
    return Release(str(folder), section.model_name, version, registry.CANDIDATE, digest, lineage)


def promote(release: Release, approved_by: str) -> Release:
    """Make a release the champion, in the name of whoever approved it.

    The champion before keeps the alias `previous`; the approver stands at the version in the registry.
    ValueError without an approver; ReleaseChanged if the folder is not what was released.
    """
    if not approved_by.strip():
        raise ValueError(f"promoting {release.model_name}: approved_by is empty; name the person who approves")
    found = digest_of_release(Path(release.uri))
    if found != release.digest:
        raise ReleaseChanged(
            f"release {release.model_name} version {release.model_version} at {release.uri} has digest {found[:12]}, "
            f"released was {release.digest[:12]}; run the release station again and evaluate what it gives"
        )
    store.client().set_model_version_tag(release.model_name, release.model_version, APPROVED_BY, approved_by.strip())
    version, before = registry.promote(release.model_name, release.model_version)
    if before is not None and before != version:
        registry.set_alias(release.model_name, PREVIOUS, before)
    return replace(release, alias=registry.CHAMPION)


def _refuse_unscored(checkpoint: Checkpoint, scorecards: Sequence[Scorecard]) -> None:
    if checkpoint.digest not in {card.checkpoint for card in scorecards}:
        scored = ", ".join(f"{card.station} {card.checkpoint[:12]}" for card in scorecards) or "none"
        raise ValueError(
            f"release: checkpoint {checkpoint.station} {checkpoint.digest[:12]} has no scorecard "
            f"(scored are: {scored}); evaluate it first"
        )


def _differences(scorecards: Sequence[Scorecard], lock: Lock) -> list[Difference]:
    """By as many resamples as the card's evaluation took, and from its seed."""
    evaluate = json.loads(lock.sections)["evaluate"]
    return compare(scorecards, seed=evaluate["seed"], num_bootstrap=evaluate["num_bootstrap"])
