"""Learns what the questions of a knowledge base are written with, and how it sounds.

Imported only while an index is built: the pronouncing dictionary stays out of web workers.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from math import log

from pypinyin import lazy_pinyin
from pypinyin.constants import PHRASES_DICT
from pypinyin.seg.mmseg import seg

from bot.domain import Vocabulary

_LATIN_WORD = re.compile(r"[a-z]{2,}")
_HAN_RUN = re.compile(r"[\u4e00-\u9fff]+")
LONGEST_PHRASE = 4
# A word met once may be a slip itself.
_MIN_COUNT = 3
# Of a very large knowledge base only the commonest: every worker holds them.
_MOST_WORDS, _MOST_PHRASES = 20_000, 50_000
# So many times rarer than the phrase that sounds the same, and in no dictionary: a slip that somebody wrote
# down as one way to ask. Taken for a word, it would be left as it is wherever else it occurs.
_SLIP = 30
# How firmly the characters of a phrase must hang together to be a word (normalised mutual information).
_COHESION = 0.5
# The characters of the national standard GB 2312: those a reader types.
_ROWS, _CELLS = range(0xB0, 0xF8), range(0xA1, 0xFF)


def learn_vocabulary(questions: Iterable[str]) -> Vocabulary:
    """The vocabulary of normalised questions: of the entries and of the background."""
    words: Counter[str] = Counter()
    runs: Counter[str] = Counter()
    for question in questions:
        words.update(_LATIN_WORD.findall(question))
        runs.update(_HAN_RUN.findall(question))
    pieces = _pieces(runs)
    seen: Counter[str] = Counter()
    for (phrase, _), count in pieces.items():
        seen[phrase] += count
    phrases = {phrase: count for phrase, count in seen.items() if len(phrase) == 1 or count >= _MIN_COUNT}
    phrases = _commonest(phrases, _MOST_PHRASES)
    sounds = _sounds({character for phrase in seen if len(phrase) == 1 for character in phrase})
    by_sound = _by_sound(phrases, pieces, sounds)
    firm = _firm(by_sound, phrases)
    slips = _slips(seen, {sound: phrase for sound, phrase in by_sound.items() if phrase in firm}, sounds)
    phrases = {phrase: count for phrase, count in phrases.items() if phrase not in slips}
    by_sound = {sound: phrase for sound, phrase in by_sound.items() if phrase in phrases}
    return Vocabulary(
        _commonest({word: count for word, count in words.items() if count >= _MIN_COUNT}, _MOST_WORDS),
        phrases,
        by_sound,
        sounds,
        sorted(_real({*seen, *PHRASES_DICT} - slips, by_sound, sounds)),
        _by_letters(by_sound, phrases),
        sorted(firm & phrases.keys()),
    )


def _pieces(runs: Mapping[str, int]) -> Counter[tuple[str, str]]:
    """How often every phrase of these runs of characters occurs with its sound in its place."""
    # The longest ones first: what begins a phrase occurs where the phrase does, and few are distinct.
    windows: Counter[tuple[str, tuple[str, ...]]] = Counter()
    for (run, times), syllables in zip(runs.items(), _read(runs), strict=True):
        for start in range(len(run)):
            end = start + LONGEST_PHRASE
            windows[run[start:end], tuple(syllables[start:end])] += times
    pieces: Counter[tuple[str, str]] = Counter()
    for (phrase, sounds), times in windows.items():
        for length in range(1, len(phrase) + 1):
            pieces[phrase[:length], " ".join(sounds[:length])] += times
    return pieces


def _read(runs: Iterable[str]) -> Iterator[list[str]]:
    """The syllables of each run; a word is looked up once, however often it occurs."""
    pronounce = cache(lazy_pinyin)
    for run in runs:
        yield [syllable for word in seg.cut(run) for syllable in pronounce(word)]


def _sounds(characters: Iterable[str]) -> dict[str, str]:
    common = {bytes((row, cell)).decode("gb2312", "ignore") for row in _ROWS for cell in _CELLS}
    return {character: lazy_pinyin(character)[0] for character in sorted({*characters, *common} - {""})}


def _by_sound(
    phrases: dict[str, int], pieces: Counter[tuple[str, str]], sounds: dict[str, str]
) -> dict[str, str]:
    """The commonest phrase of every sound: as read in its place, and as read character by character."""
    found: dict[str, str] = {}
    in_place = ((phrase, sound) for phrase, sound in pieces if phrase in phrases)
    one_by_one = ((phrase, _sound(phrase, sounds)) for phrase in phrases)
    for phrase, sound in (*in_place, *one_by_one):
        if phrases[phrase] > phrases.get(found.get(sound, ""), 0):
            found[sound] = phrase
    return found


def _sound(phrase: str, sounds: dict[str, str]) -> str:
    return " ".join([sounds.get(character, "?") for character in phrase])


def _slips(seen: Counter[str], by_sound: Mapping[str, str], sounds: dict[str, str]) -> set[str]:
    """No words, but written instead of a far commoner phrase of the same sound, which fits there."""
    meant = {phrase: by_sound.get(_sound(phrase, sounds), phrase) for phrase in seen if len(phrase) > 1}
    rare = {
        phrase: other
        for phrase, other in meant.items()
        if seen[phrase] * _SLIP <= seen[other] and phrase not in PHRASES_DICT
    }
    fitting = {phrase for longer in seen for phrase in _fitting(longer, rare, seen)}
    return {phrase for phrase in rare if any(part in fitting for part in _parts(phrase))}


def _fitting(longer: str, rare: Mapping[str, str], seen: Mapping[str, int]) -> Iterator[str]:
    """Rare phrases beside one more character, where what is meant has been seen beside it too."""
    first, last = longer[:-1], longer[1:]
    if first in rare and seen.get(rare[first] + longer[-1], 0) >= _MIN_COUNT:
        yield first
    if last in rare and seen.get(longer[0] + rare[last], 0) >= _MIN_COUNT:
        yield last


def _parts(phrase: str) -> Iterator[str]:
    """Every piece of two characters or more, the phrase among them."""
    return (phrase[start:end] for start in range(len(phrase)) for end in range(start + 2, len(phrase) + 1))


def _real(candidates: set[str], by_sound: dict[str, str], sounds: dict[str, str]) -> set[str]:
    """Phrases that somebody may mean though a commoner one sounds the same."""
    fitting = (phrase for phrase in candidates if 1 < len(phrase) <= LONGEST_PHRASE)
    return {phrase for phrase in fitting if by_sound.get(_sound(phrase, sounds), phrase) != phrase}


def _commonest(counts: dict[str, int], most: int) -> dict[str, int]:
    """At most so many; a part of a phrase stays with it, being as common and met before."""
    return counts if len(counts) <= most else dict(Counter(counts).most_common(most))


def _by_letters(by_sound: Mapping[str, str], phrases: Mapping[str, int]) -> dict[str, str]:
    """Sounds without spaces; of two phrases the commoner one."""
    ordered = sorted(by_sound.items(), key=lambda item: phrases[item[1]])
    return {sound.replace(" ", ""): phrase for sound, phrase in ordered}


def _firm(by_sound: Mapping[str, str], phrases: Mapping[str, int]) -> set[str]:
    """Phrases likelier together than apart, wherever they are halved."""
    total = log(sum(phrases.values()) + 1)
    costs = {phrase: total - log(count) for phrase, count in phrases.items()}
    candidates = {phrase for phrase in by_sound.values() if len(phrase) > 1}
    return {phrase for phrase in candidates if _apart(phrase, costs) / costs[phrase] - 1 >= _COHESION}


def _apart(phrase: str, costs: Mapping[str, float]) -> float:
    return min(costs[phrase[:i]] + costs[phrase[i:]] for i in range(1, len(phrase)))
