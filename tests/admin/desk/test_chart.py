"""The picture of bars: how high, how many labels, and what the scale says."""

from __future__ import annotations

import pytest

from bot.admin.desk.chart import chart
from bot.reports_questions import Cell, Figures


def figures(**counts):
    return Figures(tuple(Cell(outcome, "en", "ask", count) for outcome, count in counts.items()))


def test_a_bar_is_stacked_from_the_axis_by_outcome():
    picture = chart([("09:00", "09", figures(abstain=1, answer=3)), ("10:00", "10", figures())])
    bar, empty = picture.bars

    assert [block.outcome for block in bar.blocks] == ["answer", "abstain"]
    answered, abstained = bar.blocks
    assert answered.y + answered.height == picture.axis
    assert abstained.y + abstained.height == answered.y
    assert answered.height == 3 * abstained.height
    assert empty.blocks == ()
    assert picture.highest is bar


@pytest.mark.parametrize(
    ("most", "scale"),
    [
        (0, [1]),
        (1, [1]),
        (2, [2, 1]),
        (3, [4, 2]),
        (9, [10, 5]),
        (11, [12, 6]),
        (126, [140, 70]),
        (81, [100, 50]),
    ],
)
def test_the_scale_is_round(most, scale):
    assert [line.questions for line in chart([("a", "a", figures(answer=most))]).lines] == scale


@pytest.mark.parametrize("bars", [1, 7, 24, 30, 120])
def test_bars_fill_the_picture_and_labels_have_room(bars):
    picture = chart([(str(n), str(n), figures(answer=n)) for n in range(bars)])

    assert picture.bars[0].x >= 0
    assert picture.bars[-1].x + picture.bars[-1].width <= 100
    assert 1 <= sum(bool(bar.label) for bar in picture.bars) <= 8
