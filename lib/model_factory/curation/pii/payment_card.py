"""Payment card numbers: an issuer's prefix, its length, its grouping, and the Luhn checksum (ISO/IEC 7812-1)."""

import re
from collections.abc import Iterator

from model_factory.curation.pii.detector import Detector, Parameters, Span

# Prefix → lengths: Visa, Mastercard, American Express, Discover, Diners, JCB, UnionPay.
ISSUERS = (
    (r"4", (13, 16, 19)),
    (r"5[1-5]|222[1-9]|22[3-9]\d|2[3-6]\d\d|27[01]\d|2720", (16,)),
    (r"3[47]", (15,)),
    (r"6011|64[4-9]|65", (16, 19)),
    (r"36|3[89]|30[0-5]", (14,)),
    (r"35(?:2[89]|[3-8]\d)", (16,)),
    (r"62", (16, 17, 18, 19)),
)
GROUPS = {(4, 4, 4, 4), (4, 6, 5), (4, 6, 4), (4, 4, 4, 4, 3), (4, 4, 4, 4, 2), (6, 13), (4, 4, 4, 1), (8, 8)}
# Neither part of a word, of a decimal, of a longer number or of an identifier such as a UUID.
NUMBER = re.compile(r"(?<![\w.+-])(?<!\d[ ,:/=])(\d(?:[ -]?\d){12,18})(?![\w-]|[.,]\d|[ ]\d)")


def find(text: str, _: Parameters) -> Iterator[Span]:
    for match in NUMBER.finditer(text):
        if _grouped(match[1]) and _issued(digits := re.sub(r"\D", "", match[1])) and luhn(digits):
            yield match.span(1)


def luhn(digits: str) -> bool:
    """Whether every second digit from the right, doubled and cross-summed, makes a sum divisible by 10."""
    doubled = (int(digit) * 2 for digit in digits[-2::-2])
    return (sum(map(int, digits[-1::-2])) + sum(value - 9 * (value > 9) for value in doubled)) % 10 == 0


def _grouped(written: str) -> bool:
    """Unbroken, or in one of the groupings printed on cards with one kind of separator."""
    separators = set(re.sub(r"\d", "", written))
    return not separators or (len(separators) == 1 and tuple(map(len, re.split(r"\D", written))) in GROUPS)


def _issued(digits: str) -> bool:
    varied = len(set(digits)) > 1
    return varied and any(len(digits) in lengths and re.match(prefix, digits) for prefix, lengths in ISSUERS)


DETECTOR = Detector("1", "<CARD>", r"[0-9](?:[ -]?[0-9]){12}", find)
