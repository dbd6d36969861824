"""International bank account numbers: a country's length and the mod-97 checksum (ISO 13616, ISO 7064)."""

import re
from collections.abc import Iterator

from model_factory.curation.pii.detector import Detector, Parameters, Span

# SWIFT's IBAN registry: country → number of characters.
REGISTRY = """
AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BI27 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DJ27 DK18 DO28 EE20 EG29 ES24
FI18 FK18 FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HN28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20 LB28 LC32
LI21 LT20 LU20 LV21 LY25 MC27 MD24 ME22 MK19 MN20 MR27 MT31 MU30 NI28 NL18 NO15 OM23 PK24 PL28 PS29 PT25 QA29 RO24
RS22 RU33 SA24 SC31 SD18 SE24 SI19 SK24 SM27 SO23 ST25 SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20 YE30
"""
LENGTHS = {entry[:2]: int(entry[2:]) for entry in REGISTRY.split()}
START = re.compile(rf"(?<![A-Za-z0-9])(?:{'|'.join(LENGTHS)})\d\d(?=[ -]?[A-Z0-9]{{4}})")
RESTS = {length: re.compile(rf"(?:[ -]?[A-Z0-9]){{{length - 4}}}(?![A-Za-z0-9])") for length in set(LENGTHS.values())}


def find(text: str, _: Parameters) -> Iterator[Span]:
    for start in START.finditer(text):
        rest = RESTS[LENGTHS[start[0][:2]]].match(text, start.end())
        if rest and mod97(re.sub("[ -]", "", start[0] + rest[0])):
            yield start.start(), rest.end()


def mod97(iban: str) -> bool:
    """Whether the number made of the account, the country and the check digits leaves 1 (letters count 10 to 35)."""
    return int("".join(str(int(char, 36)) for char in iban[4:] + iban[:4])) % 97 == 1


DETECTOR = Detector("1", "<IBAN>", r"(?-u:\b[A-Z]{2}[0-9]{2}[ -]?[A-Z0-9]{4}[ -]?[A-Z0-9]{4})", find)
