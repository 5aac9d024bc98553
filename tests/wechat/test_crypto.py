"""AES: the documented reply, every padding, and ciphertexts nobody should be able to send."""

from __future__ import annotations

import base64
import struct

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC

from bot.errors import SettingsError
from bot.wechat.crypto import MessageCrypto
from bot.wechat.errors import CredentialsError, DecryptionError, NotAuthenticError

from .fakes import AES_KEY, APP_ID, TOKEN

CRYPTO = MessageCrypto(TOKEN, AES_KEY, APP_ID)


def raw_encrypt(padded: bytes) -> str:
    """Bytes as they are, under the right key: what only a broken sender would produce."""
    key = base64.b64decode(AES_KEY + "=")
    encryptor = Cipher(AES(key), CBC(key[:16])).encryptor()
    return base64.b64encode(encryptor.update(padded) + encryptor.finalize()).decode()


def framed(message: bytes, *, claims: int | None = None, app_id: str = APP_ID) -> bytes:
    length = len(message) if claims is None else claims
    plain = b"r" * 16 + struct.pack(">I", length) + message + app_id.encode()
    count = 32 - len(plain) % 32
    return plain + bytes([count]) * count


def test_the_documented_reply_comes_out_bit_for_bit():
    """消息推送, worked example of an encrypted JSON reply."""
    crypto = MessageCrypto(
        "AAAAA", "A" * 43, "wxba5fad812f8e6fb9", random_bytes=lambda _: b"707722b803182950"
    )

    sealed = crypto.encrypt(b'{"demo_resp":"good luck"}', 1713424427, "415670741")

    assert sealed.msg_signature == "1b9339964ed2e271e7c7b6ff2b0ef902fc94dea1"
    assert sealed.encrypt.startswith("ELGduP2YcVatjqIS+eZbp80MNLoAUWvz")


@pytest.mark.parametrize("size", range(33))
def test_every_padding_from_1_to_32_is_opened(size):
    message = b"x" * size

    assert message == CRYPTO.decrypt(CRYPTO.encrypt(message, 1, "n").encrypt)


def test_length_counts_bytes_not_characters():
    message = "我是中文abcd".encode()

    assert message == CRYPTO.decrypt(CRYPTO.encrypt(message, 1, "n").encrypt)


def test_two_encryptions_of_one_reply_differ():
    first, second = (CRYPTO.encrypt(b"same", 1, "n").encrypt for _ in range(2))

    assert first != second


def test_a_push_for_another_app_is_not_authentic():
    other = MessageCrypto(TOKEN, AES_KEY, "wxsomebodyelse").encrypt(b"<xml/>", 1, "n")

    with pytest.raises(NotAuthenticError, match="another app"):
        CRYPTO.decrypt(other.encrypt)


@pytest.mark.parametrize("app_id", [APP_ID + "x", APP_ID[:-1], "", "é"])
def test_a_nearly_right_app_id_is_not_ours(app_id):
    with pytest.raises(NotAuthenticError):
        CRYPTO.decrypt(raw_encrypt(framed(b"<xml/>", app_id=app_id)))


@pytest.mark.parametrize("claims", [1000, 2**31, 2**32 - 1])
def test_a_length_beyond_the_end_is_refused(claims):
    with pytest.raises(DecryptionError, match="shorter than it claims"):
        CRYPTO.decrypt(raw_encrypt(framed(b"<xml/>", claims=claims)))


@pytest.mark.parametrize("claims", [0, 5, 7, 6 + len(APP_ID)])
def test_a_length_that_moves_the_app_id_is_refused(claims):
    with pytest.raises(NotAuthenticError):
        CRYPTO.decrypt(raw_encrypt(framed(b"<xml/>", claims=claims)))


@pytest.mark.parametrize("count", [0, 33, 255])
def test_padding_outside_1_to_32_is_refused(count):
    with pytest.raises(DecryptionError, match="not padded"):
        CRYPTO.decrypt(raw_encrypt(framed(b"<xml/>")[:-1] + bytes([count])))


def test_padding_longer_than_the_text_is_refused():
    with pytest.raises(DecryptionError, match="not padded"):
        CRYPTO.decrypt(raw_encrypt(bytes([32]) * 16))


def test_a_text_without_room_for_its_header_is_refused():
    with pytest.raises(DecryptionError, match="header"):
        CRYPTO.decrypt(raw_encrypt(bytes([32]) * 32))


@pytest.mark.parametrize("encrypt", ["", "====", "不是", "QUJD", "a" * 43, "QUJD\nQUJD", "\ud800"])
def test_what_is_no_ciphertext_is_refused(encrypt):
    with pytest.raises(DecryptionError):
        CRYPTO.decrypt(encrypt)


def test_a_ciphertext_with_foreign_characters_in_it_is_refused():
    encrypt = CRYPTO.encrypt(b"<xml/>", 1, "n").encrypt

    with pytest.raises(DecryptionError, match="Base64"):
        CRYPTO.decrypt(f"{encrypt[:8]}\n{encrypt[8:]}")


def test_the_wrong_key_is_named_as_the_likely_cause():
    other = MessageCrypto(TOKEN, AES_KEY[::-1], APP_ID)

    with pytest.raises(DecryptionError, match="EncodingAESKey"):
        other.decrypt(CRYPTO.encrypt(b"<xml/>" * 40, 1, "n").encrypt)


@pytest.mark.parametrize("key", ["", AES_KEY[:-1], AES_KEY + "=", AES_KEY[:-1] + "é", "-" * 43])
def test_a_malformed_key_is_refused_with_a_remedy_and_not_shown(key):
    with pytest.raises(CredentialsError, match="copy EncodingAESKey") as caught:
        MessageCrypto(TOKEN, key, APP_ID)

    assert isinstance(caught.value, SettingsError)
    assert not key or key not in str(caught.value)


HINT = ": compare the AES key with EncodingAESKey in WeChat's console"


@pytest.mark.parametrize(
    ("encrypt", "said"),
    [
        ("====", "Encrypt is not Base64"),
        ("", "Encrypt holds 0 bytes, no multiple of 16"),
        ("QUJD", "Encrypt holds 3 bytes, no multiple of 16"),
        (raw_encrypt(bytes(32)), f"the decrypted push is not padded{HINT}"),
        (raw_encrypt(bytes([32]) * 32), f"the decrypted push has no room for its header{HINT}"),
        (raw_encrypt(framed(b"", claims=999)), f"the decrypted push is shorter than it claims{HINT}"),
    ],
)
def test_what_is_wrong_with_a_ciphertext_is_said(encrypt, said):
    with pytest.raises(DecryptionError) as caught:
        CRYPTO.decrypt(encrypt)

    assert str(caught.value) == said


def test_a_header_and_nothing_else_is_meant_for_nobody():
    with pytest.raises(NotAuthenticError) as caught:
        CRYPTO.decrypt(raw_encrypt(bytes(20) + bytes([12]) * 12))

    assert str(caught.value) == "the push is meant for another app id"


def test_what_is_wrong_with_a_key_is_said():
    with pytest.raises(CredentialsError) as caught:
        MessageCrypto(TOKEN, "k" * 44, APP_ID)

    assert str(caught.value) == (
        "the AES key has 44 characters, expected 43 letters and digits: "
        "copy EncodingAESKey from WeChat's console without blanks and without '='"
    )
