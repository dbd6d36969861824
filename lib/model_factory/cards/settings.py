"""Settings of what a registry holds: a map of the card as the dataclass that its entry declares."""

from collections.abc import Mapping
from typing import Any

from pydantic import TypeAdapter, ValidationError

from model_factory.cards.errors import CardError


def settings_of(field: str, kind: type, settings: Mapping[str, Any]) -> Any:
    """`settings` as an instance of `kind`; CardError with a line per setting of `field` that is missing, unknown or
    of the wrong kind."""
    try:
        return TypeAdapter(kind).validate_python(settings)
    except ValidationError as error:
        raise CardError("\n".join(_complaint(field, problem) for problem in error.errors())) from None


def _complaint(field: str, problem: Any) -> str:
    name = ".".join([field, *map(str, problem["loc"])])
    if problem["type"] in ("missing", "missing_argument"):
        return f"{name}: missing; science has no defaults in code: write it in the card"
    if problem["type"] in ("unexpected_keyword_argument", "extra_forbidden"):
        return f"{name}: unknown setting; leave it out"
    return f"{name}: {problem['input']!r}: {problem['msg'][0].lower()}{problem['msg'][1:]}"
