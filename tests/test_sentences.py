"""Sentences: what the program says, kept with what it was made of."""

from __future__ import annotations

import copy
import json
import pickle

from bot.errors import KnowledgeError, StoreError
from bot.sentences import Sentence, joined, lines_of, packed, unpacked

INNER = Sentence("run: %(command)s", command="make")
OUTER = Sentence("%(path)s is 100 %% gone (%(share).1f); %(remedy)s", path="a.md", share=0.25, remedy=INNER)
ENGLISH = "a.md is 100 % gone (0.2); run: make"


def test_a_sentence_is_its_english_text():
    assert OUTER == ENGLISH
    assert json.dumps({"text": OUTER}) == json.dumps({"text": ENGLISH})


def test_a_template_without_values_may_hold_any_sign():
    assert Sentence("50 % of %(x)s") == "50 % of %(x)s"


def test_an_error_says_its_sentence_and_so_does_one_that_quotes_it():
    inner = StoreError("locked by %(who)s", who="another")
    outer = KnowledgeError("nothing was written (%(error)s)", error=inner)

    assert str(outer) == "nothing was written (locked by another)"
    assert str(outer).values["error"].template == "locked by %(who)s"


def test_a_sentence_comes_whole_out_of_a_file_a_process_and_a_copy():
    for other in (unpacked(packed(OUTER)), pickle.loads(pickle.dumps(OUTER)), copy.deepcopy(OUTER)):
        assert (other, other.template) == (ENGLISH, OUTER.template)
        assert other.values["remedy"].template == "run: %(command)s"


def test_an_error_comes_whole_out_of_another_process():
    error = pickle.loads(pickle.dumps(KnowledgeError("%(path)s: %(why)s", path="a.md", why=INNER)))

    assert str(error) == "a.md: run: make"
    assert str(error).values["why"].template == "run: %(command)s"


def test_texts_from_before_and_foreign_ones_stay_as_they_are():
    for text in ("", "plain", '{"template": 1}', '{"template": ', '{"template": "x", "values": []}', "{}"):
        assert unpacked(packed(text)) == text


def test_several_sentences_are_one_text_and_come_apart_again():
    text = joined([OUTER, "  plain 1, 2", INNER])

    assert text == f"{ENGLISH}\n  plain 1, 2\nrun: make"
    assert [getattr(line, "template", None) for line in lines_of(unpacked(packed(text)))] == [
        OUTER.template,
        None,
        "run: %(command)s",
    ]
    assert lines_of("one\ntwo") == ["one", "two"]
