"""Replies that are remembered: the same words, never those of another version or language."""

from __future__ import annotations

import gc
import weakref

import pytest

from bot.answering.answerer import Answerer
from bot.answering.conversation import Converser
from bot.answering.known_replies import LONGEST, REMEMBERED, KnownReplies, RememberingAnswerer
from bot.domain import Conversation, Language, Query, Ranking
from tests.answering.test_answerer import ENTRIES, PAY, SOURCES
from tests.fakes import FakeIndex, make_entry


class CountingIndex(FakeIndex):
    """Knows how often it had to look."""

    looks = 0

    def rank(self, query: Query) -> Ranking:
        """As any other."""
        self.looks += 1
        return super().rank(query)


@pytest.fixture
def index() -> CountingIndex:
    return CountingIndex(*ENTRIES, sources=SOURCES)


@pytest.mark.parametrize("language", [None, *Language])
@pytest.mark.parametrize("question", ["怎么开网店", "網店開張步驟！", "How do I open a shop?", "今天天气"])
def test_asked_again_a_question_gets_the_reply_that_it_gets_anyhow(index, question, language):
    bot = RememberingAnswerer(lambda: index)
    expected = Answerer(lambda: index).answer(question, language)

    assert [bot.answer(question, language) for _ in range(3)] == [expected] * 3


def test_the_same_words_in_another_language_are_another_question(index):
    bot = RememberingAnswerer(lambda: index)
    for _ in range(2):
        assert bot.answer("怎么开网店").text.startswith("先注册")
        assert bot.answer("怎么开网店", Language.ENGLISH).text == "Register."
        assert bot.answer("怎么开网店", Language.TRADITIONAL).text.startswith("先註冊")


def test_only_what_is_asked_in_an_entrys_own_words_is_spared_a_look(index):
    bot = RememberingAnswerer(lambda: index)

    looks = []
    for question in ("怎么开网店", "请问怎么开网店呀"):
        index.looks = 0
        for _ in range(3):
            bot.answer(question)
        looks.append(index.looks)

    assert looks[0] == 1
    assert looks[1] % 3 == 0 and looks[1] >= 3


def test_every_question_is_answered_from_the_version_that_is_live_then():
    live = [FakeIndex(PAY, version="old")]
    bot = RememberingAnswerer(lambda: live[-1])
    assert [bot.answer("怎么收款").text for _ in range(2)] == ["开通微信支付。"] * 2

    live.append(FakeIndex(make_entry("pay", "怎么收款", answer="不收。"), version="new"))
    assert [bot.answer("怎么收款").index_version for _ in range(2)] == ["new"] * 2

    live.append(live[0])
    assert bot.answer("怎么收款").text == "开通微信支付。"


def test_a_conversation_goes_on_as_with_any_other(index):
    bots = [Converser(RememberingAnswerer(lambda: index)), Converser(Answerer(lambda: index))]
    talks = [Conversation(), Conversation()]
    for question in ("怎么开网店", "继续", "怎么开网店", "怎么收款", "第一个", "怎么开网店"):
        replies = [bot.reply(question, talk) for bot, talk in zip(bots, talks, strict=True)]
        talks = [talk for _, talk in replies]
        assert replies[0] == replies[1]


def test_however_many_ways_it_is_typed_in_so_many_are_remembered(index):
    known = KnownReplies()
    bot = RememberingAnswerer(lambda: index, known=known)
    for spaces in range(LONGEST):
        for marks in range(REMEMBERED // LONGEST + 2):
            assert bot.answer("怎么" + " " * spaces + "收款" + "？" * marks).text == "开通微信支付。"

    assert 0 < len(known.of(index)) <= REMEMBERED


def test_a_version_that_serves_no_more_is_not_kept():
    live = [FakeIndex(PAY)]
    bot = RememberingAnswerer(lambda: live[-1])
    bot.answer("怎么收款")
    old = weakref.ref(live[0])

    live[:] = [FakeIndex(PAY, version="new")]
    gc.collect()

    assert old() is None
