"""AES of the compatible and safe modes (消息加解密说明).

Inside the ciphertext: 16 random bytes, the length of the message as a big-endian 32-bit
number, the message, the app id; padded to a multiple of 32 bytes with PKCS#7.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC

from bot.sentences import Sentence
from bot.wechat.errors import CredentialsError, DecryptionError, NotAuthenticError
from bot.wechat.signature import is_signed, signature

_KEY = re.compile(r"[A-Za-z0-9+/]{43}")
_AES_BLOCK = 16
_PAD_BLOCK = 32
_RANDOM = 16
_HEAD = _RANDOM + 4
_KEY_HINT = Sentence("compare the AES key with EncodingAESKey in WeChat's console")


@dataclass(frozen=True)
class Sealed:
    """The four fields of an encrypted reply."""

    encrypt: str
    msg_signature: str
    timestamp: int
    nonce: str


class MessageCrypto:
    """Opens pushes to one app and seals replies from it."""

    def __init__(
        self,
        token: str,
        aes_key: str,
        app_id: str,
        *,
        random_bytes: Callable[[int], bytes] = secrets.token_bytes,
    ) -> None:
        """Refuses a malformed key; ``random_bytes`` is fixed by tests only."""
        self._token = token
        self._app_id = app_id.encode()
        self._random_bytes = random_bytes
        key = _decode_key(aes_key)
        self._cipher = Cipher(AES(key), CBC(key[:_AES_BLOCK]))

    def is_signed(self, claimed: str, timestamp: str, nonce: str, encrypt: str) -> bool:
        """Whether ``claimed`` is the ``msg_signature`` of this ciphertext."""
        return is_signed(claimed, self._token, timestamp, nonce, encrypt)

    def decrypt(self, encrypt: str) -> bytes:
        """The message inside; :class:`NotAuthenticError` if it is meant for another app."""
        plain = _unpad(self._decipher(_decode(encrypt)))
        if len(plain) < _HEAD:
            raise DecryptionError("the decrypted push has no room for its header: %(hint)s", hint=_KEY_HINT)
        end = _HEAD + int.from_bytes(plain[_RANDOM:_HEAD], "big")
        if end > len(plain):
            raise DecryptionError("the decrypted push is shorter than it claims: %(hint)s", hint=_KEY_HINT)
        if not hmac.compare_digest(plain[end:], self._app_id):
            raise NotAuthenticError("the push is meant for another app id")
        return plain[_HEAD:end]

    def encrypt(self, plaintext: bytes, timestamp: int, nonce: str) -> Sealed:
        """The message as the fields of an encrypted reply; ``timestamp`` in seconds."""
        head = self._random_bytes(_RANDOM) + len(plaintext).to_bytes(4, "big")
        encryptor = self._cipher.encryptor()
        padded = _pad(head + plaintext + self._app_id)
        encrypt = base64.b64encode(encryptor.update(padded) + encryptor.finalize()).decode()
        signed = signature(self._token, str(timestamp), nonce, encrypt)
        return Sealed(encrypt, signed, timestamp, nonce)

    def _decipher(self, ciphertext: bytes) -> bytes:
        decryptor = self._cipher.decryptor()
        return decryptor.update(ciphertext) + decryptor.finalize()


def _decode_key(aes_key: str) -> bytes:
    if not _KEY.fullmatch(aes_key):
        raise CredentialsError(
            "the AES key has %(length)s characters, expected 43 letters and digits: "
            "copy EncodingAESKey from WeChat's console without blanks and without '='",
            length=len(aes_key),
        )
    return base64.b64decode(aes_key + "=")


def _decode(encrypt: str) -> bytes:
    try:
        ciphertext = base64.b64decode(encrypt, validate=True)
    except (binascii.Error, ValueError) as error:
        raise DecryptionError("Encrypt is not Base64") from error
    if not ciphertext or len(ciphertext) % _AES_BLOCK:
        raise DecryptionError("Encrypt holds %(length)s bytes, no multiple of 16", length=len(ciphertext))
    return ciphertext


def _pad(plain: bytes) -> bytes:
    count = _PAD_BLOCK - len(plain) % _PAD_BLOCK
    return plain + bytes([count]) * count


def _unpad(padded: bytes) -> bytes:
    # The block is 32 bytes, not AES's 16: an ordinary PKCS#7 unpadder refuses every other push.
    count = padded[-1]
    if not 1 <= count <= _PAD_BLOCK or not padded.endswith(bytes([count]) * count):
        raise DecryptionError("the decrypted push is not padded: %(hint)s", hint=_KEY_HINT)
    return padded[:-count]
