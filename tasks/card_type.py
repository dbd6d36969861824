"""Lets `--card PATH` be read, with its parents, where the command is typed."""

import pathlib

import click
from flytekit import FlyteContext
from flytekit.core.type_engine import TypeTransformer
from flytekit.extend import TypeEngine
from flytekit.models.literals import Literal, Primitive, Scalar
from flytekit.models.types import LiteralType, SimpleType

from model_factory.cards.card import Card
from model_factory.cards.errors import CardError
from model_factory.cards.resolve import resolve


class CardTransformer(TypeTransformer[Card]):
    """A card is a STRING literal: its Markdown and its parents'. A path is read and checked at once, so
    that a typo is refused before anything starts, and a remote execution gets the text."""

    def __init__(self) -> None:
        # Launch plans bind a path as default, which is no Card yet.
        super().__init__("experiment card", Card, enable_type_assertions=False)

    def get_literal_type(self, t: type[Card]) -> LiteralType:
        return LiteralType(simple=SimpleType.STRING)

    def to_literal(
        self, ctx: FlyteContext, python_val: Card | str | pathlib.Path, python_type: type, expected: LiteralType
    ) -> Literal:
        card = python_val if isinstance(python_val, Card) else _card(str(python_val))
        _check(card)
        return Literal(scalar=Scalar(primitive=Primitive(string_value=card.text)))

    def to_python_value(self, ctx: FlyteContext, lv: Literal, expected_python_type: type[Card]) -> Card:
        assert lv.scalar is not None
        assert lv.scalar.primitive is not None
        return _card(str(lv.scalar.primitive.string_value))


def _check(card: Card) -> None:
    """Refuse a card in one piece: what is wrong with it is not in our stack."""
    try:
        resolve(card)
    except CardError as error:
        raise click.ClickException(str(error)) from None


def _card(text_or_path: str) -> Card:
    if text_or_path.startswith("<!-- card: "):
        return Card(text_or_path)
    try:
        return Card.read(text_or_path)
    except CardError as error:
        raise click.ClickException(str(error)) from None


TypeEngine.register(CardTransformer())
