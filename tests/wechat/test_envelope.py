"""Opening requests: what is WeChat's, what is not, and what is but cannot be used."""

from __future__ import annotations

import pytest

from bot.wechat.credentials import Credentials, Mode
from bot.wechat.crypto import MessageCrypto
from bot.wechat.envelope import answer_handshake, open_push
from bot.wechat.errors import MalformedPushError, NotAuthenticError, UnusablePushError

from .fakes import (
    AES_KEY,
    APP_ID,
    COMPATIBLE,
    NONCE,
    PLAIN,
    SAFE,
    TIMESTAMP,
    TOKEN,
    encrypted,
    encrypted_json,
    json_push,
    signed_query,
    xml,
    xml_text,
)

ENCRYPTING = pytest.mark.parametrize("account", [SAFE, COMPATIBLE])


def test_the_documented_handshake_is_answered():
    query = {
        "signature": "f464b24fc39322e44b38aa78f5edd27bd1441696",
        "timestamp": "1714036504",
        "nonce": "1514711492",
        "echostr": "4375120948345356249",
    }

    assert answer_handshake(query, Credentials("wx1", "AAAAA", Mode.PLAIN)) == "4375120948345356249"


@ENCRYPTING
def test_the_handshake_is_plain_in_encrypting_modes_too(account):
    assert answer_handshake(signed_query(echostr="42"), account) == "42"


@pytest.mark.parametrize("missing", ["signature", "timestamp", "nonce", "echostr"])
def test_an_incomplete_handshake_is_refused(missing):
    query = signed_query(echostr="42")
    del query[missing]

    with pytest.raises(NotAuthenticError):
        answer_handshake(query, PLAIN)


def test_a_handshake_with_another_token_is_refused():
    with pytest.raises(NotAuthenticError):
        answer_handshake(signed_query("otherToken", echostr="42"), PLAIN)


@pytest.mark.parametrize("echostr", ["<script>", "a b", "42\n", "九", "x" * 257])
def test_nothing_like_markup_is_echoed(echostr):
    with pytest.raises(NotAuthenticError, match=r"^echostr is missing or not WeChat's$"):
        answer_handshake(signed_query(echostr=echostr), PLAIN)


def encrypted_handshake(plaintext: bytes) -> dict[str, str]:
    sealed = MessageCrypto(TOKEN, AES_KEY, APP_ID).encrypt(plaintext, int(TIMESTAMP), NONCE)
    moment = {"timestamp": TIMESTAMP, "nonce": NONCE}
    return {**moment, "echostr": sealed.encrypt, "msg_signature": sealed.msg_signature}


@pytest.mark.parametrize("plaintext", [b"1616140317555161061", xml_text()], ids=["WeCom's", "a push"])
def test_an_encrypted_handshake_is_refused_and_never_decrypted(plaintext):
    """Only WeCom encrypts it; whoever captured a push must not have it opened here."""
    with pytest.raises(NotAuthenticError):
        answer_handshake(encrypted_handshake(plaintext), SAFE)


def test_a_signed_plain_push_is_opened():
    push = open_push(signed_query(), xml_text("在吗"), PLAIN)

    assert (push.content, push.is_encrypted) == ("在吗", False)


def test_openid_and_a_blank_encrypt_type_in_the_query_are_optional():
    query = signed_query(openid="somebody-else", encrypt_type="raw")

    assert open_push(query, xml_text(), PLAIN).sender == "oUser001"


@ENCRYPTING
def test_an_encrypted_push_is_opened(account):
    query, body = encrypted(xml_text("在吗"))

    push = open_push(query, body, account)

    assert (push.content, push.is_encrypted) == ("在吗", True)


def test_encrypted_json_is_opened():
    query, body = encrypted_json(json_push(Content="在吗"))

    assert (
        (push := open_push(query, body, SAFE)).format,
        push.content,
    ) == ("json", "在吗")


def test_an_encrypted_push_needs_no_plain_signature():
    query, body = encrypted(xml_text("在吗"))
    query["signature"] = ""

    assert open_push(query, body, SAFE).content == "在吗"


def test_only_the_decrypted_fields_count_in_compatible_mode():
    forged = "<FromUserName>oVictim</FromUserName><Content>forged</Content><Title>forged</Title>"
    query, body = encrypted(xml_text("genuine"), beside=forged)

    push = open_push(query, body, COMPATIBLE)

    assert (push.sender, push.content, push.title) == ("oUser001", "genuine", "")


@ENCRYPTING
def test_a_plain_push_is_refused_where_encryption_is_expected(account):
    for query in (signed_query(), signed_query(encrypt_type="aes", msg_signature="0" * 40)):
        with pytest.raises(NotAuthenticError):
            open_push(query, xml_text(), account)


def test_the_plain_signature_does_not_vouch_for_a_ciphertext():
    query, body = encrypted(xml_text())
    query["msg_signature"] = query["signature"]

    with pytest.raises(NotAuthenticError):
        open_push(query, body, SAFE)


@pytest.mark.parametrize("name", ["msg_signature", "timestamp", "nonce"])
def test_an_encrypted_push_with_a_changed_query_is_refused(name):
    query, body = encrypted(xml_text())

    for value in ("", "1", "签名\ud800"):
        with pytest.raises(NotAuthenticError):
            open_push({**query, name: value}, body, SAFE)


def test_one_changed_byte_of_ciphertext_is_refused():
    query, body = encrypted(xml_text())
    place = body.index(b"CDATA[") + 20
    changed = body[:place] + (b"A" if body[place:][:1] != b"A" else b"B") + body[place + 1 :]

    with pytest.raises(NotAuthenticError):
        open_push(query, changed, SAFE)


def test_the_head_of_a_ciphertext_cannot_be_moved_into_the_query():
    """The signed parts are joined without separators, so a shifted border has the same hash."""
    query, body = encrypted(xml_text("x" * 300))
    start = body.index(b"CDATA[") + 6
    moved = body[start : start + 64].decode()
    shifted = {**query, "nonce": query["nonce"] + moved}

    with pytest.raises(NotAuthenticError, match="nonce"):
        open_push(shifted, body[:start] + body[start + 64 :], SAFE)


def test_a_push_for_another_app_is_refused():
    query, body = encrypted(xml_text(), MessageCrypto(TOKEN, AES_KEY, "wxother"))

    with pytest.raises(NotAuthenticError):
        open_push(query, body, SAFE)


def test_a_push_under_another_key_is_authentic_but_unusable():
    query, body = encrypted(xml_text(), MessageCrypto(TOKEN, AES_KEY[::-1], APP_ID))

    with pytest.raises(UnusablePushError, match="EncodingAESKey"):
        open_push(query, body, SAFE)


def test_an_encrypted_push_without_a_key_names_the_remedy():
    query, body = encrypted(xml_text())

    with pytest.raises(UnusablePushError, match="set the AES key"):
        open_push(query, body, PLAIN)


def test_a_stranger_learns_nothing_about_a_missing_key():
    query, body = encrypted(xml_text())

    with pytest.raises(NotAuthenticError):
        open_push({**query, "signature": "0" * 40}, body, PLAIN)


def test_a_plain_account_with_a_key_opens_what_the_console_encrypts():
    account = Credentials(APP_ID, TOKEN, Mode.PLAIN, AES_KEY)
    query, body = encrypted(xml_text("在吗"))
    untold = {name: value for name, value in query.items() if name != "encrypt_type"}

    assert open_push(query, body, account).content == "在吗"
    assert open_push(untold, body, account).content == "在吗"
    assert open_push({**query, "signature": ""}, body, account).content == "在吗"


@pytest.mark.parametrize("body", [b"", b"nonsense", b"<xml>", b"<!DOCTYPE a><xml/>"])
def test_an_authentic_push_nobody_can_read_is_unusable(body):
    with pytest.raises(MalformedPushError):
        open_push(signed_query(), body, PLAIN)
    with pytest.raises(MalformedPushError):
        open_push(*encrypted(body), SAFE)


@pytest.mark.parametrize("body", [b"", b"nonsense", b"<xml>", b"<xml/>", b"{}", xml()])
def test_an_encrypted_request_that_cannot_be_verified_is_refused(body):
    query = signed_query(encrypt_type="aes", msg_signature="0" * 40)

    with pytest.raises(NotAuthenticError):
        open_push(query, body, SAFE)


def test_an_unsigned_body_is_not_even_read():
    with pytest.raises(NotAuthenticError):
        open_push({}, b"<" * 10_000_000, PLAIN)
    with pytest.raises(NotAuthenticError):
        open_push({}, b"<" * 10_000_000, SAFE)


def test_a_body_without_a_claim_to_be_signed_is_not_parsed():
    with pytest.raises(NotAuthenticError, match="no msg_signature"):
        open_push(signed_query(), b"<not even XML", SAFE)


def test_the_cap_holds_for_signed_requests_too():
    with pytest.raises(UnusablePushError, match="at most 50"):
        open_push(signed_query(), xml_text(), PLAIN, max_bytes=50)
    with pytest.raises(NotAuthenticError, match="at most 50"):
        open_push(*encrypted(xml_text()), SAFE, max_bytes=50)


def test_control_characters_inside_a_ciphertext_do_not_cost_the_message():
    assert open_push(*encrypted(xml_text("\x1dc")), SAFE).content == "c"


CIPHERED, CIPHERTEXT = encrypted(xml_text())
UNSIGNED = {**CIPHERED, "msg_signature": "0" * 40}


@pytest.mark.parametrize(
    ("query", "body", "account", "said"),
    [
        ({}, xml_text(), PLAIN, "timestamp or nonce is missing or not WeChat's"),
        (
            signed_query() | {"signature": "0" * 40},
            xml_text(),
            PLAIN,
            "signature does not fit token, timestamp and nonce",
        ),
        (signed_query(), xml_text(), SAFE, "the request has no msg_signature"),
        (UNSIGNED, xml_text(), SAFE, "the request is not encrypted"),
        (UNSIGNED, CIPHERTEXT, SAFE, "msg_signature does not fit the ciphertext"),
        (UNSIGNED, b"?", SAFE, "nothing to verify: the body is neither XML nor JSON"),
        (UNSIGNED, b"<html/>", SAFE, "nothing to verify: the body's root element is not <xml>"),
        (CIPHERED, CIPHERTEXT, PLAIN, "the push is encrypted: set the AES key, or plain mode in WeChat"),
    ],
)
def test_why_a_request_is_refused_is_said(query, body, account, said):
    with pytest.raises((NotAuthenticError, UnusablePushError)) as caught:
        open_push(query, body, account)

    assert str(caught.value) == said
