"""Users and tokens unreadable at rest, and the key that does it."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from bot.errors import StoreError
from bot.store.secrets import Secrets, load_key

SECRETS = Secrets(b"k" * 32)


def test_a_user_has_one_pseudonym_that_hides_the_openid():
    pseudonym = SECRETS.user("mini:default", "oUser001")

    assert pseudonym == Secrets(b"k" * 32).user("mini:default", "oUser001")
    assert "oUser001" not in pseudonym


@pytest.mark.parametrize(
    ("channel", "openid"),
    [("mini:default", "oUser002"), ("official:default", "oUser001"), ("mini:defaulto", "User001")],
)
def test_another_user_or_channel_has_another_pseudonym(channel, openid):
    assert SECRETS.user(channel, openid) != SECRETS.user("mini:default", "oUser001")


def test_another_key_gives_another_pseudonym():
    assert Secrets(b"x" * 32).user("mini:default", "oUser001") != SECRETS.user("mini:default", "oUser001")


def test_what_is_sealed_cannot_be_read_until_it_is_unsealed():
    sealed = SECRETS.seal("token-42")

    assert b"token-42" not in sealed
    assert SECRETS.unseal(sealed) == "token-42"


def test_the_same_text_is_sealed_differently_each_time():
    assert SECRETS.seal("token-42") != SECRETS.seal("token-42")


SEALED = ["with another key", "nothing", "rubbish"]


@pytest.mark.parametrize("sealed", [Secrets(b"x" * 32).seal("token-42"), b"", b"rubbish"], ids=SEALED)
def test_what_this_key_did_not_seal_is_refused(sealed):
    with pytest.raises(StoreError, match="another key"):
        SECRETS.unseal(sealed)


def test_the_key_is_made_once_for_its_owner_only(tmp_path):
    file = tmp_path / "new" / "secret.key"

    key = load_key(file)

    assert load_key(file) == key
    assert (len(key), stat.S_IMODE(file.stat().st_mode)) == (32, 0o600)
    assert list(file.parent.iterdir()) == [file]


def test_sixteen_workers_that_start_at_once_share_one_key(tmp_path):
    together = Barrier(16)

    def load(_worker):
        keys = []
        for start in range(20):
            together.wait()
            keys.append(load_key(tmp_path / f"{start}.key"))
        return tuple(keys)

    with ThreadPoolExecutor(16) as pool:
        assert len(set(pool.map(load, range(16)))) == 1


@pytest.mark.parametrize("content", [b"", b"short", b"k" * 33])
def test_a_file_that_is_no_key_is_refused_by_name_and_left_alone(tmp_path, content):
    file = tmp_path / "secret.key"
    file.write_bytes(content)

    with pytest.raises(StoreError, match=r"secret\.key is not a key of 32 bytes; restore it, or delete it"):
        load_key(file)
    assert file.read_bytes() == content


@pytest.mark.parametrize("place", ["folder", "file/secret.key"])
def test_a_key_that_cannot_be_read_or_made_is_a_store_error_that_names_it(tmp_path, place):
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("no folder")

    with pytest.raises(StoreError, match=place):
        load_key(tmp_path / place)
