"""What customers asked in vain, sorted with the real model by a version of the small knowledge base."""

from __future__ import annotations

from itertools import count

import pytest

from bot.answering.normalising import normalise
from bot.operations import Operations
from bot.reports_teaching import Ask, Dismissal, Want, restricted
from bot.unanswered import Unanswered

pytestmark = pytest.mark.model

RAIN = ("上海明天会下雨吗", "明天上海下雨吗", "上海明天會下雨嗎", "明天上海会不会下雨")
PARKING = ("门店附近能停车吗", "门店附近能不能停车")


class Log:
    """A log in memory; a dismissal is made at the time of the newest question."""

    times = count(1000)

    def __init__(self) -> None:
        self.started = next(self.times)
        self.asked: list[Ask] = []
        self.put_aside: dict[str, Dismissal] = {}
        self.read = 0

    def ask(self, *texts: str, user: str = "u", want: Want = Want.ABSTAIN) -> None:
        for text in texts:
            self.asked.insert(0, Ask(text, user, float(next(self.times)), want))

    def newest(self) -> tuple[float, ...]:
        return (self.started, *(ask.at for ask in self.asked[:1]))

    def asks(self, most: int) -> list[Ask]:
        self.read += 1
        return self.asked[:most]

    def dismissals(self) -> list[Dismissal]:
        return list(self.put_aside.values())

    def dismiss(self, keys, times) -> None:
        self.put_aside |= {key: Dismissal(key, self.asked[0].at, times) for key in keys}

    def restore(self, keys) -> None:
        self.put_aside = {key: found for key, found in self.put_aside.items() if key not in keys}


@pytest.fixture(scope="module")
def live(built):
    return Operations(built).live_index()


@pytest.fixture
def log():
    return Log()


@pytest.fixture(scope="module")
def of_all_tests(live):
    """What a version teaches is learnt once."""
    logs = [Log()]
    return logs, Unanswered(lambda: logs[-1], live, lambda embedder: embedder, normalise)


@pytest.fixture
def unanswered(log, of_all_tests):
    logs, unanswered = of_all_tests
    logs.append(log)
    return unanswered


def groups(unanswered):
    found = unanswered.overview(patience=60.0)
    return restricted(found.groups, list(Want), 0.0)


def texts(group):
    return {question.text for question in group.questions}


def test_the_same_need_in_other_words_and_the_other_script_is_one_group(log, unanswered):
    log.ask(*RAIN, *PARKING, "上海明天会下雨吗？！")
    rain, parking = groups(unanswered)

    assert {"明天上海下雨吗", "明天上海会不会下雨"} <= texts(rain)
    assert texts(parking) == set(PARKING)
    # As they were asked last: blanks, marks and script do not make another question.
    assert rain.text == "上海明天会下雨吗？！"
    assert [len(group.asks) for group in (rain, parking)] == [5, 2]


def test_a_group_says_who_asked_when_and_which_entries_are_near(log, unanswered):
    log.ask(RAIN[0], user="a")
    log.ask(RAIN[0], RAIN[3], user="b")
    log.ask(RAIN[0], user="")
    (group,) = groups(unanswered)

    assert (group.users, group.first_at, group.last_at) == (2, log.started + 1, log.started + 4)
    assert len(group.nearest) == 3
    assert all(0 <= entry.confidence < 0.5 for entry in group.nearest)
    assert [entry.confidence for entry in group.nearest] == sorted(
        (entry.confidence for entry in group.nearest), reverse=True
    )


def test_what_the_live_version_answers_by_now_is_gone_unless_the_answer_was_disliked(log, unanswered):
    log.ask("备案需要几天", "小程序备案大概要几天呢", PARKING[0])
    log.ask("什么是小程序", want=Want.DOWN)

    assert [texts(group) for group in groups(unanswered)] == [{"什么是小程序"}, {PARKING[0]}]


def test_a_group_that_is_put_aside_comes_back_when_it_is_asked_often_enough(log, unanswered):
    log.ask(*PARKING)
    (group,) = groups(unanswered)
    unanswered.dismiss(group, 2)
    assert groups(unanswered)[0].dismissal is not None

    log.ask(PARKING[1])
    assert groups(unanswered)[0].dismissal is not None
    log.ask("门店附近可以停车吗")
    assert [found.dismissal for found in groups(unanswered)] == [None]


def test_putting_aside_can_be_taken_back(log, unanswered):
    log.ask(*PARKING)
    unanswered.dismiss(groups(unanswered)[0], 9)
    unanswered.restore(groups(unanswered)[0])

    assert groups(unanswered)[0].dismissal is None


def test_the_log_is_read_again_only_when_there_is_more(log, unanswered):
    log.ask(*PARKING)
    groups(unanswered)
    read = log.read
    groups(unanswered)
    assert log.read == read

    log.ask(RAIN[0])
    assert len(groups(unanswered)) == 2
    assert log.read == read + 1


def test_a_page_does_not_wait_for_the_sorting(log, live):
    unanswered = Unanswered(lambda: log, live, lambda embedder: embedder, normalise)
    log.ask(*(f"第{n}个没人懂的问题" for n in range(40)))
    first = unanswered.overview(patience=0.0)

    assert first.groups is None
    assert unanswered.overview(patience=60.0).groups


def test_an_empty_log_has_no_groups(unanswered):
    assert unanswered.overview(patience=60.0).groups == ()


def test_what_nobody_can_read_is_no_question(log, unanswered):
    log.ask("？？？", "👍")

    assert groups(unanswered) == []


def test_a_period_and_a_reason_count_only_what_belongs_to_them(log, unanswered):
    log.ask(*PARKING, PARKING[0])
    log.ask(RAIN[0], want=Want.CLARIFY)
    found = unanswered.overview(patience=60.0).groups

    (later,) = restricted(found, [Want.ABSTAIN], since=log.started + 3)
    assert (later.text, len(later.asks)) == (PARKING[0], 1)
    assert [group.text for group in restricted(found, [Want.CLARIFY], 0.0)] == [RAIN[0]]


def test_a_log_that_cannot_be_read_is_told_to_whoever_looks(live):
    class Broken(Log):
        def asks(self, most):
            raise OSError("the disk is gone")

    unanswered = Unanswered(Broken, live, lambda embedder: embedder, normalise)
    with pytest.raises(OSError, match="the disk is gone"):
        unanswered.overview(patience=60.0)
