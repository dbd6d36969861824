"""Private keys in PEM or PGP armour, up to their end or, where it is missing, as far as the key goes.

The header alone, as code that reads keys has it, is left alone.
"""

import re
from collections.abc import Iterator

from model_factory.curation.pii.detector import Detector, Parameters, Span

BLOCK = re.compile(
    r"-----BEGIN (?P<kind>(?:[A-Z0-9]+ ){0,3}PRIVATE KEY(?: BLOCK)?)-----(?P<body>.{0,20000}?)-----END (?P=kind)-----",
    re.S,
)
CUT = re.compile(r"-----BEGIN (?:[A-Z0-9]+ ){0,3}PRIVATE KEY(?: BLOCK)?-----(?P<body>(?:\s|\\n|[A-Za-z0-9+/=]{16,})+)")
MIN_KEY_CHARS = 64  # the shortest, Ed25519 in PKCS#8, has 64


def find(text: str, _: Parameters) -> Iterator[Span]:
    for pattern in (BLOCK, CUT):
        for match in pattern.finditer(text):
            if sum(map(len, re.findall(r"[A-Za-z0-9+/=]{16,}", match["body"]))) >= MIN_KEY_CHARS:
                yield match.span()


DETECTOR = Detector("1", "<PRIVATE_KEY>", r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY", find, across_lines=True)
