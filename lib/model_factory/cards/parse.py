"""A card's text to its sections, every complaint with file, line, constraint and cure."""

import dataclasses
import difflib
import json
import typing
from typing import Any

from pydantic import TypeAdapter, ValidationError

from model_factory.cards.card import Card
from model_factory.cards.contradictions import contradictions
from model_factory.cards.errors import CardError
from model_factory.cards.frontmatter import Path, Values, read_values
from model_factory.cards.sections import ASIDE, STATIONS, Sections

SHARED = ("seed", "mesh", "memory_bytes")  # a top-level value is every section's that has the field and does not set it


def parse(card: Card) -> Sections:
    """Validate a card and give its sections, `code` left empty.

    Raises CardError with one line per problem. Floats may be written as integers; nothing else is
    coerced.
    """
    values = read_values(card)
    _refuse_code(values)
    _share(values)
    try:
        sections = TypeAdapter(Sections).validate_json(json.dumps(values.tree), strict=True)
    except ValidationError as error:
        raise CardError("\n".join(_complaint(values, problem) for problem in error.errors())) from None
    problems = contradictions(sections)
    if problems:
        raise CardError(
            "\n".join(f"{values.place(path)}: {'.'.join(map(str, path))}: {text}" for path, text in problems)
        )
    return sections


def _refuse_code(values: Values) -> None:
    for station in (*STATIONS, *ASIDE):
        section = values.tree.get(station)
        if isinstance(section, dict):
            if "code" in section:
                raise CardError(
                    f"{values.place((station, 'code'))}: {station}.code is set by the factory; use `reuse` to pin"
                )
            section["code"] = ""


def _share(values: Values) -> None:
    """Hand the card's seed, mesh and memory to the sections that have the field and do not set it."""
    hints = typing.get_type_hints(Sections)
    for shared in SHARED:
        if shared not in values.tree:
            continue
        for station in (*STATIONS, *ASIDE):
            section = values.tree.get(station)
            if isinstance(section, dict) and shared in {f.name for f in dataclasses.fields(_present(hints[station]))}:
                section.setdefault(shared, values.tree[shared])
    for shared in ("mesh", "memory_bytes"):
        values.tree.pop(shared, None)


def _complaint(values: Values, problem: Any) -> str:
    path: Path = tuple(problem["loc"])
    name = ".".join(map(str, path))
    place = values.place(path)
    if problem["type"] in ("unexpected_keyword_argument", "extra_forbidden"):
        known = _fields_at(path[:-1])
        near = difflib.get_close_matches(str(path[-1]), known, n=1)
        cure = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(known)}"
        return f"{place}: {name}: unknown key; {cure}"
    if problem["type"] in ("missing", "missing_argument"):
        return f"{place}: {name}: missing; science has no defaults in code: write it in the card or its parent"
    return f"{place}: {name}: {problem['input']!r}: {problem['msg'][0].lower()}{problem['msg'][1:]}"


def _fields_at(path: Path) -> list[str]:
    """The field names of the dataclass that sits at a path of the card."""
    current: Any = Sections
    for step in path:
        if dataclasses.is_dataclass(current):
            current = _present(typing.get_type_hints(current)[str(step)])
        else:
            current = typing.get_args(current)[-1]
    if not dataclasses.is_dataclass(current):
        return []
    shared = ["extends", "mesh", "memory_bytes"] if not path else []
    return [f.name for f in dataclasses.fields(current) if f.name != "code"] + shared


def _present(hint: Any) -> Any:
    """The type of an optional field where it is given."""
    given = [one for one in typing.get_args(hint) if one is not type(None)]
    return given[0] if typing.get_origin(hint) is typing.Union else hint
