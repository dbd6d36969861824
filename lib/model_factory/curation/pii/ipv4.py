"""IPv4 addresses that are somebody's: public, and no version number.

Left alone: whatever is not globally reachable (loopback, private, link-local, multicast, the documentation
ranges of RFC 5737), public resolvers, what is written as an example (12.34.56.78, four equal parts), parts of longer
dotted numbers (object identifiers), what is named as a version, and what is mostly small numbers without a word
about hosts nearby.
"""

import ipaddress
import re
from collections.abc import Iterator

from model_factory.curation.pii.detector import Detector, Parameters, Span

ADDRESS = re.compile(r"(?<![\w.-])(?<!\d[,:])((?:\d{1,3}\.){3}\d{1,3})(?![\w-]|\.[\w*])")
RESOLVERS = {"8.8.8.8", "8.8.4.4", "1.1.1.1", "1.0.0.1", "9.9.9.9", "208.67.222.222", "208.67.220.220"}
VERSION = re.compile(
    r"(?i)(?:\b(?:version|ver|release|rev(?:ision)?|build|update|upgrade[ds]?(?: to)?|section|sec|chapter)\W{0,3}"
    r"|§ ?|[=<>~!]=\s*['\"]?|[a-z]+[ -]v)$"
)
HOST_WORDS = re.compile(
    r"(?i)\bip\b|ipv4|addr|host|server|client|connect|peer|gateway|dns|ping|login|from\b|src|dst|remote"
)
EXAMPLES = {"1.2.3.4", "12.34.56.78", "123.45.67.89", "11.22.33.44", "111.222.33.44"}
SMALL = 32  # of random addresses 1 in 140 has three parts below it
CONTEXT_CHARS = 60


def find(text: str, _: Parameters) -> Iterator[Span]:
    for match in ADDRESS.finditer(text):
        if _public(match[1]) and not _is_version(match[1], text[max(0, match.start() - CONTEXT_CHARS) : match.start()]):
            yield match.span(1)


def _public(written: str) -> bool:
    try:
        address = ipaddress.IPv4Address(written)
    except ValueError:
        return False
    told = written in RESOLVERS or written in EXAMPLES or len(set(written.split("."))) == 1
    return address.is_global and not address.is_multicast and not told


def _is_version(written: str, before: str) -> bool:
    if VERSION.search(before):
        return True
    small = sum(int(part) < SMALL for part in written.split(".")) >= 3
    return small and not HOST_WORDS.search(before)


DETECTOR = Detector("1", "<IPV4>", r"[0-9]\.[0-9]{1,3}\.[0-9]{1,3}\.[0-9]", find)
