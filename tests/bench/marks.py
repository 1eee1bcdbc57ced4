"""Silent audio in which each frame can be told from every other.

The marks are some twenty times quieter than the quietest speech, so nobody who listens to the
caller, be it voice activity detection or the emulator's ear, takes them for a voice.
"""

from __future__ import annotations

import bisect
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

SAMPLE_RATE = 16_000
FRAME_MS = 20
FRAME_SAMPLES = SAMPLE_RATE * FRAME_MS // 1000
FRAME_BYTES = 2 * FRAME_SAMPLES

_MAGIC = np.array((37, -41, 29, -31, 41, -37, 31, -29), dtype="<i2").tobytes()
_DIGITS = 6
"""Of base 16: two for the caller, four for the frame."""


@dataclass(frozen=True, slots=True)
class Heard:
    """A marked frame that arrived.

    Attributes:
        at: When its last sample did, in seconds.
        caller: Who sent it.
        frame: Its number.
    """

    at: float
    caller: int
    frame: int


def silence(caller: int, frame: int) -> bytes:
    """A frame of marked silence; callers count to 255, frames to 65,535."""
    digits = [(caller << 16 | frame) >> 4 * place & 15 for place in reversed(range(_DIGITS))]
    mark = _MAGIC + np.array(digits, dtype="<i2").tobytes()
    return mark + bytes(FRAME_BYTES - len(mark))


def find(pieces: Iterable[tuple[float, bytes]]) -> list[Heard]:
    """The marked frames in audio that arrived piece by piece, however it was cut.

    Args:
        pieces: When each arrived, and its audio.
    """
    audio = bytearray()
    times: list[float] = []
    ends: list[int] = []
    for at, pcm in pieces:
        audio += pcm
        times.append(at)
        ends.append(len(audio))
    heard: list[Heard] = []
    place = audio.find(_MAGIC)
    while place >= 0 and place + FRAME_BYTES <= len(audio):
        begin = place + len(_MAGIC)
        digits = np.frombuffer(bytes(audio[begin : begin + 2 * _DIGITS]), dtype="<i2")
        code = int("".join(f"{digit & 15:x}" for digit in digits), 16)
        piece = bisect.bisect_left(ends, place + FRAME_BYTES)
        heard.append(Heard(times[piece], code >> 16, code & 0xFFFF))
        place = audio.find(_MAGIC, place + FRAME_BYTES)
    return heard
