"""Sound with a short tone at the beginning of each second, by which its place is found again.

What a canceller or a filter does to sound leaves the tones where they are, unlike the marks of
`tests.bench.marks`, which must arrive bit by bit. Between two tones places are counted. A tone is
one frame of 20 ms, which nobody takes for speech; its note says which second of the loop begins.
"""

from __future__ import annotations

import bisect
import functools
import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from tests import speech

NOTES_HZ = tuple(2000 + 400 * second for second in range(8))
SECONDS = len(NOTES_HZ)
"""Of each loop."""

_TONE_SECONDS = 0.02
_TONE_PEAK = 9000
_ROOM_RMS = 100
"""About -50 dBFS: an open microphone in a quiet room."""

_QUIET = 60
"""Mean level of 32767 below which a recording pauses."""

_PURE = 0.6
"""Part of a tone's energy in its note; voices have less than half of theirs in one."""

_FAINT_RMS = 800
_LOOK_SECONDS = 0.005
_PLACES_A_SECOND = 100
_LATEST_SECONDS = 7.5
_JITTER_MS = 2.0

_SENTENCES = (
    "where_is_my_order_4217",
    "tell_me_a_story",
    "the_weather_was_lovely",
    "what_is_the_capital_of_france",
    "count_to_twenty",
)

Samples = NDArray[np.int16]


@functools.cache
def voice(sample_rate: int) -> Samples:
    """A loop of speech with hardly a pause."""
    said = np.concatenate([np.frombuffer(speech.load(name), "<i2") for name in _SENTENCES])
    level = np.convolve(np.abs(said.astype(np.float32)), np.ones(1600) / 1600, "same")
    loud = said[level > _QUIET]
    wanted = np.arange(SECONDS * sample_rate) * speech.SAMPLE_RATE / sample_rate
    return _with_tones(np.interp(wanted % (len(loud) - 1), np.arange(len(loud)), loud), sample_rate)


@functools.cache
def room(sample_rate: int) -> Samples:
    """A loop of what an open microphone hears of somebody who listens."""
    noise = np.random.default_rng(5).normal(0, _ROOM_RMS, SECONDS * sample_rate)
    return _with_tones(noise, sample_rate)


def cut(loop: Samples, sample_rate: int, milliseconds: int) -> list[bytes]:
    """A loop in pieces of 16-bit PCM."""
    size = sample_rate * milliseconds // 1000
    return [loop[start : start + size].tobytes() for start in range(0, len(loop), size)]


@dataclass(slots=True)
class Arrival:
    """How much later than it was sent sound arrived.

    Attributes:
        ms: One sample for each 10 ms of sound.
        tones: For each second that was found: when it was sent, and how late it began, in ms.
        lost_ms: How much of it was left out on the way.
        unheard: Whole seconds of which nothing was found.
    """

    ms: list[float] = field(default_factory=list)
    tones: list[tuple[float, float]] = field(default_factory=list)
    lost_ms: float = 0.0
    unheard: int = 0


@dataclass(frozen=True, slots=True)
class _Second:
    """A whole second that was sent: when each of its pieces left."""

    note: int
    left: list[float]


def compare(
    sent: Sequence[tuple[float, int]],
    received: Sequence[tuple[float, bytes]],
    *,
    piece_ms: int,
    sample_rate: int,
    window: tuple[float, float],
) -> Arrival:
    """Compares what was sent in some time with what arrived.

    Args:
        sent: When each piece of a loop was sent, and which one; none is left out.
        received: When each piece of 16-bit mono PCM arrived.
        piece_ms: Length of the pieces that were sent.
        sample_rate: Of what arrived.
        window: From when to when sound was sent that counts, in whole seconds of it.
    """
    arrival, track = Arrival(), _Track(received, sample_rate)
    found: list[tuple[_Second, int | None]] = [
        (second, track.begin_of(second)) for second in _seconds(sent, 1000 // piece_ms)
    ]
    for (second, begin), (_, following) in itertools.pairwise(found):
        if second.left[0] < window[0] or window[1] <= second.left[-1]:
            continue
        if begin is None:
            arrival.unheard += 1
            continue
        if (at := track.arrival(begin + sample_rate // _PLACES_A_SECOND)) is not None:
            arrival.tones.append((second.left[0], 1000 * (at - second.left[0])))
        for place in range(_PLACES_A_SECOND):
            # Its middle: tones are found to half a millisecond, and its end may be a piece's.
            at = track.arrival(begin + (2 * place + 1) * sample_rate // (2 * _PLACES_A_SECOND))
            if at is not None:
                left = second.left[place * len(second.left) // _PLACES_A_SECOND]
                arrival.ms.append(1000 * (at - left))
        if following is not None:
            missing = 1000 * (begin + sample_rate - following) / sample_rate
            arrival.lost_ms += missing if missing > _JITTER_MS else 0.0
    return arrival


def _seconds(sent: Sequence[tuple[float, int]], a_second: int) -> Iterator[_Second]:
    first = next((place for place, (_, piece) in enumerate(sent) if piece % a_second == 0), 0)
    for start in range(first, len(sent) - a_second + 1, a_second):
        note = sent[start][1] // a_second % SECONDS
        yield _Second(note, [at for at, _ in sent[start : start + a_second]])


class _Track:
    """Sound that arrived piece by piece."""

    def __init__(self, received: Sequence[tuple[float, bytes]], sample_rate: int) -> None:
        self._times = [at for at, _ in received]
        self._ends = list(itertools.accumulate(len(pcm) // 2 for _, pcm in received))
        pcm = np.frombuffer(b"".join(pcm for _, pcm in received), "<i2").astype(np.float32)
        middle = round(sample_rate * _TONE_SECONDS / 2)
        self._tones = [
            (note, self.arrival(begin + middle), begin) for note, begin in _tones(pcm, sample_rate)
        ]

    def arrival(self, end: int) -> float | None:
        """When so many samples had arrived; None if they never did."""
        piece = bisect.bisect_left(self._ends, end)
        return self._times[piece] if piece < len(self._times) else None

    def begin_of(self, second: _Second) -> int | None:
        """The sample with which a second begins."""
        for note, at, begin in self._tones:
            late = math.inf if at is None else at - second.left[0]
            if note == second.note and 0 <= late <= _LATEST_SECONDS:
                return begin
        return None


def _with_tones(sound: NDArray[np.float64], sample_rate: int) -> Samples:
    pcm = np.clip(sound, -32767, 32767).astype("<i2")
    for second, note in enumerate(NOTES_HZ):
        time = np.arange(round(_TONE_SECONDS * sample_rate)) / sample_rate
        tone = _TONE_PEAK * np.sin(2 * np.pi * note * time)
        pcm[second * sample_rate :][: len(tone)] = tone.astype("<i2")
    return pcm


def _tones(pcm: NDArray[np.float32], sample_rate: int) -> list[tuple[int, int]]:
    """The tones in some sound: which note, and with which sample it begins."""
    size, step = round(_TONE_SECONDS * sample_rate), round(_LOOK_SECONDS * sample_rate)
    if len(pcm) < size:
        return []
    waves = np.exp(-2j * np.pi * np.outer(np.arange(size) / sample_rate, NOTES_HZ))
    windows = np.lib.stride_tricks.sliding_window_view(pcm, size)
    energy = np.maximum((windows[::step] ** 2).sum(axis=1), 1.0)
    shares = 2 * np.abs(windows[::step] @ waves) ** 2 / (size * energy[:, np.newaxis])
    shares[energy < size * _FAINT_RMS**2] = 0
    tones: list[tuple[int, int]] = []
    place = 0
    while place < len(shares):
        if shares[place].max() < _PURE:
            place += 1
            continue
        # The tone is where most of it is in the window.
        near = slice(place, place + round(2 * _TONE_SECONDS / _LOOK_SECONDS))
        note = int(shares[near].max(axis=0).argmax())
        coarse = place + int((shares[near, note] * energy[near]).argmax())
        first = max(0, (coarse - 1) * step)
        fine = np.abs(windows[first : first + 2 * step : 4] @ waves[:, note])
        tones.append((note, first + 4 * int(fine.argmax())))
        place = max(place, coarse) + round(_TONE_SECONDS / _LOOK_SECONDS)
    return tones
