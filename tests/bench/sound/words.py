"""How many words the emulator's recogniser gets wrong."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

from nova_sonic_emulator.mind import Mind, ToolSpec
from nova_sonic_emulator.recogniser import Recogniser
from nova_sonic_emulator.script import MindScript
from tests.bench.sound.signals import SAMPLE_RATE, Signal, to_pcm
from tests.bench.sound.speech import Sentence

type Call = tuple[dict[str, list[Signal]], list[str]]
"""The utterances of a call, by who heard them, and what was said."""

_MARGIN = round(0.25 * SAMPLE_RATE)
_NUMBERS = {
    "oh": "0",
    "zero": "0",
    "one": "1",
    "two": "2",
    "three": "3",
    "four": "4",
    "five": "5",
    "six": "6",
    "seven": "7",
    "eight": "8",
    "nine": "9",
}


async def recognised(sounds: Sequence[Signal]) -> list[str]:
    """What the recogniser understands, of each by itself, with the grammar that calls have."""
    tools = [ToolSpec("track_order"), ToolSpec("current_date_time")]
    grammar = Mind(MindScript(), system="", tools=tools).grammar
    recogniser = Recogniser()
    recogniser.start()
    try:
        recogniser.prepare(grammar or "")
        said: list[str] = []
        for sound in sounds:
            utterance = recogniser.listen(grammar)
            utterance.hear(to_pcm(sound))
            utterance.end()
            said.append(await utterance.text())
        return said
    finally:
        recogniser.stop()


async def error_percents(calls: Sequence[Call]) -> dict[str, float]:
    """The word error rates over some calls, by who heard them, each by a recogniser of its own."""
    said = [sentence for _, sentences in calls for sentence in sentences]
    names = list(calls[0][0])
    texts = await asyncio.gather(
        *(recognised([sound for heard, _ in calls for sound in heard[name]]) for name in names)
    )
    return {name: error_percent(said, each) for name, each in zip(names, texts, strict=True)}


def call(heard: Mapping[str, Signal], starts: Sequence[int], said: Sequence[Sentence]) -> Call:
    """Cuts a call into its utterances, each with what is just around it.

    Args:
        heard: The whole call, by who heard it.
        starts: Where each sentence begins, in samples.
        said: The sentences.
    """
    cuts = {
        name: [
            signal[max(0, start - _MARGIN) : start + len(each.sound) + _MARGIN]
            for start, each in zip(starts, said, strict=True)
        ]
        for name, signal in heard.items()
    }
    return cuts, [each.words for each in said]


def error_percent(wanted: Sequence[str], heard: Sequence[str]) -> float:
    """Word error rate: words wrong, missing or too many, in percent of the words said."""
    wrong = sum(_distance(_words(a), _words(b)) for a, b in zip(wanted, heard, strict=True))
    return 100 * wrong / sum(len(_words(each)) for each in wanted)


def _words(text: str) -> list[str]:
    return [_NUMBERS.get(word, word) for word in text.lower().split()]


def _distance(wanted: list[str], heard: list[str]) -> int:
    row = list(range(len(heard) + 1))
    for place, word in enumerate(wanted, start=1):
        before, row[0] = row[0], place
        for other, guess in enumerate(heard, start=1):
            before, row[other] = (
                row[other],
                min(row[other] + 1, row[other - 1] + 1, before + (word != guess)),
            )
    return row[-1]
