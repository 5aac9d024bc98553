"""Replies that are remembered: the same words, never those of another version or language."""

from __future__ import annotations

import gc
import weakref

import pytest

from bot.answering.answerer import Answerer
from bot.answering.conversation import Converser
from bot.answering.known_replies import LONGEST, REMEMBERED, KnownReplies, RememberingAnswerer
from bot.domain import Conversation, Language, Query, Ranking, Stage
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


def test_what_was_answered_in_an_entrys_own_words_is_known_from_then_on(index):
    bot = RememberingAnswerer(lambda: index)
    assert not bot.knows("怎么收款")

    bot.answer("怎么收款")
    bot.answer("请问怎么收款呀")

    asked = [("怎么收款", None), ("怎么收款", Language.ENGLISH), ("请问怎么收款呀", None)]
    assert [bot.knows(*each) for each in asked] == [True, False, False]


def test_what_an_older_version_answered_is_not_known_to_the_next():
    live = [FakeIndex(PAY)]
    bot = RememberingAnswerer(lambda: live[-1])
    bot.answer("怎么收款")
    live.append(FakeIndex(PAY, version="new"))

    assert not bot.knows("怎么收款")


def test_before_anything_is_known_no_version_is_loaded_to_look():
    loaded = []

    assert not RememberingAnswerer(lambda: loaded.append(1) or FakeIndex(PAY)).knows("怎么收款")
    assert loaded == []


def test_what_is_answered_in_a_conversation_is_known_outside_of_it_too(index):
    bot = RememberingAnswerer(lambda: index)
    bot.at_one_version().answer("怎么收款")

    assert bot.knows("怎么收款")


@pytest.mark.parametrize(("length", "known"), [(LONGEST, True), (LONGEST + 1, False)])
def test_the_longest_that_is_remembered(index, length, known):
    bot = RememberingAnswerer(lambda: index)
    question = "怎么收款".ljust(length)
    bot.answer(question)

    assert bot.knows(question) is known


def test_no_more_are_remembered_than_may_be(index):
    known = KnownReplies()
    bot = RememberingAnswerer(lambda: index, known=known)
    reply = bot.answer("怎么收款")
    known.of(index).update({(str(number), None): reply for number in range(REMEMBERED - 1)})

    assert len(known.of(index)) == REMEMBERED
    assert bot.answer("怎么收款？") == reply
    assert 0 < len(known.of(index)) <= REMEMBERED


def test_how_long_composing_takes_is_told_for_what_had_to_be_composed(index):
    stages = []
    bot = RememberingAnswerer(lambda: index, lambda stage, seconds: stages.append(stage))

    for question in ("怎么收款", "怎么收款", "怎么收款呀"):
        bot.answer(question)

    assert stages == [Stage.COMPOSING] * 2
