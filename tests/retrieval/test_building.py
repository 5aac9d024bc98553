"""Building: from entries to a live version that finds them, with an embedder without a model."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import count

import pytest

from bot.answering.normalising import normalise
from bot.disk_cache import DiskCache
from bot.domain import KnowledgeBase, Language, Phrasing, Source
from bot.retrieval import learnt_cache
from bot.retrieval.building import BuildOptions, build_index
from bot.retrieval.decision import WITH_CLASSIFIER
from tests.fakes import PLACE, make_entry
from tests.retrieval.fakes import (
    BACKGROUND,
    FEES,
    FEES_EN,
    NAMES,
    NOON,
    REVIEW,
    BrokenEmbedder,
    HashEmbedder,
    build,
    knowledge,
    load,
)

LATER = NOON + timedelta(minutes=1)
TRAINABLE = knowledge(background=BACKGROUND)


def folders(store) -> list[str]:
    return sorted(path.name for path in store.folder.iterdir() if path.is_dir())


def first(index, question: str):
    """The entry that comes first for a question, in the question's language."""
    query = normalise(question)
    return index.entry(index.rank(query).hits[0].entry_id, query.language)


@pytest.mark.parametrize(
    ("question", "entry"),
    [
        ("认证费一年是多少钱呢", FEES),
        ("名字还可以改几次呢", NAMES),
        ("審核要等多久？", REVIEW),
        ("What does the verification cost me", FEES_EN),
    ],
)
def test_a_question_asked_another_way_finds_the_entry_and_its_text(store, question, entry):
    build(store)
    index = load(store)

    assert first(index, question) == entry
    assert not index.rank(normalise(question)).is_exact


@pytest.mark.parametrize("asked", ["怎么改名", " 怎麼改名？？", "怎么 改名", "WHAT is the Verification fee"])
def test_a_phrasing_met_exactly_is_certain(store, asked):
    """Width, case, script, spaces and punctuation do not count."""
    build(store)
    ranking = load(store).rank(normalise(asked))

    assert [hit.entry_id for hit in ranking.hits] == ["names" if "改" in asked else "fees"]
    assert (ranking.confidence, ranking.is_exact) == (1.0, True)


def test_hits_come_best_first_each_entry_once(store):
    build(store)
    hits = load(store).rank(normalise("认证审核多久")).hits

    assert sorted(hit.entry_id for hit in hits) == ["fees", "names", "review"]
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)


def test_a_question_of_the_knowledge_is_surer_than_one_from_outside(store):
    build(store, TRAINABLE)
    index = load(store)

    inside, outside = (index.rank(normalise(text)) for text in ("认证费多少钱一年", "明天天气怎么样"))
    assert inside.confidence >= index.answer_threshold > outside.confidence


def test_an_entry_missing_in_one_language_is_given_in_the_other(store):
    build(store)
    index = load(store)

    assert index.entry("names", Language.ENGLISH) == NAMES
    assert index.entry("fees", Language.ENGLISH) == FEES_EN
    assert index.entry("fees", Language.TRADITIONAL) == FEES
    assert index.entry("unknown", Language.ENGLISH) is None


def test_entries_and_sources_come_back_as_they_were(store):
    source = Source("S1", True, {"zh": "官方文档", "en": "Official"}, "https://example.com")
    entry = make_entry("x", "问？", answer="答。\n\n再答。", sources=("S1",), related=("y",), as_of="2026-11")
    base = knowledge(entry)
    base.sources["S1"] = source
    build(store, base)

    assert load(store).entry("x", Language.SIMPLIFIED) == entry
    assert load(store).sources == {"S1": source}


def test_the_manifest_tells_what_was_built_from_what(store):
    manifest = build(store, embedder=HashEmbedder("salt"))

    assert manifest.counts == {"entries": 3, "phrasing": 16, "passage": 5, "background": 2}
    assert (manifest.model, manifest.model_checksum) == ("hashed characters", "hashed-salt-128")
    assert (manifest.knowledge_digest, manifest.built_at) == ("d" * 64, "2026-11-22T12:00:00+00:00")
    assert manifest.version == "20261122T120000Z-dddddddd" == store.current()
    assert store.verified(manifest.version).false_answer_rate == 0.25


def test_a_build_that_fails_leaves_the_live_version_and_nothing_else(store):
    live = build(store).version
    with pytest.raises(RuntimeError, match="out of memory"):
        build(store, embedder=BrokenEmbedder("other"), now=LATER)

    assert (store.current(), folders(store)) == (live, [live])
    assert first(load(store), "名字可以改几次") == NAMES


def test_one_entry_without_background_can_be_built_and_found(store):
    build(store, knowledge(NAMES, background=()))
    index = load(store)

    assert first(index, "名字能修改吗") == NAMES
    assert 0 <= index.clarify_threshold <= index.answer_threshold <= 1


def test_a_phrasing_claimed_twice_belongs_to_the_first_entry(store):
    build(store, knowledge(NAMES, make_entry("rival", "另一个问题？", asked=["怎么改名"])))

    assert load(store).rank(normalise("怎么改名")).hits[0].entry_id == "names"


def test_the_same_knowledge_gives_the_same_files(store):
    one, two = (build(store, TRAINABLE, now=now) for now in (NOON, LATER))

    assert one.version != two.version
    assert one.calibration == two.calibration
    assert [one.files[name] for name in ("entries.jsonl", "phrasing.faiss")] == [
        two.files[name] for name in ("entries.jsonl", "phrasing.faiss")
    ]


def test_what_was_learnt_before_gives_the_files_of_a_build_from_nothing(store, tmp_path):
    """An answer, a phrasing and an entry are changed, one after another, and once nothing."""
    answer = replace(FEES, answer="认证费一年三百元，个人免费。")
    asked = replace(answer, phrasings=(*answer.phrasings, *phrases("认证费要交几次")))
    editions = [
        TRAINABLE,
        replace(TRAINABLE, entries=(answer, *TRAINABLE.entries[1:])),
        replace(TRAINABLE, entries=(asked, *TRAINABLE.entries[1:])),
        replace(TRAINABLE, entries=(asked, *TRAINABLE.entries[1:-1])),
        replace(TRAINABLE, entries=(asked, *TRAINABLE.entries[1:-1])),
    ]
    learnt = DiskCache(learnt_cache.cache_file(tmp_path), learnt_cache.LIMITS)

    def files(edition: KnowledgeBase, kept: DiskCache | None) -> dict[str, str]:
        options = BuildOptions(0.25, NOON, f"version-{next(number)}", learnt=kept)
        made = build_index(edition, HashEmbedder(), store, normalise, options)
        return {name: digest for name, digest in made.files.items() if name != "facts.json"}

    number = count()
    assert TRAINABLE.entries[0] == FEES
    for edition in editions:
        assert files(edition, learnt) == files(edition, None)


def test_enough_phrasings_are_calibrated_and_the_figures_kept(store):
    calibration = build(store, TRAINABLE).calibration

    assert calibration["false_answer_rate"] <= 0.25
    assert 0 < calibration["held_out_hit_at_1"] <= 1
    assert load(store).answer_threshold == calibration["answer_threshold"]
    assert len(calibration["curve"]) > 1


def phrases(*texts: str) -> tuple[Phrasing, ...]:
    return tuple(Phrasing(text, PLACE) for text in texts)


def test_everyday_questions_are_background_too_unless_the_knowledge_base_answers_them(store):
    """The second is a phrasing of the knowledge base."""
    base = knowledge(background=BACKGROUND[:2], everyday=phrases("红烧肉怎么做", "怎么改名", "who won it"))

    assert build(store, base).counts["background"] == 2 + 2


def test_what_the_operator_wrote_as_background_stays_however_close(store):
    base = knowledge(background=phrases("怎么改名", "名称能修改几次吗"))

    assert build(store, base).counts["background"] == 2


def test_a_near_miss_that_the_operator_wrote_is_answered_no_more(store):
    """It has the words of an entry, but is asked about a company."""
    asked, near_misses = "公司认证费多少", ("公司认证费多少钱", "公司认证费用多少", "公司的认证费多少呢")
    build(store, knowledge(background=(*BACKGROUND, *phrases(*near_misses))))
    told = load(store).rank(normalise(asked)).confidence
    build(store, TRAINABLE, now=LATER)

    assert told < load(store).rank(normalise(asked)).confidence


def test_a_searched_hit_says_what_its_score_is_made_of(store):
    build(store, TRAINABLE)
    ranking = load(store).rank(normalise("认证费一年是多少钱呢"))
    best = ranking.hits[0]

    w, of = WITH_CLASSIFIER, best.closeness
    parts = w.phrasing * of.phrasing + w.passage * of.passage + w.lexical * of.lexical + w.belief * of.belief
    assert best.score == pytest.approx(parts, abs=1e-4)
    assert dict(ranking.signals)["best score"] == pytest.approx(best.score)
    assert dict(ranking.signals)["margin"] == pytest.approx(best.score - ranking.hits[1].score, abs=1e-4)


def test_without_a_classifier_a_hit_has_no_belief(store):
    build(store)

    assert load(store).rank(normalise("认证费一年是多少钱呢")).hits[0].closeness.belief is None


def test_progress_is_told_while_embedding_and_while_training(store):
    told = []
    options = BuildOptions(0.25, NOON, "first")
    build_index(TRAINABLE, HashEmbedder(), store, normalise, options, lambda *step: told.append(step))

    assert ("embedding", 16, 16) in told
    assert ("training the decision", 10, 10) in told
    assert told[-1] == ("writing the version", 1, 1)


def test_ranking_is_the_same_from_eight_threads(store, eight_threads):
    build(store)
    index = load(store)
    query = normalise("认证费一年是多少钱呢")

    assert set(eight_threads(lambda: index.rank(query))) == {index.rank(query)}
