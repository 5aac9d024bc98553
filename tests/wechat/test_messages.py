"""Parsing: every documented message and event, and bodies that only look like one."""

from __future__ import annotations

import pytest

from bot.wechat.errors import MalformedPushError
from bot.wechat.fields import MAX_BODY_BYTES
from bot.wechat.messages import Event, PushKind, delivery_key, parse_push

from .fakes import APP_ID, json_push, xml, xml_text


def event(name: str, extra: str = "") -> bytes:
    return xml(f"<Event><![CDATA[{name}]]></Event>{extra}", kind="event")


def test_a_text_message_is_read():
    push = parse_push(xml_text("营业时间?"))

    assert (push.kind, push.content) == (PushKind.TEXT, "营业时间?")
    assert (push.sender, push.recipient, push.created_at) == ("oUser001", "gh_0a1b2c", 1760000000)


@pytest.mark.parametrize(
    ("kind", "extra", "name", "value"),
    [
        ("image", "<PicUrl>http://e/p</PicUrl>", "picture_url", "http://e/p"),
        ("image", "<MediaId>m1</MediaId>", "media_id", "m1"),
        ("voice", "<Recognition><![CDATA[怎么退货]]></Recognition>", "recognition", "怎么退货"),
        ("voice", "<Recognition><![CDATA[]]></Recognition>", "recognition", ""),
        ("video", "<MediaId>m2</MediaId><ThumbMediaId>t</ThumbMediaId>", "media_id", "m2"),
        ("shortvideo", "<MediaId>m3</MediaId>", "media_id", "m3"),
        (
            "link",
            "<Title>t</Title><Url>https://e/a?b=1&amp;c=2</Url>",
            "url",
            "https://e/a?b=1&c=2",
        ),
        ("link", "<Description>d</Description>", "description", "d"),
        ("file", "<Title>a.pdf</Title><FileKey>k</FileKey>", "title", "a.pdf"),
        ("miniprogrampage", "<PagePath>pages/o?id=9</PagePath>", "page_path", "pages/o?id=9"),
        ("text", "<Content>满意</Content><bizmsgmenuid>101</bizmsgmenuid>", "menu_id", "101"),
        ("text", "<Content/>", "content", ""),
    ],
)
def test_each_kind_of_message_keeps_its_own_field(kind, extra, name, value):
    push = parse_push(xml(extra, kind=kind))

    assert (kind, value) == (push.kind, getattr(push, name))


@pytest.mark.parametrize(
    ("name", "extra", "attribute", "value"),
    [
        ("subscribe", "<EventKey/>", "scene", ""),
        ("subscribe", "<EventKey>qrscene_shop42</EventKey>", "scene", "shop42"),
        ("subscribe", "<EventKey>last_trade_no_40</EventKey>", "scene", ""),
        ("subscribe", "<Ticket>tk1</Ticket>", "ticket", "tk1"),
        ("unsubscribe", "", "event", Event.UNSUBSCRIBE),
        ("SCAN", "<EventKey>qrscene_shop42</EventKey>", "scene", "qrscene_shop42"),
        ("CLICK", "<EventKey>FAQ_RETURN</EventKey>", "event_key", "FAQ_RETURN"),
        ("VIEW", "<EventKey>https://e/</EventKey>", "event_key", "https://e/"),
        ("view_miniprogram", "<EventKey>pages/i</EventKey>", "event", Event.VIEW_MINI_PROGRAM),
        ("user_enter_tempsession", "<SessionFrom>sku=9</SessionFrom>", "session_from", "sku=9"),
        ("kf_create_session", "<KfAccount>a@gh</KfAccount>", "kf_account", "a@gh"),
        (
            "kf_switch_session",
            "<FromKfAccount>a@gh</FromKfAccount><ToKfAccount>b@gh</ToKfAccount>",
            "kf_account",
            "b@gh",
        ),
        ("TEMPLATESENDJOBFINISH", "<MsgID>2001</MsgID>", "event", Event.TEMPLATE_SENT),
        (
            "scancode_waitmsg",
            "<ScanCodeInfo><ScanType>qrcode</ScanType><ScanResult>2</ScanResult></ScanCodeInfo>",
            "scan_result",
            "2",
        ),
    ],
)
def test_each_event_keeps_its_own_field(name, extra, attribute, value):
    push = parse_push(event(name, extra))

    assert (PushKind.EVENT, value) == (push.kind, getattr(push, attribute))


@pytest.mark.parametrize("name", list(Event))
def test_events_are_recognised_in_any_case(name):
    assert name == parse_push(event(name.upper())).event


def test_unknown_types_are_unknown_and_do_not_raise():
    assert parse_push(xml(kind="hologram")).kind == PushKind.UNKNOWN


@pytest.mark.parametrize("body", [b"<xml/>", b"{}", b'{"action":"CheckContainerPath"}'])
def test_a_push_without_parties_is_unknown(body):
    assert parse_push(body).kind == PushKind.UNKNOWN


@pytest.mark.parametrize("missing", ["ToUserName", "FromUserName"])
def test_a_push_without_one_of_its_parties_is_unknown(missing):
    assert parse_push(json_push(**{missing: ""})).kind == PushKind.UNKNOWN


def test_a_sticker_is_told_from_a_text():
    assert parse_push(xml_text("【收到不支持的消息类型，暂无法显示】")).is_sticker
    assert not parse_push(xml_text("你好")).is_sticker


def test_json_and_xml_give_the_same_push():
    push = parse_push(json_push(Content="在吗", MsgId=24000000000000001))

    assert (
        push.format,
        push.kind,
        push.content,
        push.message_id,
    ) == ("json", "text", "在吗", "24000000000000001")


@pytest.mark.parametrize(
    ("message_id", "expected"),
    [
        (24000000000000001, "24000000000000001"),
        (2**70 + 1, str(2**70 + 1)),
        ("49d72d67b1_1555684067", "49d72d67b1_1555684067"),
        (0, ""),
        (None, ""),
    ],
)
def test_message_ids_are_text_of_any_size_and_form(message_id, expected):
    assert expected == parse_push(json_push(MsgId=message_id)).message_id


@pytest.mark.parametrize(
    ("created", "expected"),
    [
        ("1760000000", 1760000000),
        ("soon", 0),
        (None, 0),
        ([1], 1),
        (-5, 0),
        ("9" * 12, 999999999999),
        ("9" * 13, 0),
        ("٣", 0),
    ],
)
def test_create_time_may_be_text_or_nonsense(created, expected):
    assert expected == parse_push(json_push(CreateTime=created)).created_at


def test_the_list_of_a_subscription_may_be_one_object_or_many():
    one = parse_push(json_push(MsgType="event", List={"TemplateId": "t"}))
    many = parse_push(json_push(MsgType="event", List=[{"TemplateId": "t"}] * 2))

    assert one.fields["List"] == {"TemplateId": "t"}
    assert many.fields["List"] == ({"TemplateId": "t"},) * 2


def test_the_list_of_a_subscription_may_hold_one_element_or_many_in_xml():
    one, many = (parse_push(event("e", f"<List>{item}</List>")) for item in ("<i>t</i>", "<i>t</i><i>u</i>"))

    assert one.fields["List"] == {"i": "t"}
    assert many.fields["List"] == {"i": ("t", "u")}


@pytest.mark.parametrize(
    ("name", "value", "attribute", "expected"),
    [
        ("ScanCodeInfo", {"ScanType": "qrcode"}, "scan_result", ""),
        ("ScanCodeInfo", "2", "scan_result", ""),
        ("ScanCodeInfo", [], "scan_result", ""),
        ("ScanCodeInfo", [{"ScanResult": "2"}, {"ScanResult": "3"}], "scan_result", "2"),
        ("Content", [], "content", ""),
        ("Content", True, "content", ""),
        ("Content", float("nan"), "content", ""),
        ("MsgId", 1.5, "message_id", "1.5"),
    ],
)
def test_a_field_of_another_form_than_usual_is_read_as_far_as_it_is_text(name, value, attribute, expected):
    assert getattr(parse_push(json_push(**{name: value})), attribute) == expected


def test_a_line_break_that_json_should_have_escaped_is_kept():
    assert parse_push(b'{"Content":"a\nb"}').content == "a\nb"


def test_control_characters_do_not_cost_the_message():
    assert parse_push(xml_text(" \x1d\x10c")).content == "c"
    assert parse_push(json_push(Content="\x00\x1dc")).content == "c"


def test_characters_that_cannot_be_written_again_are_dropped():
    push = parse_push(b'{"FromUserName":"a","ToUserName":"b","Content":"\\ud83d x\\uffff"}')

    assert push.content == "x"


def test_emoji_survive_both_formats():
    assert parse_push(xml_text("👍🏽[微笑]")).content == "👍🏽[微笑]"
    assert parse_push(rb'{"Content":"\ud83d\udc4d"}').content == "👍"


def test_a_byte_order_mark_and_blanks_before_the_body_are_skipped():
    assert parse_push(b"\xef\xbb\xbf\r\n " + xml_text("hi")).content == "hi"


def test_damaged_bytes_cost_a_character_not_the_message():
    assert parse_push(xml_text("hi").replace(b"[hi]", b"[\xffhi]")).content == "\ufffdhi"


def test_the_encoding_a_body_declares_is_not_believed():
    for name in ("gbk", "utf-16", "bogus"):
        declared = f'<?xml version="1.0" encoding="{name}"?>'.encode()
        assert parse_push(declared + xml_text("你好")).content == "你好"


def test_the_first_of_duplicate_fields_counts_in_both_formats():
    twice = b'{"FromUserName":"a","FromUserName":"z","ToUserName":"b"}'

    assert parse_push(twice).sender == "a"
    assert parse_push(xml("<FromUserName>z</FromUserName>")).sender == "oUser001"


def test_a_nested_value_where_a_text_belongs_is_no_text():
    assert parse_push(xml("<Content><b>x</b></Content>")).content == ""
    assert parse_push(json_push(Content={"a": 1})).content == ""


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"success",
        b"[]",
        b'"text"',
        b"{",
        b'{"a":' * 10_000,
        b"<xml>",
        b"<html/>",
        b"<xml>&nope;</xml>",
        b"<xml>&#29;</xml>",
        b"<a><xml/></a>",
        "<xml/>".encode("utf-16"),
        b'<!DOCTYPE xml [<!ENTITY a "b">]><xml><Content>&a;</Content></xml>',
        b'<!DOCTYPE xml SYSTEM "file:///etc/passwd"><xml/>',
        b"<xml>" + b"<a>" * 20_000,
    ],
)
def test_what_is_no_push_is_refused_with_a_reason(body):
    with pytest.raises(MalformedPushError, match="body"):
        parse_push(body)


def test_a_body_over_the_cap_is_not_parsed():
    with pytest.raises(MalformedPushError, match="at most 100"):
        parse_push(xml_text(), max_bytes=100)
    with pytest.raises(MalformedPushError, match="at most"):
        parse_push(b" " * (MAX_BODY_BYTES + 1))


def test_deep_nesting_is_cut_off_not_followed():
    depth = 8_000

    assert parse_push(b"<xml>" + b"<a>" * depth + b"</a>" * depth + b"</xml>").fields


@pytest.mark.parametrize(("depth", "innermost"), [(8, "x"), (9, "")])
def test_eight_levels_are_read_in_both_formats(depth, innermost):
    in_xml = parse_push(b"<xml>" + b"<a>" * depth + b"x" + b"</a>" * depth + b"</xml>").fields
    in_json = parse_push(b'{"a":' * depth + b'"x"' + b"}" * depth).fields

    for _ in range(8):
        in_xml, in_json = in_xml["a"], in_json["a"]
    assert (in_xml, in_json) == (innermost, innermost)


@pytest.mark.parametrize(("depth", "innermost"), [(7, "x"), (8, "")])
def test_lists_count_as_levels(depth, innermost):
    found = parse_push(b'{"a":' + b"[" * depth + b'"x"' + b"]" * depth + b"}").fields["a"]

    for _ in range(7):
        (found,) = found
    assert found == innermost


def test_all_deliveries_of_a_push_share_one_key():
    assert len({delivery_key(APP_ID, parse_push(xml_text())) for _ in range(3)}) == 1


def test_a_message_id_is_the_same_key_as_number_and_as_text():
    number, text = (parse_push(json_push(MsgId=value)) for value in (17, "17"))

    assert delivery_key(APP_ID, number) == delivery_key(APP_ID, text)


def test_users_whose_messages_share_an_id_do_not_share_a_key():
    first, second = (parse_push(json_push(FromUserName=user, MsgId=17)) for user in ("oA", "oB"))

    assert delivery_key(APP_ID, first) != delivery_key(APP_ID, second)


def test_a_message_with_another_id_has_another_key():
    first, second = (parse_push(json_push(MsgId=number)) for number in (17, 18))

    assert delivery_key(APP_ID, first) != delivery_key(APP_ID, second)


@pytest.mark.parametrize(
    "other",
    [
        event("CLICK", "<EventKey>B</EventKey>"),
        event("VIEW", "<EventKey>A</EventKey>"),
        event("CLICK", "<EventKey>A</EventKey>").replace(b"1760000000", b"1760000001"),
        event("CLICK", "<EventKey>A</EventKey>").replace(b"oUser001", b"oUser002"),
    ],
)
def test_different_events_have_different_keys(other):
    first = parse_push(event("CLICK", "<EventKey>A</EventKey>"))

    assert delivery_key(APP_ID, first) != delivery_key(APP_ID, parse_push(other))


def test_two_accounts_never_share_a_key():
    push = parse_push(xml_text())

    assert delivery_key("wx1", push) != delivery_key("wx2", push)


def test_messages_without_an_id_are_not_taken_for_each_other():
    first, second = (parse_push(xml_text(content, "0")) for content in ("a", "b"))

    assert delivery_key(APP_ID, first) != delivery_key(APP_ID, second)


def test_a_key_fits_a_column_however_long_the_id():
    keys = (delivery_key(APP_ID, parse_push(json_push(MsgId="9" * n))) for n in (1, 64, 65, 9999))

    assert all(len(key) <= len(APP_ID) + 130 for key in keys)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"success", "the body is neither XML nor JSON"),
        (b"<html/>", "the body's root element is not <xml>"),
        (b"<xml>", "the body is not acceptable XML: no element found: line 1, column 5"),
        (b"X<xml/>", "the body is neither XML nor JSON"),
        (
            b"{]",
            "the body is not acceptable JSON: Expecting property name enclosed in double quotes: "
            "line 1 column 2 (char 1)",
        ),
        (b"<xml></xml>" + b" " * 10, "the body has 21 bytes, at most 20 are read"),
    ],
)
def test_why_a_body_is_refused_is_said(body, said):
    with pytest.raises(MalformedPushError) as caught:
        parse_push(body, max_bytes=20)

    assert str(caught.value) == said


def test_a_stranger_puts_no_more_than_a_line_into_the_log():
    with pytest.raises(MalformedPushError) as caught:
        parse_push(f'<!DOCTYPE x SYSTEM "{"y" * 999}"><xml/>'.encode())

    assert len(str(caught.value)) == len("the body is not acceptable XML: ") + 200


def test_a_body_of_exactly_the_cap_is_read_in_its_format():
    assert parse_push(b"<xml></xml>", max_bytes=11).format == "xml"
