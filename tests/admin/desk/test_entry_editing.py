"""Entries changed, made and removed in the desk: what the operator sees, and what the files then say."""

from __future__ import annotations

import re
import shutil
from html import unescape
from pathlib import Path

import pytest
from werkzeug.test import TestResponse

from bot.settings import Settings
from tests.admin.desk.conftest import KNOWLEDGE, Operator

EDIT = "/entries/zh/filing-time/edit"
DRAFT = "/entries/draft"


@pytest.fixture
def desk_settings(tmp_path: Path) -> Settings:
    """A bot without an index, whose knowledge may be changed."""
    folders = {"index_dir": tmp_path / "index", "data_dir": tmp_path / "data"}
    return Settings(knowledge_dir=shutil.copytree(KNOWLEDGE, tmp_path / "knowledge"), **folders)


@pytest.fixture
def shop(desk_settings: Settings) -> Path:
    return desk_settings.knowledge_dir / "zh" / "shop.md"


def fields(page: TestResponse) -> dict[str, str]:
    """What the page's form of an entry would send, as it stands."""
    inputs = re.findall(r'<input [^>]*?name="((?:zh|en)-\w+)" value="([^"]*)"', page.text)
    texts = re.findall(r'<textarea name="((?:zh|en)-\w+)"[^>]*>([^<]*)</textarea>', page.text)
    chosen = re.findall(
        r'<select name="((?:zh|en)-\w+)">(?:(?!</select>).)*?value="([^"]*)" selected', page.text, re.DOTALL
    )
    return {name: unescape(value) for name, value in (*inputs, *texts, *chosen)}


def diff(page: TestResponse) -> list[str]:
    return [
        unescape(f"{'+' if tag == 'ins' else '-'}{line}")
        for tag, line in re.findall(r"<(ins|del)>([^<]*)<", page.text)
    ]


def test_an_entry_is_changed_after_a_look_at_its_lines(operator: Operator, shop: Path):
    before = shop.read_text("utf-8")
    form = fields(operator.get(EDIT))
    assert form["zh-question"] == "小程序备案要多久？"
    form |= {"zh-answer": "最快一天。", "zh-phrasings": form["zh-phrasings"] + "\r\n备案多久能好\r\n"}
    preview = operator.post(DRAFT, step="preview", **form)

    assert diff(preview) == ["+- 备案多久能好", "-一般要一到二十个工作日，各地进度不同。", "+最快一天。"]
    assert "<p>最快一天。</p>" in preview.text
    assert shop.read_text("utf-8") == before

    saved = operator.post(DRAFT, step="save", **fields(preview))
    assert (saved.status_code, saved.location) == (303, "/admin/edits")
    changes = operator.get("/edits").text
    assert "Saved. Customers get it with the next rebuild." in changes
    assert "holds changes that customers do not get yet" in changes
    assert shop.read_text("utf-8") == before.replace(
        "- 备案时间\n\n### 回答", "- 备案时间\n- 备案多久能好\n\n### 回答"
    ).replace("一般要一到二十个工作日，各地进度不同。", "最快一天。")
    assert "zh/filing-time: 小程序备案要多久？" in operator.get("/audit").text


def test_a_change_is_taken_back_to_the_byte(operator: Operator, shop: Path):
    before = shop.read_bytes()
    operator.post(DRAFT, step="save", **fields(operator.get(EDIT)) | {"zh-answer": "最快一天。"})
    assert shop.read_bytes() != before
    operator.get("/edits")
    operator.post("/edits/1/undo")

    assert shop.read_bytes() == before
    assert "Taken back." in operator.get("/edits").text
    assert operator.post("/edits/1/undo").status_code == 404


def test_what_somebody_else_changed_meanwhile_is_not_lost_nor_what_the_operator_wrote(
    operator: Operator, shop: Path
):
    form = fields(operator.get(EDIT)) | {"zh-answer": "我写的。"}
    shop.write_text(shop.read_text("utf-8").replace("各地进度不同", "各省进度不同"), "utf-8")
    page = operator.post(DRAFT, step="save", **form)

    assert "Somebody else changed this entry while you were at it." in page.text
    assert "各省进度不同" in shop.read_text("utf-8")
    assert diff(page) == ["-一般要一到二十个工作日，各省进度不同。", "+我写的。"]
    assert operator.post(DRAFT, step="save", **fields(page)).status_code == 303
    assert "我写的。" in shop.read_text("utf-8")


def test_going_back_to_the_form_keeps_every_word(operator: Operator):
    form = fields(operator.get(EDIT)) | {"zh-answer": "改<b>了</b>。", "zh-label": "备案"}
    preview = operator.post(DRAFT, step="preview", **form)
    again = fields(operator.post(DRAFT, step="form", **fields(preview)))

    assert {name: again[name] for name in form} == {
        name: value.replace("\r\n", "\n") for name, value in form.items()
    }


def test_a_new_entry_is_written_in_both_languages_with_the_same_facts(operator: Operator, shop: Path):
    form = fields(operator.get("/entries/new?question=能退款吗"))
    assert form["zh-question"] == "能退款吗"
    form |= {"zh-answer": "七天内可以。", "zh-topic": "filing", "zh-id": "refund", "zh-sources": "T1"}
    form |= {"en-question": "Can I get my money back?", "en-answer": "Within seven days."}
    preview = operator.post(DRAFT, step="preview", **form)
    operator.post(DRAFT, step="save", **fields(preview))

    english = (shop.parent.parent / "en" / "shop.md").read_text("utf-8")
    assert "## 能退款吗 {#refund}" in shop.read_text("utf-8")
    assert "## Can I get my money back? {#refund}\n\n- topic: filing\n" in english
    assert english.rstrip().endswith("- sources: T1\n\n### Answer\n\nWithin seven days.")


def test_a_new_entry_in_one_language_gets_an_id_of_its_question(operator: Operator, shop: Path):
    form = fields(operator.get("/entries/new?question=Refunds?"))
    operator.post(DRAFT, step="save", **form | {"en-answer": "No.", "en-topic": "filing"})

    assert re.search(
        r"## Refunds\? \{#refunds-\w{12}\}", (shop.parent.parent / "en" / "shop.md").read_text("utf-8")
    )
    assert "refunds-" not in shop.read_text("utf-8")


def test_a_way_to_ask_that_another_entry_has_is_found_before_it_is_saved(operator: Operator):
    form = fields(operator.get(EDIT))
    form["zh-phrasings"] += "\n什么是小程序"
    page = operator.post(DRAFT, step="preview", **form)

    assert '"什么是小程序" is already a phrasing of what-is (zh/shop.md:' in unescape(page.text)
    assert "must be mended" in page.text


@pytest.mark.parametrize(
    ("field", "value", "complaint"),
    [
        ("zh-question", " ", "no question; write one"),
        ("zh-answer", "", "no answer; write one"),
        ("zh-as_of", "yesterday", 'as_of "yesterday" is no date; write 2026, 2026-11 or 2026-11-22'),
    ],
)
def test_what_cannot_be_is_said_in_the_form_with_all_else_kept(operator: Operator, field, value, complaint):
    form = fields(operator.get(EDIT)) | {"zh-label": "改过的", field: value}
    page = operator.post(DRAFT, step="save", **form)

    assert complaint in unescape(page.text)
    assert fields(page)["zh-label"] == "改过的"


@pytest.mark.parametrize(
    ("language", "complaint", "finding"),
    [
        ("zh-CN", "“yesterday”不是日期；请写 2026", "“什么是小程序”已经是 what-is 的问法（zh/shop.md:"),
        ("zh-TW", "“yesterday”不是日期；請寫 2026", "“什么是小程序”已經是 what-is 的問法（zh/shop.md:"),
    ],
)
def test_what_is_wrong_is_said_in_chinese(operator: Operator, language, complaint, finding):
    reader = Operator(operator.http.application, language)
    reader.log_in()
    form = fields(reader.get(EDIT))
    refused = reader.post(DRAFT, step="save", **form | {"zh-as_of": "yesterday"})
    doubled = form | {"zh-phrasings": form["zh-phrasings"] + "\n什么是小程序"}
    preview = reader.post(DRAFT, step="preview", **doubled)

    assert complaint in unescape(refused.text)
    assert finding in unescape(preview.text)


def test_an_id_that_another_entry_has_is_not_taken_from_it(operator: Operator, shop: Path):
    before = shop.read_bytes()
    form = fields(operator.get("/entries/new?question=能退款吗"))
    form |= {"zh-answer": "可以。", "zh-id": "filing-time"}
    for step in ("preview", "save"):
        page = operator.post(DRAFT, step=step, **form)
        assert "There is an entry filing-time already." in page.text
        assert fields(page)["zh-answer"] == "可以。"

    assert shop.read_bytes() == before


def test_a_long_entry_is_taken(operator: Operator):
    page = operator.post(DRAFT, step="preview", **fields(operator.get(EDIT)) | {"zh-answer": "长" * 20_000})

    assert page.status_code == 200
    assert f"+{'长' * 20_000}" in diff(page)


def test_an_entry_is_removed_after_a_warning_and_comes_back(operator: Operator, shop: Path):
    before = shop.read_bytes()
    page = operator.get("/entries/zh/filing-time/remove")
    assert "-## 小程序备案要多久？ {#filing-time}" in diff(page)
    assert "licence-food names the entry filing-time" not in page.text
    seen = re.search(r'name="seen" value="(\w+)"', page.text)[1]
    operator.post("/entries/zh/filing-time/remove", seen=seen, step="save")
    assert "filing-time}" not in shop.read_text("utf-8")
    assert operator.get(EDIT).status_code == 404

    operator.get("/edits")
    operator.post("/edits/1/undo")
    assert shop.read_bytes() == before


def test_an_entry_that_changed_after_the_warning_stays(operator: Operator, shop: Path):
    page = operator.get("/entries/zh/filing-time/remove")
    seen = re.search(r'name="seen" value="(\w+)"', page.text)[1]
    shop.write_text(shop.read_text("utf-8").replace("各地进度不同", "各省进度不同"), "utf-8")
    refused = operator.post("/entries/zh/filing-time/remove", seen=seen, step="save")

    assert operator.get(refused.location.removeprefix("/admin")).status_code == 200
    assert "filing-time}" in shop.read_text("utf-8")


def test_a_form_that_changes_nothing_cannot_be_saved(operator: Operator):
    page = operator.post(DRAFT, step="preview", **fields(operator.get(EDIT)))

    assert "This changes nothing" in page.text
    assert 'value="save"' not in page.text


def test_a_folder_that_cannot_be_written_is_told_with_the_remedy(operator: Operator, shop: Path, monkeypatch):
    def refuse(*_: object, **__: object) -> str:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr("tempfile.mkdtemp", refuse)
    page = operator.post(DRAFT, step="save", **fields(operator.get(EDIT)) | {"zh-answer": "x"})

    assert page.status_code == 503
    assert "let the bot&#39;s user write into" in page.text


def test_a_change_that_a_rebuild_may_have_missed_is_told_so(operator: Operator, stores):
    job, _ = stores.jobs.request()
    form = fields(operator.get(EDIT)) | {"zh-answer": "最快一天。"}
    saved = operator.post(DRAFT, step="rebuild", **form)

    assert saved.location == f"/admin/rebuilds/{job.id}"
    assert (
        "A rebuild was under way already, perhaps without your change."
        in operator.get(f"/rebuilds/{job.id}").text
    )
    assert f'href="/admin/rebuilds/{job.id}"' in operator.get("/edits").text


def test_the_page_of_changes_begins_with_what_to_do(operator: Operator):
    assert "Nobody has changed an entry here yet." in operator.get("/edits").text


def test_the_address_that_the_console_links_to_opens_a_new_entry(operator: Operator):
    assert operator.get("/unanswered/new?question=能退款吗").location.startswith(
        "/admin/entries/new?question="
    )
