"""One contract for every embedder: the fake, the served int8 form and sentence-transformers itself."""

from __future__ import annotations

import threading
import time

import numpy as np
import onnx
import pytest
from onnx import helper, numpy_helper

from bot.disk_cache import DiskCache
from bot.retrieval import onnx_embedder
from bot.retrieval.embedding_cache import CachedEmbedder
from bot.retrieval.mapped_graph import load_session
from bot.retrieval.tokenisation import load_tokeniser
from bot.retrieval.word_embeddings import word_embeddings
from tests.retrieval.questions import ENGLISH, ODD, ORDINARY, SIMPLIFIED, TRADITIONAL

LONGEST = 512
# Few of them long: sentence-transformers takes its time.
TEXTS = [*(text for text in ORDINARY if len(text) < 16), *(text for text in ODD if len(text) < 12)]
FEW = ORDINARY[::7]


@pytest.fixture(
    params=[
        "hashed",
        pytest.param("served", marks=pytest.mark.model),
        pytest.param("original", marks=pytest.mark.model),
    ]
)
def embedder(request):
    return request.getfixturevalue(request.param)


@pytest.fixture(params=["embed_queries", "embed_passages"])
def embed(request, embedder):
    return getattr(embedder, request.param)


def cosines(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    return (one * other).sum(axis=1)


def test_a_text_becomes_a_float32_vector_of_unit_length(embedder, embed):
    vectors = embed(TEXTS)

    assert (vectors.shape, vectors.dtype) == ((len(TEXTS), embedder.dimensions), np.float32)
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1, abs=1e-5)


def test_vectors_come_in_the_order_of_the_texts_however_long_they_are(embed):
    vectors, reversed_vectors = embed(TEXTS), embed(TEXTS[::-1])

    assert cosines(vectors, reversed_vectors[::-1]).min() > 0.99
    for place in (0, len(TEXTS) // 2, len(TEXTS) - 1):
        assert (vectors @ embed([TEXTS[place]])[0]).argmax() == place


@pytest.mark.model
def test_what_serves_gives_a_text_the_same_vector_whatever_is_embedded_beside_it(served):
    alone = np.vstack([served.embed_queries([text]) for text in TEXTS])

    assert np.array_equal(served.embed_queries(TEXTS), alone)


@pytest.mark.model
def test_an_embedding_that_is_stopped_leaves_nothing_running(served):
    asked = []

    def stop(_what, done, _total):
        asked.append(done)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt) as stopped:
        served.embed_queries(TEXTS * 20, stop)
    assert len(asked) == 1
    # The traceback still holds every frame; yet nothing goes on behind it.
    assert stopped.tb
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("ThreadPoolExecutor")]


class Watched:
    """A session that knows how many ran it at once."""

    def __init__(self, session):
        self.session, self.lock = session, threading.Lock()
        self.now = self.most = 0

    def run(self, *arguments):
        with self.lock:
            self.now += 1
            self.most = max(self.most, self.now)
        time.sleep(0.02)
        with self.lock:
            self.now -= 1
        return self.session.run(*arguments)


@pytest.mark.model
@pytest.mark.parametrize("threads", [1, 3])
def test_no_more_texts_are_embedded_at_once_than_there_are_threads_for(
    prepared, eight_threads, monkeypatch, threads
):
    """However many ask: sharing the processor, all would be as late as the last."""
    watched = Watched(load_session(prepared))
    monkeypatch.setattr(onnx_embedder, "shared_session", lambda model: watched)
    embedder = onnx_embedder.OnnxEmbedder(prepared, threads=threads)
    eight_threads(lambda: embedder.embed_queries(FEW[:1]))

    assert watched.most == threads


def test_no_texts_give_no_vectors(embedder, embed):
    vectors = embed([])

    assert (vectors.shape, vectors.dtype) == ((0, embedder.dimensions), np.float32)


@pytest.mark.parametrize("text", ["小程序" * 20_000, "", " ", "\x00", "\U0001f9e7"])
def test_any_text_has_a_vector(embedder, embed, text):
    vectors = embed([text, "ordinary"])

    assert vectors.shape == (2, embedder.dimensions)
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1, abs=1e-5)


def test_eight_threads_get_the_vectors_that_one_gets(embed, eight_threads):
    alone = embed(FEW)

    for vectors in eight_threads(lambda: embed(FEW)):
        assert np.allclose(vectors, alone, atol=1e-6)


def test_the_same_text_gives_the_same_vector_again(embed):
    assert np.array_equal(embed(ORDINARY[:3]), embed(ORDINARY[:3]))


def test_progress_ends_when_all_texts_are_embedded(embed):
    told = []
    embed(TEXTS, lambda *step: told.append(step))

    assert told[-1] == ("embedding", len(TEXTS), len(TEXTS))
    assert [done for _, done, _ in told] == sorted({done for _, done, _ in told})


def test_a_rewording_is_nearer_than_another_subject(embedder):
    query, same, other = embedder.embed_queries(["审核要几天", "审核需要几天时间", "微信支付手续费"])

    assert query @ same > query @ other


def test_the_own_texts_are_enough_and_in_three_scripts():
    assert len(set(ORDINARY)) >= 50
    assert min(map(len, (SIMPLIFIED, TRADITIONAL, ENGLISH))) >= 15


@pytest.mark.model
@pytest.mark.parametrize("side", ["embed_queries", "embed_passages"])
def test_the_served_form_keeps_to_the_original(served, original, side):
    fidelity = cosines(getattr(served, side)(ORDINARY), getattr(original, side)(ORDINARY))

    assert {text: cosine for text, cosine in zip(ORDINARY, fidelity, strict=True) if cosine < 0.99} == {}


@pytest.mark.model
def test_the_served_form_keeps_to_the_original_on_odd_texts(served, original):
    odd = [text for text in ODD if 12 < len(text) < 120]

    assert cosines(served.embed_queries(odd), original.embed_queries(odd)).min() > 0.98


@pytest.mark.model
@pytest.mark.parametrize("name", ["served", "original"])
def test_queries_and_passages_are_prompted_differently(request, name):
    embedder = request.getfixturevalue(name)
    as_queries, as_passages = embedder.embed_queries(FEW), embedder.embed_passages(FEW)

    assert cosines(as_queries, as_passages).max() < 0.999


@pytest.mark.model
@pytest.mark.parametrize("name", ["served", "original"])
def test_what_comes_after_the_longest_text_is_cut_off(request, name):
    embedder = request.getfixturevalue(name)
    one, other = embedder.embed_queries(["word " * 600, "word " * 600 + "小程序 " * 99])

    assert one @ other == pytest.approx(1, abs=1e-5)


@pytest.mark.model
def test_a_question_finds_its_translation(served):
    asked = served.embed_queries(["个人可以注册小程序吗", "审核需要多久", "可以退款吗"])
    translated = served.embed_queries(
        [
            "Can individuals register a mini program?",
            "How long does the review take?",
            "Can I get a refund?",
        ]
    )
    centred = (vectors - vectors.mean(axis=0) for vectors in (asked, translated))

    assert np.matmul(next(centred), next(centred).T).argmax(axis=1).tolist() == [0, 1, 2]


@pytest.mark.model
def test_models_and_checksums_have_names(served, original):
    assert served.model == original.model == "intfloat/multilingual-e5-small"
    assert served.checksum != original.checksum


@pytest.fixture(scope="module")
def tokenisers(prepared, vocabulary, tmp_path_factory):
    """The SentencePiece form that serves, and the tokenizers form that it stands for."""
    from bot.retrieval.checkpoint import unigram_tokenizer  # imports torch

    folder = tmp_path_factory.mktemp("tokenizers")
    unigram_tokenizer(vocabulary).save(str(folder / "tokenizer.json"))
    return load_tokeniser(prepared.folder, LONGEST), load_tokeniser(folder, LONGEST)


def differing(tokenisers, texts) -> list[str]:
    one, other = tokenisers
    return [text for text in texts if one(text) != other(text)]


@pytest.mark.model
def test_both_forms_of_the_tokeniser_give_the_same_ids(tokenisers):
    prompted = [f"{prompt}: {text}" for prompt in ("query", "passage") for text in (*ORDINARY, *ODD)]

    assert differing(tokenisers, prompted) == []


@pytest.mark.model
@pytest.mark.parametrize(
    ("first", "last"),
    [(0x01, 0x5FF), (0x900, 0x1FFF), (0x2000, 0x33FF), (0x3400, 0x9FFF), (0xAC00, 0xD7FF), (0xF900, 0xFFFF)],
)
def test_both_forms_agree_on_every_character_of_a_block(tokenisers, first, last):
    """But for what libraries of different age normalise differently, and no piece stands for."""
    known = {0x344, 0x200D, 0x32FF}
    texts = [f"a{chr(point)}b 中{chr(point)}。" for point in range(first, last + 1) if point not in known]

    assert differing(tokenisers, texts) == []


@pytest.mark.model
def test_special_pieces_in_a_question_are_only_text_to_the_form_that_serves(tokenisers, vocabulary):
    tokenise, _ = tokenisers
    ids = tokenise("query: </s> <mask> <pad> <s>")

    assert {vocabulary.bos, vocabulary.eos, vocabulary.pad, 250_001}.isdisjoint(ids[1:-1])


@pytest.mark.model
def test_ids_are_wrapped_in_the_special_ones_and_cut_to_the_longest(tokenisers, vocabulary):
    for tokenise in tokenisers:
        ids = tokenise("小程序 " * 1000)

        assert len(ids) == LONGEST
        assert (ids[0], ids[-1]) == (vocabulary.bos, vocabulary.eos)


def test_word_pieces_have_vectors_of_their_own_the_same_in_every_text(embedder):
    pieces = embedder.pieces(["微信小程序", "微信 支付", ""])
    shared = set(pieces[0]) & set(pieces[1])
    vectors = embedder.piece_vectors(pieces[0])

    assert shared
    assert (len(vectors), vectors.dtype) == (len(pieces[0]), np.float32)
    assert np.array_equal(embedder.piece_vectors(pieces[0][:1]), vectors[:1])


@pytest.mark.model
def test_what_serves_reads_the_same_pieces_with_the_same_vectors_as_the_original(served, original):
    pieces = served.pieces(FEW)

    assert pieces == original.pieces(FEW)
    one, other = served.piece_vectors(pieces[0]), original.piece_vectors(pieces[0])
    assert cosines(one, other) / np.linalg.norm(one, axis=1) / np.linalg.norm(other, axis=1) == pytest.approx(
        1, abs=0.01
    )


@pytest.mark.model
def test_a_cache_of_embeddings_hands_pieces_through(served, tmp_path):
    cached = CachedEmbedder(served, DiskCache(tmp_path / "kept"))

    assert cached.pieces(FEW) == served.pieces(FEW)
    assert np.array_equal(cached.piece_vectors([5, 6]), served.piece_vectors([5, 6]))


def test_word_embeddings_are_the_table_with_the_most_rows_as_it_is_or_unpacked(tmp_path):
    tables = {"wide": np.ones((2, 9)), "tall": np.arange(12.0).reshape(6, 2), "flat": np.ones(99)}
    packed = {
        "tall_quantized": np.arange(12).reshape(6, 2),
        "tall_zero_point": np.array(2),
        "tall_scale": 0.5,
    }

    assert _read(tmp_path, tables).tolist() == [[10, 11], [0, 1]]
    assert _read(tmp_path, packed | {"wide": np.ones((2, 9))}).tolist() == [[4, 4.5], [-1, -0.5]]


def _read(folder, tables):
    tensors = [numpy_helper.from_array(np.asarray(table, np.float32), name) for name, table in tables.items()]
    onnx.save(helper.make_model(helper.make_graph([], "tables", [], [], tensors)), folder / "model.onnx")
    return word_embeddings(folder / "model.onnx", [5, 0])
