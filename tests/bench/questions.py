"""The questions that callers ask in benchmarks: sentences that are recorded for the tests."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np

from tests import speech
from tests.bench.caller import AUDIBLE

_NAMES = (
    "hello",
    "where_is_my_order_4217",
    "what_was_my_order_number",
    "what_time_is_it_in_tokyo",
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


def questions(count: int) -> list[Question]:
    """So many questions, in turns; every other is answered with a tool's help."""
    return [
        Question(name.replace("_", " "), _without_pause(speech.load(name)))
        for name in itertools.islice(itertools.cycle(_NAMES), count)
    ]


def _without_pause(pcm: bytes) -> bytes:
    """Without the near-silence behind the last sound."""
    samples = np.abs(np.frombuffer(pcm, dtype="<i2").astype(np.int32))
    return pcm[: 2 * (int(np.flatnonzero(samples > AUDIBLE)[-1]) + 1)]
