"""An entry edited in its file: what changes, and above all what does not."""

from __future__ import annotations

import resource
import shutil
from contextlib import contextmanager
from dataclasses import replace
from functools import cache

import pytest

from bot.answering.normalising import normalise
from bot.domain import Entry, Grade, Phrasing
from bot.errors import KnowledgeError, StoreError
from bot.knowledge.drafts import Overtaken, Wish
from bot.knowledge.editing import Editor
from bot.knowledge.loader import parse_each
from bot.knowledge.merging import placeless
from bot.knowledge.rows import NOWHERE
from bot.reports_teaching import KnowledgeEdit
from bot.settings import PROJECT

TWO = """# Shop

## How do I pay? {#pay}

- topic: money
- applies: both
- as_of: 2026-10
- grade: B
- sources: S1

### Other ways to ask

- paying
* can I pay by card

### Answer

By card.


## Where are you? {#where}

### Answer

Here.
"""


class Records:
    """What was recorded of edits, as long as nothing is wrong with that."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error
        self.standing: dict[int, KnowledgeEdit] = {}

    def add(self, edits):
        if self.error:
            raise self.error
        made = [replace(edit, id=number, made_at=1.0) for number, edit in enumerate(edits, 1)]
        self.standing |= {edit.id: edit for edit in made}
        return made

    def forget(self, edits):
        for edit in edits:
            del self.standing[edit.id]

    def mark_undone(self, number, *, is_undone=True):
        if self.error:
            raise self.error
        self.standing.pop(number, None)
        if not is_undone:
            self.standing[number] = None


@contextmanager
def no_room():
    """No file may grow, as on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def editor(path):
    return Editor(path, parse_each, cache(normalise))


def entry_of(edit, language, name):
    return next(e for e in edit.base().entries if (e.language, e.id) == (language, name))


def wish(edit, language, name, **changes):
    """What the operator wants of an entry that is there."""
    entry = entry_of(edit, language, name)
    return Wish((language, name), replace(entry, **changes), edit.digest(entry))


def asked(*texts):
    return tuple(Phrasing(text, NOWHERE) for text in texts)


def new(edit, name="refund", **fields):
    entry = entry_of(edit, "en", "pay")
    plain = {"question": "Refunds?", "phrasings": (), "answer": "In a week."}
    return Wish(("en", name), replace(entry, id=name, **plain | fields), "")


@pytest.fixture
def shop(folder):
    folder.write("en/shop.md", TWO)
    return folder


def test_a_further_way_to_ask_is_one_more_line(shop):
    edit = editor(shop.path)
    edit.save(
        [wish(edit, "en", "pay", phrasings=asked("paying", "can I pay by card", "# of ways to pay"))],
        Records(),
    )

    expected = TWO.replace("* can I pay by card\n", "* can I pay by card\n- \\# of ways to pay\n")
    assert (shop.path / "en/shop.md").read_text() == expected


@pytest.mark.parametrize(
    ("changes", "old", "new"),
    [
        ({"as_of": "2026-11"}, "as_of: 2026-10", "as_of: 2026-11"),
        ({"topic": ""}, "- topic: money\n", ""),
        ({"label": "Paying"}, "- sources: S1\n", "- sources: S1\n- label: Paying\n"),
        ({"is_volatile": True}, "- sources: S1\n", "- sources: S1\n- volatile: yes\n"),
        ({"grade": Grade.OFFICIAL}, "grade: B", "grade: A"),
        ({"answer": "Cash.\n\nOr card."}, "By card.", "Cash.\n\nOr card."),
        ({"question": "How to pay?"}, "## How do I pay?", "## How to pay?"),
        ({"phrasings": asked("can I pay by card")}, "- paying\n", ""),
        ({"phrasings": ()}, "### Other ways to ask\n\n- paying\n* can I pay by card\n\n", ""),
        ({"not_this": asked("who pays")}, "By card.\n", "By card.\n\n### Not this\n\n- who pays\n"),
    ],
)
def test_a_change_touches_its_lines_and_no_others(shop, changes, old, new):
    edit = editor(shop.path)
    edit.save([wish(edit, "en", "pay", **changes)], Records())

    assert (shop.path / "en/shop.md").read_text() == TWO.replace(old, new)


def test_what_cannot_be_changed_line_by_line_is_written_anew_and_reads_as_wanted(shop):
    edit = editor(shop.path)
    wanted = wish(
        edit, "en", "pay", answer="## Not a heading\n\n~~~\n", phrasings=asked("- a", "b\\*", "1. c")
    )
    edit.save([wanted], Records())

    assert placeless(entry_of(edit, "en", "pay")).answer == "## Not a heading\n\n~~~"
    assert [p.text for p in entry_of(edit, "en", "pay").phrasings] == ["- a", "b\\*", "1. c"]
    assert (shop.path / "en/shop.md").read_text().endswith(TWO[TWO.index("## Where") :])


def test_windows_line_ends_and_byte_order_mark_stay(folder):
    content = "\ufeff" + TWO.replace("\n", "\r\n")
    path = folder.write("en/shop.md", content)
    edit = editor(folder.path)
    (made,) = edit.save([wish(edit, "en", "where", answer="There.")], Records())
    assert path.read_bytes().decode() == content.replace("Here.", "There.")

    edit.undo(made, Records())
    assert path.read_bytes().decode() == content


def test_every_kind_of_edit_of_the_real_knowledge_can_be_taken_back_to_the_byte(tmp_path):
    own = shutil.copytree(PROJECT / "knowledge", tmp_path / "own")
    before = {path: path.read_bytes() for path in own.rglob("*") if path.is_file()}
    edit = editor(own)
    entry = edit.base().entries[3]
    key = (entry.language, entry.id)
    wishes = [
        Wish(
            key,
            replace(entry, answer="改了。", phrasings=asked("新问法"), grade=Grade.OFFICIAL),
            edit.digest(entry),
        ),
        Wish(key, None, edit.digest(entry)),
        Wish(("zh", "neu"), replace(entry, id="neu", question="全新的？", phrasings=()), ""),
        Wish(("zh", "neu"), replace(entry, id="neu", question="全新的？", topic="全新"), ""),
    ]
    for one in wishes:
        (made,) = edit.save([one], Records())
        assert {path: path.read_bytes() for path in own.rglob("*") if path.is_file()} != before
        edit.undo(made, Records())
        assert {path: path.read_bytes() for path in own.rglob("*") if path.is_file()} == before


def test_an_entry_that_somebody_changed_meanwhile_is_not_written_over(shop):
    mine, theirs = editor(shop.path), editor(shop.path)
    wanted = wish(mine, "en", "pay", answer="Mine.")
    theirs.save([wish(theirs, "en", "pay", answer="Theirs.")], Records())

    with pytest.raises(Overtaken, match="en/pay was changed by somebody else"):
        mine.save([wanted], Records())
    assert "Theirs." in (shop.path / "en/shop.md").read_text()
    assert mine.draft([wanted]).overtaken == (("en", "pay"),)


def test_a_change_of_another_entry_of_the_file_does_no_harm(shop):
    mine, theirs = editor(shop.path), editor(shop.path)
    wanted = wish(mine, "en", "where", answer="There.")
    theirs.save([wish(theirs, "en", "pay", answer="Cash.\n\nOnly.")], Records())
    mine.save([wanted], Records())

    assert (shop.path / "en/shop.md").read_text() == TWO.replace("By card.", "Cash.\n\nOnly.").replace(
        "Here.", "There."
    )


def test_an_id_that_is_taken_is_not_given_again(shop):
    edit = editor(shop.path)

    with pytest.raises(Overtaken):
        edit.save([new(edit, "where")], Records())


def test_a_new_entry_joins_those_of_its_topic(shop):
    edit = editor(shop.path)
    (made,) = edit.save([new(edit)], Records())

    assert made.path == "en/shop.md"
    assert (shop.path / "en/shop.md").read_text().startswith(TWO)
    assert entry_of(edit, "en", "refund").answer == "In a week."


@pytest.mark.parametrize("topic", ["../../etc", "/", "", "a" * 300, "con\0"])
def test_no_topic_leads_out_of_the_folder(shop, topic):
    edit = editor(shop.path)
    (made,) = edit.save([new(edit, topic=topic)], Records())

    assert (shop.path / made.path).resolve().parent == shop.path / "en"


def test_a_draft_shows_the_lines_that_change_and_writes_nothing(shop):
    edit = editor(shop.path)
    draft = edit.draft([wish(edit, "en", "pay", answer="Cash.")])

    assert [line for line in draft.files[0].diff if line[0] in "+-"] == ["-By card.", "+Cash."]
    assert (shop.path / "en/shop.md").read_text() == TWO


def test_a_draft_tells_what_lint_did_not_say_before(shop):
    edit = editor(shop.path)
    draft = edit.draft([wish(edit, "en", "where", phrasings=asked("Can I pay by CARD?"))])

    assert [problem.message for problem in draft.problems if problem.is_error] == [
        '"Can I pay by CARD?" is already a phrasing of pay (en/shop.md:14); remove or reword one of them'
    ]
    assert edit.draft([wish(edit, "en", "pay", label="x")]).problems == ()


def test_what_changes_nothing_cannot_be_saved(shop):
    edit = editor(shop.path)

    assert not edit.draft([wish(edit, "en", "pay")]).can_be_saved


def test_lines_that_were_changed_since_are_not_taken_back(shop):
    edit = editor(shop.path)
    (made,) = edit.save([wish(edit, "en", "pay", answer="Cash.")], Records())
    edit.save([wish(edit, "en", "pay", answer="Both.")], Records())

    with pytest.raises(Overtaken, match="edit the entry instead"):
        edit.undo(made, Records())
    assert "Both." in (shop.path / "en/shop.md").read_text()


def test_an_entry_that_is_there_again_is_not_put_back_a_second_time(shop):
    edit = editor(shop.path)
    (gone,) = edit.save([Wish(("en", "where"), None, edit.digest(entry_of(edit, "en", "where")))], Records())
    edit.save([new(edit, "where")], Records())
    text = (shop.path / "en/shop.md").read_text()

    with pytest.raises(Overtaken, match="edit that entry instead"):
        edit.undo(gone, Records())
    assert (shop.path / "en/shop.md").read_text() == text


def test_the_only_entry_comes_back(folder):
    text = "## Where? {#where}\n\n### Answer\n\nHere.\n"
    folder.write("en/shop.md", text)
    edit = editor(folder.path)
    (gone,) = edit.save([Wish(("en", "where"), None, edit.digest(entry_of(edit, "en", "where")))], Records())
    edit.undo(gone, Records())

    assert (folder.path / "en/shop.md").read_text() == text


@pytest.mark.parametrize("name", ["en/plain.md", "en/entries.md"])
def test_a_new_entry_does_not_spoil_a_plain_document(folder, name):
    text = "# Shop\n\n## Hours\n\nNine to five.\n\n## Returns\n\nSend it back.\n"
    folder.write(name, text)
    edit = editor(folder.path)
    (made,) = edit.save(
        [Wish(("en", "pay"), Entry("pay", "en", "Pay?", (), "Cash.", "", NOWHERE), "")], Records()
    )

    assert made.path != name
    assert (folder.path / name).read_text() == text
    assert [entry.question for entry in edit.base().entries] in (
        ["Hours", "Returns", "Pay?"],
        ["Pay?", "Hours", "Returns"],
    )


def test_a_plain_document_is_not_edited_here(folder):
    folder.write("en/plain.md", "# Hours\n\nNine to five.\n")
    edit = editor(folder.path)
    (entry,) = edit.base().entries

    assert not edit.is_editable(entry)
    with pytest.raises(KnowledgeError):
        edit.draft([Wish(("en", entry.id), replace(entry, answer="Ten."), "x")])


def test_what_cannot_be_recorded_is_not_written(shop):
    edit, file = editor(shop.path), shop.path / "en" / "shop.md"
    wanted = wish(edit, "en", "pay", answer="Cash.")
    with pytest.raises(StoreError, match="locked"):
        edit.save([wanted], Records(StoreError("locked")))
    assert file.read_text() == TWO

    (made,) = edit.save([wanted], Records())
    with pytest.raises(StoreError, match="locked"):
        edit.undo(made, Records(StoreError("locked")))
    assert "Cash." in file.read_text()


def test_what_cannot_be_written_is_not_on_record(shop):
    edit, records = editor(shop.path), Records()
    wanted = wish(edit, "en", "pay", answer="Cash.")
    with no_room(), pytest.raises(KnowledgeError, match="nothing was written"):
        edit.save([wanted], records)
    assert records.standing == {}

    (made,) = edit.save([wanted], records)
    with no_room(), pytest.raises(KnowledgeError, match="nothing was written"):
        edit.undo(made, records)
    assert list(records.standing) == [made.id]


@pytest.mark.parametrize("is_there", [True, False])
def test_an_empty_folder_gets_its_first_entry_and_can_lose_it_again(tmp_path, is_there):
    folder = tmp_path / "knowledge"
    if is_there:
        folder.mkdir()
    first, records = editor(folder), Records()
    entry = Entry("pay", "en", "Can I pay by card?", (), "Yes.", "fees", NOWHERE)
    assert first.base().entries == ()

    (made,) = first.save([Wish(("en", "pay"), entry, "")], records)
    assert [one.question for one in first.base().entries] == ["Can I pay by card?"]
    first.undo(made, records)
    assert list(folder.rglob("*.md")) == []
