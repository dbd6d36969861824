"""What a card can be refused for."""


class CardError(ValueError):
    """A card that cannot be run. The message holds a line per problem: file:line, field, value, constraint, cure."""
