"""Personal data and secrets, found by detectors with checksums and replaced by typed placeholders."""

from model_factory.curation.pii.redact import FINDING_SCHEMA, Redacted, redact

__all__ = ["FINDING_SCHEMA", "Redacted", "redact"]
