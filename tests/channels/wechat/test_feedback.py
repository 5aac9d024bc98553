"""Users are asked now and then whether an answer helped; what they tap or type is kept, as no question."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import time

import pytest

from bot.channels.wechat.accounts import OfficeHours
from bot.channels.wechat.blueprint import Desk
from bot.channels.wechat.judging import SURE, Asking
from bot.store.inbox import Inbox
from bot.store.secrets import Secrets
from tests.channels.wechat.chat import event, fields, written
from tests.channels.wechat.conftest import KEY, MINI, OFFICIAL
from tests.channels.wechat.knowledge import LONG
from tests.channels.wechat.test_store_outage import Failing
from tests.wechat.fakes import SAFE, signed_query

QUESTIONS = {
    "zh-Hans": "请问小程序备案要多久呢",
    "zh-Hant": "請問小程序備案要多久呢",
    "en": "So how long does filing take then?",
}
QUESTION = QUESTIONS["zh-Hans"]
THANKS = "谢谢，已经记下了。"
SORRY = "谢谢，已经记下了。抱歉没帮上忙，可以换个说法再问我。"
SORRY_OR_HUMAN = "谢谢，已经记下了。抱歉没帮上忙，可以换个说法再问我，或发送“转人工”找人工客服。"
NOT_NOTED = "谢谢，不过这次评价没能记下。有问题请直接问我。"
BY_WORD = "这个回答有帮助吗？回复“有用”或“没用”即可。"
UPS = [
    "有用",
    " 有用！",
    "很有帮助",
    "有幫助",
    "讚",
    "👍",
    "👍🏽👍🏽",
    "👍️",
    "[强]",
    "/:strong",
    "Helpful",
    "[ThumbsUp]",
]
DOWNS = [
    "没用",
    "沒用。",
    "沒有幫助",
    "👎",
    "👎🏿",
    "[弱]",
    "/:weak",
    "Not helpful.",
    "useless!",
    "[ThumbsDown]",
]
DAY = 24 * 3600.0
KINDS = pytest.mark.parametrize("account", [OFFICIAL, MINI], ids=["official", "mini"])
WIRES = pytest.mark.parametrize(
    "wire",
    [
        {},
        {"credentials": SAFE, "is_encrypted": True},
        {"account": MINI},
        {"account": MINI, "as_json": True},
        {"account": MINI, "credentials": SAFE, "is_encrypted": True},
        {"account": MINI, "credentials": SAFE, "is_encrypted": True, "as_json": True},
    ],
    ids=["official", "official, safe", "XML", "JSON", "XML, safe", "JSON, safe"],
)


def taps(text):
    """What the taps of a verdict at the end of a text would send."""
    links = re.findall(r'msgmenucontent=([^&]*)&msgmenuid=(feedback-[^"]*)"', text.split("\n\n")[-1])
    return [{"Content": content, "bizmsgmenuid": menu_id} for content, menu_id in links]


def is_asked(text):
    return bool(taps(text)) or text.endswith(BY_WORD)


@pytest.fixture
def verdicts(rows):
    """The verdicts with the questions whose answers they judge."""
    return lambda: rows("question, verdict", "feedback LEFT JOIN questions USING (request_id)")


# Asking


def test_an_official_account_asks_with_two_taps_at_the_end(chat, rows):
    text = chat().says(QUESTION)
    ((request_id,),) = rows("request_id", "questions ORDER BY id")
    link = f'<a href="weixin://bizmsgmenu?msgmenucontent={{0}}&msgmenuid=feedback-{request_id}">{{0}}</a>'

    assert text.split("\n\n")[-1] == f"这个回答有帮助吗？ {link.format('有用')} · {link.format('没用')}"


def test_a_mini_program_asks_for_a_word_in_the_answers_own_message(chat):
    talk = chat(MINI)
    talk.deliver(fields(Content=QUESTION))
    (message,) = talk.received()

    assert message.split("\n\n")[-1] == BY_WORD


@pytest.mark.parametrize(
    ("language", "official", "mini"),
    [
        ("zh-Hans", ["有用", "没用"], BY_WORD),
        ("zh-Hant", ["有用", "沒用"], "這個回答有幫助嗎？回覆“有用”或“沒用”即可。"),
        ("en", ["Helpful", "Not helpful"], 'Was this helpful? Reply "helpful" or "not helpful".'),
    ],
)
def test_it_is_asked_in_language_and_script_of_the_answer(chat, language, official, mini):
    links = taps(chat().says(QUESTIONS[language]))

    assert [link["Content"] for link in links] == official
    assert chat(MINI).says(QUESTIONS[language]).endswith(mini)


@KINDS
@pytest.mark.parametrize("asking", list(Asking))
@pytest.mark.parametrize("said", ["你好", "转人工", "今天天气", "备案和钱", "继续", "1"])
def test_nothing_but_an_answer_is_asked_about(chat, account, asking, said):
    assert not is_asked(chat(account, feedback=asking).says(said))


@KINDS
@pytest.mark.parametrize(("asking", "asked"), [("off", False), ("sparing", False), ("always", True)])
def test_what_is_answered_for_sure_is_asked_about_only_if_all_is(chat, account, asking, asked):
    assert is_asked(chat(account, feedback=Asking(asking)).says("备案时间")) is asked


@KINDS
def test_a_user_is_asked_once_a_day_however_many_conversations_it_has(chat, clock, account):
    talk = chat(account)
    asked = []
    for pause in (0, 60, 3600, DAY - 3661, 1, DAY):
        clock.now += pause
        asked.append(is_asked(talk.says(QUESTION)))

    assert asked == [True, False, False, False, True, True]


@KINDS
@pytest.mark.parametrize(("asking", "asked"), [("off", [False] * 3), ("always", [True] * 3)])
def test_it_can_be_asked_never_or_always(chat, account, asking, asked):
    talk = chat(account, feedback=Asking(asking))

    assert [is_asked(talk.says(QUESTION)) for _ in range(3)] == asked


def test_another_user_is_asked_all_the_same(chat):
    talk = chat()
    talk.says(QUESTION)

    assert is_asked(talk.says(QUESTION, FromUserName="oAnother"))


@KINDS
def test_an_answer_is_never_cut_for_it_and_then_it_is_asked_next_time(chat, account):
    talk = chat(account, feedback=Asking.ALWAYS)
    full, short = talk.says("注册的每一步"), talk.says(QUESTION)

    assert not is_asked(full) and full == chat(account, feedback=Asking.OFF).says("注册的每一步")
    assert is_asked(short)
    assert LONG[:60] in full


# Judging


@WIRES
@pytest.mark.parametrize(("said", "verdict", "told"), [("有用", "up", THANKS), ("没用", "down", SORRY)])
def test_a_verdict_is_kept_with_its_answer_and_thanked_for(chat, verdicts, rows, wire, said, verdict, told):
    talk = chat(**wire)
    sent = {"Content": said}
    if links := taps(talk.says(QUESTION)):
        sent = links[["有用", "没用"].index(said)]

    assert talk.push(fields(**sent)) == told
    assert verdicts() == [(QUESTION, verdict)]
    assert rows("question", "questions ORDER BY id") == [(QUESTION,)]


@pytest.mark.parametrize(
    ("said", "verdict"), [(word, "up") for word in UPS] + [(word, "down") for word in DOWNS]
)
@pytest.mark.parametrize("menu_id", ["", "0"])
def test_words_and_signs_right_after_the_question_are_understood(chat, verdicts, said, verdict, menu_id):
    talk = chat()
    talk.says(QUESTION)

    assert talk.says(said, bizmsgmenuid=menu_id) in (THANKS, SORRY)
    assert verdicts() == [(QUESTION, verdict)]


def test_a_spoken_verdict_is_understood(chat, verdicts):
    talk = chat()
    talk.says(QUESTION)

    assert talk.push(fields("voice", Recognition="没用。", MediaId="m1", Format="amr")) == SORRY
    assert verdicts() == [(QUESTION, "down")]


@KINDS
@pytest.mark.parametrize(
    ("language", "said", "told"),
    [
        ("zh-Hans", "👎", SORRY),
        ("zh-Hant", "有用", "謝謝，已經記下了。"),
        ("zh-Hant", "沒用", "謝謝，已經記下了。抱歉沒幫上忙，可以換個說法再問我。"),
        ("zh-Hant", "👍", "謝謝，已經記下了。"),
        ("en", "helpful", "Thank you, that is noted."),
        (
            "en",
            "👎",
            "Thank you, that is noted. I am sorry it did not help. Try asking in other words.",
        ),
    ],
)
def test_the_thanks_are_in_language_and_script_of_the_answer(chat, account, language, said, told):
    talk = chat(account)
    talk.says(QUESTIONS[language])

    assert talk.says(said) == told


@pytest.mark.parametrize(
    ("has_handoff", "hours", "told"),
    [
        (True, OfficeHours(), SORRY_OR_HUMAN),
        (True, OfficeHours(((1, 7, time(0, 0), time(0, 1)),)), SORRY),
        (False, OfficeHours(), SORRY),
    ],
    ids=["on", "closed", "off"],
)
def test_a_human_is_offered_where_there_is_one(chat, has_handoff, hours, told):
    talk = chat(has_handoff=has_handoff, office_hours=hours)
    talk.says(QUESTION)

    assert talk.says("没用") == told


def test_the_human_that_is_offered_comes(chat):
    talk = chat(has_handoff=True)
    talk.says(QUESTION)
    talk.says("没用")

    reply = talk.opened(talk.deliver(fields(Content="转人工"))).fields
    assert reply["MsgType"] == "transfer_customer_service"


@KINDS
def test_the_conversation_goes_on_from_where_it_was(chat, account):
    talk = chat(account)
    talk.says(QUESTION)
    talk.says("有用")

    assert talk.says("继续").startswith("各地进度不同：")
    assert talk.says("1").startswith("认证费每年三百元。")


def test_who_thinks_again_has_one_verdict_the_last(chat, verdicts):
    talk = chat()
    up, down = taps(talk.says(QUESTION))
    talk.push(fields(**down))
    talk.push(fields(**up))
    talk.says("没用")

    assert verdicts() == [(QUESTION, "down")]


@pytest.mark.parametrize("seconds", [5, 3600, DAY - 60])
def test_a_tap_names_its_answer_whatever_was_said_since(chat, verdicts, clock, seconds):
    talk = chat()
    up, _ = taps(talk.says(QUESTION))
    talk.says("小程序要花多少钱")
    clock.now += seconds

    assert talk.push(fields(**up)) == THANKS
    assert verdicts() == [(QUESTION, "up")]


@pytest.mark.parametrize(("language", "told"), [("zh-Hant", "謝謝，"), ("en", "Thank you,")])
def test_a_tap_hours_later_is_thanked_for_in_the_language_of_its_answer(chat, clock, language, told):
    talk = chat()
    talk.says(QUESTIONS[language])
    clock.now += 3 * 3600

    assert talk.says("有用").startswith(told)


def test_a_word_hours_later_still_means_the_last_thing_that_was_said(chat, verdicts, clock):
    talk = chat(MINI)
    talk.says(QUESTION)
    clock.now += 3 * 3600

    assert talk.says("没用") == SORRY
    assert verdicts() == [(QUESTION, "down")]


@pytest.mark.parametrize("between", [fields(Content="小程序要花多少钱"), event("SCAN", EventKey="x")])
def test_a_word_after_something_else_judges_nothing_and_is_no_question(chat, rows, between):
    talk = chat()
    talk.says(QUESTION)
    talk.push(between)
    asked = rows("count(*)", "questions")

    assert talk.says("没用") == NOT_NOTED
    assert rows("*", "feedback") == []
    assert rows("count(*)", "questions") == asked


def test_a_place_sent_in_silence_comes_between_nothing(chat, verdicts):
    talk = chat()
    talk.says(QUESTION)
    talk.push(event("LOCATION", Latitude="31.2", Longitude="121.4"))

    assert talk.says("有用") == THANKS
    assert verdicts() == [(QUESTION, "up")]


@pytest.mark.parametrize("said", ["有用", "没用", "👍"])
def test_the_same_word_without_having_been_asked_is_a_message_like_others(chat, rows, said):
    talk = chat()
    talk.says("备案时间")
    talk.says(said)

    assert rows("question", "questions ORDER BY id") == [("备案时间",), (said,)]
    assert rows("*", "feedback") == []


@pytest.mark.parametrize("said", ["有用吗", "没用营业执照可以吗", "👍👎", "备案时间"])
def test_a_question_that_only_holds_the_word_is_answered(chat, rows, said):
    talk = chat()
    up, _ = taps(talk.says(QUESTION))
    talk.push(fields(**up | {"Content": said}))

    assert rows("question", "questions ORDER BY id") == [(QUESTION,), (said,)]
    assert rows("*", "feedback") == []


# Whose answer it is


@pytest.mark.parametrize("own", [False, True], ids=["who was asked nothing", "who has an answer to judge"])
def test_another_users_tap_changes_nothing(chat, rows, own):
    talk = chat()
    up, down = taps(talk.says(QUESTION))
    if own:
        talk.says(QUESTION, FromUserName="oAnother")

    assert talk.push(fields(user="oAnother", **down)) == NOT_NOTED
    assert rows("*", "feedback") == []
    talk.push(fields(**up))
    talk.push(fields(user="oAnother", **down))
    assert rows("verdict", "feedback") == [("up",)]


def test_the_same_user_of_another_account_is_another(chat, rows):
    talk = chat()
    up, _ = taps(talk.says(QUESTION))
    brand = chat(replace(OFFICIAL, name="brand", credentials=replace(OFFICIAL.credentials, app_id="wx2")))

    assert brand.push(fields(**up)) == NOT_NOTED
    assert rows("*", "feedback") == []


@pytest.mark.parametrize("forged", ["", "*", "' OR 1=1 --", "feedback-", "x" * 3000])
def test_a_made_up_id_judges_nothing(chat, rows, forged):
    talk = chat()
    talk.says(QUESTION)

    assert talk.says("有用", bizmsgmenuid=f"feedback-{forged}") == NOT_NOTED
    assert rows("*", "feedback") == []
    assert rows("question", "questions ORDER BY id") == [(QUESTION,)]


def test_only_the_last_answer_that_was_asked_about_can_be_judged(chat, verdicts):
    talk = chat(feedback=Asking.ALWAYS)
    old, _ = taps(talk.says(QUESTION))
    _, new = taps(talk.says("小程序要花多少钱"))

    assert talk.push(fields(**old)) == NOT_NOTED
    assert talk.push(fields(**new)) == SORRY
    assert verdicts() == [("小程序要花多少钱", "down")]


def test_whoever_unsubscribes_takes_the_verdict_along(chat, rows):
    talk = chat()
    up, _ = taps(talk.says(QUESTION))
    talk.push(fields(**up))
    talk.push(event("unsubscribe"))

    assert rows("*", "feedback") == []
    assert talk.push(fields(**up)) == NOT_NOTED
    assert rows("*", "feedback") == []


def test_while_a_human_serves_the_bot_is_quiet(chat, rows):
    talk = chat()
    talk.says(QUESTION)
    talk.push(event("kf_create_session", KfAccount="kf@gh"))

    assert talk.says("没用") == ""
    assert rows("*", "feedback") == []


# Once, whatever happens


@WIRES
def test_a_repeated_verdict_gets_the_same_reply_and_is_one(chat, rows, clock, wire):
    talk, push = chat(**wire), fields(Content="没用")
    talk.says(QUESTION)
    replies = []
    for _ in range(3):
        replies.append((talk.opened(talk.deliver(push)).fields, talk.received()))
        clock.now += 5
    official, mini = zip(*replies, strict=True)

    assert official[0] == official[1] == official[2]
    assert [*mini] in ([[SORRY], [], []], [[], [], []])
    assert rows("verdict", "feedback") == [("down",)]


def test_a_repeated_verdict_does_not_undo_a_later_one(chat, rows):
    talk, first = chat(), fields(Content="没用")
    talk.says(QUESTION)
    talk.push(first)
    talk.says("有用")

    assert talk.push(first) == SORRY
    assert rows("verdict", "feedback") == [("up",)]


def test_a_repeated_question_asks_about_the_same_answer(chat, rows):
    talk, push = chat(), fields(Content=QUESTION)
    first = talk.push(push)

    assert talk.push(push) == first
    talk.push(fields(**taps(first)[0]))
    assert rows("verdict", "feedback") == [("up",)]


@pytest.fixture
def without_store(answerer, database, clock):
    """What an official account says while its store fails."""

    def said(**more):
        inbox = Inbox(Failing(database, 99), Secrets(KEY), clock)
        desk = Desk(replace(OFFICIAL, feedback=Asking.ALWAYS), answerer, inbox, clock, lambda _: None)
        return desk.push(signed_query(), written(fields(**more))).body

    return said


def test_without_a_store_answers_are_given_and_not_asked_about(without_store):
    text = without_store(Content=QUESTION)

    assert "一般要一到二十个工作日" in text
    assert "feedback-" not in text


def test_without_a_store_a_tap_is_told_that_it_could_not_be_noted(without_store, chat, rows):
    up, _ = taps(chat().says(QUESTION))

    assert NOT_NOTED in without_store(**up)
    assert rows("*", "feedback") == []


def test_a_verdict_finds_its_answer(answerer, database, clock, rows):
    heard = []
    inbox = Inbox(database, Secrets(KEY), clock, heard.append)
    desk = Desk(OFFICIAL, answerer, inbox, clock)
    desk.push(signed_query(), written(fields(Content=QUESTION)))
    desk.push(signed_query(), written(fields(Content="有用")))

    assert rows("request_id, verdict", "feedback") == [(heard[0].request_id, "up")]
    assert heard[0].asked.confidence < SURE
