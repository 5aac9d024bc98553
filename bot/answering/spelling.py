"""Mends slips of the pen in a query, by the vocabulary of the knowledge base that is asked.

Three kinds: Chinese words written with other characters of the same sound, Chinese written in pinyin, and
Latin words with wrong letters. What the knowledge base or a dictionary knows as a word is left alone.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from functools import cache
from importlib import resources
from itertools import groupby
from math import log

from symspellpy import SymSpell, Verbosity

from bot.domain import Vocabulary

_HAN_RUN = re.compile(r"[\u4e00-\u9fff]+")
# Latin words, and pinyin with the tones as digits.
_LATIN = re.compile(r"[a-z]+(?:[1-5][a-z]*)*")
_ENGLISH_WORDS = "frequency_dictionary_en_82_765.txt"
_LONGEST_PHRASE = 4
_LONGEST_SYLLABLE = 6
# Costs are negative logarithms of how common a phrase is; these are a phrase met once in 3,000 times,
# and what a phrase must be commoner by than what was written before it takes its place.
_UNKNOWN = 8.0
_CHANGE = 3.0
_MIN_LETTERS = 4
_LONG_WORD = 7

# A way through a text: what it costs, and the pieces it is made of.
_Path = tuple[float, tuple[str, ...]]
_Steps = Callable[[str, int], Iterator[tuple[int, str, float]]]


class Speller:
    """Corrects normalised text. Thread-safe: nothing in it changes."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self._total = log(sum(vocabulary.phrases.values()) + 1)
        self._by_letters = _by_letters(vocabulary)
        self._syllables = set(vocabulary.sounds.values())
        self._words = SymSpell(max_dictionary_edit_distance=2)
        for word, count in vocabulary.words.items():
            self._words.create_dictionary_entry(word, count)

    def from_pinyin(self, text: str) -> str:
        """The text with pinyin turned into characters; unchanged where words are not pinyin."""
        toneless = _without_tones(text)
        pieces = _split(_LATIN, toneless)
        is_mixed = _HAN_RUN.search(text) is not None
        foreign = [piece for piece in pieces if _LATIN.fullmatch(piece) and not self._is_pinyin(piece)]
        if not is_mixed and any(word not in self._vocabulary.words for word in foreign):
            return text
        return "".join(self._stretches(pieces, is_mixed))

    def _stretches(self, pieces: list[str], is_mixed: bool) -> Iterator[str]:
        """Neighbouring pinyin words become characters together: a word may be written in several."""

        def is_pinyin(piece: str) -> bool:
            known = is_mixed and piece in self._vocabulary.words
            return piece.isspace() or (self._is_pinyin(piece) and not known)

        for fits, group in groupby(pieces, is_pinyin):
            stretch = "".join(group)
            letters = "".join(re.findall("[a-z]+", stretch))
            found = _cheapest(letters, self._pinyin_steps) if fits else None
            yield stretch if found is None else found

    def _is_pinyin(self, word: str) -> bool:
        letters = "".join(re.findall("[a-z]+", word))
        return bool(letters) and _cheapest(letters, self._syllable_steps) is not None

    def _syllable_steps(self, letters: str, start: int) -> Iterator[tuple[int, str, float]]:
        for end in range(start + 1, min(len(letters), start + _LONGEST_SYLLABLE) + 1):
            if letters[start:end] in self._syllables:
                yield end, "", 1.0

    def _pinyin_steps(self, letters: str, start: int) -> Iterator[tuple[int, str, float]]:
        longest = _LONGEST_PHRASE * _LONGEST_SYLLABLE
        for end in range(start + 1, min(len(letters), start + longest) + 1):
            if phrase := self._by_letters.get(letters[start:end]):
                yield end, phrase, self._cost(phrase)

    def with_sounds(self, text: str) -> str:
        """The text with Chinese words in place of other characters that sound like them."""
        return _HAN_RUN.sub(lambda run: _cheapest(run[0], self._character_steps) or run[0], text)

    def _character_steps(self, run: str, start: int) -> Iterator[tuple[int, str, float]]:
        known = run[start] in self._vocabulary.phrases
        yield start + 1, run[start], min(_UNKNOWN, self._cost(run[start])) if known else _UNKNOWN
        for end in range(start + 2, min(len(run), start + _LONGEST_PHRASE) + 1):
            written = run[start:end]
            meant = self._sounding_like(written)
            if written in self._vocabulary.phrases:
                yield end, written, self._cost(written)
            elif meant and written not in self._vocabulary.real:
                yield end, meant, self._cost(meant) + _CHANGE

    def _sounding_like(self, written: str) -> str | None:
        sound = " ".join(self._vocabulary.sounds.get(character, "?") for character in written)
        return self._vocabulary.by_sound.get(sound)

    def _cost(self, phrase: str) -> float:
        return self._total - log(self._vocabulary.phrases[phrase])

    def with_words(self, text: str) -> str:
        """The text with known Latin words in place of what nearly spells them."""
        return _LATIN.sub(lambda word: self._word(word[0]), text)

    def _word(self, written: str) -> str:
        if len(written) < _MIN_LETTERS or written in self._words.words or written in _english():
            return written
        distance = 2 if len(written) >= _LONG_WORD else 1
        nearest = self._words.lookup(written, Verbosity.TOP, max_edit_distance=distance)
        return str(nearest[0].term) if nearest else written


def _cheapest(text: str, steps: _Steps) -> str | None:
    """The cheapest way from the start of a text to its end; None when there is none."""
    best: list[_Path | None] = [(0.0, ())] + [None] * len(text)
    for start in range(len(text)):
        path = best[start]
        if path is None:
            continue
        for end, piece, cost in steps(text, start):
            other = best[end]
            if other is None or path[0] + cost < other[0]:
                best[end] = (path[0] + cost, (*path[1], piece))
    last = best[-1]
    return None if last is None else "".join(last[1])


def _by_letters(vocabulary: Vocabulary) -> dict[str, str]:
    """Sounds without spaces; of two phrases the commoner one."""
    ordered = sorted(vocabulary.by_sound.items(), key=lambda item: vocabulary.phrases[item[1]])
    return {sound.replace(" ", ""): phrase for sound, phrase in ordered}


def _without_tones(text: str) -> str:
    marked = unicodedata.normalize("NFD", text)
    return unicodedata.normalize("NFC", "".join(c for c in marked if not unicodedata.combining(c)))


def _split(pattern: re.Pattern[str], text: str) -> list[str]:
    """The matches of a pattern and what is between them, in order."""
    return [piece for piece in re.split(f"({pattern.pattern})", text) if piece]


@cache
def _english() -> frozenset[str]:
    """English words, the rare ones too: whoever writes one means it."""
    text = (resources.files("symspellpy") / _ENGLISH_WORDS).read_text("utf-8-sig")
    return frozenset(line.split(" ")[0] for line in text.splitlines())
