"""The script by which the emulator thinks: phrases, words, grammar."""

from __future__ import annotations

import pocketsphinx
import pytest
from pydantic import ValidationError

from nova_sonic_emulator.decoding import words_in
from nova_sonic_emulator.mind import Mind, MindScript


def test_a_script_of_mentions_alone_has_no_grammar() -> None:
    script = MindScript.model_validate(
        {"intent": [{"name": "story", "mentions": ["story"], "answer": [{"says": ["Once."]}]}]}
    )
    thinker = Mind(script, system="", tools=[])
    assert thinker.grammar is None
    assert thinker.answer("i want a story now").say == ["Once."]


def test_every_word_of_the_script_is_in_the_recognisers_dictionary() -> None:
    decoder = pocketsphinx.Decoder(lm=None, loglevel="FATAL")
    grammar = Mind(MindScript(), system="", tools=()).grammar
    assert grammar is not None
    assert [word for word in words_in(grammar) if decoder.lookup_word(word) is None] == []


@pytest.mark.parametrize(
    ("hears", "problem"),
    [("where is <it>", "<it>"), ("(a | b", ") is missing"), ("(a | )", "empty"), ("a * b", "*")],
)
def test_a_malformed_phrase_is_shown(hears: str, problem: str) -> None:
    with pytest.raises(ValidationError) as refused:
        MindScript.model_validate({"intent": [{"name": "x", "hears": [hears]}]})
    assert problem in str(refused.value)
