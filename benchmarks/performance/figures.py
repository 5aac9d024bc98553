"""The benchmark's own arithmetic: percentiles, medians over rounds, what an answer costs."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any


def percentile(values: Sequence[float], percent: float) -> float:
    """The smallest value that so many per cent do not exceed (nearest rank); NaN of nothing."""
    if not values:
        return math.nan
    ordered = sorted(values)
    return ordered[max(0, math.ceil(percent / 100 * len(ordered)) - 1)]


def interleaved(
    rounds: int, contestants: Mapping[str, Callable[[], dict[str, float]]]
) -> dict[str, list[dict[str, float]]]:
    """Every contestant's figures of each round; every other round in the opposite order."""
    found: dict[str, list[dict[str, float]]] = {name: [] for name in contestants}
    for number in range(rounds):
        for name in list(contestants)[:: -1 if number % 2 else 1]:
            found[name].append(contestants[name]())
    return found


def medians(rounds: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """The median of each figure over the rounds."""
    return {name: statistics.median(each[name] for each in rounds) for name in rounds[0]}


def median_ratio(
    above: Sequence[Mapping[str, float]], below: Sequence[Mapping[str, float]], figure: str
) -> float:
    """Median over the rounds of one contestant's figure by another's in the same round."""
    return statistics.median(a[figure] / b[figure] for a, b in zip(above, below, strict=True))


def hit_share(expected: Sequence[Any], found: Sequence[str | None]) -> float:
    """hit@1: of the questions with an answer, how many were given it; an expectation may name several."""
    answerable = [(wanted, name) for wanted, name in zip(expected, found, strict=True) if wanted]
    right = sum(name in (wanted if isinstance(wanted, list) else [wanted]) for wanted, name in answerable)
    return right / len(answerable) if answerable else math.nan


def false_share(expected: Sequence[Any], is_answered: Sequence[bool]) -> float:
    """Of the questions that nothing answers, how many were answered all the same."""
    outside = [told for wanted, told in zip(expected, is_answered, strict=True) if wanted is None]
    return sum(outside) / len(outside) if outside else math.nan


@dataclass(frozen=True)
class Prices:
    """What the reader may change: a machine by the hour, and a language model by the million tokens."""

    machine_an_hour: float = 0.02
    cores: int = 2
    busy_share: float = 0.1
    tokens_in: int = 1500
    tokens_out: int = 300
    million_in: float = 0.15
    million_out: float = 0.60

    def of_thousand_answers(self, answers_a_core_second: float) -> float:
        """A thousand answers on a machine that answers for ``busy_share`` of its time."""
        answers_an_hour = answers_a_core_second * self.cores * 3600 * self.busy_share
        return 1000 * self.machine_an_hour / answers_an_hour

    def of_thousand_calls(self) -> float:
        """A thousand calls of a language model that is given passages to answer from."""
        call = self.tokens_in * self.million_in + self.tokens_out * self.million_out
        return 1000 * call / 1e6
