"""The recogniser's automaton, against the grammar that it was made of."""

from __future__ import annotations

import itertools
from pathlib import Path

import pocketsphinx
import pytest

from nova_sonic_emulator.automaton import Automaton

GRAMMAR = """#JSGF V1.0;
grammar small;
public <sentence> = [please] (go (left | right) <times> | stop [now] | go left) [please];
<times> = (once | twice)+;
"""


@pytest.fixture
def automaton(tmp_path: Path) -> Automaton:
    decoder = pocketsphinx.Decoder(lm=None, loglevel="FATAL")
    decoder.parse_jsgf(GRAMMAR).writefile(str(tmp_path / "small.fsg"))
    return Automaton.from_fsg((tmp_path / "small.fsg").read_text().splitlines())


def accepts(automaton: Automaton, sentence: str) -> bool:
    state: int | None = automaton.start
    for word in sentence.split():
        state = automaton.arcs[state].get(word) if state is not None else None
    return state in automaton.accepting


@pytest.mark.parametrize(
    "sentence",
    ["go left", "please go right once twice once please", "stop", "please stop now", "stop please"],
)
def test_it_accepts_the_grammars_sentences(automaton: Automaton, sentence: str) -> None:
    assert accepts(automaton, sentence)


@pytest.mark.parametrize("sentence", ["", "go", "go right", "please", "stop once", "now stop"])
def test_it_accepts_no_others(automaton: Automaton, sentence: str) -> None:
    assert not accepts(automaton, sentence)


def test_no_two_of_its_states_mean_the_same(automaton: Automaton) -> None:
    words = ["please", "go", "left", "right", "once", "twice", "stop", "now"]
    endings = [ending for count in range(5) for ending in itertools.product(words, repeat=count)]

    def meaning(state: int) -> frozenset[tuple[str, ...]]:
        at = Automaton(state, automaton.accepting, automaton.arcs)
        return frozenset(ending for ending in endings if accepts(at, " ".join(ending)))

    meanings = [meaning(state) for state in automaton.arcs]
    assert len(set(meanings)) == len(meanings)


def test_the_ways_on_from_a_state_are_equally_likely(automaton: Automaton) -> None:
    chances: dict[int, float] = {}
    for source, _, chance, *_ in automaton.transitions(final=99):
        chances[source] = chances.get(source, 0) + chance
    assert chances == pytest.approx(dict.fromkeys(automaton.arcs, 1))
