"""One knowledge file: what an operator may write, and what is said about what they may not."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.domain import Grade
from bot.knowledge.markdown import KnowledgeFile, list_items, parse_file

SHOP = """\
# Shops

## Can I open a shop? {#my-shop}

- topic: shops
- applies: ecommerce
- as_of: 2026-11
- volatile: yes
- grade: A
- sources: S1, S2
- related: fees、filing

### Other ways to ask

- opening a shop
- how do I sell

### Answer

Yes, with a licence.

Foods need one more.

### Not this

- where is the nearest shop
"""
KNOWN_LABELS = (
    "topic, 主题, applies, 适用, as_of, 截至, volatile, 易变, grade, 等级, sources, 来源, related, 相关, "
    "label, 简称, includes, 附带"
)
ID_FORM = 'must have 1 to 128 characters, without "{#", line breaks and outer blanks; for example {#my-shop}'
KNOWN_SECTIONS = "other ways to ask, 其他问法, answer, 回答, not this, 不是这些问题"
CHINESE_SHOP = """\
## 能开店吗？ {#a}

- 主题：店
- 易变：是
- 来源：S1，S2

### 其他问法

- 开店

### 回答

能。
"""


@pytest.fixture
def parse(tmp_path):
    """Parses a text as the file ``en/shops.md``."""

    def parse_content(content: str | bytes):
        path = tmp_path / "shops.md"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return parse_file(KnowledgeFile(path.read_bytes(), "en", Path("en/shops.md")))

    return parse_content


@pytest.fixture
def entry_of(parse):
    """The only entry of a text that has nothing wrong."""

    def only_entry(content: str | bytes):
        (entry,), problems = parse(content)
        assert problems == []
        return entry

    return only_entry


@pytest.fixture
def complaints(parse):
    """What is said about a text, as an operator reads it."""
    return lambda content: [str(problem) for problem in parse(content)[1]]


def test_an_entry_has_the_question_and_the_id_of_its_heading(entry_of):
    entry = entry_of(SHOP)

    assert (entry.question, entry.id) == ("Can I open a shop?", "my-shop")


def test_the_answer_keeps_its_paragraphs_and_the_first_is_the_short_answer(entry_of):
    entry = entry_of(SHOP)

    assert entry.answer == "Yes, with a licence.\n\nFoods need one more."
    assert entry.short_answer == "Yes, with a licence."


def test_phrasings_and_near_misses_come_with_the_line_they_stand_on(entry_of):
    entry = entry_of(SHOP)

    asked = [(phrasing.text, str(phrasing.place)) for phrasing in (*entry.phrasings, *entry.not_this)]
    assert asked == [
        ("opening a shop", "en/shops.md:15"),
        ("how do I sell", "en/shops.md:16"),
        ("where is the nearest shop", "en/shops.md:26"),
    ]


def test_the_labels_say_what_the_answer_rests_on(entry_of):
    entry = entry_of(SHOP)

    assert (entry.topic, entry.applies, entry.as_of) == ("shops", "ecommerce", "2026-11")
    assert (entry.is_volatile, entry.grade, entry.sources) == (True, Grade.OFFICIAL, ("S1", "S2"))
    assert entry.related == ("fees", "filing")


def test_chinese_labels_and_sections_mean_the_same(entry_of):
    entry = entry_of(CHINESE_SHOP)

    assert (entry.topic, entry.is_volatile, entry.sources) == ("店", True, ("S1", "S2"))
    assert (entry.phrasings[0].text, entry.answer) == ("开店", "能。")


def test_an_entry_without_labels_counts_as_undated_and_several_times_reported(entry_of):
    entry = entry_of("## Q? {#a}\n### Answer\nYes.\n")

    assert (entry.as_of, entry.is_volatile, entry.grade, entry.applies) == ("", False, Grade.SEVERAL, "both")


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"\xef\xbb\xbf" + SHOP.encode(), id="byte order mark"),
        pytest.param(SHOP.replace("\n", "\r\n"), id="Windows line ends"),
        pytest.param(SHOP.replace("\n", "\r"), id="old Mac line ends"),
        pytest.param(SHOP.replace("- opening", "* opening").replace("- how", "1. how"), id="other bullets"),
        pytest.param(SHOP.rstrip("\n"), id="no last line end"),
    ],
)
def test_a_file_reads_the_same_however_the_editor_saved_it(entry_of, content):
    assert entry_of(content) == entry_of(SHOP)


def test_a_byte_order_mark_does_not_hide_the_first_heading(entry_of):
    assert entry_of("\ufeff## Q? {#a}\n### Answer\nYes.\n").question == "Q?"


def test_unusual_line_separators_do_not_shift_the_answer(entry_of):
    entry = entry_of(SHOP.replace("# Shops", "# Shops\n\na\u2028b\x0cc\x85d"))

    assert entry.answer == "Yes, with a licence.\n\nFoods need one more."


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_a_file_that_is_not_utf8_is_refused_with_the_line(parse, mark):
    entries, problems = parse(mark + b"# T\n\xff\n")

    assert entries == []
    assert [str(p) for p in problems] == [
        "en/shops.md:2: error: not UTF-8; save the file with UTF-8 encoding"
    ]


def test_headings_inside_a_code_fence_stay_in_the_answer(entry_of):
    fence = "```\n## Not a heading {#x}\n### Answer\n```"
    entry = entry_of(SHOP.replace("Foods need one more.", fence))

    assert entry.answer == f"Yes, with a licence.\n\n{fence}"


@pytest.mark.parametrize("quoted", ["> ## Said {#x}", "- ### Step", "> ### Answer"])
def test_headings_inside_lists_and_quotes_stay_in_the_answer(entry_of, quoted):
    entry = entry_of(SHOP.replace("Foods need one more.", quoted))

    assert entry.answer == f"Yes, with a licence.\n\n{quoted}"


def test_smaller_headings_stay_in_the_answer(entry_of):
    entry = entry_of(SHOP.replace("Foods need one more.", "#### Foods\n\nOne more."))

    assert entry.answer.endswith("#### Foods\n\nOne more.")


def test_nested_list_items_are_phrasings_of_their_own(entry_of):
    entry = entry_of(SHOP.replace("- how do I sell", "  - a small shop\n  - a big shop\n- how do I sell"))

    texts = [phrasing.text for phrasing in entry.phrasings]
    assert texts == ["opening a shop", "a small shop", "a big shop", "how do I sell"]


def test_an_item_that_only_holds_items_adds_no_phrasing_of_its_own(entry_of):
    entry = entry_of(SHOP.replace("- opening a shop", "- - opening a shop\n-"))

    assert [phrasing.text for phrasing in entry.phrasings] == ["opening a shop", "how do I sell"]


def test_a_phrasing_may_go_on_in_the_next_line(entry_of):
    entry = entry_of(SHOP.replace("opening a shop", "opening\n  a shop"))

    assert entry.phrasings[0].text == "opening a shop"


def test_answers_keep_their_lists_nested_ones_too(entry_of):
    items = "- papers:\n  - licence\n  - permit"
    entry = entry_of(SHOP.replace("Foods need one more.", items))

    assert entry.answer == f"Yes, with a licence.\n\n{items}"


@pytest.mark.parametrize(
    ("right", "wrong", "line", "complaint"),
    [
        ("{#my-shop}", "{# my-shop }", 3, f'id " my-shop " {ID_FORM}'),
        ("{#my-shop}", "{#}", 3, f'id "" {ID_FORM}'),
        ("Can I open a shop? ", "", 3, "heading has no question; write: ## Question? {#my-shop}"),
        ("topic: shops", "topik: x", 5, f'"topik: x" is not a known label; known: {KNOWN_LABELS}'),
        ("topic: shops", "topic", 5, f'"topic" is not a known label; known: {KNOWN_LABELS}'),
        (
            "### Not this",
            "### Notes",
            24,
            f'section "Notes" is unknown; known: {KNOWN_SECTIONS}',
        ),
        ("### Not this", "### Answer", 24, 'entry "my-shop" has "Answer" twice; merge the two'),
        ("grade: A", "grade: D", 3, 'entry "my-shop": grade is "D"; use one of: A, B, C, conflicting'),
        ("yes", "maybe", 3, 'entry "my-shop": volatile is "maybe"; use one of: yes, 是, no, 否'),
        (
            "ecommerce",
            "shops",
            3,
            'entry "my-shop": applies is "shops"; use one of: ordinary, ecommerce, both',
        ),
        (
            "2026-11",
            "Nov 2026",
            3,
            'entry "my-shop": as_of is "Nov 2026"; write 2026, 2026-11 or 2026-11-22',
        ),
        ("2026-11", "2026-13", 3, 'entry "my-shop": as_of is "2026-13"; write 2026, 2026-11 or 2026-11-22'),
    ],
)
def test_a_mistake_is_named_with_its_line_and_the_remedy(complaints, right, wrong, line, complaint):
    assert complaints(SHOP.replace(right, wrong)) == [f"en/shops.md:{line}: error: {complaint}"]


@pytest.mark.parametrize("date", ["2026-02-31", "2027-02-29", "2026-04-31", "0000", "2026-00"])
def test_a_date_that_no_calendar_has_is_told_with_its_line(complaints, date):
    complaint = f'entry "my-shop": as_of is "{date}"; write 2026, 2026-11 or 2026-11-22'

    assert complaints(SHOP.replace("2026-11", date)) == [f"en/shops.md:3: error: {complaint}"]


@pytest.mark.parametrize("date", ["2026", "2026-01", "2026-12-31", "2028-02-29"])
def test_a_date_may_be_a_year_a_month_or_a_day(entry_of, date):
    assert entry_of(SHOP.replace("2026-11", date)).as_of == date


@pytest.mark.parametrize(
    "text",
    [
        "## Q? {#a}\n",
        "## Q? {#a}\n\n- topic: x\n",
        "## Q? {#a}\n\n### Answer\n",
        "## Q? {#a}\n\n### Other ways to ask\n\n- q\n",
    ],
)
def test_an_entry_without_an_answer_is_reported(complaints, text):
    expected = 'en/shops.md:1: error: entry "a" has no answer; add "### Answer" and a text'

    assert complaints(text) == [expected]


def test_a_heading_without_an_id_among_entries_is_reported_and_the_others_are_kept(parse):
    entries, problems = parse(f"{SHOP}\n## And fees?\n\n### Answer\n\nNone.\n")

    assert [entry.id for entry in entries] == ["my-shop"]
    assert [str(problem) for problem in problems] == [
        'en/shops.md:28: error: heading "And fees?" has no id; write: ## And fees? {#some-id}'
    ]


def test_all_mistakes_of_a_file_are_reported_at_once(complaints):
    found = complaints(SHOP.replace("grade: A", "grade: D").replace("topic:", "topik:"))

    assert [text.split(" error")[0] for text in found] == ["en/shops.md:5:", "en/shops.md:3:"]


def test_each_section_of_a_plain_document_is_found_by_its_heading(parse):
    entries, problems = parse("# Guide\n\nIntro.\n\n## Fees\n\n### Filing\n\n- free\n  - always\n")

    assert problems == []
    assert [(entry.id, entry.question, entry.answer) for entry in entries] == [
        ("en-shops-1", "Guide", "Intro."),
        ("en-shops-3", "Filing", "- free\n  - always"),
    ]


def test_a_plain_document_needs_no_second_level_heading(parse):
    entries, _ = parse("# Guide\n\nIntro.\n")

    assert [(entry.question, entry.answer) for entry in entries] == [("Guide", "Intro.")]


def test_a_text_without_any_heading_is_reported_instead_of_ignored(complaints):
    assert complaints("Just a text.\n") == [
        "en/shops.md:1: error: has no heading to find its text by; begin with: # What it is about"
    ]


@pytest.mark.parametrize("text", ["", "\n\n", "# Only a title\n"])
def test_a_file_with_nothing_to_say_holds_no_entries_and_nothing_wrong(parse, text):
    assert parse(text) == ([], [])


def test_the_items_of_a_background_file_come_with_their_lines(tmp_path):
    path = tmp_path / "en.md"
    path.write_text("# Elsewhere\n\nNot an item.\n\n- the weather\n\n## More\n\n- a joke\n", "utf-8")
    items, _ = list_items(path, name=Path("background/en.md"))

    found = [(item.text, str(item.place)) for item in items]
    assert found == [("the weather", "background/en.md:5"), ("a joke", "background/en.md:9")]


@pytest.mark.parametrize(
    "labels", ["- label: fees\n- includes: a, b", "- 简称：fees\n- 附带：a、b"], ids=["English", "Chinese"]
)
def test_an_entry_names_what_its_answer_is_followed_by_and_what_it_is_called_there(entry_of, labels):
    entry = entry_of(SHOP.replace("- related: fees、filing", labels))

    assert (entry.label, entry.includes, entry.related) == ("fees", ("a", "b"), ())
