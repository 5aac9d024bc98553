"""``/chat`` in a real browser: asking, what comes back, what can be done with it."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import Route, expect

from tests.web.conftest import DESKTOP, PHONE, Chat, serious_issues

pytestmark = pytest.mark.model

REPLY = {
    "answered": True,
    "outcome": "answer",
    "answer": "好的",
    "language": "zh-Hans",
    "confidence": 1,
    "entry": None,
    "parts": [],
    "suggestions": [],
    "index_version": "1",
    "request_id": "r1",
}


def answering(chat: Chat, **fields: object) -> None:
    """Have every question answered with these fields."""
    chat.page.route("**/ask", lambda route: route.fulfill(json=REPLY | fields))


def posted(chat: Chat, path: str) -> list[dict]:
    """The bodies that the page posts to a path from now on."""
    bodies: list[dict] = []
    chat.page.on("request", lambda r: bodies.append(r.post_data_json) if r.url.endswith(path) else None)
    return bodies


# Asking


@pytest.mark.parametrize(
    ("locale", "question", "language", "start"),
    [
        ("zh-CN", "备案要几天", "zh-Hans", "一般要一到二十个工作日"),
        ("zh-TW", "備案要幾天", "zh-Hant", "一般要一到二十個工作日"),
        ("en-GB", "how many days for the filing", "en", "Usually one to twenty working days"),
    ],
)
def test_a_question_is_answered_in_its_language(open_chat, locale, question, language, start):
    chat = open_chat(locale=locale)
    answer = chat.ask(question).locator(".answer")

    expect(chat.page.locator("html")).to_have_attribute("lang", language)
    expect(chat.page.locator(".own .bubble")).to_have_text(question)
    expect(answer).to_contain_text(start)
    expect(answer).to_have_attribute("lang", language)


def test_the_bot_greets_in_the_words_of_its_knowledge_and_offers_what_it_can_answer(open_chat):
    chat = open_chat("?lang=en")

    expect(chat.page.locator("#welcome")).to_have_text("Hello! Ask me anything about mini programs.")
    answer = chat.answer_to(chat.chips.first.click)
    expect(answer).to_contain_text("A mini program is a light app")


def test_a_suggestion_that_is_tapped_is_asked(chat):
    first = chat.ask("备案时间")
    second = chat.answer_to(first.get_by_role("button", name="小程序是什么？").click)

    expect(chat.page.locator(".own .bubble").last).to_have_text("小程序是什么？")
    expect(second).to_contain_text("轻量应用")


def test_questions_that_are_offered_are_not_listed_in_the_text_as_well(chat):
    answering(
        chat,
        outcome="clarify",
        answer="请选一个：\n\n- 第一个？\n- 第二个？",
        suggestions=[{"id": "a", "question": "第一个？"}, {"id": "b", "question": "第二个？"}],
    )
    answer = chat.ask("哪个")

    expect(answer.locator(".answer")).to_have_text("请选一个：")
    expect(answer.locator(".chip")).to_have_text(["第一个？", "第二个？"])


def test_age_and_sources_of_an_answer_are_folded_away(chat):
    basis = chat.ask("小程序备案要多久？").locator(".basis")

    expect(basis.locator("summary")).to_have_text("截至 2026-11 · 1 个来源")
    expect(basis.locator("li")).not_to_be_visible()
    basis.locator("summary").click()
    expect(basis.locator("li")).to_have_text(["平台备案说明"])


def test_all_questions_of_a_conversation_go_under_one_id_that_a_new_one_changes(chat):
    bodies = posted(chat, "/ask")
    chat.ask("备案时间")
    chat.ask("谢谢")
    chat.page.get_by_role("button", name="新对话").click()
    expect(chat.page.locator("#exchanges .message")).to_have_count(0)
    expect(chat.question).to_be_focused()
    chat.ask("谢谢")

    ids = [body["session_id"] for body in bodies]
    assert ids[0] == ids[1] != ids[2] and all(len(name) == 32 for name in ids)


def test_questions_sent_in_a_row_are_answered_in_order(chat):
    for question in ("谢谢", "备案时间"):
        chat.question.fill(question)
        chat.question.press("Enter")

    expect(chat.answers).to_have_count(2)
    expect(chat.page.locator("#exchanges > div").first).not_to_contain_text("工作日")
    expect(chat.page.locator("#exchanges > div").last).to_contain_text("工作日")


# Typing


def test_enter_that_picks_a_word_of_an_input_method_does_not_send(chat):
    chat.question.focus()
    keyboard = chat.page.context.new_cdp_session(chat.page)
    keyboard.send("Input.imeSetComposition", {"text": "bei'an", "selectionStart": 6, "selectionEnd": 6})
    chat.page.keyboard.press("Enter")
    expect(chat.page.locator(".own")).to_have_count(0)

    keyboard.send("Input.insertText", {"text": "备案时间"})
    chat.page.keyboard.press("Enter")
    expect(chat.page.locator(".own .bubble")).to_have_text("备案时间")


def test_enter_of_a_browser_that_reports_it_after_the_word_was_picked_does_not_send(chat):
    chat.question.fill("备案时间")
    chat.question.dispatch_event("keydown", {"key": "Enter", "keyCode": 229})

    expect(chat.page.locator(".own")).to_have_count(0)


def test_shift_enter_begins_a_line(chat):
    answering(chat)
    chat.question.fill("第一行")
    chat.question.press("Shift+Enter")
    chat.page.keyboard.type("第二行")
    chat.answer_to(lambda: chat.question.press("Enter"))

    assert chat.page.locator(".own .bubble").inner_text() == "第一行\n第二行"


def test_blanks_are_not_sent(chat):
    chat.question.fill(" \n　")
    chat.question.press("Enter")

    expect(chat.page.locator(".own")).to_have_count(0)


def test_what_is_too_long_is_counted_in_characters_and_not_sent(chat):
    bodies = posted(chat, "/ask")
    chat.question.fill("😀" * 501)
    expect(chat.page.get_by_text("501/500 字，请缩短后再发送")).to_be_visible()
    expect(chat.question).to_have_attribute("aria-invalid", "true")
    chat.question.press("Enter")
    expect(chat.page.locator(".own")).to_have_count(0)

    chat.ask("😀" * 500)
    assert [len(body["question"]) for body in bodies] == [500]


def test_everything_can_be_done_with_the_keyboard(chat):
    chat.ask("备案时间")
    press = chat.page.keyboard.press
    for _ in range(3):  # back over the suggestion and the two thumbs
        press("Shift+Tab")
    expect(chat.page.get_by_role("button", name="有帮助")).to_be_focused()
    press("Tab")
    press("Tab")
    answer = chat.answer_to(lambda: press("Enter"))

    expect(answer).to_contain_text("轻量应用")
    expect(chat.answers.first.locator(".chip")).to_be_focused()


# What was said before


def test_a_reload_keeps_the_conversation_and_the_draft(chat):
    bodies = posted(chat, "/ask")
    chat.ask("备案时间")
    chat.question.fill("还没写完")
    before = chat.log.inner_text()
    chat.page.reload()

    assert chat.log.inner_text() == before
    expect(chat.question).to_have_value("还没写完")
    chat.ask("谢谢")
    assert len({body["session_id"] for body in bodies}) == 1


def test_another_tab_begins_anew(chat):
    chat.ask("备案时间")
    other = chat.page.context.new_page()
    other.goto(chat.page.url)

    expect(other.locator("#exchanges .message")).to_have_count(0)


# Feedback and copying


def test_a_thumb_is_noted_shown_kept_and_taken_back(chat):
    bodies = posted(chat, "/feedback")
    chat.page.route("**/feedback", lambda route: route.fulfill(status=204))
    answering(chat)
    answer = chat.ask("备案时间")
    up, down = (answer.get_by_role("button", name=name, exact=True) for name in ("有帮助", "没帮助"))
    up.click()
    expect(up).to_have_attribute("aria-pressed", "true")
    expect(chat.page.get_by_role("status")).to_have_text("已记下，谢谢反馈")
    chat.page.reload()
    expect(up).to_have_attribute("aria-pressed", "true")
    down.click()
    expect(up).to_have_attribute("aria-pressed", "false")
    expect(down).to_have_attribute("aria-pressed", "true")
    down.click()
    expect(down).to_have_attribute("aria-pressed", "false")

    assert bodies == [{"request_id": "r1", "verdict": verdict} for verdict in ("up", "down", "none")]


def test_a_thumb_reaches_the_store(chat):
    answer = chat.ask("备案时间")
    up = answer.get_by_role("button", name="有帮助", exact=True)
    up.click()

    expect(chat.page.get_by_role("status")).to_have_text("已记下，谢谢反馈")
    expect(up).to_have_attribute("aria-pressed", "true")


def test_an_answer_that_is_not_on_record_cannot_be_judged(chat, complaints):
    chat.page.route("**/feedback", lambda route: route.fulfill(status=404))
    answer = chat.ask("备案时间")
    answer.get_by_role("button", name="没帮助").click()

    expect(chat.page.get_by_role("status")).to_have_text("反馈没能记下")
    expect(answer.locator(".verdict")).to_have_count(0)
    assert "404" in complaints.pop()


def test_pleasantries_are_not_to_be_judged(chat):
    assert chat.ask("谢谢").locator(".tools").count() == 0


@pytest.mark.parametrize("permissions", [["clipboard-read", "clipboard-write"], ["clipboard-read"]])
def test_an_answer_is_copied_as_it_reads(open_chat, permissions):
    chat = open_chat(permissions=permissions)
    answering(chat, answer="**一**\n\n- 二\n- 三")
    chat.ask("备案时间").get_by_role("button", name="复制").click()

    expect(chat.page.get_by_role("status")).to_have_text("已复制")
    assert chat.page.evaluate("navigator.clipboard.readText()").split() == ["一", "二", "三"]


# Languages


def test_the_language_that_is_chosen_is_that_of_page_and_answers(chat):
    bodies = posted(chat, "/ask")
    chat.ask("备案时间")
    chat.question.fill("谢谢")
    chat.page.get_by_label("语言").select_option("English")

    expect(chat.page.get_by_role("heading", level=1)).to_have_text("Mini program assistant")
    expect(chat.answers).to_have_count(1)
    answer = chat.answer_to(lambda: chat.question.press("Enter"))
    expect(answer.locator(".answer")).to_have_attribute("lang", "en")
    assert [body["language"] for body in bodies] == ["auto", "en"]


# When something goes wrong


def test_a_question_that_could_not_be_sent_is_sent_again(chat, complaints):
    chat.page.context.set_offline(True)
    chat.question.fill("备案时间")
    chat.question.press("Enter")
    expect(chat.page.locator(".trouble")).to_contain_text("连不上服务器")
    chat.page.context.set_offline(False)
    answer = chat.answer_to(chat.page.get_by_role("button", name="重试").click)

    expect(answer).to_contain_text("工作日")
    expect(chat.page.locator(".trouble")).to_have_count(0)
    expect(chat.page.locator(".own")).to_have_count(1)
    complaints.clear()


@pytest.mark.parametrize(
    ("status", "headers", "words"),
    [
        (503, {}, "机器人还没准备好"),
        (429, {"Retry-After": "7"}, "请等 7 秒"),
        (500, {}, "服务器出错了"),
        (400, {}, "请换个写法"),
    ],
)
def test_each_failure_is_said_in_plain_words(chat, complaints, status, headers, words):
    chat.page.route("**/ask", lambda route: route.fulfill(status=status, headers=headers, body="{}"))
    chat.question.fill("备案时间")
    chat.question.press("Enter")

    expect(chat.page.locator(".trouble")).to_contain_text(words)
    chat.page.reload()
    expect(chat.page.locator(".trouble")).to_contain_text("还没有得到回答")
    expect(chat.page.get_by_role("button", name="重试")).to_be_visible()
    complaints.clear()


def test_while_an_answer_takes_long_the_bot_is_seen_typing(chat):
    waiting: list[Route] = []
    chat.page.route("**/ask", lambda route: waiting.append(route))
    chat.question.fill("备案时间")
    chat.question.press("Enter")
    expect(chat.page.locator(".typing")).to_be_visible()
    waiting[0].fulfill(json=REPLY)

    expect(chat.answers).to_have_count(1)
    expect(chat.page.locator(".typing")).to_have_count(0)


# What must never be markup


ATTACKS = [
    "<img src=x onerror=alert(1)>",
    "<script>alert(1)</script>",
    "**<svg onload=alert(1)>**",
    "`<iframe srcdoc='<script>alert(1)</script>'>`",
    "| <b onmouseover=alert(1)>a</b> | b |\n|---|---|\n| <img src=x onerror=alert(1)> | c |",
    "[tap](javascript:alert(1))",
    "[tap](JaVaScRiPt:alert(1)) [tap](data:text/html,<script>alert(1)</script>)",
    "[tap](//evil.example) [tap](vbscript:x) [tap](&#106;avascript:alert(1))",
    '[tap](https://a.example/"onmouseover="alert(1))',
]


def test_markup_in_question_answer_and_suggestion_is_text(chat):
    chat.page.route(
        "**/ask", lambda route: route.fulfill(json=echo(route.request.post_data_json["question"]))
    )
    for attack in ATTACKS:
        chat.ask(attack)
    chat.page.reload()

    assert [bubble.inner_text() for bubble in chat.page.locator(".own .bubble").all()] == ATTACKS
    assert [chip.inner_text() for chip in chat.page.locator("#exchanges .chip").all()] == shown(ATTACKS)
    assert chat.page.locator(".message :is(img, script, iframe, b, [onload], [onerror])").count() == 0
    addresses = chat.page.locator(".message a").evaluate_all("links => links.map(a => a.protocol + a.rel)")
    assert set(addresses) == {"https:noopener noreferrer"}


def echo(question: str) -> dict:
    return REPLY | {"answer": question, "suggestions": [{"id": "a", "question": question}]}


def shown(texts: list[str]) -> list[str]:
    """As a button shows them: lines run on."""
    return [text.replace("\n", " ") for text in texts]


def test_what_was_tampered_with_in_the_storage_does_no_harm(chat):
    for memory in ('"<b>"', "null", "[]", "{", json.dumps({"exchanges": "x"})):
        chat.page.evaluate("memory => sessionStorage.setItem('chat', memory)", memory)
        chat.page.evaluate("addEventListener('pagehide', event => event.stopImmediatePropagation(), true)")
        chat.page.reload()
        expect(chat.page.locator("#welcome")).to_be_visible()


# Looks


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_axe_finds_nothing_serious_and_nothing_is_wider_than_the_screen(
    open_chat, complaints, scheme, viewport
):
    chat = open_chat(color_scheme=scheme, viewport=viewport, reduced_motion="reduce")
    assert serious_issues(chat.page) == []
    chat.ask("小程序备案要多久？").locator("summary").click()
    answering(
        chat, answer=f"> {'宽' * 40}\n\n| 一 | 二 |\n|---|---|\n| `{'x' * 80}` | [链接](https://a.example) |"
    )
    chat.ask("x" * 400)
    chat.page.route("**/ask", lambda route: route.abort())
    chat.question.fill("备案时间")
    chat.question.press("Enter")
    chat.page.locator(".trouble").wait_for()
    chat.question.fill("长" * 501)

    assert serious_issues(chat.page) == []
    assert chat.page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]
    assert chat.log.evaluate("log => log.scrollWidth <= log.clientWidth")
    complaints.clear()


def test_nothing_shifts_while_the_page_loads_and_answers(chat):
    chat.ask("备案时间")
    chat.page.reload()
    chat.ask("小程序是什么？")
    shifts = chat.page.evaluate(
        """() => new Promise(resolve => {
            new PerformanceObserver(list => resolve(list.getEntries().map(entry => entry.value)))
                .observe({ type: "layout-shift", buffered: true });
            setTimeout(() => resolve([]), 300);
        })"""
    )

    assert sum(shifts) == 0


def test_a_screen_reader_is_told_of_answers_but_not_of_what_it_read_before(chat):
    chat.ask("备案时间")
    expect(chat.log).to_have_attribute("aria-live", "polite")
    assert chat.log.get_by_role("heading").all_inner_texts() == ["小程序问答助手", "我", "小程序问答助手"]


def test_a_long_answer_is_read_from_its_beginning(open_chat):
    chat = open_chat(viewport=PHONE, reduced_motion="reduce")
    answering(chat, answer="\n\n".join(f"第 {i} 段" for i in range(60)))
    answer = chat.ask("备案时间")

    expect(answer.get_by_text("第 0 段")).to_be_in_viewport()
    expect(answer.get_by_text("第 59 段")).not_to_be_in_viewport()
