"""Keys and tokens: by the formats their issuers publish, and by entropy where a name says what they are.

Left alone: what is less random than `min_entropy_bits` a character (bits of Shannon entropy: "xxxx", "your-key-here"),
and the keys that an issuer's documentation marks as examples.
"""

import re
from collections.abc import Iterator

from model_factory.curation.pii.detector import Detector, Parameters, Span
from model_factory.curation.pii.entropy import bits_per_char

FORMATS = (
    r"(?:AKIA|ASIA|AGPA|AIDA|AROA|ANPA|ANVA|AIPA)[A-Z2-7]{16}",  # Amazon Web Services
    r"gh[pousr]_[A-Za-z0-9]{36,255}|github_pat_[A-Za-z0-9_]{50,255}",
    r"glpat-[\w-]{20,}",
    r"xox[abeoprs]-[0-9A-Za-z-]{20,}",  # Slack
    r"(?:sk|rk|pk)_(?:live|test)_[0-9A-Za-z]{16,}|whsec_[0-9A-Za-z]{32,}",  # Stripe
    r"AIza[\w-]{35}|ya29\.[\w-]{30,}|GOCSPX-[\w-]{28}",  # Google
    r"sk-(?:proj-|ant-|svcacct-|or-v1-)?[\w-]{32,}",  # OpenAI, Anthropic, OpenRouter
    r"hf_[A-Za-z]{34}",
    r"npm_[A-Za-z0-9]{36}",
    r"pypi-AgE[\w-]{50,}",
    r"SG\.[\w-]{22}\.[\w-]{43}",  # SendGrid
    r"(?:SK|AC)[0-9a-f]{32}",  # Twilio
    r"dop_v1_[0-9a-f]{64}",  # DigitalOcean
    r"\d{8,10}:AA[\w-]{33}",  # Telegram
    r"shp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}",  # Shopify
)
KNOWN = re.compile(rf"(?<![\w+-])(?<!\w/)(?:{'|'.join(FORMATS)})(?![\w+/])")
NAME = (
    r"(?:api|app|access|auth|secret|private|encryption|signing|master|account|client|consumer|session)"
    r"[_. -]?(?:key|token|secret)|secret|passwd|password|bearer|credentials?|token"
)
NAMED = re.compile(
    rf"(?i)(?:(?:{NAME})(?:[_. -]?(?:id|key|value))?['\"]?\s{{0,3}}(?::=|=>|[:=]|\bis\b)\s{{0,3}}(?:b?['\"]|bearer )?"
    r"|\bbearer )(?P<value>[A-Za-z0-9+/_=.~-]{20,})"
)
# A slash is a character of base64 where what it parts is no sequence of words: capitals after small letters or digits.
BASE64 = re.compile(r"[a-z0-9][A-Z]\w*[/+]|[/+]\w*[a-z0-9][A-Z]")
EXAMPLE = re.compile(r"(?i)example|sample|dummy|changeme|placeholder|your[_-]|redacted")


def find(text: str, parameters: Parameters) -> Iterator[Span]:
    least = parameters["min_entropy_bits"]
    for match in KNOWN.finditer(text):
        if bits_per_char(match[0]) >= least and not EXAMPLE.search(match[0]):
            yield match.span()
    for match in NAMED.finditer(text):
        if _is_secret(match["value"], least):
            yield match.span("value")


def _is_secret(value: str, least: float) -> bool:
    """Random, and with letters and digits in one unbroken run as no identifier, sentence or path has them."""
    runs = re.split(r"[._~-]" if BASE64.search(value) else r"[._/~-]", value)
    run = max(runs, key=len)
    kinds = [len(re.findall(kind, run)) for kind in ("[a-z]", "[A-Z]", r"\d")]
    mixed = all(kinds) or (kinds[2] >= 2 and sum(kinds[:2]) > 0)
    return mixed and len(run) >= 16 and bits_per_char(value) >= least and not EXAMPLE.search(value)


_STARTS = (
    r"A(?:KIA|SIA|GPA|IDA|ROA|NPA|NVA|IPA)[A-Z2-7]{16}|gh[pousr]_|github_pat_|glpat-|xox[abeoprs]-|[srp]k_(?:live|test)_"
    r"|whsec_|AIza|ya29\.|GOCSPX-|sk-[0-9A-Za-z_-]{20}|hf_[A-Za-z]{30}|npm_[A-Za-z0-9]{30}|pypi-AgE"
    r"|SG\.[0-9A-Za-z_-]{20}|\b(?:SK|AC)[0-9a-f]{32}|dop_v1_|[0-9]{8}:AA|shp(?:at|ca|pa|ss)_"
)
_NAMED = (
    r"(?i-u:(?:(?:key|token|secret|passwd|password|bearer|credentials?|id|value)['\x22]?\s{0,3}(?::=|=>|[:=]|\bis\b)\s{0,3}"
    r"(?:b?['\x22]|bearer )?|\bbearer )[A-Z0-9+/_=.~-]{20})"
)

DETECTOR = Detector("1", "<API_KEY>", f"(?-u:{_STARTS})|{_NAMED}", find, ("min_entropy_bits",))
