"""The detectors a card may name under `clean.redact`. Where two find the same characters the upper one has them:
what a checksum or a fixed format vouches for comes before what only looks the part."""

_HERE = "model_factory.curation.pii"

DETECTORS = {
    "private_key": f"{_HERE}.private_key:DETECTOR",
    "jwt": f"{_HERE}.jwt:DETECTOR",
    "api_key": f"{_HERE}.api_key:DETECTOR",
    "email": f"{_HERE}.email:DETECTOR",
    "iban": f"{_HERE}.iban:DETECTOR",
    "payment_card": f"{_HERE}.payment_card:DETECTOR",
    "ipv6": f"{_HERE}.ipv6:DETECTOR",
    "ipv4": f"{_HERE}.ipv4:DETECTOR",
    "phone": f"{_HERE}.phone:DETECTOR",
}
