"""From the sound of one utterance to its words, with pocketsphinx.

Two searches run while the speaker talks: the script's grammar, and free phones. Grammar alone
finds words of its own in any sound; how much worse they fit than the phones do tells whether they
were spoken. When that is not clear, the general language model decodes the utterance too and
settles it.
"""

import math
import re
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path

import pocketsphinx  # type: ignore[import-untyped]

_SURE_MEAN, _SURE_WORST = -1.3, -4.0
_AGREEMENT = 0.5
_PHONE_SCALE = 1024
_LEAST_LOG = -745.0
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
        in_grammar: Whether the script's grammar has this sentence.
        fit: How well the grammar's words fit, mean and worst word, against free phones: about 0
            is perfect, less is worse.
    """

    text: str
    in_grammar: bool
    fit: tuple[float, float]


class Decoders:
    """The acoustic and language models, loaded once; about a second and 150 MB."""

    def __init__(self) -> None:
        self._grammar = pocketsphinx.Decoder(lm=None, loglevel="FATAL")
        self._phones = pocketsphinx.Decoder(
            lm=None, allphone_ci=True, beam=1e-10, pbeam=1e-10, loglevel="FATAL"
        )
        self._phones.add_allphone_file("phones")
        self._phones.activate_search("phones")
        self._language = pocketsphinx.Decoder(fwdflat=False, loglevel="FATAL")
        self._open = self._language
        self._known = ""
        self._expects_script = False
        self._audio = bytearray()

    def start(self, grammar: str | None) -> None:
        """Begins an utterance.

        Args:
            grammar: JSGF of the sentences that are expected; None leaves the language model alone.
        """
        self._audio.clear()
        self._expects_script = grammar is not None
        if grammar is not None:
            self._learn(grammar)
            self._grammar.start_utt()
        self._open = self._language if grammar is None else self._phones
        self._open.start_utt()

    def hear(self, pcm: bytes) -> None:
        """Decodes some more of the utterance: 16 kHz mono s16le."""
        self._audio += pcm
        if self._expects_script:
            self._grammar.process_raw(pcm)
        self._open.process_raw(pcm)

    def finish(self) -> Recognition:
        """Ends the utterance and says what it was."""
        self._open.end_utt()
        if not self._expects_script:
            return Recognition(_text(self._open), in_grammar=False, fit=(0.0, 0.0))
        self._grammar.end_utt()
        heard = _text(self._grammar)
        fit = _fit(self._grammar, self._open)
        if heard and fit[0] >= _SURE_MEAN and fit[1] >= _SURE_WORST:
            return Recognition(heard, in_grammar=True, fit=fit)
        freely = self._decode_freely()
        if heard and _agreement(heard, freely) >= _AGREEMENT:
            return Recognition(heard, in_grammar=True, fit=fit)
        return Recognition(freely, in_grammar=False, fit=fit)

    def _learn(self, grammar: str) -> None:
        if grammar == self._known:
            return
        for word in _words(grammar):
            if self._grammar.lookup_word(word) is None:
                self._grammar.add_word(word, _spell(word), True)
        self._grammar.add_jsgf_string("script", grammar)
        self._grammar.activate_search("script")
        self._known = grammar

    def _decode_freely(self) -> str:
        self._language.start_utt()
        self._language.process_raw(bytes(self._audio), full_utt=True)
        self._language.end_utt()
        return _text(self._language)


def _fit(grammar: pocketsphinx.Decoder, phones: pocketsphinx.Decoder) -> tuple[float, float]:
    """Log likelihood ratio a frame of words against phones: mean, and of the worst word."""
    reference = [
        (segment.start_frame, segment.end_frame, _log(segment.ascore) * _PHONE_SCALE)
        for segment in phones.seg() or ()
    ]
    total, frames, worst = 0.0, 0, 0.0
    for word in grammar.seg() or ():
        if word.word.startswith(("<", "[", "(")):
            continue
        length = word.end_frame - word.start_frame + 1
        ratio = _log(word.ascore) - _within(reference, word.start_frame, word.end_frame)
        total, frames, worst = total + ratio, frames + length, min(worst, ratio / length)
    return (total / frames, worst) if frames else (-math.inf, -math.inf)


def _within(segments: list[tuple[int, int, float]], start: int, end: int) -> float:
    total = 0.0
    for first, last, score in segments:
        shared = min(end, last) - max(start, first) + 1
        if shared > 0:
            total += score * shared / (last - first + 1)
    return total


def _log(score: float) -> float:
    return math.log(score) if score > 0 else _LEAST_LOG


def _agreement(one: str, other: str) -> float:
    """Share of words that both have in the same order: 1 is the same, 0 nothing in common."""
    first, second = one.split(), other.split()
    matching = SequenceMatcher(None, first, second, autojunk=False).get_matching_blocks()
    return 2 * sum(block.size for block in matching) / max(1, len(first) + len(second))


def _text(decoder: pocketsphinx.Decoder) -> str:
    found = decoder.hyp()
    return found.hypstr if found is not None else ""


def _words(grammar: str) -> set[str]:
    """The words that a JSGF grammar's sentences are made of."""
    rules = grammar.partition(";")[2].partition(";")[2]
    bodies = re.findall(r"=([^;]*);", rules)
    return {word for body in bodies for word in re.findall(r"[a-z']+", _RULE.sub(" ", body))}


def _spell(word: str) -> str:
    return " ".join(_SPELLED[letter] for letter in word if letter in _SPELLED)


def _phone_model() -> Path:
    return Path(pocketsphinx.get_model_path()) / "en-us" / "en-us-phone.lm.bin"
