"""Credentials: wrong ones are refused when they are read, right ones stay out of logs."""

from __future__ import annotations

import pytest

from bot.wechat.credentials import Credentials, Mode
from bot.wechat.errors import CredentialsError

from .fakes import AES_KEY, APP_ID, SAFE, TOKEN


@pytest.mark.parametrize("token", ["", "ab", "x" * 33, "has blank", "令牌令牌"])
def test_a_token_the_console_would_not_take_is_refused(token):
    with pytest.raises(CredentialsError, match="3 to 32"):
        Credentials(APP_ID, token, Mode.PLAIN)


@pytest.mark.parametrize(
    ("mode", "key"),
    [(Mode.PLAIN, ""), (Mode.PLAIN, AES_KEY), (Mode.COMPATIBLE, AES_KEY), (Mode.SAFE, AES_KEY)],
)
def test_every_mode_is_taken_with_what_it_needs(mode, key):
    assert (Credentials(APP_ID, TOKEN, mode, key).crypto is None) == (key == "")


@pytest.mark.parametrize("mode", [Mode.SAFE, Mode.COMPATIBLE])
def test_encrypting_modes_need_the_key(mode):
    with pytest.raises(CredentialsError, match="EncodingAESKey"):
        Credentials(APP_ID, TOKEN, mode)


def test_a_wrong_key_is_refused_even_where_it_is_not_needed():
    with pytest.raises(CredentialsError):
        Credentials(APP_ID, TOKEN, Mode.PLAIN, AES_KEY[:40])


@pytest.mark.parametrize("app_id", ["", " ", "wx 1", "小程序"])
def test_a_malformed_app_id_is_refused(app_id):
    with pytest.raises(CredentialsError, match="AppID"):
        Credentials(app_id, TOKEN, Mode.PLAIN)


def test_printing_credentials_shows_no_secret():
    assert TOKEN not in repr(SAFE)
    assert AES_KEY not in repr(SAFE)


@pytest.mark.parametrize(
    ("app_id", "token", "mode", "said"),
    [
        ("wx 1", TOKEN, Mode.PLAIN, "app id 'wx 1': copy AppID from WeChat's console"),
        (APP_ID, "ab", Mode.PLAIN, "the token must be 3 to 32 letters and digits, as in WeChat"),
        (APP_ID, TOKEN, Mode.SAFE, "safe mode needs the AES key: copy EncodingAESKey"),
    ],
)
def test_what_is_wrong_with_credentials_is_said(app_id, token, mode, said):
    with pytest.raises(CredentialsError) as caught:
        Credentials(app_id, token, mode)

    assert str(caught.value) == said
