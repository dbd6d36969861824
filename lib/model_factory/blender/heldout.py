"""Which documents are never trained on."""

import hashlib


def is_heldout(doc_id: str, fraction: float) -> bool:
    """True for about `fraction` of all documents, decided by the document's id alone.

    A document stays on its side when others come or go, and raising the fraction only adds.
    """
    draw = int.from_bytes(hashlib.blake2b(doc_id.encode(), digest_size=8, person=b"heldout").digest())
    return draw < fraction * 2**64
