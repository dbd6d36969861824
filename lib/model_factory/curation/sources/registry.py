"""The kinds of source a card may name in `ingest.sources.kind`."""

_HERE = "model_factory.curation.sources"

SOURCES = {
    "python_stdlib": f"{_HERE}.python_stdlib:find",
    "distribution_docs": f"{_HERE}.distribution_docs:find",
    "distribution_sources": f"{_HERE}.distribution_sources:find",
    "files": f"{_HERE}.files:find",
    "git": f"{_HERE}.git:find",
    "huggingface": f"{_HERE}.huggingface:find",
    "iceberg": f"{_HERE}.iceberg:find",
}
