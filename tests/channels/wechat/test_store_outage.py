"""A mini program's answer is queued in the store: while that fails, WeChat must not hear ``success``."""

from contextlib import contextmanager

import pytest

from bot.channels.wechat.blueprint import Desk
from bot.errors import StoreError
from bot.store.inbox import Inbox
from bot.store.secrets import Secrets
from tests.channels.wechat.chat import fields, written
from tests.channels.wechat.conftest import KEY, MINI
from tests.wechat.fakes import signed_query


class Failing:
    """A database that fails a number of times before it works."""

    def __init__(self, database, times):
        self.database, self.left = database, times

    def looking_up(self):
        return self.writing()

    @contextmanager
    def writing(self):
        self.left -= 1
        if self.left >= 0:
            raise StoreError("locked")
        with self.database.writing() as connection:
            yield connection


@pytest.fixture
def delivered(answerer, database, clock):
    """Delivers a question to a desk whose store fails so many times; gives the reply and the waiting."""

    def delivered(times):
        waited = []
        inbox = Inbox(Failing(database, times), Secrets(KEY), clock)
        desk = Desk(MINI, answerer, inbox, clock, waited.append)
        return desk.push(signed_query(), written(fields(Content="备案时间"))).body, sum(waited)

    return delivered


def test_a_store_that_comes_back_gets_the_answer(delivered, outbox):
    assert delivered(times=3) == ("success", 1.5)

    assert outbox.take(9)[0].text.startswith("一般要一到二十个工作日")


def test_wechat_has_hung_up_before_the_answer_is_given_up(delivered, outbox):
    """It hangs up after 5 s and delivers again: a success before that would lose the message."""
    _, waited = delivered(times=99)

    assert waited > 5
    assert outbox.take(9) == []
