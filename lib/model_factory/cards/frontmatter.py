"""YAML front matter to plain values, with the file and line of every key."""

import re
from dataclasses import dataclass, field
from typing import Any

import yaml

from model_factory.cards.card import Card, CardFile
from model_factory.cards.errors import CardError

Path = tuple[str | int, ...]


class _Loader(yaml.SafeLoader):
    """YAML 1.1 as PyYAML reads it, except that `1e-4` is a number and `on`, `yes`, `off`, `no` are words."""


_Loader.yaml_implicit_resolvers = {
    first: [
        (tag, pattern) for tag, pattern in resolvers if tag not in ("tag:yaml.org,2002:bool", "tag:yaml.org,2002:float")
    ]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(?:true|false)$"), list("tf"))
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    re.compile(r"^[-+]?(?:\d+\.\d*(?:[eE][-+]?\d+)?|\.\d+(?:[eE][-+]?\d+)?|\d+[eE][-+]?\d+|\.inf|\.nan)$"),
    list("-+0123456789."),
)


@dataclass
class Values:
    """Merged values of a card and where each key was written (`places` maps a path to `file:line`)."""

    tree: dict[str, Any]
    places: dict[Path, str] = field(default_factory=dict)

    def place(self, path: Path) -> str:
        """The nearest `file:line` at or above a path."""
        while path and path not in self.places:
            path = path[:-1]
        return self.places.get(path, "card")


def read_values(card: Card) -> Values:
    """Merge a card over its parents: maps merge, lists and scalars replace, `null` takes a parent's key away.

    Nothing is interpolated.
    """
    merged = Values({})
    for file in reversed(card.files):
        merged.places[()] = f"{file.path}:1"
        tree, places = _load(file)
        tree.pop("extends", None)
        _merge(merged, tree, places, ())
    return merged


def _load(file: CardFile) -> tuple[dict[str, Any], dict[Path, str]]:
    loader = _Loader(file.front_matter)
    try:
        node = loader.get_single_node()
        places: dict[Path, str] = {}
        value = _plain(loader, node, (), places, file.path) if node is not None else {}
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 2 if mark else 1
        raise CardError(
            f"{file.path}:{line}: not YAML: {getattr(error, 'problem', error)}; mend the front matter"
        ) from None
    finally:
        loader.dispose()
    if not isinstance(value, dict):
        raise CardError(f"{file.path}:2: the front matter must be a map of sections, not {type(value).__name__}")
    return value, places


def _plain(loader: _Loader, node: yaml.Node, path: Path, places: dict[Path, str], file: str) -> Any:
    places[path] = f"{file}:{node.start_mark.line + 2}"
    if isinstance(node, yaml.MappingNode):
        result: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = str(key_node.value)
            if key in result:
                raise CardError(f"{file}:{key_node.start_mark.line + 2}: {key!r} is written twice; keep one of them")
            result[key] = _plain(loader, value_node, (*path, key), places, file)
            places[*path, key] = f"{file}:{key_node.start_mark.line + 2}"
        return result
    if isinstance(node, yaml.SequenceNode):
        return [_plain(loader, item, (*path, index), places, file) for index, item in enumerate(node.value)]
    return loader.construct_object(node)


def _merge(merged: Values, tree: dict[str, Any], places: dict[Path, str], prefix: Path) -> None:
    target: Any = merged.tree
    for step in prefix:
        target = target[step]
    for key, value in tree.items():
        path = (*prefix, key)
        if value is None:
            target.pop(key, None)
            continue
        if isinstance(value, dict) and isinstance(target.get(key), dict):
            merged.places[path] = places[path]
            _merge(merged, value, places, path)
        else:
            target[key] = value
            merged.places = {old: place for old, place in merged.places.items() if old[: len(path)] != path}
            merged.places.update({new: place for new, place in places.items() if new[: len(path)] == path})
