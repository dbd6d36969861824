"""IPv6 addresses that are somebody's: globally reachable, outside of the documentation ranges.

Left alone: loopback, link-local, unique local, multicast, 2001:db8::/32 (RFC 3849) and 3fff::/20 (RFC 9637); slices
of a sequence; times of day, which have fewer than eight parts and no "::".
"""

import ipaddress
import re
from collections.abc import Iterator

from model_factory.curation.pii.detector import Detector, Parameters, Span

ADDRESS = re.compile(
    r"(?<![\w:.])(?<!\w\[)((?:[0-9A-Fa-f]{1,4}:){7}[0-9A-Fa-f]{1,4}"
    r"|(?:[0-9A-Fa-f]{1,4}:){1,6}(?::[0-9A-Fa-f]{1,4}){1,6}"
    r"|(?:[0-9A-Fa-f]{1,4}:){2,7}:)(?![\w:]|\.\d)"
)
DOCUMENTATION = tuple(map(ipaddress.IPv6Network, ("2001:db8::/32", "3fff::/20")))
# The global unicast space is 2000::/3: a slice such as a[1::2] reads as an address outside of it.
UNICAST = ipaddress.IPv6Network("2000::/3")


def find(text: str, _: Parameters) -> Iterator[Span]:
    return (match.span(1) for match in ADDRESS.finditer(text) if _public(match[1]))


def _public(written: str) -> bool:
    try:
        address = ipaddress.IPv6Address(written)
    except ValueError:
        return False
    return address in UNICAST and address.is_global and not any(address in network for network in DOCUMENTATION)


DETECTOR = Detector("1", "<IPV6>", r"[23][0-9A-Fa-f]{3}:[0-9A-Fa-f:]*:[0-9A-Fa-f:]*", find)
