"""Why a reply is given, over an index whose confidences are known."""

from __future__ import annotations

import pytest

from bot.answering.answerer import Answerer
from bot.answering.explaining import Asked, Explanation, explain
from bot.domain import Hit, Language, OutcomeKind, Query, Ranking
from tests.fakes import FakeIndex, make_entry

FILING = make_entry("filing", "小程序备案要多久？")
FEE = make_entry("fee", "小程序认证要多少钱？")
THANKS = make_entry("thanks", "谢谢", topic="smalltalk")
HUMAN = make_entry("human", "转人工", topic="handoff")


class Sure(FakeIndex):
    """As sure as it is told to be, of the entries in their order."""

    confidence = 0.0

    def rank(self, query: Query) -> Ranking:
        hits = tuple(Hit(entry.id, -n) for n, entry in enumerate(self.entries))
        return Ranking(hits, self.confidence, signals=(("best phrasing", 0.5),))


def explained(index, question, language=None, *before, most=5) -> Explanation:
    return explain(Answerer(lambda: index), Asked(question, language, before), most=most).explanation


def why(confidence: float, *entries) -> tuple[OutcomeKind, str]:
    index = Sure(*(entries or (FILING, FEE)))
    index.confidence = confidence
    found = explained(index, "备案")
    return found.outcome, found.why


@pytest.mark.parametrize(
    ("confidence", "outcome", "sentence"),
    [
        (0.7, "answer", "confidence 0.700 is not below the answer threshold 0.500: answers"),
        (0.5, "answer", "confidence 0.500 is not below the answer threshold 0.500: answers"),
        (
            0.31,
            "clarify",
            "confidence 0.310 is below the answer threshold 0.500 "
            "but not below the clarify threshold 0.200: asks back",
        ),
        (
            0.2,
            "clarify",
            "confidence 0.200 is below the answer threshold 0.500 "
            "but not below the clarify threshold 0.200: asks back",
        ),
        (
            0.05,
            "abstain",
            "confidence 0.050 is below the clarify threshold 0.200, "
            "but near enough to name questions: abstains",
        ),
        (
            0.1,
            "abstain",
            "confidence 0.100 is below the clarify threshold 0.200, "
            "but near enough to name questions: abstains",
        ),
        (0.01, "abstain", "confidence 0.010 is below the clarify threshold 0.200: abstains"),
    ],
)
def test_the_sentence_names_the_threshold_that_decided(confidence, outcome, sentence):
    assert why(confidence) == (outcome, sentence)


def test_smalltalk_and_handing_over_are_named():
    assert why(0.9, THANKS)[1].endswith(": answers, as smalltalk")
    assert why(0.9, HUMAN)[1].endswith(": hands over to a human")


def test_where_only_smalltalk_is_near_there_is_nothing_to_offer():
    outcome, sentence = why(0.3, THANKS)

    assert outcome is OutcomeKind.ABSTAIN
    assert sentence.endswith("and nothing on the subject is near: abstains")


def test_a_question_of_marks_alone_has_nothing_to_search_for():
    found = explained(FakeIndex(FILING), "?!…")

    assert found.why == "nothing that could be searched for is left of the question: abstains"
    assert (found.hits, found.signals) == ((), {})


def test_an_exact_match_is_named():
    found = explained(FakeIndex(FILING, FEE), "小程序备案要多久")

    assert (found.is_exact, found.entry) == (True, "filing")
    assert found.why == "a phrasing of filing, word for word: answers"


def test_several_questions_in_one_are_shown_with_what_is_known_of_each():
    index = FakeIndex(FILING, FEE)
    index.answer_threshold = 0.3
    found = explained(index, "小程序备案多久？小程序认证多少钱？", None, most=1)

    assert [(part.entry_id, part.is_known) for part in found.asked] == [("filing", True), ("fee", True)]
    assert found.confidence == min(part.confidence for part in found.asked)
    assert found.why.startswith("2 questions in one, 2 known")
    assert len(found.hits) == 1


def test_signals_and_languages_are_passed_on():
    index = Sure(FILING)
    found = explained(index, "備案", Language.ENGLISH)

    assert found.signals == {"best phrasing": 0.5}
    assert (found.detected_language, found.language) == (Language.TRADITIONAL, Language.ENGLISH)


SHOP = make_entry("shop", "小程序开店要多久？", related=("fee",))


def test_a_question_that_goes_on_from_the_one_before_says_so():
    found = explained(FakeIndex(FILING, SHOP, FEE), "那开店呢？", None, "小程序备案要多久？")

    assert found.entry == "shop"
    assert found.goes_on_from == "小程序备案要多久?"
    assert found.why.startswith('it goes on from "小程序备案要多久?"; confidence ')


def test_a_choice_of_what_was_offered_is_no_phrasing():
    found = explained(FakeIndex(FILING, SHOP, FEE), "1", None, "小程序开店要多久？")

    assert (found.entry, found.why) == ("fee", "what was offered or said before is meant: answers")


def test_a_question_that_stands_alone_does_so_in_a_conversation_too():
    alone, within = (explained(FakeIndex(FILING, FEE), FEE.question, None, *said) for said in ((), ("备案",)))

    assert within == alone


def test_a_language_that_is_asked_for_holds_in_a_conversation_too():
    found = explained(FakeIndex(FILING, SHOP, FEE), "1", Language.TRADITIONAL, "小程序开店要多久？")

    assert (found.entry, found.language) == ("fee", Language.TRADITIONAL)


def test_a_language_that_is_asked_for_goes_before_that_of_a_question_in_a_conversation():
    found = explained(FakeIndex(FILING, SHOP, FEE), "第一个", Language.ENGLISH, "小程序开店要多久？")

    assert (found.entry, found.language) == ("fee", Language.ENGLISH)


class ByLanguage(FakeIndex):
    """Knows of each language what is written in it."""

    def rank(self, query: Query) -> Ranking:
        return FakeIndex(*(e for e in self.entries if e.language == query.language.knowledge)).rank(query)


@pytest.mark.parametrize(("language", "entry"), [(Language.SIMPLIFIED, "pay"), (None, "wallet")])
def test_what_was_said_before_is_read_in_the_language_that_is_asked_for(language, entry):
    pay = make_entry("pay", "微信支付", asked=["WeChat Pay"])
    wallet = make_entry("wallet", "WeChat Pay", language="en")

    assert explained(ByLanguage(pay, wallet), "继续", language, "WeChat Pay").entry == entry


def test_what_was_chosen_from_an_offer_beside_smalltalk_goes_on_from_that():
    thanks = make_entry("thanks", "谢谢", topic="smalltalk", related=("fee",))

    found = explained(FakeIndex(FILING, FEE, thanks), "1", None, "🙂", "今晚吃啥", "谢谢")

    assert (found.entry, found.goes_on_from) == ("fee", "谢谢")
