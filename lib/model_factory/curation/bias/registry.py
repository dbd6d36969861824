"""The word lists that a card may name under `bias.lists`."""

_HERE = "model_factory.curation.bias.lists"

LISTS = {
    "gender": f"{_HERE}.gender:LIST",
    "religion": f"{_HERE}.religion:LIST",
}
