"""Evaluation: the figures of small cases worked out by hand, and files that cannot be used."""

from __future__ import annotations

import struct
from math import sqrt

import pytest

from bot.domain import Hit, Language, OutcomeKind, Part, Ranking, Reply
from bot.evaluation import EvaluationFileError, Judged, Labelled, by_language, figures, read_labelled
from bot.plotting import deciles, plot
from tests.fakes import make_entry

FORM = '{"question": "…", "expected": "entry-id" | ["id", …] | null | "any"}'
ANY = "any"


def judged(
    expected: str | None, ranked: str = "", *, confidence: float = 0.9, answered=True, language="en"
) -> Judged:
    """A question that ``expected`` (letters, each an entry) answers, with a reply that ranks ``ranked``."""
    free = expected == ANY
    labelled = Labelled("q", () if free else tuple(expected or ""), any_text=free)
    ranking = Ranking(tuple(Hit(name, 0.5) for name in ranked), confidence)
    return Judged(
        labelled,
        Reply(
            OutcomeKind.ANSWER if answered else OutcomeKind.CLARIFY,
            "words",
            Language(language),
            confidence,
            make_entry(ranked[0], "q") if answered else None,
            ranking=ranking,
        ),
    )


# Right; right entry second; third; eleventh; not found. Then two out of scope: one answered, one not.
INSIDE = [
    judged("a", "abc", confidence=0.9),
    judged("a", "bac", confidence=0.8),
    judged("a", "bca", confidence=0.4, answered=False),
    judged("a", "bcdefghijka", confidence=0.3, answered=False),
    judged("a", "bc", confidence=0.6),
]
OUTSIDE = [judged(None, "b", confidence=0.7), judged(None, "b", confidence=0.1, answered=False)]


def test_hit_at_1_and_3_are_the_shares_of_answerable_questions_with_a_right_entry_that_high():
    found = figures([*INSIDE, *OUTSIDE])

    assert (found.hit_at_1, found.hit_at_3) == (1 / 5, 3 / 5)


def test_mrr_counts_one_over_the_rank_down_to_the_tenth():
    expected = (1 + 1 / 2 + 1 / 3 + 0 + 0) / 5

    assert figures([*INSIDE, *OUTSIDE]).mrr_at_10 == pytest.approx(expected)


def test_the_tenth_rank_counts_for_mrr():
    assert figures([judged("j", "abcdefghij")]).mrr_at_10 == pytest.approx(1 / 10)


def test_coverage_and_missed_answers_share_out_the_answerable_questions():
    found = figures([*INSIDE, *OUTSIDE])

    assert (found.coverage, found.missed_answers) == (3 / 5, 2 / 5)


def test_false_answers_are_the_share_of_out_of_scope_questions_that_were_answered():
    assert figures([*INSIDE, *OUTSIDE]).false_answers == 1 / 2


def test_right_are_right_answers_and_right_refusals():
    found = figures([*INSIDE, *OUTSIDE])

    assert (found.questions, found.right) == (7, 2 / 7)


def test_a_right_entry_that_was_not_shown_is_not_right():
    assert figures([judged("a", "a", answered=False)]).right == 0


def test_of_several_right_entries_the_first_found_counts():
    assert figures([judged("ab", "bca")]).hit_at_1 == 1


def test_mcc_counts_refusing_as_one_more_class():
    """True and given classes: a/a, a/b, none/a, none/none; the multi-class formula by hand."""
    cases = [judged("a", "a"), judged("a", "b"), judged(None, "a"), judged(None, "a", answered=False)]
    right, total = 2, 4
    together = 2 * 2 + 0 * 1 + 2 * 1
    expected = (right * total - together) / sqrt((total**2 - (2**2 + 2**2)) * (total**2 - (2**2 + 1 + 1)))

    assert figures(cases).mcc == pytest.approx(expected)


def test_mcc_is_one_when_all_is_right_and_takes_any_of_several_right_entries():
    cases = [judged("ab", "b"), judged("ab", "a"), judged(None, "a", answered=False)]

    assert figures(cases).mcc == pytest.approx(1)


def test_mcc_is_left_open_where_only_one_class_occurs():
    assert figures([judged("a", "a"), judged("a", "a")]).mcc is None


def test_mcc_is_zero_when_everything_is_refused():
    assert figures([judged("a", "a", answered=False), judged(None, "a", answered=False)]).mcc == 0


def test_auroc_is_the_share_of_pairs_in_which_the_answerable_question_is_the_surer_one():
    """Against 0.7 win 0.9 and 0.8; against 0.1 all five: 7 of 10 pairs."""
    assert figures([*INSIDE, *OUTSIDE]).auroc == pytest.approx(7 / 10)


def test_auroc_counts_a_tie_as_half():
    assert figures([judged("a", "a"), judged(None, "a")]).auroc == pytest.approx(0.5)


def test_a_question_that_any_text_may_answer_counts_for_right_only():
    found = figures([*INSIDE, *OUTSIDE, judged(ANY, "b")])
    without = figures([*INSIDE, *OUTSIDE])

    assert (found.questions, found.right) == (8, 3 / 8)
    assert (found.coverage, found.mcc, found.auroc) == (without.coverage, without.mcc, without.auroc)


def test_a_smalltalk_reply_is_an_answer_and_asking_back_is_none():
    assert figures([judged("a", "a")]).missed_answers == 0
    assert figures([judged("a", "a", answered=False)]).missed_answers == 1


def replied(expected: str, outcome: OutcomeKind, *shown: str) -> Judged:
    """A question that ``expected`` answers, with a reply that shows entries and ranks "z" first."""
    parts = tuple(Part(make_entry(name, "q")) for name in shown)
    ranking = Ranking((Hit("z", 0.5), *(Hit(name, 0.4) for name in shown)), 0.9)
    entry = parts[0].entry if parts else None
    reply = Reply(outcome, "words", Language.ENGLISH, 0.9, entry, ranking=ranking, parts=parts)
    return Judged(Labelled("q", tuple(expected)), reply)


def test_handing_over_is_right_where_that_is_expected():
    found = figures([replied("h", OutcomeKind.HANDOFF, "h")])

    assert (found.right, found.coverage, found.missed_answers, found.hit_at_1) == (1, 1, 0, 1)


def test_handing_over_is_no_answer_to_anything_else():
    expected_answer = figures([replied("a", OutcomeKind.HANDOFF, "h")])
    out_of_scope = figures([replied("", OutcomeKind.HANDOFF, "h")])

    assert (expected_answer.right, expected_answer.missed_answers) == (0, 1)
    assert (out_of_scope.right, out_of_scope.false_answers) == (1, 0)


@pytest.mark.parametrize("expected", ["a", "b", "xb"])
def test_a_reply_that_shows_several_entries_is_right_if_one_of_them_is(expected):
    found = figures([replied(expected, OutcomeKind.ANSWER, "a", "b"), replied("", OutcomeKind.ABSTAIN)])

    assert (found.right, found.hit_at_1, found.mcc) == (1, 1, pytest.approx(1))


def test_a_reply_that_shows_only_other_entries_is_wrong():
    assert figures([replied("c", OutcomeKind.ANSWER, "a", "b")]).right == 0


def test_tenths_of_confidence_tell_what_came_true():
    """0.95 and 0.9 right, 0.95 wrong; 0.31 wrong; certainty belongs to the last tenth."""
    cases = [
        judged("a", "a", confidence=0.95),
        judged("a", "a", confidence=0.9),
        judged("a", "b", confidence=0.95),
        judged("a", "a", confidence=1.0),
        judged(None, "b", confidence=0.31, answered=False),
    ]
    low, high = deciles(cases)

    assert low == {"questions": 1, "confidence": 0.31, "right": 0}
    assert (high["questions"], high["right"]) == (4, 3 / 4)
    assert high["confidence"] == pytest.approx((0.95 + 0.9 + 0.95 + 1) / 4)


def test_figures_without_anything_to_divide_by_are_left_open():
    nothing, inside, outside = figures([]), figures(INSIDE), figures(OUTSIDE)

    assert (nothing.questions, nothing.right, nothing.hit_at_1, nothing.mcc) == (0, 0.0, None, None)
    assert (inside.false_answers, inside.auroc) == (None, None)
    assert (outside.hit_at_3, outside.mrr_at_10, outside.coverage) == (None, None, None)


def test_figures_are_given_for_each_language_that_was_replied_in():
    cases = [judged("a", "a"), judged("a", "b"), judged("a", "a", language="zh-Hans")]
    shares = {name: found.hit_at_1 for name, found in by_language(cases).items()}

    assert shares == {"all": 2 / 3, "en": 1 / 2, "zh-Hans": 1}


@pytest.fixture
def read(tmp_path):
    """Reads a text as an evaluation file."""

    def read_content(content: str | bytes) -> list[Labelled]:
        path = tmp_path / "asked.jsonl"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return read_labelled(path)

    return read_content


@pytest.mark.parametrize(
    ("expected", "ids", "any_text"),
    [('"a"', ("a",), False), ('["a", "b"]', ("a", "b"), False), ("null", (), False), ('"any"', (), True)],
)
def test_a_line_says_what_may_answer_its_question(read, expected, ids, any_text):
    found = read(f'{{"question": "能开店吗", "expected": {expected}}}\n')

    assert found == [Labelled("能开店吗", ids, any_text=any_text)]


def test_a_byte_order_mark_windows_line_ends_and_blank_lines_do_no_harm(read):
    line = '{"question": "q", "expected": null}'

    assert read(f"\ufeff{line}\r\n\r\n  \n{line}") == [Labelled("q", ())] * 2


def test_a_question_may_hold_any_separator(read):
    assert read('{"question": "a\u2028b\x85c", "expected": null}')[0].question == "a\u2028b\x85c"


@pytest.mark.parametrize(
    "bad",
    [
        pytest.param("not json", id="not JSON"),
        pytest.param('{"expected": null}', id="no question"),
        pytest.param('{"question": "q"}', id="no label"),
        pytest.param('{"question": null, "expected": null}', id="question is no text"),
        pytest.param('{"question": " ", "expected": null}', id="blank question"),
        pytest.param('{"question": "q", "expected": 5}', id="label is a number"),
        pytest.param('{"question": "q", "expected": ["a", 5]}', id="an id is a number"),
        pytest.param('{"question": "q", "expected": ""}', id="empty id"),
        pytest.param('["q", "a"]', id="a list"),
        pytest.param(b'{"question": "\xff", "expected": null}', id="not UTF-8"),
    ],
)
def test_a_line_that_cannot_be_used_is_named_with_the_form_to_write(read, tmp_path, bad):
    content = bad if isinstance(bad, bytes) else bad.encode()

    with pytest.raises(EvaluationFileError) as caught:
        read(b'{"question": "q", "expected": "a"}\n\n' + content + b"\n")
    assert str(caught.value).startswith(f"{tmp_path / 'asked.jsonl'}:3: ")
    assert str(caught.value).endswith(f"write {FORM}")


@pytest.mark.parametrize("cases", [[*INSIDE, *OUTSIDE, judged(ANY, "b")], []])
def test_the_plot_is_written_as_a_picture_that_is_not_empty(tmp_path, cases):
    path = tmp_path / "plot.png"
    plot(cases, 0.5, path, [{"questions": 40, "confidence": 0.75, "right": 0.7}])

    header = path.read_bytes()[:24]
    assert header.startswith(b"\x89PNG\r\n\x1a\n")
    assert struct.unpack(">II", header[16:]) == (1920, 540)
