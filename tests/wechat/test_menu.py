"""Menu links: tapping one sends the question, whatever characters it has."""

from __future__ import annotations

import re
import unicodedata

import pytest

from bot.wechat.menu import menu_link

LINK = re.compile(
    r'<a href="weixin://bizmsgmenu\?msgmenucontent=([^&"<>#]*)&msgmenuid=([^&"<>#]*)">([^<>]*)</a>'
)


def test_a_link_sends_and_shows_the_question():
    assert (
        menu_link("营业时间?", "101")
        == '<a href="weixin://bizmsgmenu?msgmenucontent=营业时间?&msgmenuid=101">营业时间?</a>'
    )


@pytest.mark.parametrize(
    "question", ["A&B 'C' \"D\"?", "<a>#1</a>", "100% = 1+1", '"><a href="http://evil">', "R&D"]
)
def test_no_question_breaks_the_link_and_nfkc_gives_it_back(question):
    link = LINK.fullmatch(menu_link(question))

    assert link
    assert question == unicodedata.normalize("NFKC", link[1])


def test_line_breaks_and_control_characters_become_one_line():
    assert LINK.fullmatch(menu_link(" 第一\r\n\x1d第二 "))[1] == "第一 第二"


def test_the_words_shown_may_differ_from_those_sent():
    assert LINK.fullmatch(menu_link("更多", label="展开全部")).groups() == ("更多", "0", "展开全部")
