"""JSON web tokens (RFC 7519): three parts in base64url, the first of which is a JSON object that names an algorithm."""

import base64
import binascii
import json
import re
from collections.abc import Iterator

from model_factory.curation.pii.detector import Detector, Parameters, Span

TOKEN = re.compile(r"(?<![\w.-])(?P<header>eyJ[\w-]{8,})\.eyJ[\w-]{4,}\.[\w-]{16,}(?![\w-])")


def find(text: str, _: Parameters) -> Iterator[Span]:
    return (match.span() for match in TOKEN.finditer(text) if names_algorithm(match["header"]))


def names_algorithm(header: str) -> bool:
    try:
        fields = json.loads(base64.urlsafe_b64decode(header + "=" * (-len(header) % 4)))
    except (binascii.Error, ValueError):
        return False
    return isinstance(fields, dict) and "alg" in fields


DETECTOR = Detector("1", "<JWT>", r"(?-u:eyJ[0-9A-Za-z_-]{8,}\.eyJ)", find)
