"""Mends slips of the pen in a query, by the vocabulary of the knowledge base that is asked.

Three kinds: Chinese words written with other characters of the same sound, Chinese written in pinyin, and
Latin words with wrong letters. What the knowledge base or a dictionary knows as a word is left alone.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from functools import cache, partial
from importlib.metadata import distribution
from itertools import groupby
from math import log
from pathlib import Path

from rapidfuzz.distance import OSA
from rapidfuzz.process import extract

from bot.domain import Vocabulary

_HAN_RUN = re.compile(r"[\u4e00-\u9fff]+")
_LATIN_LETTER = re.compile("[a-z\u00e0-\u024f]")
# Latin words, and pinyin with the tones as digits.
_LATIN = re.compile(r"[a-z]+(?:[1-5][a-z]*)*")
# Latin words long enough to be recognised with a slip in them; not parts of names and of short forms.
_WHOLE_WORD = re.compile(r"(?<![\w.'’-])[a-z]{4,}(?![\w'’-]|\.\w)", re.ASCII)
# The package is only a carrier of the list; none of its code is imported.
_CARRIER = "symspellpy"
_ENGLISH_WORDS = "frequency_dictionary_en_82_765.txt"
_LONGEST_PHRASE = 4
_LONGEST_SYLLABLE = 6
# Costs are negative logarithms of how common a phrase is; these are a phrase met once in 3,000 times,
# and what a phrase must be commoner by than what was written before it takes its place.
_UNKNOWN = 8.0
_CHANGE = 3.0
# Share of the letters of Latin text that may be names (app, wechat) between pinyin.
_FOREIGN_SHARE = 1 / 3
_LONG_WORD = 7

# A way through a text: what it costs, and the pieces it is made of.
_Path = tuple[float, tuple[str, ...]]
_Steps = Callable[[str, int], Iterator[tuple[int, str, float]]]


def load_dictionaries() -> None:
    """Load what every speller looks into, before the first question does."""
    _english()


class Speller:
    """Corrects normalised text. Thread-safe: nothing in it changes.

    Making one takes next to nothing, since a new index version needs one: what takes time is in the
    vocabulary already.
    """

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self._total = log(sum(vocabulary.phrases.values()) + 1)
        self._syllables = set(vocabulary.sounds.values())
        self._words = list(vocabulary.words)

    def from_pinyin(self, text: str) -> str:
        """The text with pinyin turned into characters; unchanged where words are not pinyin."""
        if not _LATIN_LETTER.search(text):
            return text
        pieces = _split(_LATIN, _without_tones(text))
        words = [piece for piece in pieces if _LATIN.fullmatch(piece)]
        foreign = sum(len(word) for word in words if not self._is_pinyin(word))
        is_chinese = _HAN_RUN.search(text) or foreign <= _FOREIGN_SHARE * sum(map(len, words))
        return "".join(map(self._stretch, self._stretches(pieces))) if is_chinese else text

    def _stretches(self, pieces: list[str]) -> Iterator[str]:
        """Neighbouring pinyin words in one piece: a Chinese word may be written in several."""
        for _, group in groupby(pieces, lambda piece: piece.isspace() or self._is_pinyin(piece)):
            yield "".join(group)

    def _stretch(self, stretch: str) -> str:
        words = re.findall("[a-z]+", stretch)
        if all(map(self._is_word, words)):
            return stretch
        phrases = _cheapest("".join(words), self._pinyin_steps) if self._is_pinyin(stretch) else ()
        # Single characters alone are what any short name can be cut into.
        if not any(len(phrase) > 1 for phrase in phrases):
            return stretch
        return "".join(phrases).join(_edges(stretch))

    def _is_word(self, written: str) -> bool:
        return written in self._vocabulary.words or written in _english()

    def _is_pinyin(self, word: str) -> bool:
        letters = "".join(re.findall("[a-z]+", word))
        return bool(_cheapest(letters, self._syllable_steps))

    def _syllable_steps(self, letters: str, start: int) -> Iterator[tuple[int, str, float]]:
        for end in range(start + 1, min(len(letters), start + _LONGEST_SYLLABLE) + 1):
            if letters[start:end] in self._syllables:
                yield end, letters[start:end], 1.0

    def _pinyin_steps(self, letters: str, start: int) -> Iterator[tuple[int, str, float]]:
        longest = _LONGEST_PHRASE * _LONGEST_SYLLABLE
        for end in range(start + 1, min(len(letters), start + longest) + 1):
            if phrase := self._vocabulary.by_letters.get(letters[start:end]):
                yield end, phrase, self._cost(phrase)

    def with_sounds(self, text: str) -> str:
        """The text with Chinese words in place of other characters that sound like them."""
        return _HAN_RUN.sub(lambda run: self._run_with_sounds(run[0]), text)

    def _run_with_sounds(self, run: str) -> str:
        sounds = [self._vocabulary.sounds.get(character, "?") for character in run]
        if not any(self._slips(sounds, run)):
            return run
        return "".join(_cheapest(run, partial(self._character_steps, sounds)))

    def _slips(self, sounds: list[str], run: str) -> Iterator[str]:
        """What may be meant by stretches of the run that are no phrases: of most runs nothing."""
        for start in range(len(run) - 1):
            for end in range(start + 2, min(len(run), start + _LONGEST_PHRASE) + 1):
                if meant := self._meant(sounds, run, start, end):
                    yield meant

    def _meant(self, sounds: list[str], run: str, start: int, end: int) -> str:
        """The phrase that sounds like a stretch which is none itself; empty where there is none."""
        written = run[start:end]
        if written in self._vocabulary.phrases:
            return ""
        meant = self._vocabulary.by_sound.get(" ".join(sounds[start:end]), "")
        return meant if meant and self._is_slip(written, meant) else ""

    def _character_steps(self, sounds: list[str], run: str, start: int) -> Iterator[tuple[int, str, float]]:
        phrases = self._vocabulary.phrases
        known = run[start] in phrases
        yield start + 1, run[start], min(_UNKNOWN, self._cost(run[start])) if known else _UNKNOWN
        for end in range(start + 2, min(len(run), start + _LONGEST_PHRASE) + 1):
            written = run[start:end]
            if written in phrases:
                yield end, written, self._cost(written)
            elif meant := self._meant(sounds, run, start, end):
                yield end, meant, self._cost(meant) + _CHANGE

    def _is_slip(self, written: str, meant: str) -> bool:
        return meant in self._vocabulary.firm and written not in self._vocabulary.real

    def _cost(self, phrase: str) -> float:
        return self._total - log(self._vocabulary.phrases[phrase])

    def with_words(self, text: str) -> str:
        """The text with known Latin words in place of what nearly spells them."""
        return _WHOLE_WORD.sub(lambda word: self._word(word[0]), text)

    def _word(self, written: str) -> str:
        if self._is_word(written) or self._is_word(written.removesuffix("s")):
            return written
        distance = 2 if len(written) >= _LONG_WORD else 1
        near = extract(written, self._words, scorer=OSA.distance, score_cutoff=distance, limit=None)
        # The first letter is rarely wrong; of what is left, the commonest comes first.
        ranked = [
            (away, word[0] != written[0], -self._vocabulary.words[word], word) for word, away, _ in near
        ]
        return min(ranked)[-1] if ranked else written


def _cheapest(text: str, steps: _Steps) -> tuple[str, ...]:
    """The pieces of the cheapest way through a text; none when there is no way."""
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
    return () if last is None else last[1]


def _edges(text: str) -> tuple[str, str]:
    """The spaces before and behind a text."""
    return text[: len(text) - len(text.lstrip())], text[len(text.rstrip()) :]


def _without_tones(text: str) -> str:
    marked = unicodedata.normalize("NFD", text)
    return unicodedata.normalize("NFC", "".join(c for c in marked if not unicodedata.combining(c)))


def _split(pattern: re.Pattern[str], text: str) -> list[str]:
    """The matches of a pattern and what is between them, in order."""
    return [piece for piece in re.split(f"({pattern.pattern})", text) if piece]


@cache
def _english() -> frozenset[str]:
    """English words, the rare ones too: whoever writes one means it."""
    path = Path(str(distribution(_CARRIER).locate_file(f"{_CARRIER}/{_ENGLISH_WORDS}")))
    # Each word with its frequency.
    return frozenset(path.read_text("utf-8-sig").split()[::2])
