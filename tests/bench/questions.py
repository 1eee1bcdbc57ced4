"""The questions that callers ask in benchmarks, spoken by the emulator's own synthesiser."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
from nova_sonic_emulator.voice import Voice

from tests.bench import marks
from tests.bench.caller import AUDIBLE

#: Every third is answered with a tool's help.
_WORDS = (
    "who are you",
    "how are you today",
    "where is my order four two one seven",
    "what can you do",
    "can you help me",
    "what time is it in tokyo",
)


@dataclass(frozen=True, slots=True)
class Question:
    """A spoken question.

    Attributes:
        words: What is said.
        pcm: 16 kHz 16-bit mono audio that ends with its last sound.
    """

    words: str
    pcm: bytes


async def questions(count: int) -> list[Question]:
    """So many questions, in turns."""
    voice = Voice()
    return [
        Question(words, _without_pause(await _speak(voice, words)))
        for words in itertools.islice(itertools.cycle(_WORDS), count)
    ]


async def _speak(voice: Voice, words: str) -> bytes:
    return await voice.speak(words, voice_id="matthew", sample_rate=marks.SAMPLE_RATE)


def _without_pause(pcm: bytes) -> bytes:
    """Without the near-silence behind the last sound."""
    samples = np.abs(np.frombuffer(pcm, dtype="<i2").astype(np.int32))
    return pcm[: 2 * (int(np.flatnonzero(samples > AUDIBLE)[-1]) + 1)]
