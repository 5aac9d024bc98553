"""How well noisy questions are understood: right, abstained, wrong, without and with other readings.

    python -m benchmarks.noise [--questions 60] [--kind pinyin]

Takes answerable questions of ``knowledge/checks.jsonl``, adds one kind of noise to each, and asks the live
index. The questions that must not be answered get the same noise: what is answered there is false.
"""

from __future__ import annotations

import argparse
import json
import random
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from pypinyin import lazy_pinyin

from benchmarks.server import PROJECT
from bot.answering.normalising import normalise
from bot.answering.reading import read
from bot.domain import Language, Ranking
from bot.operations import Operations
from bot.ports import KnowledgeIndex
from bot.settings import load_settings

Noise = Callable[[str, random.Random], str]
_HAN = "\u4e00", "\u9fff"
_STORIES = {
    "zh": "我之前在老家开过几年早餐店，后来搬到市里带孩子，最近手头有点积蓄想重新做点事情，"
    "朋友也一直在劝我，家里人商量了好几次都没定下来。",
    "en": "I used to run a small bakery in my home town, then we moved to the city for the kids, and lately "
    "my friends keep telling me to start something again, so we have been talking about it for weeks. ",
}
_FILLERS = {"zh": ("嗯", "那个", "就是", "然后", "呃"), "en": ("um", "like", "you know", "uh", "i mean")}


@dataclass(frozen=True)
class Question:
    """A text, the entries that answer it (none: must abstain), and its knowledge language."""

    text: str
    expected: tuple[str, ...]
    language: str


def _is_han(character: str) -> bool:
    return _HAN[0] <= character <= _HAN[1]


def _homophones(text: str, rng: random.Random) -> str:
    """Two characters replaced by others of the same sound."""
    return _at_places(text, rng, 2, lambda character: rng.choice(_SAME_SOUND[_sound(character)]))


def _at_places(text: str, rng: random.Random, count: int, change: Callable[[str], str]) -> str:
    places = [i for i, character in enumerate(text) if _is_han(character)]
    chosen = set(rng.sample(places, min(count, len(places))))
    return "".join(change(character) if i in chosen else character for i, character in enumerate(text))


def _sound(character: str) -> str:
    return lazy_pinyin(character)[0]


def _common_by_sound() -> dict[str, list[str]]:
    """The 3,755 commonest characters, those of GB 2312's first level, by sound."""
    by_sound: dict[str, list[str]] = {}
    for row in range(0xB0, 0xD8):
        for cell in range(0xA1, 0xFF):
            for character in bytes((row, cell)).decode("gb2312", "ignore"):
                by_sound.setdefault(_sound(character), []).append(character)
    return by_sound


class _SameSound(dict[str, list[str]]):
    def __missing__(self, sound: str) -> list[str]:
        self.update(_common_by_sound())
        return self.setdefault(sound, ["的"])


_SAME_SOUND = _SameSound()


def _dropped_characters(text: str, rng: random.Random) -> str:
    return _at_places(text, rng, 2, lambda _: "")


def _swapped_characters(text: str, rng: random.Random) -> str:
    places = [i for i in range(len(text) - 1) if _is_han(text[i]) and _is_han(text[i + 1])]
    at = rng.choice(places) if places else 0
    return text[:at] + text[at : at + 2][::-1] + text[at + 2 :]


def _mixed(text: str, rng: random.Random) -> str:
    """The first half as typed, the rest in pinyin."""
    half = len(text) // 2
    return text[:half] + " " + " ".join(lazy_pinyin(text[half:]))


def _in_long_words(text: str, rng: random.Random, change: Callable[[str, int], str]) -> str:
    words = text.split(" ")
    long = [i for i, word in enumerate(words) if len(word) >= 5]
    for i in rng.sample(long, min(3, len(long))):
        words[i] = change(words[i], rng.randrange(1, len(words[i]) - 1))
    return " ".join(words)


def _dropped_letters(text: str, rng: random.Random) -> str:
    return _in_long_words(text, rng, lambda word, at: word[:at] + word[at + 1 :])


def _swapped_letters(text: str, rng: random.Random) -> str:
    return _in_long_words(text, rng, lambda word, at: word[:at] + word[at : at + 2][::-1] + word[at + 2 :])


def _spoken(text: str, rng: random.Random) -> str:
    """Fillers where a speaker takes breath, no punctuation."""
    language = "zh" if any(map(_is_han, text)) else "en"
    pieces = (
        re.split(r"[^\w\s'’]+", text) if language == "zh" else re.findall(r"[\w'’-]+(?: [\w'’-]+){0,4}", text)
    )
    said = [
        part for piece in pieces for part in (rng.choice(_FILLERS[language]), piece.strip()) if piece.strip()
    ]
    said.append(rng.choice(_FILLERS[language]))
    return ("" if language == "zh" else " ").join(said)


def _story(text: str, rng: random.Random) -> str:
    return _STORIES["zh" if any(map(_is_han, text)) else "en"] + text


def _run_on(text: str, rng: random.Random) -> str:
    """A story and its question in one breath."""
    return re.sub("[。.] ?$", ", ", _STORIES["zh" if any(map(_is_han, text)) else "en"]) + text


def _shouted(text: str, rng: random.Random) -> str:
    return f"🙏🙏{text.upper()}？？？！！！😭😭😭"


NOISES: dict[str, tuple[tuple[str, ...], Noise]] = {
    "clean": (("zh", "en"), lambda text, rng: text),
    "homophones": (("zh",), _homophones),
    "pinyin": (("zh",), lambda text, rng: "".join(lazy_pinyin(text))),
    "pinyin, spaced": (("zh",), lambda text, rng: " ".join(lazy_pinyin(text))),
    "half pinyin": (("zh",), _mixed),
    "lost characters": (("zh",), _dropped_characters),
    "swapped characters": (("zh",), _swapped_characters),
    "lost letters": (("en",), _dropped_letters),
    "swapped letters": (("en",), _swapped_letters),
    "spoken": (("zh", "en"), _spoken),
    "story": (("zh", "en"), _story),
    "run-on story": (("zh", "en"), _run_on),
    "shouted": (("zh", "en"), _shouted),
}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--questions", type=int, default=60, help="of each language, and as many out of scope"
    )
    parser.add_argument("--kind", choices=NOISES, action="append")
    parser.add_argument("--show", action="store_true", help="print what other readings changed")
    arguments = parser.parse_args()
    index = Operations(load_settings()).live_index()()
    inside, outside = (_sample(arguments.questions, answerable=answerable) for answerable in (True, False))
    print(f"{'':20}{'questions':>10}{'right':>16}{'abstained':>16}{'wrong':>16}{'false answers':>22}")
    for kind in arguments.kind or NOISES:
        found = [
            _judge(index, q, kind, arguments.show)
            for q in (*inside, *outside)
            if q.language in NOISES[kind][0]
        ]
        _print_row(
            kind, [row for row in found if row[0].expected], [row for row in found if not row[0].expected]
        )


def _sample(count: int, *, answerable: bool) -> list[Question]:
    lines = (PROJECT / "knowledge" / "checks.jsonl").read_text("utf-8").splitlines()
    questions = [_question(json.loads(line)) for line in lines if '"any"' not in line]
    fitting = [question for question in questions if bool(question.expected) is answerable]
    chosen = []
    for language in ("zh", "en"):
        of_language = [question for question in fitting if question.language == language]
        chosen += random.Random(7).sample(of_language, min(count, len(of_language)))
    return chosen


def _question(fields: dict[str, object]) -> Question:
    text, expected = str(fields["question"]), fields["expected"]
    names = (expected,) if isinstance(expected, str) else tuple(expected or ())  # type: ignore[arg-type]
    query = normalise(text)
    return Question(
        text if query.language is not Language.TRADITIONAL else query.text, names, query.language.knowledge
    )


def _judge(index: KnowledgeIndex, question: Question, kind: str, show: bool) -> tuple[Question, str, str]:
    """The question with its verdict before and after."""
    noisy = NOISES[kind][1](question.text, random.Random(question.text))
    query = normalise(noisy)
    before = index.rank(query)
    _, after = read(index, query)
    verdicts = tuple(_verdict(index, question, ranking) for ranking in (before, after))
    if show and after.read_as:
        print(f"  {verdicts}: {query.text}\n    {after.read_as} {after.hits[0]} {after.confidence:.2f}")
    return question, *verdicts


def _verdict(index: KnowledgeIndex, question: Question, ranking: Ranking) -> str:
    if ranking.confidence < index.answer_threshold:
        return "abstained"
    return "right" if ranking.hits[0].entry_id in question.expected else "wrong"


def _print_row(
    kind: str, inside: list[tuple[Question, str, str]], outside: list[tuple[Question, str, str]]
) -> None:
    cells = [f"{kind:20}{len(inside):>10}"]
    before, after = (Counter(row[i] for row in inside) for i in (1, 2))
    for verdict in ("right", "abstained", "wrong"):
        cells.append(f"{_percent(before[verdict], inside):>8}{_percent(after[verdict], inside):>8}")
    false = [sum(row[i] == "wrong" for row in outside) for i in (1, 2)]
    cells.append(f"{false[0]:>10}{false[1]:>6} of {len(outside)}")
    print("".join(cells), flush=True)


def _percent(count: int, of: list[tuple[Question, str, str]]) -> str:
    return f"{100 * count / max(len(of), 1):.0f} %"


if __name__ == "__main__":
    main()
