"""Reading: what a customer typed carelessly is answered as if it had been typed well; the rest as ever."""

from __future__ import annotations

import pytest

from bot.answering.answerer import Answerer
from bot.answering.normalising import normalise
from bot.answering.reading import end_of_story, question_alone, read, surely
from bot.domain import Hit, Language, OutcomeKind, Ranking
from bot.retrieval.vocabulary import learn_vocabulary
from tests.fakes import FakeIndex, make_entry

FILING = make_entry("filing", "小程序备案要多久", answer="二十天。", asked=["备案时间"])
SHOP = make_entry("shop", "个人能开商城吗", answer="不能。", asked=["个人开商城"])
REFUND = make_entry("refund", "How do I refund a merchant?", answer="In the console.", language="en")
ENTRIES = (FILING, SHOP, REFUND)
STORY = "我之前在老家开过几年早餐店。后来搬到市里带孩子，手头有点积蓄想做点事情。家里商量了好几次都没定下来。"


@pytest.fixture
def index():
    """An index that knows the three entries, and the words that they are written with."""
    made = FakeIndex(*ENTRIES)
    made.vocabulary = learn_vocabulary([normalise(q).text for e in ENTRIES for q in e.questions] * 3)
    return made


@pytest.fixture
def ask(index):
    return Answerer(lambda: index).answer


@pytest.mark.parametrize(
    ("question", "entry"),
    [
        ("小成序备按要多久", FILING),
        ("xiao cheng xu bei an yao duo jiu", FILING),
        ("嗯 那个 就是 备案 然后 时间 那个", FILING),
        ("个人能开商成吗", SHOP),
        ("how do i refnud a mercahnt", REFUND),
        (f"{STORY}所以想问一句。个人能开商城吗？", SHOP),
        (f"{STORY.replace('。', '，')}小程序备案要多久", FILING),
        ("😭😭备案时间？？？！！！", FILING),
    ],
)
def test_a_noisy_question_is_answered(ask, question, entry):
    reply = ask(question)

    assert (reply.outcome, reply.entry) == (OutcomeKind.ANSWER, entry)


def test_what_was_understood_can_be_told(ask):
    assert ask("小成序备按要多久").ranking.read_as == "小程序备案要多久"
    assert ask("小程序备案要多久").ranking.read_as == ""


def test_pinyin_is_answered_in_chinese_unless_another_language_is_wanted(ask):
    assert ask("xiaochengxu beian yao duo jiu").language is Language.SIMPLIFIED
    assert ask("xiaochengxu beian yao duo jiu", Language.ENGLISH).language is Language.ENGLISH


@pytest.mark.parametrize(
    ("question", "wanted", "language"),
    [
        ("小成序备按要多久", None, Language.SIMPLIFIED),
        ("小成序備按要多久", None, Language.TRADITIONAL),
        ("小成序備按 yaoduojiu", None, Language.TRADITIONAL),
        ("小成序备按要多久", Language.TRADITIONAL, Language.TRADITIONAL),
        ("how do i refnud a mercahnt", None, Language.ENGLISH),
        ("xiaochengxu beian yao duo jiu", None, Language.SIMPLIFIED),
        (f"{STORY}所以想問一句。个人能开商城吗？", Language.TRADITIONAL, Language.TRADITIONAL),
    ],
)
def test_another_reading_is_in_the_language_of_the_question(index, question, wanted, language):
    query = normalise(question, wanted)
    understood, _ = read(index, query)

    assert understood.key != query.key
    assert understood.language is language


def test_where_nothing_but_thinking_aloud_was_said_nothing_else_is_looked_for(index, ranked):
    read(index, normalise("嗯嗯 那个"))

    assert ranked == ["嗯嗯 那个"]


def test_without_what_is_said_while_thinking_the_words_stay_apart():
    assert question_alone("嗯 那个 就是 备案 然后 时间 那个") == "备案 时间"


@pytest.mark.parametrize(("written", "read_as"), [(0.5, ""), (0.49, "备案时间")])
def test_what_is_just_sure_enough_is_read_as_it_stands(written, read_as):
    class Told(FakeIndex):
        def rank(self, query):
            return Ranking((Hit("filing", 1.0),), written if query.text == "嗯备案时间" else 0.99)

    told = Told(make_entry("filing", "小程序备案要多久"))

    assert read(told, normalise("嗯备案时间"))[1].read_as == read_as


@pytest.mark.parametrize(
    "question", ["今天天气怎么样", "这个城市的房价是多少", "bei jing tian qi", "nice weather"]
)
def test_a_question_about_something_else_stays_unanswered_and_as_it_was(index, question):
    query = normalise(question)
    understood, ranking = read(index, query)

    assert understood == query
    assert ranking.confidence < index.answer_threshold


def test_a_reading_that_is_hardly_likelier_than_not_is_not_taken(index):
    index.answer_threshold = 0.98
    _, ranking = read(index, normalise("请问小成序备按要多久呢"))

    assert ranking.read_as == ""


@pytest.fixture
def ranked(index):
    """What the index is asked to rank, in order."""
    texts: list[str] = []
    rank = index.rank
    index.rank = lambda query: texts.append(query.text) or rank(query)
    return texts


def test_a_question_that_is_understood_is_ranked_once(index, ranked):
    read(index, normalise("请问个人开商城"))

    assert ranked == ["请问个人开商城"]


def test_what_was_written_is_not_ranked_where_mending_it_leaves_no_doubt(index, ranked):
    read(index, normalise("小成序备按要多久"))
    index.answer_threshold = 0.9
    read(index, normalise("请问小成序备按要多久呢"))

    assert ranked == ["小程序备案要多久", "请问小程序备案要多久呢", "请问小成序备按要多久呢"]


@pytest.mark.parametrize("question", ["备案时间", "bèi àn shí jiān", "é备案时间"])
def test_only_letters_may_be_pinyin(ask, question):
    assert ask(question).entry == FILING


# To the character: a story begins at 40, a sentence stands alone from 15, a question has 8


def long(*lengths: int, between: str) -> str:
    return between.join(character * count for character, count in zip("一二三", lengths, strict=False))


@pytest.mark.parametrize(
    ("lengths", "end"),
    [
        ((24, 15), "一二"),
        ((25, 15), "二"),
        ((26, 14), "一二"),
        ((30, 19, 20), "二三"),
        ((30, 20, 20), "三"),
    ],
)
def test_a_long_story_stands_for_its_end(lengths, end):
    found = end_of_story(long(*lengths, between="。"))

    assert "".join(dict.fromkeys(found.replace("。", "").replace(" ", ""))) == end


@pytest.mark.parametrize(
    ("lengths", "end"),
    [((24, 15), (24, 15)), ((25, 15), (15,)), ((32, 8), (8,)), ((33, 7), (33, 7)), ((30, 5, 5), (5, 5))],
)
def test_of_a_long_sentence_the_last_clauses_are_asked(lengths, end):
    text = long(*lengths, between="，")

    assert question_alone(text) == text[-len(long(*end, between="，")) :]


class TwoReadings(FakeIndex):
    """As sure as it is told to be of what was written, and of another reading of it."""

    written, mended = 0.0, 0.0

    def rank(self, query):
        confidence = self.written if query.text == "小成序备按要多久" else self.mended
        return Ranking((Hit("filing", 1.0),), confidence)


@pytest.mark.parametrize(
    ("written", "mended", "read_as"),
    [
        (0.1, 0.65, "小程序备案要多久"),
        (0.1, 0.64, ""),
        (0.5, 0.4, ""),
        (0.7, 0.8, "小程序备案要多久"),
        (0.8, 0.7, ""),
        (0.9, 0.75, "小程序备案要多久"),
        (0.9, 0.74, ""),
    ],
)
def test_slips_mended_must_be_likelier_than_what_was_written_and_quite_sure(index, written, mended, read_as):
    sure = TwoReadings(*ENTRIES)
    sure.vocabulary, sure.written, sure.mended = index.vocabulary, written, mended

    assert read(sure, normalise("小成序备按要多久"))[1].read_as == read_as


@pytest.mark.parametrize(("threshold", "needed"), [(0.5, 0.65), (0.0, 0.3), (1.0, 1.0)])
def test_a_guess_must_be_surer_by_three_tenths_of_what_is_left(threshold, needed):
    assert surely(threshold) == pytest.approx(needed)
