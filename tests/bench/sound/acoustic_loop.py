"""A call's sound without the call: the front end between a loudspeaker and a microphone.

Time is counted, not waited for, so a minute takes a second and always gives the same. The agent's
audio is written in pieces of 40 ms as it is played, and the microphone's frames arrive late by a
delay of their own each.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np

from services.bot.sound.client_sound import ClientSound
from services.bot.sound.front_end import FrontEnd
from services.bot.sound.settings import Sound
from tests.bench.sound.signals import SAMPLE_RATE, Signal, from_pcm, to_pcm

_WRITE_SECONDS = 0.04
_FRAME_SECONDS = 0.02


class Clock:
    """Seconds that pass when they are told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        """The time."""
        return self.now


@dataclass(slots=True)
class Loop:
    """A front end, with what is on both sides of it.

    Attributes:
        sound: The agent's parameters.
        client: What the caller's device says that it does.
        network: Seconds by which each of the microphone's frames is late, in order; none by
            default.
        frame_seconds: Length of the microphone's frames.
        front_end: What is measured.
        busy_seconds: Processor time that it took.
    """

    sound: Sound = field(default_factory=Sound)
    client: ClientSound | None = None
    network: Iterable[float] = ()
    frame_seconds: float = _FRAME_SECONDS
    busy_seconds: float = 0.0
    clock: Clock = field(default_factory=Clock)
    front_end: FrontEnd = field(init=False)

    def __post_init__(self) -> None:
        """Starts the front end, as a call does."""
        self.front_end = FrontEnd(self.clock)
        self.front_end.listen_for(self.sound)
        self.front_end.start(SAMPLE_RATE)
        if self.client is not None:
            self.front_end.client_says(self.client)

    def run(
        self, far: Signal, near: Signal, watch: Callable[[float], None] = lambda _: None
    ) -> Signal:
        """What the microphone heard, after the front end.

        Args:
            far: What is sent to the loudspeaker, from now on.
            near: What the microphone hears, from now on.
            watch: Called after each frame with the seconds since the beginning.
        """
        began = self.clock.now
        writes = list(_cut(far, _WRITE_SECONDS))
        late = iter(self.network)
        done: list[bytes] = []
        arrived = began
        for at, frame in _cut(near, self.frame_seconds):
            ends = at + len(frame) / 2 / SAMPLE_RATE
            arrived = max(arrived, began + ends + next(late, 0.0))
            while writes and began + writes[0][0] <= arrived:
                written, piece = writes.pop(0)
                self.clock.now = began + written
                self._timed(lambda piece=piece: self.front_end.far(piece, SAMPLE_RATE))
            self.clock.now = arrived
            self._timed(lambda frame=frame: done.append(self.front_end.near(frame)))
            watch(arrived - began)
        self.clock.now = max(self.clock.now, began + len(near) / SAMPLE_RATE)
        return from_pcm(b"".join(done))

    def _timed(self, work: Callable[[], None]) -> None:
        began = time.process_time()
        work()
        self.busy_seconds += time.process_time() - began


def _cut(signal: Signal, seconds: float) -> Iterator[tuple[float, bytes]]:
    step = round(seconds * SAMPLE_RATE)
    for start in range(0, len(signal), step):
        yield start / SAMPLE_RATE, to_pcm(signal[start : start + step])


def hiss(count: int, db: float = -85.0, seed: int = 3) -> Signal:
    """A microphone's own noise, in dB of full scale."""
    return np.random.default_rng(seed).standard_normal(count) * 10 ** (db / 20)
