"""The pages of versions: what there is, what differs, and what customers get after a click."""

from __future__ import annotations

import json
import re
import shutil
import time

import pytest

from bot.admin.desk.rebuilds_words import stage_name
from bot.app import create_app
from bot.operations import Operations
from bot.retrieval.history import Action
from bot.stores import Stores
from tests.admin.desk.conftest import NAME, PASSWORD, Operator

pytestmark = pytest.mark.model
UNMET = {"question": "备案时间", "expected": "licence-food"}


@pytest.fixture(scope="module")
def stages():
    """What the builds of this module said they were doing."""
    return set()


@pytest.fixture(scope="module")
def versioned(built, tmp_path_factory, stages):
    """Settings of an index with three versions: one that was live, the live one, a rejected one."""
    root = tmp_path_factory.mktemp("versioned")
    for name in ("knowledge_dir", "index_dir"):
        shutil.copytree(getattr(built, name), root / name)
    folders = {name: root / name for name in ("knowledge_dir", "index_dir", "data_dir")}
    settings = built.model_copy(update=folders)
    shop = settings.knowledge_dir / "zh" / "shop.md"
    shop.write_text(shop.read_text("utf-8").replace("一到二十个工作日", "一到三十个工作日"), "utf-8")
    Operations(settings).build(lambda what, _done, _total: stages.add(what))
    (settings.knowledge_dir / "checks.jsonl").write_text(json.dumps(UNMET, ensure_ascii=False), "utf-8")
    shop.write_text(shop.read_text("utf-8").replace("一到三十个工作日", "一到四十个工作日"), "utf-8")
    Operations(settings).build(lambda what, _done, _total: stages.add(what))
    return settings


class Versions:
    """Somebody at the pages, and the index behind them."""

    def __init__(self, settings):
        stores = Stores(settings)
        stores.desk_access.set_password(NAME, PASSWORD)
        self.audit = stores.audit
        self.store = Operations(settings).store
        self.app = create_app(settings)
        self.browser = Operator(self.app)
        self.browser.log_in()
        self.live = self.store.current()
        (self.previous,) = [name for name in self.store.names() if name != self.live]
        (self.rejected,) = self.store.rejected.names()

    def page(self, path=""):
        response = self.browser.get(f"/versions{path}")
        assert response.status_code == 200, response.text
        return response.text

    def post(self, path, **fields):
        return self.browser.post(f"/versions{path}", **fields)

    def answer(self):
        """What customers are told, once the worker has looked at the pointer."""
        deadline = time.monotonic() + 30
        while True:
            reply = self.app.test_client().get("/ask?question=备案时间").json
            if reply["index_version"] == self.store.current():
                return reply
            assert time.monotonic() < deadline, reply
            time.sleep(0.05)


@pytest.fixture(scope="module")
def readers_desk(versioned):
    """For those who change nothing."""
    return Versions(versioned)


@pytest.fixture
def desk(versioned, tmp_path):
    shutil.copytree(versioned.index_dir, tmp_path / "index")
    folders = {"index_dir": tmp_path / "index", "data_dir": tmp_path / "data"}
    return Versions(versioned.model_copy(update=folders))


def cells(page, name):
    row = next(row for row in re.findall(r"<tr>.*?</tr>", page, re.DOTALL) if f">{name}</a>" in row)
    found = re.findall(r'<td data-label="([^"]*)"[^>]*>(.*?)</td>', row, re.DOTALL)
    return {label: " ".join(re.sub(r"<[^>]*>", " ", text).split()) for label, text in found}


def test_versions_are_listed_with_state_counts_and_checks(readers_desk):
    page = readers_desk.page()

    assert (
        page.index(readers_desk.rejected) < page.index(readers_desk.live) < page.index(readers_desk.previous)
    )
    assert {
        name: cells(page, name)["State"]
        for name in (readers_desk.rejected, readers_desk.live, readers_desk.previous)
    } == {
        readers_desk.rejected: "rejected",
        readers_desk.live: "live",
        readers_desk.previous: "previous",
    }
    assert cells(page, readers_desk.rejected)["Checks met"] == "0 of 1"
    assert cells(page, readers_desk.live) | {"Built": ""} == {
        "Version": readers_desk.live,
        "State": "live",
        "Built": "",
        "Entries": "6",
        "Phrasings": cells(page, readers_desk.previous)["Phrasings"],
        "Checks met": "not asked",
    }


def test_a_rejected_version_says_why(readers_desk):
    page = readers_desk.page(f"/{readers_desk.rejected}")

    assert "1 of 1 checks fail, 1 of them" in page or "1 of 1 checks fail, 0 of them" in page
    assert "备案时间" in page and "licence-food → answer:filing-time" in page
    assert "Verify" in page and f"/admin/versions/{readers_desk.rejected}/publish" in page


def test_a_comparison_shows_which_words_changed(readers_desk):
    page = readers_desk.page(f"/diff?before={readers_desk.previous}&after={readers_desk.live}")

    assert "<del>二</del><ins>三</ins>" in page
    assert "<code>filing-time</code>" in page
    assert "No results are kept of" in page


def test_going_back_asks_first_and_then_customers_get_the_older_answer(desk):
    assert "三十个工作日" in desk.answer()["answer"]
    asked = desk.page(f"/{desk.previous}/publish")
    assert "the next rebuild publishes it again" in asked

    done = desk.post(f"/{desk.previous}/publish", reason="the law was not passed")
    assert (done.status_code, done.location) == (303, "/admin/versions")
    reply = desk.answer()
    assert reply["index_version"] == desk.previous
    assert "二十个工作日" in reply["answer"]
    assert f"Index {desk.previous} is live." in desk.page()


def test_who_went_back_and_why_is_on_record(desk):
    desk.page()
    desk.post(f"/{desk.previous}/publish", reason="the law was not passed")

    event = desk.store.history.events()[-1]
    assert (event.action, event.by, event.reason) == (Action.ROLL_BACK, NAME, "the law was not passed")
    (record,) = desk.audit.newest(5)
    assert (record.operator, record.action) == (NAME, "Made an older version live")
    assert record.subject == f"{desk.previous}: the law was not passed"
    assert "mei · the law was not passed" in desk.page()


def test_a_rejected_version_is_published_only_with_a_reason(desk):
    assert 'name="reason" value="" maxlength="500" required' in desk.page(f"/{desk.rejected}/publish")
    refused = desk.post(f"/{desk.rejected}/publish", reason="  ")
    assert refused.status_code == 400
    assert "Say why it is to be published all the same." in refused.text
    assert desk.store.current() == desk.live

    desk.post(f"/{desk.rejected}/publish", reason="the check is wrong")
    assert desk.answer()["index_version"] == desk.rejected
    assert "let pass by mei: the check is wrong" in desk.page()


def test_a_damaged_version_does_not_go_live_and_the_page_names_it(desk):
    (desk.store.folder / desk.previous / "entries.jsonl").write_text("{}")
    desk.page()
    refused = desk.post(f"/{desk.previous}/publish", reason="why not")

    assert refused.status_code == 409
    assert "SHA-256 of entries.jsonl" in refused.text
    assert 'value="why not"' in refused.text
    assert desk.store.current() == desk.live
    assert desk.audit.newest(5) == []


def test_verifying_tells_whether_a_version_is_whole(desk):
    desk.page()
    desk.post(f"/{desk.rejected}/verify")
    assert f"Index {desk.rejected} is whole" in desk.page(f"/{desk.rejected}")

    (desk.store.folder / desk.previous / "entries.jsonl").write_text("{}")
    desk.post(f"/{desk.previous}/verify")
    assert "cannot serve: index" in desk.page(f"/{desk.previous}")


def test_tidying_up_shows_what_goes_and_spares_the_live_version(desk):
    asked = desk.page("/prune?keep=0")
    assert desk.rejected in asked and desk.live not in asked

    desk.post("/prune", keep="0")
    assert desk.store.rejected.names() == []
    assert desk.store.current() == desk.live
    assert desk.audit.newest(1)[0].action == "Deleted versions"


def test_a_version_that_is_gone_is_no_page(readers_desk):
    for path in ("/20200101T000000Z-00000000", "/diff?before=x&after=y", "/x/publish"):
        assert readers_desk.browser.get(f"/versions{path}").status_code == 404


def test_every_stage_of_a_build_has_a_name_in_chinese(readers_desk, stages):
    with readers_desk.app.test_request_context(headers={"Accept-Language": "zh-CN"}):
        named = {what: stage_name(what) for what in stages}

    assert "训练判断" in named.values()
    assert [what for what, name in named.items() if not re.match("[\u4e00-\u9fff]", name)] == []


def test_in_chinese(readers_desk):
    browser = Operator(readers_desk.app, "zh-TW")
    browser.log_in()
    page = browser.get("/versions").text

    assert ">索引版本<" in page and cells(page, readers_desk.live)["狀態"] == "線上"


def test_without_an_index_the_page_says_what_to_do(operator):
    page = operator.get("/versions").text

    assert "Nothing was built yet." in page
    assert 'href="/admin/rebuilds"' in page


def test_a_rejected_version_says_why_in_chinese(readers_desk):
    browser = Operator(readers_desk.app, "zh-CN")
    browser.log_in()
    page = browser.get(f"/versions/{readers_desk.rejected}").text

    assert f"索引 {readers_desk.rejected} 未通过：1 道检查题中有 1 道不符合" in page
    assert "请修正条目或 checks.jsonl，再运行：flask --app wsgi index build" in page
