"""Files that only their owner can read, by the marks that they begin with."""

from typing import BinaryIO

MARKS = {
    b"Salted__": "OpenSSL",
    b"age-encryption.org/": "age",
    b"-----BEGIN AGE ENCRYPTED FILE": "age",
    b"-----BEGIN PGP MESSAGE": "OpenPGP",
    b"PARE": "parquet with an encrypted footer",
    b"LUKS\xba\xbe": "LUKS",
    b"$ANSIBLE_VAULT;": "Ansible Vault",
}
LONGEST = max(map(len, MARKS))


def encrypted_by(stream: BinaryIO) -> str:
    """What the stream was encrypted by, or ""; it is rewound."""
    start = stream.read(LONGEST)
    stream.seek(0)
    return next((name for mark, name in MARKS.items() if start.startswith(mark)), "")
