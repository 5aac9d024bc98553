"""Training: hand-made clouds of vectors, some apart, some overlapping, with words of their own."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from bot.retrieval import folds
from bot.retrieval.asked_questions import Asked, Guesses, joined
from bot.retrieval.calibration_fitting import fit_calibration, thresholds
from bot.retrieval.cross_validation import Learning, ask_all
from bot.retrieval.decision import SIGNALS, Evidence, lengths
from bot.retrieval.lexical import Lexicon, ngram_counts
from bot.retrieval.reliability import cross_fitted, decile_of
from bot.retrieval.training import hold_out, train
from bot.retrieval.training_set import MAX_CLASSES, Group, TrainingSet
from bot.retrieval.vectors import best_of_groups, unit

DIMENSIONS = 16
# So few phrasings are split more than once.
ROUNDS = 3
WORDS = (
    "apple",
    "bread",
    "cloud",
    "dream",
    "eagle",
    "flame",
    "grape",
    "horse",
    "island",
    "jungle",
    "kettle",
    "oil",
)


def cloud(axes: list[int], each: int, noise: float, seed: int) -> np.ndarray:
    """``each`` unit vectors around every axis."""
    rng = np.random.default_rng(seed)
    centres = np.eye(DIMENSIONS, dtype=np.float32)[np.repeat(axes, each)]
    return unit(centres + noise * rng.normal(size=centres.shape).astype(np.float32))


def group(axes: list[int], each: int, noise: float, seed: int, entries: list[int]) -> Group:
    """A cloud whose texts name their axis."""
    texts = tuple(f"{WORDS[axis]} {n}" for axis in axes for n in range(each))
    return Group(texts, cloud(axes, each, noise, seed), np.repeat(np.array(entries, np.intp), each))


def training_set(
    entries: int = 4,
    each: int = 6,
    background: int = 24,
    noise: float = 0.1,
    near_misses: bool = True,
    seed: int = 0,
) -> TrainingSet:
    """Entries on axes of their own; the background on the axis after them and on the one after that.

    The operator wrote the first half of it, all of the first of these axes, unless ``near_misses`` is off.
    """
    numbers = list(range(entries))
    half = (background + 1) // 2
    outside = group([entries, entries + 1], half, noise, seed + 2, [-1, -1])
    outside = outside.where(np.arange(2 * half) < background)
    return TrainingSet(
        tuple(f"entry-{number}" for number in numbers),
        group(numbers, each, noise, seed, numbers),
        group(numbers, 1, noise, seed + 1, numbers),
        outside,
        (np.arange(background) < half) & near_misses,
    )


APART = training_set()
OVERLAPPING = training_set(each=20, background=60, noise=0.55)
MANY = training_set(each=40, background=120, noise=0.55)


def fit(data: TrainingSet, rate: float = 0.05):
    return train(data, false_answer_rate=rate, progress=lambda *_: None)


@cache
def fit_overlapping(rate: float):
    return fit(OVERLAPPING, rate)


def judge(data: TrainingSet, trained, query: np.ndarray, text: str) -> tuple[int, float]:
    """The entry that comes first, and the confidence."""
    vectors = query[None]
    asked, told = (group.owned(data.entry_count) for group in (data.phrasings, data.passages))
    words = Lexicon.build(data.phrasings.texts).best(ngram_counts(text), asked)
    found = Evidence(
        best_of_groups(vectors, data.phrasings.vectors, asked),
        best_of_groups(vectors, data.passages.vectors, told),
        words[None],
        trained.decision.beliefs(vectors),
        (vectors @ data.background.vectors.T).max(axis=1, initial=-1),
        lengths([text]),
    )
    judgement = trained.decision.judge(found)
    return int(judgement.scores.argmax()), judgement.confidence


def judged(data: TrainingSet, trained, axes: list[int], each: int = 1, noise: float = 0.1):
    """Entry and confidence for new questions around each axis."""
    vectors = cloud(axes, each, noise, seed=99)
    texts = [f"{WORDS[axis]} {n + 50}" for axis in axes for n in range(each)]
    return [judge(data, trained, *asked) for asked in zip(vectors, texts, strict=True)]


def test_new_questions_near_an_entry_find_it_with_confidence_to_answer():
    trained = fit(APART)
    found = judged(APART, trained, [0, 1, 2, 3], each=3)

    assert [entry for entry, _ in found] == [0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3]
    assert min(confidence for _, confidence in found) >= trained.decision.answer_threshold


def test_new_questions_near_the_background_are_not_answered():
    trained = fit(APART)
    confidences = [confidence for _, confidence in judged(APART, trained, [4, 5], each=5)]

    assert max(confidences) < trained.decision.answer_threshold


def test_held_out_phrasings_of_separate_entries_are_all_found_and_answered():
    trained = fit(APART)

    assert (trained.held_out_hit_at_1, trained.coverage) == (1.0, 1.0)
    assert trained.false_answer_rate <= 0.05


@pytest.mark.parametrize("near_misses", [True, False])
@pytest.mark.parametrize(
    ("background", "rate"), [(3, 0.25), (3, 0.5), (10, 0.03), (20, 0.1), (33, 0.03), (101, 0.03)]
)
def test_the_threshold_meets_the_wanted_rate_whatever_the_background(background, rate, near_misses):
    data = training_set(each=10, background=background, noise=0.55, near_misses=near_misses)

    assert fit(data, rate).false_answer_rate <= rate + 1e-9


def test_the_threshold_is_no_stricter_than_it_must_be():
    """One background question more, each of which is one in sixty, would be too many."""
    assert 0.25 - 1 / 60 < fit_overlapping(0.25).false_answer_rate <= 0.25 + 1e-9


def test_a_stricter_rate_answers_less():
    strict, loose = fit_overlapping(0.02), fit_overlapping(0.25)

    assert strict.coverage < loose.coverage
    assert strict.decision.answer_threshold > loose.decision.answer_threshold


@pytest.mark.parametrize("rate", [0.02, 0.25])
def test_asking_back_starts_below_answering(rate):
    decision = fit_overlapping(rate).decision

    assert 0 <= decision.clarify_threshold < decision.answer_threshold <= 1


def test_four_times_as_many_false_offers_are_borne_as_false_answers():
    confidence = np.linspace(0, 1, 100)
    answer, clarify = thresholds(confidence, np.full(100, 0.01), 0.05)

    assert ((confidence >= answer).sum(), (confidence >= clarify).sum()) == (5, 20)


@pytest.mark.parametrize("axis", range(4))
def test_no_entry_is_the_right_answer_to_what_is_out_of_scope_however_near_it_comes(axis):
    beside = group([axis], 12, 0.1, seed=7, entries=[-1])
    data = replace(APART, background=beside, is_near_miss=np.zeros(12, bool))

    asked = ask_all(data, lambda *_: None, Learning())

    assert not asked.is_in_scope.all()
    assert not asked.is_right[~asked.is_in_scope].any()


def test_near_misses_are_a_third_of_what_is_out_of_scope_however_few_they_are():
    """Four questions of forty are just like phrasings. As near misses each is a twelfth of what is out of
    scope, which is too much to answer two of them; as plain background all four together are a tenth.
    """
    data = training_set(each=10, background=40, noise=0.25)
    alike = group([0, 1, 2, 3], 1, 0.25, 8, [-1] * 4)
    rest = data.background.where(np.arange(40) >= 4)
    background = Group(
        alike.texts + rest.texts,
        np.vstack([alike.vectors, rest.vectors]),
        np.concatenate([alike.entries, rest.entries]),
    )
    near, plain = (
        fit(replace(data, background=background, is_near_miss=np.arange(40) < count), 0.101)
        for count in (4, 0)
    )

    assert near.false_answer_rate < 0.101 < 2 / 12
    assert plain.coverage > 0.95
    assert near.coverage < 0.9


def test_what_an_entry_that_is_not_there_would_be_asked_makes_the_threshold_stricter(monkeypatch):
    """Ten entries close together: without one of them, its questions are close to the others."""
    data = training_set(entries=10, each=12, background=60, noise=0.2, near_misses=False)
    crowd = unit(data.phrasings.vectors + 3 * np.eye(DIMENSIONS, dtype=np.float32)[15])
    crowded = replace(data, phrasings=replace(data.phrasings, vectors=crowd, texts=("same words",) * 120))

    strict = fit(crowded, 0.01)
    monkeypatch.setattr(folds, "_MIN_ENTRIES_TO_HOLD_OUT", 11)
    lenient = fit(crowded, 0.01)
    assert strict.decision.answer_threshold > lenient.decision.answer_threshold
    assert strict.coverage < lenient.coverage


@pytest.mark.parametrize(("near_misses", "entries"), [(True, 10), (False, 4)])
def test_no_entry_is_held_out_where_near_misses_were_written_or_entries_are_few(near_misses, entries):
    data = training_set(entries=entries, each=6, background=24, near_misses=near_misses)
    asked = sum(decile.questions for decile in fit(data).reliability)

    assert asked == ROUNDS * (6 * entries + 24)


def test_held_out_entries_are_asked_for_besides_all_other_phrasings_and_the_background():
    """Each of 10 entries is absent from one of 3 folds: 60 phrasings more, less the third of each that
    would have been asked anyway.
    """
    data = training_set(entries=10, each=6, background=24, near_misses=False)
    asked = sum(decile.questions for decile in fit(data).reliability)

    assert ROUNDS * (60 + 24) < asked < ROUNDS * (60 + 24 + 60)


def test_the_curve_falls_as_the_threshold_rises():
    curve = fit_overlapping(0.25).curve
    rows = np.array([(p.threshold, -p.coverage, -p.false_answer_rate) for p in curve])

    assert (np.diff(rows, axis=0) >= -1e-12).all()
    assert curve[0].coverage > curve[-1].coverage
    assert 0.3 < curve[0].false_answer_rate < 0.7


def test_calibrated_confidence_comes_true():
    """2,000 questions whose chance of being right is known: fitted on half, it holds for the rest."""
    rng = np.random.default_rng(3)
    log_odds = rng.normal(0, 3, 4_000)
    truth = 0.02 + 0.83 / (1 + np.exp(-1.5 * (log_odds - 1)))  # saturates below 1, as real entries do
    is_right = rng.random(len(truth)) < truth
    half = np.arange(len(truth)) < 2_000
    everything = _asked(log_odds, is_right, in_scope=np.ones(len(truth), bool))
    calibration = fit_calibration(log_odds[half], everything.where(half))

    confidence = calibration.probability(log_odds[~half])
    decile = np.digitize(confidence, np.quantile(confidence, np.linspace(0.1, 0.9, 9)))
    for n in range(10):
        this = decile == n
        assert confidence[this].mean() == pytest.approx(truth[~half][this].mean(), abs=0.05)
    assert (np.diff(calibration.probability(np.linspace(-10, 10, 300))) > 0).all()


def _asked(log_odds, is_right, in_scope):
    nobody = np.zeros(len(log_odds), bool)
    signals = np.pad(log_odds[:, None], ((0, 0), (0, len(SIGNALS) - 1)))
    return Asked(np.arange(len(nobody)), signals, is_right, in_scope, nobody, 0.5, Guesses.none(len(nobody)))


def test_confidence_rises_even_where_surer_questions_went_wrong():
    """A curve that fell would turn the order of questions round."""
    log_odds = np.linspace(-4, 4, 400)
    is_right = log_odds < 0
    calibration = fit_calibration(log_odds, _asked(log_odds, is_right, np.ones(400, bool)))

    assert (np.diff(calibration.probability(log_odds)) > 0).all()


def test_reliability_compares_confidence_with_what_came_true():
    trained = fit(training_set(each=60, background=240, noise=0.5))
    deciles = [decile for decile in trained.reliability if decile.questions >= 30]

    assert sum(decile.questions for decile in trained.reliability) == ROUNDS * (4 * 60 + 240)
    assert len(deciles) == 10
    assert max(d.questions for d in deciles) - min(d.questions for d in deciles) <= 1
    for decile in deciles:
        assert decile.right == pytest.approx(decile.confidence, abs=0.2)
    assert [d.confidence for d in trained.reliability] == sorted(d.confidence for d in trained.reliability)


def test_the_standard_error_is_that_of_an_even_chance_at_its_widest():
    """Of n questions of equal weight no share strays further than half the root of n."""
    tenth = decile_of(np.full(100, 0.5), np.arange(100) < 60, np.ones(100))

    assert (tenth.right, tenth.standard_error) == (pytest.approx(0.6), pytest.approx(0.05))


def test_a_share_strays_further_where_few_questions_count_most():
    tenth = decile_of(np.full(2, 0.5), np.array([True, False]), np.array([3.0, 1.0]))

    assert (tenth.right, tenth.standard_error) == (pytest.approx(0.75), pytest.approx(10**0.5 / 8))


def test_a_question_asked_in_several_rounds_is_judged_by_a_curve_that_saw_it_in_none():
    """Every question comes twice, and whether it was right is mere chance: a curve that had seen its twin
    would be surer of it than of new ones.
    """
    rng = np.random.default_rng(5)
    log_odds, is_right = rng.normal(0, 1, 40), rng.random(40) < 0.5
    once = _asked(log_odds, is_right, np.ones(40, bool))
    twice = joined([once, once], 0.5)

    first, second = np.split(cross_fitted(twice), 2)
    assert first == pytest.approx(second)
    assert first == pytest.approx(cross_fitted(once), abs=0.02)


@pytest.mark.parametrize(
    "data",
    [
        training_set(each=2),
        training_set(background=2),
        training_set(entries=1, each=1, background=0),
    ],
    ids=["two phrasings an entry", "hardly any background", "one phrasing in all"],
)
def test_too_little_to_learn_from_leaves_the_built_in_gate(data):
    trained = fit(data)

    assert trained.decision.classifier is None
    assert 0 <= trained.decision.clarify_threshold <= trained.decision.answer_threshold <= 1
    assert (trained.coverage, trained.held_out_hit_at_1, trained.curve) == (None, None, ())


def test_too_many_entries_leave_the_built_in_gate():
    count = MAX_CLASSES + 1
    vectors = unit(np.random.default_rng(0).normal(size=(3 * count, 8)).astype(np.float32))
    texts = tuple("a" for _ in range(3 * count))
    rows = Group(texts, vectors, np.repeat(np.arange(count), 3))
    background = Group(texts[:9], vectors[:9], np.full(9, -1))
    trained = fit(TrainingSet(tuple(map(str, range(count))), rows, rows, background, np.zeros(9, bool)))

    assert trained.decision.classifier is None
    assert trained.decision.clarify_threshold <= trained.decision.answer_threshold


def test_the_built_in_gate_still_tells_near_from_far():
    data = training_set(each=1, entries=8, background=20)
    trained = fit(data)

    (entry, near), (_, far) = judged(data, trained, [2, 8])
    assert entry == 2
    assert near >= trained.decision.answer_threshold > far


def test_the_built_in_threshold_stands_for_an_even_chance():
    assert fit(training_set(each=1, entries=8, background=20)).decision.answer_threshold == pytest.approx(0.5)


def test_the_built_in_threshold_is_learnt_from_what_entries_answer_in_each_others_place():
    """Entries in pairs of look-alikes: a question whose own entry is gone is near its twin, and must
    not be answered by it for all that.
    """
    data = training_set(each=1, entries=10, background=0, noise=0.05)
    twins = cloud((np.arange(10) // 2).tolist(), 1, 0.2, seed=4)
    alike = replace(data, phrasings=replace(data.phrasings, vectors=twins))

    lax, strict = fit(data, 0.03), fit(alike, 0.03)
    hidden = alike.phrasings
    answered = {"lax": 0, "strict": 0}
    for n in range(10):
        others = np.arange(10) != n
        without = replace(
            alike,
            phrasings=hidden.where(others),
            passages=alike.passages.where(alike.passages.entries != n),
        )
        for name, trained in (("lax", lax), ("strict", strict)):
            _, confidence = judge(without, trained, hidden.vectors[n], hidden.texts[n])
            answered[name] += confidence >= trained.decision.answer_threshold
    assert answered["lax"] >= 8
    assert answered["strict"] <= 1


def test_a_single_entry_with_one_phrasing_answers_that():
    data = training_set(entries=1, each=1, background=0)
    trained = fit(data)

    ((entry, confidence),) = judged(data, trained, [0], noise=0.02)
    assert (entry, confidence >= trained.decision.answer_threshold) == (0, True)


def test_a_knowledge_base_of_one_entry_is_trained_too():
    data = training_set(entries=1)
    trained = fit(data)

    (_, near), (_, far) = judged(data, trained, [0, 1])
    beliefs = trained.decision.classifier.log_probabilities(np.eye(2, DIMENSIONS, dtype=np.float32))
    assert beliefs.argmax(axis=1).tolist() == [0, 1]
    assert near >= trained.decision.answer_threshold > far


@pytest.mark.parametrize("entries", [1, 2, 3, 5, 10])
@pytest.mark.parametrize("near_misses", [True, False])
def test_an_entry_may_lose_all_its_phrasings_to_the_held_out_third(entries, near_misses):
    trained = fit(training_set(entries=entries, each=3, background=3, near_misses=near_misses))

    assert trained.decision.classifier.weights.shape == (entries + 1, DIMENSIONS)
    assert np.isfinite(trained.decision.classifier.bias).all()


def test_the_same_vectors_give_the_same_decision():
    first, second = (fit(APART).decision.to_arrays() for _ in range(2))

    assert {name: array.tobytes() for name, array in first.items()} == {
        name: array.tobytes() for name, array in second.items()
    }


@cache
def fit_many():
    return fit(MANY)


@pytest.mark.parametrize("row", [0, 37, 74, 111])
def test_a_phrasing_more_hardly_moves_the_threshold_wherever_it_stands(row):
    """Drawn by number, the folds of all that stand behind it moved it by as much as .08."""
    known, new = MANY.phrasings, group([row % 4], 1, 0.55, 500 + row, [row % 4])
    before, after = np.arange(160) < row, np.arange(160) >= row
    parts = (known.where(before), replace(new, texts=("a new one",)), known.where(after))
    more = Group(
        tuple(text for part in parts for text in part.texts),
        np.vstack([part.vectors for part in parts]),
        np.concatenate([part.entries for part in parts]),
    )

    trained = fit(replace(MANY, phrasings=more))
    assert trained.decision.answer_threshold == pytest.approx(fit_many().decision.answer_threshold, abs=0.02)
    assert trained.coverage == pytest.approx(fit_many().coverage, abs=0.02)


def test_progress_is_told_from_the_first_step_to_the_last():
    steps = []
    train(APART, false_answer_rate=0.05, progress=lambda *step: steps.append(step))

    assert steps == [("training the decision", done, 10) for done in range(11)]


def test_progress_is_told_too_where_only_the_threshold_is_learnt():
    steps = []
    train(training_set(each=2), false_answer_rate=0.05, progress=lambda *step: steps.append(step))

    assert steps == [("calibrating", 0, 1), ("calibrating", 1, 1)]


def held_out(data: TrainingSet, progress=lambda *_: None):
    """A third of the phrasings of each entry, and of the background."""
    return hold_out(
        data,
        np.arange(len(data.phrasings.texts)) % 3 == 0,
        np.arange(len(data.background.texts)) % 3 == 0,
        progress,
    )


def test_of_what_was_held_out_it_is_told_what_was_found_and_how_surely():
    found = held_out(APART)

    assert found.is_hit.tolist() == [True] * 8
    assert (found.phrasings.shape, found.background.shape) == ((8,), (8,))
    assert found.phrasings.min() > 0.8 > 0.2 > found.background.max()


def test_of_what_was_held_out_it_is_told_what_was_not_found():
    """Every third phrasing is asked in the words and the meaning of the next entry."""
    texts, vectors = np.array(APART.phrasings.texts), APART.phrasings.vectors.copy()
    odd = np.arange(24) % 6 == 0
    texts[odd], vectors[odd] = np.roll(texts[odd], -1), np.roll(vectors[odd], -1, axis=0)
    moved = replace(APART, phrasings=replace(APART.phrasings, texts=tuple(texts.tolist()), vectors=vectors))

    assert held_out(moved).is_hit.tolist() == [False, True] * 4


def test_progress_is_told_while_a_part_is_held_out():
    steps = []
    held_out(APART, lambda *step: steps.append(step))

    assert steps == [("training the decision", 0, 1), ("training the decision", 1, 1)]
