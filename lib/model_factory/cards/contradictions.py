"""What each section accepts alone but no run could satisfy together."""

from collections.abc import Iterator

from model_factory.cards.sections import ASIDE, STATIONS, Sections
from model_factory.cards.validate import ALL

Place = tuple[str | int, ...]
Complaint = tuple[Place, str]


def contradictions(card: Sections) -> list[Complaint]:
    """Every contradiction of a card: the path of the field to change and what is wrong with it."""
    return [
        *_meshes(card),
        *_model(card),
        *_blend(card),
        *_validate(card),
        *_steps(card),
        *_problems(card),
        *_lengths(card),
        *_overlap(card),
        *_reuse(card),
    ]


def _meshes(card: Sections) -> Iterator[Complaint]:
    for name, size, unit in (
        ("pretrain", card.pretrain.batch_size, "batch_size"),
        ("sft", card.sft.batch_size, "batch_size"),
        ("rl", card.rl.problems_per_step, "problems_per_step"),
    ):
        ways = getattr(card, name).mesh.dp_replicate
        if size % ways:
            lower, upper = size - size % ways, size - size % ways + ways
            choice = f"{lower} or {upper}" if lower else str(upper)
            yield (name, unit), f"{size} is not divisible by mesh.dp_replicate {ways}; use {choice}"


def _model(card: Sections) -> Iterator[Complaint]:
    model = card.pretrain.model
    if model.hidden_size % model.num_heads:
        yield ("pretrain", "model", "num_heads"), f"{model.num_heads} does not divide hidden_size {model.hidden_size}"
    elif (model.hidden_size // model.num_heads) % 2:
        yield (
            ("pretrain", "model", "num_heads"),
            f"hidden_size {model.hidden_size} / num_heads {model.num_heads} must be even: rotary embeddings turn pairs",
        )
    if model.num_heads % model.num_kv_heads:
        yield (
            ("pretrain", "model", "num_kv_heads"),
            f"{model.num_kv_heads} does not divide num_heads {model.num_heads}; each serves equally many",
        )


def _blend(card: Sections) -> Iterator[Complaint]:
    names = [source.name for source in card.ingest.sources]
    if len(set(names)) < len(names):
        yield (
            ("ingest", "sources"),
            "two sources have the same name; names tell them apart in the blend and the reports",
        )
    section, known = card.pretrain, set(names)
    yield from _shares(("pretrain",), section.interleave, section.blend, section.max_epochs, known)
    before = 0
    for number, amendment in enumerate(section.amendments):
        place = ("pretrain", "amendments", number)
        if not before < amendment.step < section.num_steps:
            yield (
                (*place, "step"),
                f"{amendment.step} is not between {before + 1} and num_steps - 1 = {section.num_steps - 1}; "
                "amendments stand in the order of their steps",
            )
        before, known = amendment.step, known | set(amendment.snapshots)
        yield from _shares(place, section.interleave, amendment.blend, amendment.max_epochs, known)


def _shares(
    place: Place, interleave: str, blend: dict[str, float], max_epochs: dict[str, float], known: set[str]
) -> Iterator[Complaint]:
    """What is wrong with shares and limits over the sources that are known by then."""
    for name, weight in blend.items():
        # A part of a source ("web+women") is the source's, where the corpus is divided.
        if name.partition("+")[0] not in known:
            yield (*place, "blend", name), f"no such source; ingest.sources has {', '.join(sorted(known))}"
        if weight < 0:
            yield (*place, "blend", name), f"{weight} is negative; a share is 0 or more"
    if sum(blend.values()) <= 0:
        yield (*place, "blend"), "all shares are 0; give at least one source a positive share"
    for name in max_epochs.keys() - blend.keys():
        yield (*place, "max_epochs", name), f"no such source in the blend, which has {', '.join(sorted(blend))}"
    if max_epochs and interleave == "nested":
        yield (*place, "max_epochs"), "interleave nested knows no limits; use interleave: even, or max_epochs: {}"


def _validate(card: Sections) -> Iterator[Complaint]:
    sources = {source.name for source in card.ingest.sources}
    if ALL in sources:
        yield ("ingest", "sources"), f"{ALL!r} is what reports call the whole table; give the source another name"
    for name in card.validate.excludable:
        if name not in sources:
            yield ("validate", "excludable"), f"no such source {name!r}; there are: {', '.join(sorted(sources))}"
    for name in card.validate.domains:
        if name not in {*sources, ALL}:
            there = ", ".join(sorted({*sources, ALL}))
            yield ("validate", "domains", name), f"no such source; there are: {there}"


def _steps(card: Sections) -> Iterator[Complaint]:
    for name in ("pretrain", "sft", "rl"):
        section = getattr(card, name)
        if section.schedule.warmup_steps >= section.num_steps:
            yield (
                (name, "schedule", "warmup_steps"),
                f"{section.schedule.warmup_steps} is not below num_steps {section.num_steps}: no peak",
            )


def _problems(card: Sections) -> Iterator[Complaint]:
    if card.problems.min_ops > card.problems.max_ops:
        yield ("problems", "min_ops"), f"{card.problems.min_ops} is above max_ops {card.problems.max_ops}"
    if card.problems.num_train < card.rl.problems_per_step:
        yield (
            ("problems", "num_train"),
            f"{card.problems.num_train} is below rl.problems_per_step {card.rl.problems_per_step}",
        )


def _lengths(card: Sections) -> Iterator[Complaint]:
    length = card.tokenize.sequence_length
    for name in ("rl", "evaluate", "sft_data"):
        asked = getattr(card, name).max_new_tokens
        if asked >= length:
            yield (name, "max_new_tokens"), f"{asked} leaves no room for a prompt in tokenize.sequence_length {length}"


def _overlap(card: Sections) -> Iterator[Complaint]:
    overlap = card.decontaminate.overlap
    if overlap and overlap.min_words > overlap.ngram:
        yield (
            ("decontaminate", "overlap", "min_words"),
            f"{overlap.min_words} is above ngram {overlap.ngram}, so that items of {overlap.ngram} words would never "
            f"be looked for; use at most {overlap.ngram}",
        )
    section = card.tokenize
    if section.overlap >= section.sequence_length:
        yield (
            ("tokenize", "overlap"),
            f"{section.overlap} leaves no room for new tokens in tokenize.sequence_length {section.sequence_length}; "
            f"use 1 to {section.sequence_length - 1}",
        )


def _reuse(card: Sections) -> Iterator[Complaint]:
    for station in card.reuse:
        if station not in (*STATIONS, *ASIDE):
            yield ("reuse", station), f"no such station; there are: {', '.join((*STATIONS, *ASIDE))}"
