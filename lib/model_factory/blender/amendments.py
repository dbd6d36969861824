"""A card's blend and its amendments as the log that a run draws by."""

import dataclasses
from collections.abc import Callable, Mapping

from model_factory import lake
from model_factory.blender.cache import token_cache
from model_factory.blender.log import BlendLog, Entry, Supply, amended
from model_factory.blender.stream import continued, supplies
from model_factory.blender.tokens import Tokens
from model_factory.cards.errors import CardError
from model_factory.cards.pretrain import Amendment, Pretrain
from model_factory.nouns import Snapshot

TABLE = "tokens.sequences"
# Content digest of a snapshot → its training rows.
Find = Callable[[str], Tokens]


def log_of(section: Pretrain, training: Tokens, find: Find) -> BlendLog:
    """The card's blend of the training rows, and what it amends; CardError where they do not fit together."""
    opening = Entry(0, section.batch_size, dict(section.blend), supplies(training), dict(section.max_epochs))
    log = BlendLog(section.seed, section.interleave, (opening,))
    for amendment in section.amendments:
        log = amended(log, entry_of(log, amendment, find))
    return log


def entry_of(log: BlendLog, amendment: Amendment, find: Find) -> Entry:
    """The log's next entry; CardError names a snapshot that a source cannot come from."""
    last = log.entries[-1]
    found = dict(last.supplies)
    for source, digest in sorted(amendment.snapshots.items()):
        found[source] = _supply(log, amendment, source, find(digest), find)
    return Entry(amendment.step, last.batch_size, dict(amendment.blend), found, dict(amendment.max_epochs))


def amendment_of(before: Entry, entry: Entry) -> Amendment:
    """An entry as a card writes it."""
    changed = {
        source: supply.snapshot
        for source, supply in entry.supplies.items()
        if before.supplies.get(source, Supply("", 0)).snapshot != supply.snapshot
    }
    return Amendment(entry.step, dict(entry.weights), dict(entry.max_epochs), changed)


def section_with(section: Pretrain, log: BlendLog) -> Pretrain:
    """The section that asks for `log` from the start: what a run of `section` was amended to, as a card of its own."""
    own = len(section.amendments)
    pairs = zip(log.entries[own:], log.entries[own + 1 :], strict=False)
    added = [amendment_of(before, entry) for before, entry in pairs]
    return dataclasses.replace(section, amendments=[*section.amendments, *added])


def finder(sequences: Snapshot) -> Find:
    """Opens training rows by their snapshot's digest, as long as they are made of the same tokens as `sequences`."""

    def find(digest: str) -> Tokens:
        snapshot = sequences if digest == sequences.digest else lake.find(digest)
        if snapshot.table != sequences.table:
            raise CardError(
                f"amendment: {digest[:12]} is a snapshot of {snapshot.table}, a blend is of {sequences.table}; "
                f"`factory lineage {sequences.table}` names those there are"
            )
        if _tokenizer(snapshot) != _tokenizer(sequences):
            raise CardError(
                f"amendment: {snapshot.table}@{snapshot.snapshot_id} was made with tokenizer "
                f"{_tokenizer(snapshot)[:12] or '(none recorded)'}, the run's is {_tokenizer(sequences)[:12]}: its "
                "token ids mean something else; pack the documents with the run's tokenizer (`blender.pack.pack`)"
            )
        return token_cache().open(snapshot, "train")

    return find


def held_by(log: BlendLog, find: Find) -> dict[str, Tokens]:
    """Digest → rows of everything that the log draws from."""
    digests = {supply.snapshot for entry in log.entries for supply in entry.supplies.values()}
    return {digest: find(digest) for digest in sorted(digests)}


def _supply(log: BlendLog, amendment: Amendment, source: str, after: Tokens, find: Find) -> Supply:
    where = f"amendment at step {amendment.step}: snapshots.{source}: {after.digest[:12]}"
    counts = after.counts()
    if source not in counts:
        raise CardError(f"{where} has no rows of {source!r}; it has: {', '.join(counts)}")
    longest = max(int(find(one.snapshot).lengths.max()) for one in log.entries[0].supplies.values())
    if int(after.lengths.max()) > longest:
        raise CardError(
            f"{where} has sequences of {int(after.lengths.max())} tokens, the model's context is {longest}; "
            "pack its documents with the run's tokenize.sequence_length"
        )
    before = log.entries[-1].supplies.get(source)
    return continued(find(before.snapshot), after, source) if before else Supply(after.digest, counts[source])


def _tokenizer(snapshot: Snapshot) -> str:
    parents: Mapping[str, str] = {parent.kind: parent.digest for parent in snapshot.lineage.parents}
    return parents.get("Tokenizer", "")
