"""The answerer: which words a reader gets for a question, and what they rest on."""

from __future__ import annotations

import pytest

from bot.answering.answerer import Answerer
from bot.answering.wording import CHINESE, ENGLISH
from bot.domain import Grade, Hit, Language, OutcomeKind, Ranking, Source, Stage
from bot.errors import IndexMissingError
from tests.fakes import FakeIndex, make_entry

OPEN = make_entry(
    "open-shop",
    "怎么开网店？",
    answer="先注册，再备案。\n\n软件里有菜单。",
    asked=["网店开张步骤"],
    sources=("S1", "S2", "S9"),
    related=("pay", "gone"),
)
PAY = make_entry("pay", "怎么收款？", answer="开通微信支付。")
CLOSE = make_entry("close-shop", "怎么关掉网店？", answer="在后台注销。")
MOVE = make_entry("move-shop", "怎么搬迁网店？", answer="联系客服。")
HELLO = make_entry("hello", "您好", answer="您好，请问。", topic="smalltalk")
HUMAN = make_entry("human", "转人工", answer="请稍候。", topic="handoff")
OPEN_IN_ENGLISH = make_entry(
    "open-shop", "How do I open a shop?", answer="Register.", language="en", sources=("S1", "S2")
)
ENTRIES = (OPEN, PAY, CLOSE, MOVE, HELLO, HUMAN, OPEN_IN_ENGLISH)
SOURCES = (
    Source("S1", True, {"zh": "微信软件公告", "en": "WeChat notice"}, "weixin.qq.com"),
    Source("S2", False, {"zh": "某博客", "en": "A blog"}, "example.com"),
)


def bot_with(*entries) -> Answerer:
    index = FakeIndex(*entries, sources=SOURCES)
    return Answerer(lambda: index)


@pytest.fixture
def ask():
    """Asks a bot that knows all the entries above."""
    return bot_with(*ENTRIES).answer


@pytest.mark.parametrize("question", ["怎么开网店", "網店開張步驟！", "  怎么　开网店？？ "])
def test_a_question_met_exactly_is_answered_with_certainty(ask, question):
    reply = ask(question)

    assert (reply.outcome, reply.entry, reply.confidence) == (OutcomeKind.ANSWER, OPEN, 1.0)


def test_a_question_near_enough_gets_the_whole_answer(ask):
    reply = ask("请问怎么开网店呀")

    assert (reply.outcome, reply.text) == (OutcomeKind.ANSWER, "先注册，再备案。\n\n软件里有菜单。")
    assert reply.is_answered


def test_an_answer_can_be_shown_in_two_parts(ask):
    reply = ask("怎么开网店")

    assert (reply.short, reply.rest) == ("先注册，再备案。", "软件里有菜单。")


def test_an_answer_offers_the_related_entries_that_exist(ask):
    offered = [(suggestion.id, suggestion.question) for suggestion in ask("怎么开网店").suggestions]

    assert offered == [("pay", "怎么收款？")]


def test_a_question_between_entries_is_asked_back_with_the_nearest_first(ask):
    reply = ask("网店怎么关掉还是搬迁")

    assert (reply.outcome, reply.is_answered, reply.entry) == (OutcomeKind.CLARIFY, False, None)
    assert reply.text == f"{CHINESE.clarify}\n\n- 怎么关掉网店？\n- 怎么搬迁网店？\n- 怎么开网店？"


def test_a_question_a_little_like_some_entries_is_refused_and_they_are_offered(ask):
    reply = ask("今天天气怎么样")

    assert (reply.outcome, reply.is_answered, reply.entry) == (OutcomeKind.ABSTAIN, False, None)
    questions = "- 怎么收款？\n- 怎么开网店？\n- 怎么关掉网店？"
    assert reply.text == f"{CHINESE.abstain}\n\n{CHINESE.abstain_near}\n{questions}"


def test_a_question_like_no_entry_is_refused_without_offers(ask):
    reply = ask("weather forecast")

    assert (reply.outcome, reply.text, reply.suggestions) == (OutcomeKind.ABSTAIN, ENGLISH.abstain, ())


@pytest.mark.parametrize("question", ["", "😀😀😀", "？？！", "\u202e\u0000"])
def test_a_question_without_words_is_refused_even_where_an_entry_has_none_either(question):
    reply = bot_with(make_entry("marks", "？？？")).answer(question)

    assert (reply.outcome, reply.suggestions, reply.confidence) == (OutcomeKind.ABSTAIN, (), 0.0)
    assert reply.text == ENGLISH.abstain


@pytest.mark.parametrize("question", ["好" * 500, "a" * 500, "1" * 500, "<b>怎</b>'; --"])
def test_nonsense_is_refused(ask, question):
    assert ask(question).outcome is OutcomeKind.ABSTAIN


@pytest.mark.parametrize(
    ("language", "scope", "text"),
    [
        ("zh", "我能回答开店方面的问题。", f"{CHINESE.abstain}我能回答开店方面的问题。"),
        ("en", "I know about shops.", f"{ENGLISH.abstain} I know about shops."),
    ],
)
def test_a_refusal_says_what_the_knowledge_base_says_it_knows(language, scope, text):
    entry = make_entry(
        "smalltalk-scope", "你能回答什么？", answer=scope, topic="smalltalk", language=language
    )
    forced = Language.ENGLISH if language == "en" else Language.SIMPLIFIED

    reply = bot_with(entry).answer("weather forecast", forced)

    assert (reply.text, reply.rest) == (text, "")


def test_an_empty_index_refuses_everything():
    assert bot_with().answer("怎么开网店").text == CHINESE.abstain


def test_a_greeting_is_answered_as_smalltalk(ask):
    reply = ask("您好！")

    assert (reply.outcome, reply.text, reply.is_answered) == (OutcomeKind.SMALLTALK, "您好，请问。", True)


def test_a_wish_for_a_person_is_handed_off_and_does_not_count_as_answered(ask):
    reply = ask("转人工")

    assert (reply.outcome, reply.text, reply.is_answered) == (OutcomeKind.HANDOFF, "请稍候。", False)


def test_smalltalk_and_handing_off_are_never_offered_as_questions(ask):
    reply = ask("不好意思，您好，怎么转人工")

    assert reply.outcome is OutcomeKind.CLARIFY
    assert {suggestion.id for suggestion in reply.suggestions}.isdisjoint({"hello", "human"})


def test_where_only_smalltalk_is_near_nothing_is_offered():
    reply = bot_with(HELLO).answer("不好意思，您好")

    assert (reply.outcome, reply.text) == (OutcomeKind.ABSTAIN, CHINESE.abstain)


@pytest.mark.parametrize(
    ("question", "language", "text"),
    [
        ("怎么开网店", "zh-Hans", "先注册，再备案。\n\n软件里有菜单。"),
        ("怎麼開網店", "zh-Hant", "先註冊，再備案。\n\n軟件裡有菜單。"),
        ("小程式怎麼開網店", "zh-Hant", "先註冊，再備案。\n\n軟體裡有選單。"),
        ("小程序怎麼開網店", "zh-Hant", "先註冊，再備案。\n\n軟件裡有菜單。"),
        ("How do I open a shop", "en", "Register."),
        ("how do I open a 网店?", "en", "Register."),
    ],
)
def test_the_reply_is_in_the_language_script_and_words_of_the_question(ask, question, language, text):
    reply = ask(question)

    assert (reply.language, reply.text) == (language, text)


def test_offers_and_the_bots_own_sentences_are_in_the_script_of_the_question(ask):
    reply = ask("網店怎麼關掉還是搬遷")

    assert reply.text.startswith("我不太確定你想問的是哪一個")
    assert [s.question for s in reply.suggestions] == ["怎麼關掉網店？", "怎麼搬遷網店？", "怎麼開網店？"]


@pytest.mark.parametrize(
    ("forced", "text"),
    [
        (Language.ENGLISH, "Register."),
        (Language.TRADITIONAL, "先註冊，再備案。\n\n軟件裡有菜單。"),
    ],
)
def test_a_forced_language_overrides_the_question(ask, forced, text):
    reply = ask("怎么开网店", forced)

    assert (reply.language, reply.text) == (forced, text)


def test_a_refusal_is_in_the_forced_language(ask):
    assert ask("weather forecast", Language.SIMPLIFIED).text == CHINESE.abstain


def test_an_entry_known_in_the_other_language_only_is_better_than_none(ask):
    assert ask("怎么收款", Language.ENGLISH).text == "开通微信支付。"


@pytest.mark.parametrize(
    ("fields", "caveat"),
    [
        ({"is_volatile": True}, "（信息截至 2026-11，可能已有变化"),
        ({"grade": Grade.REPORTED}, "（以上来自第三方说法，截至 2026-11"),
        ({"grade": Grade.CONFLICTING}, "（各处资料说法不一，信息截至 2026-11"),
    ],
)
def test_a_caveat_follows_the_answer_in_full_and_in_short(fields, caveat):
    entry = make_entry("fee", "多少钱", answer="30 元。\n\n每年一次。", as_of="2026-11", **fields)
    reply = bot_with(entry).answer("多少钱")

    assert reply.text.startswith(f"30 元。\n\n每年一次。\n\n{caveat}")
    assert reply.short.startswith(f"30 元。\n\n{caveat}")


@pytest.mark.parametrize(
    ("question", "titles"),
    [
        ("怎么开网店", ("微信软件公告",)),
        ("怎麼開網店", ("微信軟件公告",)),
        ("小程式怎麼開網店", ("微信軟體公告",)),
        ("How do I open a shop?", ("WeChat notice",)),
    ],
)
def test_only_titles_of_official_sources_are_shown_in_the_readers_language(ask, question, titles):
    assert ask(question).source_titles == titles


def test_a_reply_without_an_entry_names_no_sources(ask):
    assert ask("网店怎么关掉还是搬迁").source_titles == ()


class Told(FakeIndex):
    """As sure as it is told to be of every text: the entry whose question begins like it first."""

    confidence = 0.9

    def rank(self, query):
        self.languages = {*getattr(self, "languages", ()), query.language}
        near = sorted(self.entries, key=lambda entry: entry.question[:2] != query.text[:2])
        return Ranking((*(Hit(entry.id, 1.0) for entry in near), Hit("gone", 1.0)), self.confidence)


def test_where_the_entry_that_is_meant_is_gone_the_question_is_refused():
    assert Answerer(Told).answer("搬家要钱吗").text == CHINESE.abstain


def test_both_of_two_questions_that_are_known_just_well_enough_are_answered():
    index = Told(make_entry("fee", "认证要多少钱"), make_entry("filing", "备案要多久"))
    index.confidence = index.answer_threshold

    asked = Answerer(lambda: index).answer("认证要多少钱呀？备案要多久呀？").asked

    assert [(part.entry_id, part.is_known) for part in asked] == [("fee", True), ("filing", True)]


@pytest.mark.parametrize("language", Language)
def test_a_question_and_its_parts_are_looked_up_in_the_language_that_is_asked_for(language):
    index = Told(make_entry("fee", "认证要多少钱"), make_entry("filing", "备案要多久"))

    Answerer(lambda: index).answer("认证要多少钱呀？备案要多久呀？", language)

    assert index.languages == {language}


@pytest.mark.parametrize("question", ["怎么开网店", "网店怎么关掉还是搬迁", "今天天气怎么样", "您好"])
def test_the_same_question_twice_gives_the_same_words(question):
    assert bot_with(*ENTRIES).answer(question) == bot_with(*ENTRIES).answer(question)


def test_each_question_is_answered_from_the_version_that_is_live_then():
    live = [FakeIndex(PAY, version="old")]
    bot = Answerer(lambda: live[-1])
    assert (bot.answer("怎么收款").text, bot.answer("怎么收款").index_version) == ("开通微信支付。", "old")

    live.append(FakeIndex(make_entry("pay", "怎么收款", answer="不收。"), version="new"))
    assert (bot.answer("怎么收款").text, bot.answer("怎么收款").index_version) == ("不收。", "new")


def test_without_any_index_the_caller_is_told():
    def nothing_built():
        raise IndexMissingError("no index was built yet")

    with pytest.raises(IndexMissingError):
        Answerer(nothing_built).answer("怎么开网店")


def test_an_entry_chosen_by_hand_is_told_in_the_script_of_an_earlier_question():
    reply = bot_with(*ENTRIES).tell("open-shop", Language.TRADITIONAL, like="小程式怎麼開")

    assert (reply.outcome, reply.text) == (OutcomeKind.ANSWER, "先註冊，再備案。\n\n軟體裡有選單。")
    assert reply.confidence == 1.0


def test_an_entry_that_is_gone_cannot_be_told():
    assert bot_with(*ENTRIES).tell("gone", Language.SIMPLIFIED) is None


def test_how_long_composing_takes_is_told_once_for_each_answer():
    stages = []
    bot = Answerer(lambda: FakeIndex(*ENTRIES), lambda stage, seconds: stages.append(stage))

    bot.answer("怎么收款")
    bot.at_one_version().answer("怎么收款")

    assert stages == [Stage.COMPOSING] * 2
