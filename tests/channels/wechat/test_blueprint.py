"""``/wechat/…`` over HTTP, with pushes signed and encrypted as WeChat does it."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, time
from io import BytesIO

import pytest

from bot.answering.answerer import Answerer
from bot.channels.wechat.accounts import OfficeHours
from bot.channels.wechat.reception import HUMAN_SESSION
from bot.domain import Language
from bot.errors import IndexMissingError
from bot.store.database import Database
from bot.wechat.fields import MAX_BODY_BYTES
from tests.channels.wechat.chat import USER, event, fields
from tests.channels.wechat.conftest import MINI, OFFICIAL
from tests.channels.wechat.knowledge import FEES, FILING, LONG, TYPES
from tests.fakes import FakeIndex, make_entry
from tests.wechat.fakes import COMPATIBLE, SAFE, encrypted, signed_query, xml_text

PLEASE_TYPE = "我只看得懂文字，请把问题打成文字发给我。"
FAILED = "抱歉，服务暂时出了点问题，请稍后再试。"
FILING_SHORT = "一般要一到二十个工作日。"
SHOW_ALL = '<a href="weixin://bizmsgmenu?msgmenucontent=展开全部&msgmenuid=more">展开全部</a>'
KINDS = pytest.mark.parametrize("account", [OFFICIAL, MINI], ids=["official", "mini"])
FORMATS = pytest.mark.parametrize("as_json", [False, True], ids=["XML", "JSON"])


def no_index():
    raise IndexMissingError("no index was built yet")


def bug():
    raise ZeroDivisionError


# The handshake


@pytest.mark.parametrize("credentials", [OFFICIAL.credentials, COMPATIBLE, SAFE])
def test_a_handshake_is_answered_with_the_plain_echostr_and_its_length(chat, credentials):
    talk = chat(credentials=credentials)

    response = talk.client.get("/wechat/official", query_string=signed_query(echostr="4375120948345356249"))

    assert (response.status_code, response.data) == (200, b"4375120948345356249")
    assert (response.mimetype, response.headers["Content-Length"]) == ("text/plain", "19")


@pytest.mark.parametrize(
    "query", [{}, {"echostr": "1"}, signed_query("another", echostr="1"), signed_query()]
)
def test_a_handshake_that_is_not_wechats_is_refused_in_a_few_words(chat, query):
    response = chat().client.get("/wechat/official", query_string=query)

    assert (response.status_code, response.data, response.mimetype) == (403, b"not authentic\n", "text/plain")


# Where it is pushed to


@pytest.mark.parametrize("path", ["/wechat/official", "/wechat/official/", "/wechat/official/default"])
def test_every_address_of_an_account_takes_its_pushes(serve, answerer, path):
    response = serve(OFFICIAL, answerer=answerer).post(
        path, query_string=signed_query(), data=xml_text("备案时间")
    )

    assert (response.status_code, response.content_type) == (200, "application/xml; charset=utf-8")
    assert FILING_SHORT in response.text
    assert int(response.headers["Content-Length"]) == len(response.data)
    assert response.headers["X-Content-Type-Options"] == "nosniff"


def test_a_push_to_an_account_that_is_not_there_says_so(serve, answerer):
    response = serve(OFFICIAL, answerer=answerer).post("/wechat/mini", query_string=signed_query())

    assert (response.status_code, response.mimetype) == (404, "text/plain")
    assert "no such WeChat account" in response.text


@pytest.mark.parametrize(("host", "status"), [("bot.example", 200), ("evil.example", 400)])
def test_a_push_to_another_host_is_refused(serve, answerer, rows, host, status):
    client = serve(OFFICIAL, answerer=answerer, hosts="bot.example")
    response = client.post(
        "/wechat/official", query_string=signed_query(), data=xml_text("备案时间"), headers={"Host": host}
    )

    assert response.status_code == status
    assert rows("count(*)", "questions") == [(1 if status == 200 else 0,)]


# Whose push it is


def test_a_forged_push_is_refused_in_a_few_words_and_has_no_effect(chat, rows):
    talk = chat()
    talk.says("你好")

    response = talk.client.post(
        "/wechat/official", query_string=signed_query("another"), data=xml_text("备案")
    )

    assert (response.status_code, response.data, response.mimetype) == (403, b"not authentic\n", "text/plain")
    assert rows("count(*)", "questions") == [(1,)]


@pytest.mark.parametrize("credentials", [COMPATIBLE, SAFE])
def test_an_unencrypted_push_is_refused_where_encryption_is_set(chat, credentials):
    assert chat(credentials=credentials).deliver(fields(Content="你好")).status_code == 403


def test_a_push_whose_ciphertext_was_tampered_with_is_refused(chat):
    query, body = encrypted(xml_text())

    response = chat(credentials=SAFE).client.post(
        "/wechat/official", query_string=query, data=body.replace(b"</Encrypt>", b"A</Encrypt>")
    )

    assert (response.status_code, response.data) == (403, b"not authentic\n")


def test_a_push_that_is_meant_for_another_app_is_refused(chat):
    another = replace(SAFE, app_id="wxanother")

    assert chat(credentials=another, is_encrypted=True).deliver(fields(Content="你好")).status_code == 403


def test_in_compatible_mode_only_what_was_encrypted_is_believed(chat):
    query, body = encrypted(xml_text("你好"), beside="<Content><![CDATA[备案时间]]></Content>")
    talk = chat(credentials=COMPATIBLE, is_encrypted=True)

    response = talk.client.post("/wechat/official", query_string=query, data=body)

    assert "我是小程序顾问" in talk.opened(response).text


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"not XML",
        b"<xml><broken",
        b"{}",
        b"[]",
        b'{"action":"CheckContainerPath"}',
        b'<!DOCTYPE x [<!ENTITY a "aaa">]><xml><MsgType>&a;</MsgType></xml>',
        b"<xml>" + b"x" * (MAX_BODY_BYTES - 5),
        b"<xml>" + b"x" * (MAX_BODY_BYTES - 4),
        b"<xml>" + b"x" * 2 * MAX_BODY_BYTES,
    ],
    ids=lambda body: f"{len(body)} {body[:20].decode()}",
)
def test_what_is_signed_but_unusable_is_answered_with_success(chat, body):
    response = chat().client.post("/wechat/official", query_string=signed_query(), data=body)

    assert (response.status_code, response.data) == (200, b"success")


def test_an_endless_body_is_not_read_to_its_end(chat):
    class Endless(BytesIO):
        served = 0

        def read(self, size=-1):
            Endless.served += size
            assert size >= 0 and Endless.served < 4 * MAX_BODY_BYTES
            return b"x" * size

    response = chat().client.post(
        "/wechat/official",
        query_string=signed_query(),
        environ_overrides={"wsgi.input": Endless(), "wsgi.input_terminated": True},
    )

    assert (response.status_code, response.data) == (200, b"success")


def test_a_connection_that_breaks_inside_the_body_is_no_error_page(chat):
    response = chat().client.post(
        "/wechat/official", query_string=signed_query(), input_stream=BytesIO(b"<xml>"), content_length=500
    )

    assert (response.status_code, response.data) == (200, b"success")


@pytest.mark.parametrize("address", ["/wechat/official/nobody", "/wechat/mini", "/wechat/work"])
@pytest.mark.parametrize("verb", ["get", "post"])
def test_an_account_that_is_not_set_is_not_found_and_the_answer_says_where_to_read(chat, address, verb):
    response = getattr(chat().client, verb)(address, query_string=signed_query(echostr="1"))

    assert (response.status_code, response.mimetype) == (404, "text/plain")
    assert "docs/wechat.md" in response.text


# The wire


@pytest.mark.parametrize(
    ("credentials", "is_encrypted"), [(OFFICIAL.credentials, False), (COMPATIBLE, True), (SAFE, True)]
)
@FORMATS
def test_a_question_is_answered_in_the_form_it_was_pushed_in(chat, credentials, is_encrypted, as_json):
    talk = chat(credentials=credentials, is_encrypted=is_encrypted, as_json=as_json)

    response = talk.deliver(fields(Content="备案时间"))

    assert response.mimetype == ("application/json" if as_json else "application/xml")
    assert talk.opened(response).text.startswith(FILING_SHORT)


@FORMATS
def test_a_reply_goes_from_the_account_to_the_user_at_the_time_it_is_said(chat, clock, as_json):
    talk = chat(as_json=as_json)

    reply = talk.opened(talk.deliver(fields(Content="你好"))).fields

    assert (reply["ToUserName"], reply["FromUserName"], reply["MsgType"]) == (USER, "gh_0a1b2c", "text")
    assert str(reply["CreateTime"]) == str(int(clock.now))


def test_success_is_plain_in_safe_mode_too(chat):
    talk = chat(credentials=SAFE, is_encrypted=True)

    assert talk.deliver(event("VIEW", EventKey="https://example.com")).data == b"success"


def test_control_characters_in_a_message_do_not_cost_the_user_the_answer(chat):
    assert chat().says("备案\x10时\x1d间").startswith(FILING_SHORT)


def test_an_answer_that_could_end_its_cdata_arrives_whole(chat):
    assert "写 a[b[0]]>1 就行。" in chat().says("怎么写样式代码")


def test_a_push_of_a_mini_program_is_answered_with_success_and_a_customer_message(chat):
    talk = chat(MINI)

    response = talk.deliver(fields(Content="备案时间"))

    assert (response.status_code, response.data) == (200, b"success")
    assert [text.split("\n")[0] for text in talk.received()] == [FILING_SHORT]


def test_a_second_account_is_served_by_its_name_with_its_own_token(serve, answerer):
    brand = replace(OFFICIAL, name="brand", credentials=replace(OFFICIAL.credentials, token="brandToken"))
    client = serve(OFFICIAL, brand, answerer=answerer)
    query = signed_query("brandToken", echostr="42")

    assert client.get("/wechat/official/brand", query_string=query).text == "42"
    assert client.get("/wechat/official", query_string=query).status_code == 403
    assert client.get("/wechat/official/", query_string=signed_query(echostr="42")).text == "42"


def test_accounts_of_both_kinds_keep_a_users_conversations_apart(serve, answerer, chat):
    official, mini = chat(), chat(MINI, credentials=replace(OFFICIAL.credentials, app_id="wxmini"))
    official.says("备案时间")

    assert mini.says("继续") == "没有更多内容了，可以直接问下一个问题。"


# Deliveries


@pytest.mark.parametrize(
    ("credentials", "is_encrypted"), [(OFFICIAL.credentials, False), (SAFE, True)], ids=["plain", "safe"]
)
def test_a_retried_message_gets_the_same_reply_and_is_logged_once(
    chat, rows, clock, credentials, is_encrypted
):
    talk, push = chat(credentials=credentials, is_encrypted=is_encrypted), fields(Content="备案时间")
    first = talk.opened(talk.deliver(push))
    clock.now += 5.0
    second = talk.opened(talk.deliver(push))

    assert first == second
    assert rows("question, outcome, entry, language", "questions") == [
        ("备案时间", "answer", "filing", "zh-Hans")
    ]


def test_the_log_names_the_request_that_settled_the_push_and_how_long_it_took(chat, rows):
    talk, push = chat(), fields(Content="备案时间")
    first = talk.deliver(push)
    talk.deliver(push)
    ((request_id, latency_ms),) = rows("request_id, latency_ms", "questions")

    assert request_id == first.headers["X-Request-ID"]
    assert latency_ms > 0


def test_a_retry_after_the_conversation_went_on_gets_its_own_reply(chat):
    talk, more = chat(), fields(Content="继续")
    talk.says("备案时间")
    first = talk.push(more)
    talk.says("你好")

    assert talk.push(more) == first != "没有更多内容了，可以直接问下一个问题。"


def test_two_users_whose_messages_carry_one_id_get_their_own_replies(chat):
    talk, question = chat(), {"Content": "备案时间", "MsgId": "17"}
    mine = talk.push(fields(user="oMine", **question))
    others = talk.push(fields(user="oOther", Content="继续", MsgId="17"))

    assert others == "没有更多内容了，可以直接问下一个问题。" != mine
    assert talk.push(fields(user="oMine", **question)) == mine


def test_a_retried_message_of_a_mini_program_is_answered_by_one_customer_message(chat):
    talk, push = chat(MINI), fields(Content="备案时间")
    replies = [talk.deliver(push).data for _ in range(3)]

    assert replies == [b"success"] * 3
    assert len(talk.received()) == 1


def test_a_retry_on_a_restarted_server_gets_the_same_reply(chat, rows):
    push = fields(Content="备案时间")

    assert chat().push(push) == chat().push(push)
    assert rows("count(*)", "questions") == [(1,)]


def test_a_retried_entry_greets_once(chat):
    talk, entry = chat(MINI), event("user_enter_tempsession", SessionFrom="from=detail")
    talk.deliver(entry)
    talk.deliver(entry)

    assert len(talk.received()) == 1


def test_the_same_words_in_another_message_are_another_question(chat, rows):
    talk = chat()
    talk.says("备案时间")
    talk.says("备案时间")

    assert rows("count(*)", "questions") == [(2,)]


def test_a_message_id_that_is_no_number_is_an_id_too(chat, rows):
    talk, push = chat(MINI, as_json=True), fields(Content="你好", MsgId="49d72d67-b16f_1555684067")
    talk.deliver(push)
    talk.deliver(push)

    assert len(talk.received()) == 1


# When something is broken


@pytest.mark.parametrize("broken", [no_index, bug])
@KINDS
def test_a_user_is_told_once_when_no_answer_can_be_given(chat, account, broken):
    talk, push = chat(account, answerer=Answerer(broken)), fields(Content="备案时间")

    assert talk.push(push) == FAILED
    assert talk.push(push) == (FAILED if account is OFFICIAL else "")


@pytest.mark.parametrize(
    ("question", "told"),
    [
        ("備案要多久", "抱歉，服務暫時出了點問題，請稍後再試。"),
        ("How long?", "Sorry, something went wrong on our side. Please try again in a moment."),
    ],
)
def test_users_are_told_in_their_own_language(chat, question, told):
    assert chat(answerer=Answerer(no_index)).says(question) == told


def test_events_pass_in_silence_when_no_answer_can_be_given(chat):
    talk = chat(answerer=Answerer(no_index))

    assert talk.deliver(event("subscribe")).data == b"success"


@pytest.fixture
def unwritable(tmp_path):
    (tmp_path / "folder").mkdir()
    with closing(Database(f"sqlite:///{tmp_path}/folder")) as database:
        yield database


def test_a_question_is_answered_even_if_the_database_cannot_be_written(chat, serve, answerer, unwritable):
    talk = chat()
    talk.client = serve(OFFICIAL, answerer=answerer, database=unwritable)

    assert talk.says("备案时间").startswith(FILING_SHORT)


@pytest.mark.parametrize("broken", [no_index, bug])
def test_without_database_and_without_index_the_user_is_still_told(chat, serve, unwritable, broken):
    talk = chat()
    talk.client = serve(OFFICIAL, answerer=Answerer(broken), database=unwritable)

    assert talk.says("备案时间") == FAILED


@pytest.mark.parametrize("state", ["{}", "not JSON", '{"language": "xx", "choices": [], "unheard": 1}'])
def test_a_conversation_that_another_version_stored_is_begun_anew(chat, database, rows, state):
    talk = chat()
    talk.says("备案时间")
    with database.transaction() as connection:
        connection.exec_driver_sql("UPDATE conversations SET state = ?", (state,))

    assert talk.says("继续") == "没有更多内容了，可以直接问下一个问题。"
    assert talk.says("备案时间").startswith(FILING_SHORT)
    assert rows("count(*)", "questions") == [(2,)]


# What users send


@pytest.mark.parametrize(
    "message",
    [
        {"kind": "image", "PicUrl": "http://p/0", "MediaId": "m"},
        {"kind": "voice", "MediaId": "m", "Format": "amr", "Recognition": ""},
        {"kind": "voice", "MediaId": "m", "Format": "amr"},
        {"kind": "video", "MediaId": "m", "ThumbMediaId": "t"},
        {"kind": "shortvideo", "MediaId": "m", "ThumbMediaId": "t"},
        {"kind": "location", "Location_X": "31.2", "Location_Y": "121.4", "Scale": "16", "Label": "上海"},
        {"kind": "link", "Title": "t", "Description": "d", "Url": "https://example.com/a"},
        {"kind": "file", "Title": "t", "FileKey": "k", "FileMd5": "0", "FileTotalLen": "1"},
        {"kind": "miniprogrampage", "Title": "订单", "AppId": "wx1", "PagePath": "pages/order?id=9"},
        {"Content": "【收到不支持的消息类型，暂无法显示】"},
        {"Content": ""},
    ],
)
def test_what_is_not_text_is_answered_with_a_request_to_type(chat, message):
    assert chat().push(fields(**message)) == PLEASE_TYPE


def test_a_picture_to_a_mini_program_is_answered_with_a_request_to_type(chat):
    assert chat(MINI, as_json=True).push(fields("image", PicUrl="http://p/0", MediaId="m")) == PLEASE_TYPE


def test_what_voice_recognition_heard_is_answered(chat):
    heard = fields("voice", MediaId="m", Format="amr", Recognition="备案时间。")

    assert chat().push(heard).startswith(FILING_SHORT)


@pytest.mark.parametrize("kind", ["sticker", "voip", ""])
def test_a_message_of_an_unknown_type_is_answered_with_success(chat, kind):
    assert chat().deliver(fields(kind, Content="你好")).data == b"success"


@pytest.mark.parametrize(
    "more",
    [
        {"name": "LOCATION", "Latitude": "31.2", "Longitude": "121.4", "Precision": "30.0"},
        {"name": "VIEW", "EventKey": "https://example.com/", "MenuId": "400000001"},
        {"name": "view_miniprogram", "EventKey": "pages/index/index", "MenuId": "400000002"},
        {"name": "scancode_push", "EventKey": "k"},
        {"name": "pic_sysphoto", "EventKey": "k"},
        {"name": "pic_photo_or_album", "EventKey": "k"},
        {"name": "pic_weixin", "EventKey": "k"},
        {"name": "location_select", "EventKey": "k"},
        {"name": "TEMPLATESENDJOBFINISH", "MsgID": "2001", "Status": "success"},
        {"name": "MASSSENDJOBFINISH", "MsgID": "2002", "Status": "sendsuccess"},
        {"name": "subscribe_msg_popup_event"},
        {"name": "subscribe_msg_change_event"},
        {"name": "subscribe_msg_sent_event"},
        {"name": "kf_create_session", "KfAccount": "a@gh"},
        {"name": "kf_close_session", "KfAccount": "a@gh"},
        {"name": "kf_switch_session", "FromKfAccount": "a@gh", "ToKfAccount": "b@gh"},
        {"name": "user_authorization_revoke"},
        {"name": "user_info_modified"},
        {"name": "unsubscribe"},
        {"name": "never_heard_of"},
    ],
    ids=lambda more: more["name"],
)
def test_events_that_ask_for_nothing_are_answered_with_success(chat, more):
    assert chat().deliver(event(**more)).data == b"success"


def test_such_events_of_a_mini_program_send_nothing(chat):
    talk = chat(MINI, as_json=True)

    assert talk.deliver(event("subscribe_msg_popup_event", List=[{"TemplateId": "t"}])).data == b"success"
    assert talk.received() == []


def test_a_scan_that_waits_for_us_is_asked_to_type(chat):
    assert chat().push(event("scancode_waitmsg", EventKey="k")) == PLEASE_TYPE


# Greeting


@pytest.mark.parametrize(
    "entry",
    [
        event("subscribe"),
        event("subscribe", EventKey="qrscene_shop42", Ticket="tk"),
        event("subscribe", EventKey="last_trade_no_42"),
        event("SCAN", EventKey="shop42", Ticket="tk"),
    ],
)
def test_whoever_follows_or_scans_is_greeted_with_questions_to_tap(chat, entry):
    greeting = chat().push(entry)

    assert greeting.startswith("你好！我是小程序顾问。\n\n可以这样问我：\n· <a href=")
    assert [question in greeting for question in (TYPES, FEES, FILING)] == [True] * 3


def test_whoever_enters_a_mini_program_is_greeted_with_numbered_questions(chat):
    greeting = chat(MINI, as_json=True).push(event("user_enter_tempsession", SessionFrom="from=detail&sku=9"))

    assert greeting == (
        f"你好！我是小程序顾问。\n\n可以这样问我：\n1. {TYPES}\n2. {FEES}\n3. {FILING}\n回复数字即可选择。"
    )


@pytest.mark.parametrize("scene", ["filing", "shop42"])
def test_the_scene_somebody_comes_from_puts_its_question_first(chat, scene):
    greeting = chat(menu={"shop42": "filing"}).push(event("subscribe", EventKey=f"qrscene_{scene}"))

    lines = [line for line in greeting.split("\n") if line.startswith("· ")]
    assert [question in line for question, line in zip((FILING, TYPES, FEES), lines, strict=True)] == [
        True
    ] * 3


def test_an_english_account_greets_in_english(chat):
    assert chat(language=Language.ENGLISH).push(event("subscribe")).startswith("Hello! Ask me")


def test_a_traditional_account_greets_in_traditional(chat):
    greeting = chat(language=Language.TRADITIONAL).push(event("subscribe", EventKey="qrscene_filing"))

    assert greeting.startswith("你好！我是小程序顧問。\n\n可以這樣問我：")
    assert "小程序備案要多久" in greeting


def test_a_started_question_of_a_mini_program_can_be_chosen_by_number(chat):
    talk = chat(MINI)
    talk.push(event("user_enter_tempsession"))

    assert talk.says("3").startswith(FILING_SHORT)


def test_a_greeting_may_be_sent_for_a_minute_and_an_answer_for_two_days(chat, rows, clock):
    talk = chat(MINI)
    talk.deliver(event("user_enter_tempsession"))
    talk.deliver(fields(Content="备案时间"))

    assert rows("expires_at", "outbox") == [(clock.now + 60,), (clock.now + 48 * 3600,)]


# Menus


def test_a_menu_key_opens_the_entry_that_the_operator_gave_it(chat, rows):
    talk = chat(menu={"FAQ_1": "filing"})

    assert talk.push(event("CLICK", EventKey="FAQ_1")).startswith(FILING_SHORT)
    assert rows("question, entry", "questions") == [("filing", "filing")]


def test_a_menu_key_asks_the_question_that_the_operator_gave_it(chat):
    assert chat(menu={"FAQ_1": "备案时间"}).push(event("CLICK", EventKey="FAQ_1")).startswith(FILING_SHORT)


def test_a_menu_key_may_be_the_entry_itself(chat):
    assert chat().push(event("CLICK", EventKey="filing")).startswith(FILING_SHORT)


def test_a_menu_key_that_is_unknown_is_greeted(chat):
    assert chat().push(event("CLICK", EventKey="OLD_MENU")).startswith("你好！")


# Reading on


@pytest.mark.parametrize(
    "word", ["继续", "更多", "展开全部", "继续。", "繼續", "展開全部", "more", "Show all", "MORE"]
)
def test_the_rest_of_an_answer_comes_on_request(chat, word):
    talk = chat()
    talk.says("备案时间")

    assert (
        talk.says(word) == '各地进度不同：\n\n· 北京快\n· <a href="https://xz.example/a?b=1&c=2">西藏</a>慢'
    )


@pytest.mark.parametrize("menu_id", [{}, {"bizmsgmenuid": "more"}, {"bizmsgmenuid": "0"}])
def test_the_link_below_a_short_answer_shows_the_rest(chat, menu_id):
    talk = chat()

    assert SHOW_ALL in talk.says("备案时间")
    assert talk.says("展开全部", **menu_id).startswith("各地进度不同：")


def test_in_a_mini_program_a_word_shows_the_rest(chat):
    talk = chat(MINI)

    assert "回复“继续”查看全部。" in talk.says("备案时间")
    assert talk.says("继续").startswith("各地进度不同：")


@pytest.mark.parametrize(
    ("account", "hint"), [(OFFICIAL, f"\n\n{SHOW_ALL}"), (MINI, "\n\n回复“继续”查看全部。")]
)
def test_a_long_answer_is_read_to_its_end_without_losing_a_word(chat, account, hint):
    talk = chat(account)
    pieces = [talk.says("注册要准备哪些材料").removeprefix("材料如下。")]
    while pieces[-1].endswith(hint):
        pieces.append(talk.says("继续"))

    assert max(len(piece.encode()) for piece in pieces) <= 2048
    assert "".join(piece.removesuffix(hint) for piece in pieces) == LONG
    assert all(piece.removesuffix(hint).endswith("。") for piece in pieces[1:])


def test_what_is_left_is_shown_as_it_was_written(chat):
    talk = chat()
    talk.says("怎么写样式代码")

    assert talk.says("继续").endswith("# 注释")


def test_when_nothing_is_left_the_user_is_told(chat):
    talk = chat()
    talk.says("备案时间")
    talk.says("继续")

    assert talk.says("继续") == "没有更多内容了，可以直接问下一个问题。"


def test_reading_on_is_no_question_in_the_log(chat, rows):
    talk = chat()
    talk.says("备案时间")
    talk.says("继续")

    assert rows("question", "questions ORDER BY id") == [("备案时间",)]


def test_half_an_hour_later_a_conversation_is_over(chat, clock):
    talk = chat()
    talk.says("备案时间")
    clock.now += 1801

    assert talk.says("继续") == "没有更多内容了，可以直接问下一个问题。"


# Choosing


@pytest.mark.parametrize("word", ["2", "２", "第二个", "second"])
@KINDS
def test_a_question_is_chosen_by_its_number(chat, account, word):
    talk = chat(account)
    talk.says("备案时间")

    assert talk.says(word).startswith("电商小程序能卖货，普通的不能。")


@pytest.mark.parametrize("word", ["7", "第七个"])
def test_a_number_that_was_not_offered_chooses_nothing(chat, word, rows):
    talk = chat(MINI)
    talk.says("备案时间")
    talk.says(word)

    assert rows("entry", "questions ORDER BY id") == [("filing",), ("",)]


@pytest.mark.parametrize("content", ["1", "？？", "🙂"])
def test_what_is_in_no_language_is_answered_in_the_users(chat, content):
    talk = chat()

    assert talk.says(content).startswith("抱歉，这个问题我没有可靠的答案")
    talk.says("How long does filing take?")
    assert talk.says(content).startswith("Sorry, I have no reliable answer")


@pytest.mark.parametrize(
    "menu_id", [{"bizmsgmenuid": "fees"}, {}, {"bizmsgmenuid": "0"}, {"bizmsgmenuid": "101"}]
)
def test_a_tapped_question_is_answered_whatever_becomes_of_its_id(chat, menu_id):
    assert chat().says(FEES, **menu_id).startswith("认证费每年三百元。")


def test_the_id_of_a_tap_leads_to_its_entry_even_if_the_words_were_changed(chat):
    assert chat().says("小程序", bizmsgmenuid="filing").startswith(FILING_SHORT)


def test_an_id_that_ends_in_zero_leads_to_its_entry_too(chat):
    index = FakeIndex(make_entry("t0", "能开发票吗", answer="可以开。"))

    assert chat(answerer=Answerer(lambda: index)).says("小程序", bizmsgmenuid="t0").startswith("可以开。")


def test_a_tapped_question_with_signs_that_links_cannot_carry_is_answered(chat):
    talk = chat()

    assert "msgmenucontent=运费＆税费＂怎么算＂＜b＞&msgmenuid=tricky" in talk.says("税费问题")
    assert talk.says("运费＆税费＂怎么算＂＜b＞") == "看地区。"


def test_an_unclear_question_is_answered_with_questions_to_choose_from(chat):
    talk = chat(MINI)

    assert talk.says("小程序").startswith("我不太确定你想问的是哪一个，请选一个，或换个说法再问：\n\n1. ")
    assert talk.says("1").startswith("认证费")


# How answers look


def test_an_answer_that_can_go_stale_says_of_when_it_is(chat):
    assert "信息截至 2026-11-01" in chat().says(FEES)


@pytest.mark.parametrize(
    "question", ["备案时间", FEES, "怎么写样式代码", "注册要准备哪些材料", "注册的每一步", TYPES]
)
@KINDS
def test_no_markdown_is_left_and_lines_break_with_lf(chat, account, question):
    talk = chat(account)
    shown = talk.says(question) + talk.says("继续")

    assert [mark for mark in ("**", "](", "`", "\n- ", "*一", "\r") if mark in shown] == []


def test_a_question_in_traditional_is_answered_in_traditional(chat):
    talk = chat()

    assert talk.says("備案時間").startswith("一般要一到二十個工作日。")
    assert talk.says("繼續").startswith("各地進度不同：")
    assert talk.push(fields("image", MediaId="m")) == "我只看得懂文字，請把問題打成文字發給我。"


def test_a_question_in_english_is_answered_in_english(chat):
    talk = chat(MINI)

    assert (
        talk.says("How long does filing take?") == 'One to twenty working days.\n\nReply "more" to read on.'
    )
    assert talk.says("more") == "It depends on the province."
    assert talk.push(fields("image", MediaId="m")) == "I can only read text. Please type your question."


# People


TRANSFER = {"MsgType": "transfer_customer_service", "ToUserName": USER, "FromUserName": "gh_0a1b2c"}
NINE_TO_SIX = OfficeHours(((1, 5, time(9), time(18)),))
MONDAY_NOON = datetime(2026, 11, 23, 4, tzinfo=UTC).timestamp()
MONDAY_NIGHT = datetime(2026, 11, 23, 14, tzinfo=UTC).timestamp()


@pytest.mark.parametrize("is_encrypted", [False, True])
@FORMATS
@KINDS
def test_who_asks_for_a_human_is_handed_over(chat, account, as_json, is_encrypted):
    credentials = SAFE if is_encrypted else OFFICIAL.credentials
    talk = chat(
        account, has_handoff=True, credentials=credentials, as_json=as_json, is_encrypted=is_encrypted
    )

    reply = talk.opened(talk.deliver(fields(Content="转人工"))).fields

    assert {name: reply[name] for name in TRANSFER} == TRANSFER
    assert talk.received() == []


def test_a_hand_over_may_name_who_takes_it(chat):
    response = chat(has_handoff=True, kf_account="kf1@gh", as_json=True).deliver(fields(Content="转人工"))

    assert response.json["TransInfo"] == {"KfAccount": "kf1@gh"}


def test_in_office_hours_a_user_is_handed_over(chat, clock):
    clock.now = MONDAY_NOON
    talk = chat(has_handoff=True, office_hours=NINE_TO_SIX)

    assert (
        talk.opened(talk.deliver(fields(Content="转人工"))).fields["MsgType"] == "transfer_customer_service"
    )


@pytest.mark.parametrize(
    ("ask", "told"), [("转人工", "现在没有人工客服在线"), ("human agent", "Nobody is here right now")]
)
@KINDS
def test_out_of_office_hours_a_user_is_told_that_nobody_is_there(chat, clock, account, ask, told):
    clock.now = MONDAY_NIGHT

    assert chat(account, has_handoff=True, office_hours=NINE_TO_SIX).says(ask).startswith(told)


def test_without_customer_service_the_knowledge_base_answers_for_it(chat):
    assert chat().says("转人工") == "请通过页面上的联系方式找工作人员。"


def test_a_menu_button_cannot_hand_over_so_it_says_what_to_write(chat):
    talk = chat(has_handoff=True, menu={"HUMAN": "handoff"})

    assert talk.push(event("CLICK", EventKey="HUMAN")) == "请直接发送“转人工”，我就为你转接人工客服。"


@pytest.mark.parametrize(
    "push",
    [
        fields(Content="备案时间"),
        fields(Content="转人工"),
        fields("image", MediaId="m"),
        event("CLICK", EventKey="filing"),
        event("user_enter_tempsession"),
        event("SCAN", EventKey="shop42"),
    ],
    ids=["question", "handoff", "image", "click", "entry", "scan"],
)
def test_while_a_human_serves_the_bot_is_quiet(chat, push):
    talk = chat(has_handoff=True)
    talk.push(event("kf_create_session", KfAccount="a@gh"))

    assert talk.deliver(push).data == b"success"


def test_after_a_switch_to_another_human_the_bot_is_quiet_for_as_long_again(chat, clock):
    talk = chat()
    talk.push(event("kf_create_session", KfAccount="a@gh"))
    clock.now += HUMAN_SESSION - 60
    talk.push(event("kf_switch_session", FromKfAccount="a@gh", ToKfAccount="b@gh"))
    clock.now += HUMAN_SESSION - 60

    assert talk.says("备案时间") == ""


def test_while_a_human_serves_one_user_another_one_is_answered(chat):
    talk = chat()
    talk.push(event("kf_create_session"))

    assert talk.push(fields(user="oAnother", Content="备案时间")).startswith(FILING_SHORT)


def test_when_the_human_session_ends_the_bot_resumes_where_it_was(chat):
    talk = chat()
    talk.says("备案时间")
    talk.push(event("kf_create_session"))
    talk.push(event("kf_close_session"))

    assert talk.says("继续").startswith("各地进度不同：")


@pytest.mark.parametrize(("seconds", "is_quiet"), [(HUMAN_SESSION - 60, True), (HUMAN_SESSION + 60, False)])
def test_should_the_end_of_a_session_get_lost_the_bot_resumes_after_a_while(chat, clock, seconds, is_quiet):
    talk = chat()
    talk.push(event("kf_create_session"))
    clock.now += seconds

    assert (talk.says("备案时间") == "") is is_quiet


# Leaving


def test_who_unsubscribes_is_forgotten(chat, rows):
    talk = chat()
    talk.says("备案时间")
    talk.push(event("unsubscribe"))

    assert [rows("count(*)", table) for table in ("conversations", "questions", "outbox")] == [[(0,)]] * 3
    assert talk.says("继续") == "没有更多内容了，可以直接问下一个问题。"


def test_neither_openid_nor_secret_is_in_the_database_files(chat, tmp_path):
    talk = chat(MINI)
    talk.deliver(fields(Content="备案时间"))
    talk.deliver(event("user_enter_tempsession"))
    kept = b"".join(file.read_bytes() for file in tmp_path.glob("bot.db*"))

    assert "备案时间".encode() in kept
    assert [word for word in (USER, "secret", OFFICIAL.credentials.token) if word.encode() in kept] == []
