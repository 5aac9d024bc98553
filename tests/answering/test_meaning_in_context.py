"""When history has a say and when not, to the number: an index that says what each text is near to."""

from __future__ import annotations

import pytest

from bot.answering.answerer import Answerer
from bot.answering.conversation import Converser, remembered
from bot.domain import Conversation, Hit, Language, OutcomeKind, Query, Ranking, Reply, Suggestion
from bot.retrieval.vocabulary import learn_vocabulary
from tests.fakes import FakeIndex, make_entry

ENTRIES = (
    make_entry("cost", "认证要花多少", topic="fees"),
    make_entry("both", "两种有何不同", topic="kinds"),
    make_entry("twin", "电商的风险", topic="risks"),
    make_entry("refund", "没通过退钱吗", topic="fees"),
    make_entry("thanks", "谢谢", topic="smalltalk"),
    make_entry("hello", "你好", topic="smalltalk"),
)
TALK = Conversation(question="做什么有风险")
SURE, UNSURE = 0.9, 0.3


class ScriptedIndex(FakeIndex):
    """Gives each text the ranking it is told to; one that begins with a question before, that in context."""

    def __init__(self, alone: Ranking, in_context: Ranking, **before: Ranking) -> None:
        super().__init__(*ENTRIES)
        self._alone, self._rankings = alone, {TALK.question: in_context} | before

    def rank(self, query: Query) -> Ranking:
        rankings = (found for before, found in self._rankings.items() if query.text.startswith(before))
        return next(rankings, self._alone)


def ranking(confidence: float, **scores: float) -> Ranking:
    return Ranking(tuple(Hit(*item) for item in scores.items()), confidence)


TWIN = ranking(0.99, twin=40.0, cost=1.0)


def reply(question: str, index: ScriptedIndex, talk: Conversation = TALK) -> Reply:
    return Converser(Answerer(lambda: index)).reply(question, talk)[0]


def entry_of(*told: object) -> str | None:
    return getattr(reply(*told).entry, "id", None)


@pytest.mark.parametrize(
    ("question", "confidence", "cost", "entry"),
    [
        ("要多久", SURE, 6.0, "cost"),
        ("要多久", SURE, 5.9, "twin"),
        ("要多久", UNSURE, 6.0, "twin"),
        ("那要多久", SURE, 6.0, "twin"),
    ],
    ids=["clear", "not clear enough", "not sure", "goes on"],
)
def test_history_has_no_say_in_what_is_clear_by_itself(question, confidence, cost, entry):
    index = ScriptedIndex(ranking(confidence, cost=cost, both=2.0), TWIN)

    assert entry_of(question, index) == entry


@pytest.mark.parametrize(
    ("question", "nearest", "entry"),
    [("好极了", 4.0, "thanks"), ("好极了", 4.1, "twin"), ("你好吗", 4.0, "twin"), ("好极了", None, "thanks")],
    ids=["chat", "nearly on the subject", "a question", "nothing on the subject"],
)
def test_smalltalk_needs_to_be_clear_only_of_what_is_on_the_subject(question, nearest, entry):
    others = {} if nearest is None else {"cost": nearest, "both": 0.0}
    alone = ranking(SURE, thanks=5.0, hello=4.9, **others)

    assert entry_of(question, ScriptedIndex(alone, TWIN)) == entry


def test_what_is_near_nothing_is_told_so():
    nothing = Ranking((), 0.0)

    assert reply("要多久", ScriptedIndex(nothing, nothing)).outcome is OutcomeKind.ABSTAIN


@pytest.mark.parametrize(
    ("question", "entry"), [("要多久", "cost"), ("它要多久", "both")], ids=["may stand alone", "points back"]
)
def test_little_evidence_bends_only_what_says_that_it_goes_on(question, entry):
    alone, in_context = ranking(0.5, cost=-8.0, both=-8.2), ranking(0.99, both=-7.6)

    assert entry_of(question, ScriptedIndex(alone, in_context)) == entry


def test_an_answer_is_not_given_up_for_a_meaning_that_is_not_believed():
    alone, in_context = ranking(0.5, cost=-40.0, both=-40.2), ranking(0.99, both=-39.6)

    assert entry_of("它要多久", ScriptedIndex(alone, in_context)) == "cost"


@pytest.mark.parametrize(
    ("last", "entry"), [("both", "cost"), ("refund", "both")], ids=["the last answer again", "another"]
)
def test_the_last_answer_is_not_given_again_to_what_is_clear_by_itself(last, entry):
    talk = Conversation(question=TALK.question, entries=(last,))
    told = {known.question: ranking(0.99, both=15.0, cost=6.0) for known in ENTRIES}
    alone = ranking(0.6, cost=6.0, both=3.0)

    assert entry_of("谁来付", ScriptedIndex(alone, told[ENTRIES[0].question], **told), talk) == entry


def test_what_was_offered_and_is_named_comes_before_every_other_meaning():
    talk = Conversation(question=TALK.question, choices=("cost", "refund"))
    index = ScriptedIndex(ranking(UNSURE, both=1.0), TWIN)

    found = reply("退钱的呢", index, talk)

    assert (found.entry.id, found.confidence) == ("refund", 1.0)


def test_after_an_answer_what_is_named_comes_after_what_is_meant():
    talk = Conversation(question=TALK.question, choices=("cost", "refund"), entries=("both",))
    told = {ENTRIES[1].question: TWIN}
    index = ScriptedIndex(ranking(SURE, twin=9.0), TWIN, **told)

    assert entry_of("退钱的呢", index, talk) == "twin"


def test_only_the_last_answer_counts_for_what_is_meant():
    talk = Conversation(question=TALK.question, entries=("both", "refund"))
    told = {ENTRIES[1].question: TWIN, ENTRIES[3].question: ranking(0.9, cost=200.0, twin=0.0)}
    index = ScriptedIndex(ranking(UNSURE, cost=2.0, twin=1.9), TWIN, **told)

    assert entry_of("那要多久", index, talk) == "twin"


def test_what_is_pointed_at_by_its_place_is_asked_about_in_words_that_say_all():
    talk = Conversation(question="普通和电商有何不同")
    told = {"普通有": TWIN, talk.question: ranking(SURE, both=400.0)}
    index = ScriptedIndex(ranking(SURE, cost=9.0, both=2.0), TWIN, **told)

    assert entry_of("前者有什么风险", index, talk) == "twin"


@pytest.mark.parametrize(
    ("question", "outcome"),
    [("那好呢", OutcomeKind.ABSTAIN), ("你好吗", OutcomeKind.SMALLTALK)],
    ids=["goes on", "may stand alone"],
)
def test_what_says_that_it_goes_on_is_not_answered_with_smalltalk(question, outcome):
    index = ScriptedIndex(ranking(SURE, thanks=5.0, cost=4.9), ranking(0.01, both=-120.0, cost=-120.0))

    assert reply(question, index).outcome is outcome


def test_what_is_answered_by_itself_is_what_the_next_question_goes_on_from():
    index = ScriptedIndex(ranking(SURE, cost=9.0), TWIN)

    _, talk = Converser(Answerer(lambda: index)).reply("要多久", TALK)

    assert (talk.question, talk.entries) == ("要多久", ("cost",))


@pytest.mark.parametrize(("cost", "entry"), [(5.9, "twin"), (6.0, "cost")], ids=["goes on", "clear"])
def test_pinyin_is_answered_in_chinese_in_a_conversation_too(cost, entry):
    index = ScriptedIndex(ranking(SURE, cost=cost, both=2.0), TWIN)
    index.vocabulary = learn_vocabulary(["要多久"] * 3)

    found = reply("yao duo jiu", index)

    assert (found.entry.id, found.language) == (entry, Language.SIMPLIFIED)


# What is remembered


def asked_back(outcome: OutcomeKind, *choices: str) -> Reply:
    suggestions = tuple(Suggestion(name, name) for name in choices)
    return Reply(outcome, "?", language=None, confidence=0.3, suggestions=suggestions)


@pytest.mark.parametrize(
    ("question", "entries"), [("要多久", ("cost",)), ("别的", ())], ids=["same", "other"]
)
def test_a_question_back_about_the_same_question_keeps_what_was_answered(question, entries):
    talk = Conversation(question="要多久", entries=("cost",))

    after = remembered(talk, asked_back(OutcomeKind.CLARIFY, "both"), question)

    assert (after.question, after.entries, after.choices) == (question, entries, ("both",))


@pytest.mark.parametrize(
    ("before", "choices", "question"),
    [("", ["cost"], "要多久"), ("之前", ["cost"], "之前"), ("", [], "")],
    ids=["first and near", "not the first", "far off"],
)
def test_a_first_question_that_is_near_the_subject_is_kept_though_unanswered(before, choices, question):
    after = remembered(Conversation(question=before), asked_back(OutcomeKind.ABSTAIN, *choices), "要多久")

    assert after.question == question


def test_of_a_long_question_the_end_is_kept():
    after = remembered(Conversation(), asked_back(OutcomeKind.ABSTAIN, "cost"), f"{'长' * 200}要多久")

    assert after.question == f"{'长' * 117}要多久"


# Who asks


WHO = "我们是日本公司"
INTRODUCED = Conversation(about=WHO)
COST = ranking(SURE, cost=9.0, refund=7.5)


@pytest.mark.parametrize(
    ("question", "next_best", "entry"),
    [
        ("要多久", 7.4, "twin"),
        ("要多久", 7.5, "cost"),
        ("它要多久", 1.0, "cost"),
        ("什么时候开始才算是最后期限的那一天", 1.0, "cost"),
    ],
    ids=["clearer", "as clear", "points back", "long"],
)
def test_a_short_question_is_asked_for_who_introduced_themselves_if_that_is_clearer(
    question, next_best, entry
):
    informed = ranking(SURE, twin=9.0, both=next_best)

    assert entry_of(question, ScriptedIndex(COST, TWIN, **{WHO: informed}), INTRODUCED) == entry


def test_a_long_message_that_asks_nothing_tells_more_of_who_introduced_themselves():
    index = ScriptedIndex(COST, TWIN, **{WHO: ranking(SURE, twin=9.0, both=7.4)})

    assert entry_of("从头到尾都没有别人,就一个人在忙", index, INTRODUCED) == "twin"


def test_of_two_answers_on_one_topic_the_one_for_who_introduced_themselves_is_given():
    index = ScriptedIndex(COST, TWIN, **{WHO: ranking(SURE, refund=9.0, both=8.9)})

    assert entry_of("要多久", index, INTRODUCED) == "refund"


@pytest.mark.parametrize(("confidence", "entry"), [(0.65, "twin"), (0.64, None)], ids=["sure", "not quite"])
def test_what_nothing_is_known_of_by_itself_must_be_sure_for_who_asks(confidence, entry):
    index = ScriptedIndex(ranking(0.01, cost=-4.0), TWIN, **{WHO: ranking(confidence, twin=9.0, cost=1.0)})

    assert entry_of("要多久", index, INTRODUCED) == entry


@pytest.mark.parametrize(("question", "entry"), [("要多久", "twin"), ("挺好", "thanks")])
def test_what_is_like_chat_by_itself_is_asked_for_who_asks_if_it_is_a_question(question, entry):
    index = ScriptedIndex(ranking(SURE, thanks=9.0), TWIN, **{WHO: ranking(0.6, twin=9.0, cost=8.0)})

    assert entry_of(question, index, INTRODUCED) == entry


@pytest.mark.parametrize(("question", "entry"), [("要多久", "twin"), ("时间紧张", "cost")])
def test_who_tells_more_of_themselves_is_not_given_the_last_answer_again(question, entry):
    index = ScriptedIndex(COST, TWIN, **{WHO: ranking(0.99, twin=9.0, both=1.0)})

    assert entry_of(question, index, Conversation(about=WHO, entries=("twin",))) == entry


def test_where_who_asks_makes_no_other_answer_the_question_stands_alone():
    index = ScriptedIndex(COST, TWIN, **{WHO: ranking(0.99, cost=40.0)})

    found = reply("要多久", index, INTRODUCED)

    assert (found.entry.id, found.confidence) == ("cost", SURE)


def test_where_who_asks_makes_it_smalltalk_or_nothing_the_question_stands_alone():
    for informed in (ranking(0.99, gone=9.0), Ranking((), 0.99)):
        assert entry_of("要多久", ScriptedIndex(COST, TWIN, **{WHO: informed}), INTRODUCED) == "cost"


@pytest.mark.parametrize(
    ("others", "entry"),
    [
        ({"refund": 6.5}, "twin"),
        ({"refund": 6.6}, "cost"),
        ({}, "twin"),
        ({"refund": 6.6, "both": 1.0}, "cost"),
    ],
    ids=["clear", "not clear", "nothing else", "of several"],
)
def test_what_was_answered_before_is_answered_again_for_who_asks_where_nothing_else_is_near(others, entry):
    index = ScriptedIndex(COST, TWIN, **{WHO: ranking(0.99, twin=9.0, **others)})

    assert entry_of("要多久", index, Conversation(about=WHO, entries=("twin",))) == entry
    assert entry_of("要多久", index, INTRODUCED) == "twin"


def test_what_was_asked_is_what_goes_on_after_an_answer_for_who_asks():
    index = ScriptedIndex(COST, TWIN, **{WHO: TWIN})

    _, talk = Converser(Answerer(lambda: index)).reply("要多久", INTRODUCED)

    assert (talk.question, talk.entries, talk.about) == ("要多久", ("twin",), WHO)


@pytest.mark.parametrize(("confidence", "outcome"), [(0.06, "clarify"), (0.04, "abstain"), (0.3, "clarify")])
def test_who_only_introduces_themselves_is_asked_back_where_anything_is_near(confidence, outcome):
    index = ScriptedIndex(ranking(confidence, cost=1.0, refund=0.5), TWIN)

    found, talk = Converser(Answerer(lambda: index)).reply(WHO, Conversation())

    assert (found.outcome, talk.about) == (outcome, WHO)


def test_chat_says_nothing_of_who_asks():
    index = ScriptedIndex(ranking(SURE, thanks=9.0), TWIN)

    _, talk = Converser(Answerer(lambda: index)).reply(WHO, Conversation())

    assert talk.about == ""


@pytest.mark.parametrize(
    ("answered", "entry"),
    [("茶和酒有何不同", "cost"), ("酒和茶有何不同", "cost"), ("饭和酒有何不同", "refund")],
    ids=["same order", "the entry's order is another", "the last answer is to another question"],
)
def test_the_first_is_what_the_customer_named_first_unless_the_talk_went_on(answered, entry):
    compared = make_entry("compared", answered)
    index = ScriptedIndex(ranking(0.01), TWIN, 茶=ranking(SURE, cost=9.0), 饭=ranking(SURE, refund=9.0))
    index.entries = (*ENTRIES, compared)

    assert (
        entry_of("前者要什么", index, Conversation(question="茶和酒哪个好", entries=("compared",))) == entry
    )


@pytest.mark.parametrize(("lead", "entry"), [(3.9, None), (4.0, "thanks")])
def test_a_question_that_is_not_clearly_chat_is_asked_back_on_the_subject(lead, entry):
    like_chat = ranking(SURE, thanks=6.0, cost=6.0 - lead)

    assert entry_of("忙得过来吗", ScriptedIndex(like_chat, ranking(0.9, twin=5.0, cost=4.5))) == entry


def test_what_is_named_as_one_of_several_goes_on_from_the_question_before():
    """Not offered, and clear by itself: one of the things that belong to the subject is meant."""
    clear = ranking(SURE, refund=9.0)

    assert entry_of("退款那个", ScriptedIndex(clear, TWIN)) == "twin"
    assert entry_of("退款", ScriptedIndex(clear, TWIN)) == "refund"
