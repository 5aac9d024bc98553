"""Passive replies: WeChat can read each of them, in the format and mode it pushed in."""

from __future__ import annotations

import json
from xml.etree import ElementTree

import pytest

from bot.wechat.envelope import open_push
from bot.wechat.messages import parse_push
from bot.wechat.replies import SUCCESS, PassiveReply, sealed, text_reply, transfer_reply

from .fakes import NONCE, SAFE, encrypted, encrypted_json, json_push, xml, xml_text

PUSH = parse_push(xml_text())
NOW = 1760000001


def fields(reply: PassiveReply) -> dict[str, str | None]:
    return {element.tag: element.text for element in ElementTree.fromstring(reply.body)}


def test_a_text_goes_back_to_the_sender_in_xml():
    assert fields(text_reply(PUSH, "您好\r\n第二行", created_at=NOW)) == {
        "ToUserName": "oUser001",
        "FromUserName": "gh_0a1b2c",
        "CreateTime": "1760000001",
        "MsgType": "text",
        "Content": "您好\n第二行",
    }


def test_the_time_of_a_reply_is_a_bare_number():
    assert "<CreateTime>1760000001</CreateTime>" in text_reply(PUSH, "x", created_at=NOW).body


@pytest.mark.parametrize("content", ["]]>", "a]]>b]]]]>c", "<xml>&amp;", "&#29; <![CDATA[x]]>"])
def test_no_text_breaks_out_of_its_element(content):
    assert content == fields(text_reply(PUSH, content, created_at=NOW))["Content"]


def test_an_xml_reply_says_that_it_is_xml():
    assert text_reply(PUSH, "x", created_at=NOW).media_type == "application/xml"


def test_a_damaged_nonce_does_not_damage_the_reply():
    push = open_push(*encrypted(xml_text()), SAFE)
    reply = text_reply(push, "x", created_at=NOW)

    assert fields(sealed(reply, push, SAFE.crypto, timestamp=NOW, nonce="a\x00b"))["Nonce"] == "ab"


def test_a_hostile_sender_stays_in_its_element():
    hostile = xml_text().replace(b"<![CDATA[oUser001]]>", b"a]]&gt;&lt;x/&gt;")

    assert fields(text_reply(parse_push(hostile), "x", created_at=NOW))["ToUserName"] == "a]]><x/>"


def test_characters_xml_cannot_carry_are_left_out():
    assert fields(text_reply(PUSH, "a\x00\x1d\ufffe\ud800b", created_at=NOW))["Content"] == "ab"


def test_every_line_break_arrives_as_one():
    assert fields(text_reply(PUSH, "a\rb\r\nc", created_at=NOW))["Content"] == "a\nb\nc"


@pytest.mark.parametrize("content", ["", "  \n", "\x00"])
def test_an_empty_text_becomes_success(content):
    assert text_reply(PUSH, content, created_at=NOW) == SUCCESS


def test_a_push_without_a_sender_gets_success():
    assert text_reply(parse_push(b"<xml/>"), "x", created_at=NOW) == SUCCESS


def test_an_over_long_text_is_cut_to_one_message():
    content = fields(text_reply(PUSH, "这是一句话。" * 500, created_at=NOW))["Content"]

    assert content and len(content.encode()) <= 2048
    assert content.endswith("。")


def test_a_json_push_gets_a_json_reply():
    reply = text_reply(parse_push(json_push(Content="x")), '好"的', created_at=NOW)

    assert json.loads(reply.body) == {
        "ToUserName": "oMini001",
        "FromUserName": "gh_mini01",
        "CreateTime": NOW,
        "MsgType": "text",
        "Content": '好"的',
    }
    assert ("application/json", "好" in reply.body) == (reply.media_type, True)


def test_a_message_is_handed_to_a_human_in_its_own_format():
    in_xml = transfer_reply(PUSH, created_at=NOW)
    in_json = transfer_reply(parse_push(json_push(Content="x")), created_at=NOW)

    assert fields(in_xml) == {
        "ToUserName": "oUser001",
        "FromUserName": "gh_0a1b2c",
        "CreateTime": "1760000001",
        "MsgType": "transfer_customer_service",
    }
    assert json.loads(in_json.body)["MsgType"] == "transfer_customer_service"


def test_a_message_can_be_handed_to_one_account():
    body = transfer_reply(PUSH, created_at=NOW, kf_account="kf1@gh").body

    assert ElementTree.fromstring(body).findtext("TransInfo/KfAccount") == "kf1@gh"


def test_a_damaged_setting_does_not_damage_the_reply():
    body = transfer_reply(PUSH, created_at=NOW, kf_account="kf\x00]]>1").body

    assert ElementTree.fromstring(body).findtext("TransInfo/KfAccount") == "kf]]>1"


@pytest.mark.parametrize("kind", ["event", "hologram"])
def test_only_messages_are_handed_to_a_human(kind):
    assert transfer_reply(parse_push(xml(kind=kind)), created_at=NOW) == SUCCESS


def test_the_reply_to_an_encrypted_push_is_encrypted_xml_that_wechat_can_open():
    push = open_push(*encrypted(xml_text()), SAFE)
    reply = text_reply(push, "您好", created_at=NOW)

    envelope = fields(sealed(reply, push, SAFE.crypto, timestamp=NOW, nonce=NONCE))

    assert list(envelope) == ["Encrypt", "MsgSignature", "TimeStamp", "Nonce"]
    assert SAFE.crypto.is_signed(envelope["MsgSignature"], str(NOW), NONCE, envelope["Encrypt"])
    assert reply.body.encode() == SAFE.crypto.decrypt(envelope["Encrypt"])


def test_the_reply_to_encrypted_json_is_json_with_a_number_as_time():
    push = open_push(*encrypted_json(json_push(Content="人工")), SAFE)
    reply = transfer_reply(push, created_at=NOW)

    envelope = json.loads(sealed(reply, push, SAFE.crypto, timestamp=NOW, nonce=NONCE).body)

    assert (envelope["TimeStamp"], envelope["Nonce"]) == (NOW, NONCE)
    assert reply.body.encode() == SAFE.crypto.decrypt(envelope["Encrypt"])


def test_success_stays_plain_in_safe_mode():
    push = open_push(*encrypted(xml_text()), SAFE)

    assert sealed(SUCCESS, push, SAFE.crypto, timestamp=NOW, nonce=NONCE) == SUCCESS


def test_the_reply_to_a_plain_push_stays_plain():
    reply = text_reply(PUSH, "您好", created_at=NOW)

    assert reply == sealed(reply, PUSH, SAFE.crypto, timestamp=NOW, nonce=NONCE)


def test_nothing_stands_between_the_elements():
    assert text_reply(PUSH, "x", created_at=NOW).body == (
        "<xml><ToUserName><![CDATA[oUser001]]></ToUserName><FromUserName><![CDATA[gh_0a1b2c]]></FromUserName>"
        "<CreateTime>1760000001</CreateTime><MsgType><![CDATA[text]]></MsgType><Content><![CDATA[x]]></Content></xml>"
    )
