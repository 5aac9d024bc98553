"""Keeps users and tokens unreadable at rest: keyed hashes, and sealed values."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import hmac
import os
import secrets
import tempfile
from functools import lru_cache
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken

from bot.errors import StoreError

_KEY_BYTES = 32
# A message asks for its sender's pseudonym several times over.
_REMEMBERED = 1024


class Secrets:
    """Hashes and seals with one key. Another key cannot read what this one sealed."""

    def __init__(self, key: bytes) -> None:
        self._hash_key = hashlib.blake2b(key, digest_size=32, person=b"user-hash").digest()
        seal_key = hashlib.blake2b(key, digest_size=32, person=b"seal").digest()
        self._seal = Fernet(base64.urlsafe_b64encode(seal_key))
        self._pseudonym = lru_cache(_REMEMBERED)(self._hashed)

    def user(self, channel: str, openid: str) -> str:
        """A pseudonym: the same for one user of one channel, not to be turned back."""
        return self._pseudonym(f"{channel}\0{openid}")

    def _hashed(self, text: str) -> str:
        return hmac.digest(self._hash_key, text.encode(), "sha256").hex()[:32]

    def seal(self, text: str) -> bytes:
        """The text, encrypted."""
        return self._seal.encrypt(text.encode())

    def unseal(self, sealed: bytes) -> str:
        """What was sealed; raises StoreError when it was sealed with another key."""
        try:
            return self._seal.decrypt(sealed).decode()
        except InvalidToken as error:
            raise StoreError("a stored value was sealed with another key; was it replaced?") from error


def load_key(path: Path) -> bytes:
    """The key in a file, made on first use and readable by its owner only; or StoreError."""
    try:
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            _make_key(path)
        key = path.read_bytes()
    except OSError as error:
        raise StoreError(
            "the key %(path)s cannot be read or made (%(error)s)", path=path, error=error
        ) from error
    if len(key) != _KEY_BYTES:
        raise StoreError(
            "%(path)s is not a key of %(size)s bytes; restore it, or delete it", path=path, size=_KEY_BYTES
        )
    return key


def _make_key(path: Path) -> None:
    """Appears whole or not at all; of several workers the first one's stays."""
    descriptor, name = tempfile.mkstemp(dir=path.parent)
    with os.fdopen(descriptor, "wb") as file:
        file.write(secrets.token_bytes(_KEY_BYTES))
    with contextlib.suppress(FileExistsError):
        os.link(name, path)
    Path(name).unlink()
