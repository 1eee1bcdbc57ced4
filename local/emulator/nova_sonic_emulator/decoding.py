"""From the sound of one utterance to its words, with pocketsphinx.

Two searches run while the speaker talks: the script's grammar, and free phones. Grammar alone finds
words of its own in any sound; how much worse they fit than the phones do tells whether they were
spoken. When that is not clear, both are run again on the whole utterance, normalised by its own
mean spectrum, and then the general language model has its say.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path
from tempfile import TemporaryDirectory

import pocketsphinx  # type: ignore[import-untyped]

from nova_sonic_emulator.automaton import Automaton

_SURE = -3.1
"""Fit above which words were spoken: in four of flite's voices 98 of 104 sentences of the grammar
were above it and none of 100 others."""
_WEIGHT_OF_WORST = 0.3
_AGREEMENT = 0.6
_SCORE_SCALE = 1024
"""pocketsphinx tells scores as exp(log likelihood / 1024)."""
_TYPICAL_SPECTRUM = "45.5,5.8,2.5,15.3,-0.9,-0.8,1.6,-5.7,-2.1,-2.3,3.7,1.7,1.3"
"""Mean cepstrum of the same voices. The model's own default costs 8 % of the sentences."""
_RULE = re.compile(r"<[^>]*>")
_LETTERS = (
    "A EY,B B IY,C S IY,D D IY,E IY,F EH F,G JH IY,H EY CH,I AY,J JH EY,K K EY,L EH L,M EH M,"
    "N EH N,O OW,P P IY,Q K Y UW,R AA R,S EH S,T T IY,U Y UW,V V IY,W D AH B AH L Y UW,X EH K S,"
    "Y W AY,Z Z IY"
)
_SPELLED = {name[0].lower(): name[2:] for name in _LETTERS.split(",")}


@dataclass(frozen=True, slots=True)
class Recognition:
    """What was made of an utterance.

    Attributes:
        text: Words in lower case; empty when nothing was heard.
        in_grammar: Whether it is a sentence of the script's grammar.
        fit: How well the grammar's words fit the sound: 0 is as well as any, less is worse.
    """

    text: str
    in_grammar: bool
    fit: float


class Decoders:
    """The acoustic and language models, loaded once: about a second, and 180 MB."""

    def __init__(self) -> None:
        self._grammar = pocketsphinx.Decoder(lm=None, bestpath=False, loglevel="FATAL")
        # Without the phones' bigrams, which would fit a script's words worse than others.
        self._phones = pocketsphinx.Decoder(
            lm=None, allphone_ci=True, beam=1e-10, pbeam=1e-10, loglevel="FATAL"
        )
        self._phones.add_allphone_file("phones")
        self._phones.activate_search("phones")
        self._language = pocketsphinx.Decoder(
            fwdflat=False,
            maxhmmpf=3000,
            maxwpf=5,
            beam=1e-40,
            wbeam=1e-22,
            pbeam=1e-40,
            loglevel="FATAL",
        )
        self._known = ""
        self._streaming: tuple[pocketsphinx.Decoder, ...] = ()
        self._audio = bytearray()

    def start(self, grammar: str | None) -> None:
        """Begins an utterance.

        Args:
            grammar: JSGF of the sentences that are expected; None leaves the language model alone.
        """
        self._audio.clear()
        self._streaming = (self._grammar, self._phones) if grammar is not None else ()
        if grammar is not None:
            self.learn(grammar)
        for decoder in self._streaming:
            decoder.set_cmn(_TYPICAL_SPECTRUM)
            decoder.start_utt()

    def learn(self, grammar: str) -> None:
        """Makes ready for a grammar; only the last one stays."""
        if grammar == self._known:
            return
        for word in words_in(grammar):
            if self._grammar.lookup_word(word) is None:
                self._grammar.add_word(word, _spell(word), True)
        self._grammar.add_fsg("script", self._smallest(grammar))
        self._grammar.activate_search("script")
        self._known = grammar

    def hear(self, pcm: bytes) -> None:
        """Decodes some more of the utterance: 16 kHz mono s16le."""
        self._audio += pcm
        for decoder in self._streaming:
            decoder.process_raw(pcm)

    def finish(self) -> Recognition:
        """Ends the utterance and says what it was."""
        best = Recognition("", in_grammar=False, fit=-math.inf)
        if self._streaming:
            for decoder in self._streaming:
                decoder.end_utt()
            best = self._expected()
            if best.fit < _SURE:
                for decoder in self._streaming:
                    decoder.reinit_feat()  # once it has streamed it would not normalise by itself
                    self._decode(decoder)
                best = max(best, self._expected(), key=lambda each: each.fit)
        if best.fit >= _SURE:
            return best
        self._decode(self._language)
        heard = _text(self._language)
        if best.text and _agreement(best.text, heard) >= _AGREEMENT:
            return best
        return Recognition(heard, in_grammar=False, fit=best.fit)

    def _smallest(self, grammar: str) -> pocketsphinx.FsgModel:
        with TemporaryDirectory() as folder:
            file = Path(folder) / "grammar.fsg"
            self._grammar.parse_jsgf(grammar).writefile(str(file))
            automaton = Automaton.from_fsg(file.read_text(encoding="utf-8").splitlines())
        end = len(automaton.arcs)
        return self._grammar.create_fsg(
            "script", automaton.start, end, automaton.transitions(final=end)
        )

    def _expected(self) -> Recognition:
        return Recognition(
            _text(self._grammar), in_grammar=True, fit=_fit(self._grammar, self._phones)
        )

    def _decode(self, decoder: pocketsphinx.Decoder) -> None:
        decoder.start_utt()
        decoder.process_raw(bytes(self._audio), full_utt=True)
        decoder.end_utt()


def _fit(grammar: pocketsphinx.Decoder, phones: pocketsphinx.Decoder) -> float:
    """Log likelihood ratio a frame of words against phones, and some of the worst word's."""
    reference = [
        (segment.start_frame, segment.end_frame, _log(segment.ascore))
        for segment in phones.seg() or ()
    ]
    total, frames, worst = 0.0, 0, 0.0
    for word in grammar.seg() or ():
        if word.word.startswith(("<", "[", "(")):
            continue
        length = word.end_frame - word.start_frame + 1
        ratio = _log(word.ascore) - _within(reference, word.start_frame, word.end_frame)
        total, frames, worst = total + ratio, frames + length, min(worst, ratio / length)
    return total / frames + _WEIGHT_OF_WORST * worst if frames else -math.inf


def _within(segments: list[tuple[int, int, float]], start: int, end: int) -> float:
    total = 0.0
    for first, last, score in segments:
        shared = min(end, last) - max(start, first) + 1
        if shared > 0:
            total += score * shared / (last - first + 1)
    return total


def _log(score: float) -> float:
    return _SCORE_SCALE * math.log(score) if score > 0 else -math.inf


def _agreement(one: str, other: str) -> float:
    """Share of words that both have in the same order: 1 is the same, 0 nothing in common."""
    first, second = one.split(), other.split()
    matching = SequenceMatcher(None, first, second, autojunk=False).get_matching_blocks()
    return 2 * sum(block.size for block in matching) / max(1, len(first) + len(second))


def _text(decoder: pocketsphinx.Decoder) -> str:
    found = decoder.hyp()
    return found.hypstr if found is not None else ""


def words_in(grammar: str) -> set[str]:
    """The words that a JSGF grammar's sentences are made of."""
    bodies = re.findall(r"=([^;]*);", grammar)
    return {word for body in bodies for word in re.findall(r"[a-z']+", _RULE.sub(" ", body))}


def _spell(word: str) -> str:
    return " ".join(_SPELLED[letter] for letter in word if letter in _SPELLED)
