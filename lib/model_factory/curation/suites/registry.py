"""The suites that a card may name under `validate.suites`."""

_HERE = "model_factory.curation.suites"

SUITES = {
    "schema": f"{_HERE}.schema:SUITE",
    "nulls": f"{_HERE}.nulls:SUITE",
    "ranges": f"{_HERE}.ranges:SUITE",
    "language_mix": f"{_HERE}.language_mix:SUITE",
    "duplicate_rate": f"{_HERE}.duplicate_rate:SUITE",
    "token_length": f"{_HERE}.token_length:SUITE",
    "licence_coverage": f"{_HERE}.licence_coverage:SUITE",
    "drift": f"{_HERE}.drift:SUITE",
}
