"""Planted personal data: values with right checksums, in sentences of two halves.

The detectors were tuned on TUNING and on nothing else; HELDOUT says how they do on what their author did not look at.
LOOKALIKES are what must be left alone, in the same two halves.
"""

import base64
import itertools
import json
import random
import string
from collections.abc import Callable

LETTERS = string.ascii_letters + string.digits
Make = Callable[[random.Random], str]


def _digits(rng: random.Random, num: int) -> str:
    return "".join(rng.choices(string.digits, k=num))


def _chars(rng: random.Random, num: int, alphabet: str = LETTERS) -> str:
    return "".join(rng.choices(alphabet, k=num))


def _luhn_digit(body: str) -> str:
    """The check digit, by the definition's table instead of by arithmetic."""
    doubled = "0246813579"
    total = sum(int(doubled[int(d)]) if place % 2 == 0 else int(d) for place, d in enumerate(reversed(body)))
    return str(-total % 10)


def _card(rng: random.Random) -> str:
    prefix, length = rng.choice([("4", 16), ("51", 16), ("55", 16), ("2231", 16), ("34", 15), ("37", 15), ("6011", 16)])
    body = prefix + _digits(rng, length - len(prefix) - 1)
    number = body + _luhn_digit(body)
    if rng.random() < 0.4:
        return number
    cuts = (0, 4, 10, 15) if length == 15 else (0, 4, 8, 12, 16)
    return rng.choice(" -").join(number[a:b] for a, b in itertools.pairwise(cuts))


def _iban(rng: random.Random) -> str:
    country, shape = rng.choice(
        [
            ("DE", "18d"),
            ("GB", "4a14d"),
            ("FR", "10d11c2d"),
            ("ES", "20d"),
            ("NL", "4a10d"),
            ("NO", "11d"),
            ("CH", "17d"),
        ]
    )
    body, number = "", ""
    for char in shape:
        if char.isdigit():
            number += char
        else:
            alphabet = {"d": string.digits, "a": string.ascii_uppercase, "c": string.ascii_uppercase + string.digits}
            body, number = body + _chars(rng, int(number), alphabet[char]), ""
    value = 0
    for char in body + country + "00":
        value = (value * (10 if char.isdigit() else 100) + int(char, 36)) % 97
    iban = f"{country}{98 - value:02d}{body}"
    return iban if rng.random() < 0.5 else " ".join(iban[at : at + 4] for at in range(0, len(iban), 4))


def _ipv4(rng: random.Random) -> str:
    while True:
        parts = [rng.randint(34, 190), *(rng.randint(0, 255) for _ in range(3))]
        if parts[0] not in (100, 127, 169, 172) and parts[0] < 190:
            return ".".join(map(str, parts))


def _ipv6(rng: random.Random) -> str:
    groups = [rng.choice(["2a01", "2a02", "2600", "2607", "2404"]), *(f"{rng.randint(1, 65535):x}" for _ in range(7))]
    return ":".join(groups) if rng.random() < 0.5 else ":".join(groups[:4]) + "::" + ":".join(groups[6:])


def _email(rng: random.Random) -> str:
    name = rng.choice(["anna", "j.smith", "li_wei", "bob+news", "marie-curie", "k9", "o.brien42", "Francesca.R"])
    host = rng.choice(
        ["gmail.com", "web.de", "mail.ru", "cs.uni-x.edu", "acme.co.uk", "startup.io", "posteo.net", "ya.ru"]
    )
    return f"{name}@{host}"


def _phone(rng: random.Random) -> str:
    area, exchange, line = rng.randint(201, 989), rng.randint(200, 554), f"{rng.randint(2000, 9999)}"
    return rng.choice(
        [
            f"+1 {area} {exchange} {line}",
            f"({area}) {exchange}-{line}",
            f"{area}-{exchange}-{line}",
            f"+49 30 {rng.randint(2000000, 9899999)}",
            f"+44 20 79{rng.randint(10, 99)} {rng.randint(1000, 9999)}",
            f"+33 6 {rng.randint(10, 99)} {rng.randint(10, 99)} {rng.randint(10, 99)} {rng.randint(10, 99)}",
            f"+91-98{rng.randint(100, 999)}-{rng.randint(10000, 99999)}",
            f"+86138{rng.randint(10000000, 99999999)}",
        ]
    )


def _key(rng: random.Random) -> str:
    return rng.choice(
        [
            "AKIA" + _chars(rng, 16, string.ascii_uppercase + "234567"),
            "ghp_" + _chars(rng, 36),
            "github_pat_" + _chars(rng, 22) + "_" + _chars(rng, 59),
            "glpat-" + _chars(rng, 20),
            f"xoxb-{_digits(rng, 11)}-{_digits(rng, 11)}-{_chars(rng, 24)}",
            "sk_live_" + _chars(rng, 24),
            "AIza" + _chars(rng, 35),
            "hf_" + _chars(rng, 34, string.ascii_letters),
            "npm_" + _chars(rng, 36),
        ]
    )


def _secret(rng: random.Random) -> str:
    return _chars(rng, 40, LETTERS + "+/") if rng.random() < 0.5 else _chars(rng, 32, "0123456789abcdef")


def _part(fields: dict[str, str]) -> str:
    return base64.urlsafe_b64encode(json.dumps(fields).encode()).decode().rstrip("=")


def _jwt(rng: random.Random) -> str:
    header = {"alg": rng.choice(["HS256", "RS256", "ES256"]), "typ": "JWT"}
    return f"{_part(header)}.{_part({'sub': _digits(rng, 10)})}.{_chars(rng, 43, LETTERS + '-_')}"


def _pem(rng: random.Random) -> str:
    kind = rng.choice(
        ["RSA PRIVATE KEY", "PRIVATE KEY", "EC PRIVATE KEY", "OPENSSH PRIVATE KEY", "ENCRYPTED PRIVATE KEY"]
    )
    lines = "\n".join(_chars(rng, 64, LETTERS + "+/") for _ in range(rng.randint(2, 20)))
    return f"-----BEGIN {kind}-----\n{lines}\n-----END {kind}-----"


# Detector → how its values are made, sentences to tune on, sentences held out.
PLANTED: dict[str, tuple[Make, list[str], list[str]]] = {
    "email": (
        _email,
        [
            "Write to {} today.",
            "Author: A. Person <{}>",
            "# maintainer = '{}'",
            "{}",
            "cc: {}, and others",
            "mailto:{}",
        ],
        [
            "E-mail:{};",
            "(contact {})",
            "git log says\n    {}\non Monday",
            '{{"user": "{}"}}',
            "{}\t2024-01-01",
            "**{}**",
        ],
    ),
    "payment_card": (
        _card,
        ["Card number: {}", "paid with {}.", "card = '{}'", "{}", "Visa {} exp 12/29", "|{}|"],
        ["My card is {}, please charge it.", '{{"pan": "{}"}}', "cc#{}", "<td>{}</td>", "PAN={};", "use {}\nthanks"],
    ),
    "iban": (
        _iban,
        ["IBAN: {}", "Please transfer to {}.", "account='{}'", "{}", "{} (Acme Ltd)", "BIC COBADEFF, {}"],
        [
            "pay into {}, reference 17",
            '{{"iban":"{}"}}',
            "<b>{}</b>",
            "IBAN {}\nBIC DEUTDEFF",
            "Konto: {};",
            "to\t{}\tnow",
        ],
    ),
    "ipv4": (
        _ipv4,
        [
            "connection from {} refused",
            "{} - - [01/Jan/2024]",
            "ssh root@{}",
            "host = '{}'",
            "ip: {}.",
            "http://{}/index",
        ],
        ["Ban {} for a day", "{}:8080 answered", "[{}]", "route add {}/32", 'ADDR="{}"', "user logged in ({})"],
    ),
    "ipv6": (
        _ipv6,
        ["from {} port 22", "[{}]:443", "addr = '{}'", "{}", "ping6 {}.", "AAAA {}"],
        ["peer {} timed out", '{{"ip": "{}"}}', "http://[{}]/", "{}/64 via eth0", "<{}>", "seen at {}, then lost"],
    ),
    "phone": (
        _phone,
        ["Phone: {}", "call {} now", "tel. {}", "{}", "Fax: {}\n", "phone='{}'"],
        [
            "You reach me under {}.",
            '{{"mobile": "{}"}}',
            "Mob {} (evenings)",
            "<a>{}</a>",
            "Office {}, ext. 5",
            "T: {}",
        ],
    ),
    "api_key": (
        _key,
        [
            "key = '{}'",
            "export TOKEN={}",
            "{}",
            "curl -H 'Authorization: token {}'",
            "token: {}",
            "my key is {}.",
            "https://{}@host/repo.git",
        ],
        [
            '{{"k": "{}"}}',
            "--auth {} --verbose",
            "# old: {}",
            "login({!r})",
            "pip install --index-url http://user:{}@index/simple",
            "<secret>{}</secret>",
        ],
    ),
    "api_key named": (
        _secret,
        ["api_key = '{}'", "SECRET_KEY={}", 'password: "{}"', "aws_secret_access_key = {}", "Authorization: Bearer {}"],
        ['"client_secret": "{}"', "ACCESS_TOKEN := '{}'", "db.password={}", "auth-token: {}", "the secret is {}"],
    ),
    "jwt": (
        _jwt,
        ["token = '{}'", "Authorization: Bearer {}", "{}", "jwt: {}"],
        ['{{"id_token": "{}"}}', "?access_token={}&x=1", "Cookie: session={};", "<{}>"],
    ),
    "private_key": (
        _pem,
        ["{}", "key = '''{}'''", "Keep this:\n{}\n"],
        [
            "cat > id_rsa <<EOF\n{}\nEOF",
            'b"""\n{}\n"""',
            "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n{}",
        ],
    ),
}

LOOKALIKES: dict[str, tuple[list[str], list[str]]] = {
    "email": (
        [
            "someone@example.com",
            "@decorator.with_name",
            "y = a@b.T",
            "git@github.com:me/repo.git",
            "icon@2x.png",
            "a@localhost",
        ],
        [
            "root@host.local",
            "x = weights@self.inputs",
            "pkg @ https://x.org/y.whl",
            "me@sub.example.org",
            "@app.route",
            "n@h",
        ],
    ),
    "payment_card": (
        [
            "4111111111111112",
            "0.4111111111111111",
            "x = 123456789012345678",
            "1700000000000000",
            "4242-4242",
            "0x4111111111111111",
        ],
        [
            "2024-01-01 12:00:00 1234567",
            "4000 0000 0000",
            "9999999999999999",
            "UUID 41111111-1111-4111-8111-111111111111",
            "1e4111",
        ],
    ),
    "iban": (
        ["DE89 3704 0044 0532 0130 01", "GB12ABCD", "SE00 is a code", "US12345678901234567890"],
        ["NL91 ABNA 0417 1643 01", "FR7630006000011234567890188", "NO93ABC", "AD12 a b c d"],
    ),
    "ipv4": (
        ["127.0.0.1", "192.168.1.20", "10.0.0.1", "192.0.2.44", "version 4.15.0.112", "0.0.0.0", "OID 1.3.6.1.4.1.311"],
        [
            "172.16.9.9",
            "198.51.100.7",
            "203.0.113.200",
            "release 91.0.4472.114",
            "pkg==81.2.0.1",
            "256.300.1.1",
            "1.2.3.4.5",
        ],
    ),
    "ipv6": (
        ["::1", "2001:db8::1", "fe80::1%eth0", "12:34:56", "x[1::2]", "std::vector", "x[2000::3]", "de:ad:be:ef:00:01"],
        [
            "fd00::17",
            "ff02::1",
            "a::b::c",
            "2024:01:01:10:20",
            "2001:db8:0:1::2",
            "aa:bb:cc:dd:ee:ff",
            "d[2100:2200:10]",
        ],
    ),
    "phone": (
        [
            "555-0123",
            "2024-01-15",
            "+1.5",
            "1234567890",
            "(212) 555-0155",
            "x = 100 + 200 300",
            "1 234 567 890",
            "rfc 2119",
        ],
        [
            "+17",
            "2000-2024",
            "lines 100-200",
            "(404) not found",
            "text 123",
            "a+44-b",
            "10.1000/182",
            "3.14159265358979",
        ],
    ),
    "api_key": (
        [
            "AKIAIOSFODNN7EXAMPLE",
            "ghp_" + "x" * 36,
            "api_key = 'your-key-goes-here-please'",
            "token = tokenize.generate_tokens",
        ],
        [
            "password = getpass.getpass(prompt)",
            "hf_" + "A" * 34,
            "secret_key: <redacted-by-policy-0000>",
            "key=lambda item: item[0]",
        ],
    ),
    "jwt": (["eyJhello.eyJworld.signature", "a.b.c"], ["eyJmYWtlfakefake.eyJmYWtl.AAAAAAAAAAAAAAAAAAAA", "x.y.z"]),
    "private_key": (
        ["-----BEGIN RSA PRIVATE KEY-----", "if line == '-----BEGIN PRIVATE KEY-----':\n    read()"],
        [
            "-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYI\n-----END PUBLIC KEY-----",
            "-----BEGIN PRIVATE KEY-----...-----END PRIVATE KEY-----",
        ],
    ),
}
