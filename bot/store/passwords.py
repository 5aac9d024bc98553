"""Operators' passwords, as Argon2id hashes in the PHC string format (RFC 9106)."""

from __future__ import annotations

import os

from cryptography.exceptions import InvalidKey
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

# OWASP's password storage cheat sheet: 19 MiB, two passes, one lane.
_MEMORY_KIB, _PASSES, _LANES, _SALT_BYTES, _HASH_BYTES = 19 * 1024, 2, 1, 16, 32


def hashed(password: str) -> str:
    """A hash to store; another one every time."""
    argon = Argon2id(
        salt=os.urandom(_SALT_BYTES),
        length=_HASH_BYTES,
        iterations=_PASSES,
        lanes=_LANES,
        memory_cost=_MEMORY_KIB,
    )
    return argon.derive_phc_encoded(password.encode())


def is_right(password: str, stored: str) -> bool:
    """Whether the hash is this password's; takes the same time either way."""
    try:
        Argon2id.verify_phc_encoded(password.encode("utf-8", "replace"), stored)
    except InvalidKey:
        return False
    return True
