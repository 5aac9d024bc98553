"""The bot's own sentences: a caveat where an answer needs one, and none where it does not."""

from __future__ import annotations

import pytest

from bot.answering.composing import caveats
from bot.answering.wording import CHINESE, ENGLISH, wording
from bot.domain import Grade
from tests.fakes import make_entry


def caveat(language: str, **fields) -> str:
    return caveats([make_entry("a", "Q", language=language, **fields)], wording(language))


def test_an_answer_that_can_go_stale_says_of_when_it_is_and_where_to_check():
    expected = "(As of 2026-11; this may have changed. Please check mp.weixin.qq.com before you act.)"

    assert caveat("en", is_volatile=True, as_of="2026-11") == expected


def test_a_third_partys_claim_says_that_wechat_did_not_confirm_it():
    expected = (
        "（以上来自第三方说法，截至 2026-11，未经微信官方证实，请到微信公众平台后台 mp.weixin.qq.com 核对。）"
    )

    assert caveat("zh", grade=Grade.REPORTED, as_of="2026-11") == expected


def test_an_answer_on_which_sources_disagree_says_so():
    expected = "(Sources disagree; as of 2026. Please go by what mp.weixin.qq.com shows before you act.)"

    assert caveat("en", grade=Grade.CONFLICTING, as_of="2026") == expected


@pytest.mark.parametrize("grade", [Grade.REPORTED, Grade.CONFLICTING])
def test_weak_grounds_are_named_before_age(grade):
    assert caveat("en", grade=grade, is_volatile=True) == caveat("en", grade=grade, is_volatile=False)


@pytest.mark.parametrize("grade", [Grade.OFFICIAL, Grade.SEVERAL])
def test_a_lasting_answer_on_good_grounds_needs_no_caveat(grade):
    assert caveat("zh", grade=grade, as_of="2026") == ""


@pytest.mark.parametrize(("language", "day"), [("zh", "知识库整理之日"), ("en", "day this was compiled")])
def test_an_answer_without_a_date_is_of_the_day_the_knowledge_was_compiled(language, day):
    assert day in caveat(language, is_volatile=True)


def test_each_knowledge_language_has_its_own_sentences():
    assert (wording("zh"), wording("en")) == (CHINESE, ENGLISH)
    assert wording("en").abstain.startswith("Sorry")
    assert wording("zh").abstain.startswith("抱歉")
