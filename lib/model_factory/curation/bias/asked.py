"""What a card asks about: its own groups and topics and those of the lists it names, checked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from model_factory.cards.bias import Bias
from model_factory.cards.errors import CardError
from model_factory.curation.bias.lists.word_list import WordList
from model_factory.curation.bias.registry import LISTS
from model_factory.curation.registry import load, suggest
from model_factory.curation.vocabulary import words_in

Groups = Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class Asked:
    """axis → group → words, topic → words, axis → group → share it should have (they add up to 1), and where the
    bundled words come from. All words are in lower case."""

    axes: dict[str, dict[str, list[str]]]
    topics: dict[str, list[str]]
    references: dict[str, dict[str, float]]
    sources: list[str]


def asked(section: Bias) -> Asked:
    """The section's questions; CardError names what cannot be asked and the cure."""
    lists: list[WordList] = [load(LISTS, name, "bias.lists") for name in section.lists]
    axes: dict[str, Groups] = {one.axis: one.groups for one in lists} | section.axes
    topics: dict[str, Sequence[str]] = {}
    for one in lists:
        topics |= one.topics
    topics |= section.topics
    if not axes:
        raise CardError(f"bias: nothing to count; name a list ({', '.join(sorted(LISTS))}) or write groups under axes")
    lowered = {axis: _lowered(f"bias.axes.{axis}", groups) for axis, groups in sorted(axes.items())}
    for axis, groups in lowered.items():
        _check_axis(axis, groups)
    for axis in [*section.references, *([section.reweigh] if section.reweigh else [])]:
        if axis not in lowered:
            field = "reweigh" if axis == section.reweigh else f"references.{axis}"
            raise CardError(f"bias.{field}: there is no axis {axis!r}; {suggest(axis, lowered)}")
    references = {axis: _shares(axis, groups, section.references.get(axis, {})) for axis, groups in lowered.items()}
    return Asked(lowered, _lowered("bias.topics", topics), references, [one.source for one in lists])


def _lowered(field: str, lists: Groups) -> dict[str, list[str]]:
    found = {name: sorted({" ".join(words_in(term)) for term in terms}) for name, terms in sorted(lists.items())}
    for name, terms in found.items():
        if not terms or "" in terms:
            raise CardError(f"{field}.{name}: {list(lists[name])} holds no word of letters; write at least one in each")
    return found


def _check_axis(axis: str, groups: Mapping[str, Sequence[str]]) -> None:
    if len(groups) < 2:
        raise CardError(f"bias.axes.{axis}: one group has nothing to be compared with; name at least two")
    seen: dict[str, str] = {}
    for group, terms in groups.items():
        if "+" in group:
            raise CardError(
                f"bias.axes.{axis}.{group}: a group's name follows a source's after a `+`; write it without one"
            )
        for term in terms:
            if term in seen:
                raise CardError(
                    f"bias.axes.{axis}: {term!r} speaks of {seen[term]} and of {group}; keep it in one of them"
                )
            seen[term] = group


def _shares(axis: str, groups: Mapping[str, Sequence[str]], given: Mapping[str, float]) -> dict[str, float]:
    """The share each group should have; equal ones where the card gives none."""
    if not given:
        return {group: 1 / len(groups) for group in groups}
    if set(given) != set(groups):
        wanted = ", ".join(groups)
        raise CardError(f"bias.references.{axis}: has {', '.join(sorted(given))}; give each of {wanted} its share")
    total = sum(given.values())
    return {group: given[group] / total for group in groups}
