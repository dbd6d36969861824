"""The embeddings that a card may name under `categories.embedding`."""

_HERE = "model_factory.curation.categories"

EMBEDDINGS = {
    "hashed": f"{_HERE}.hashed:points",
    "model": f"{_HERE}.by_model:points",
}
