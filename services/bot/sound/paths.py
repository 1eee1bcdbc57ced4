"""The two ways that a frame can go: through the echo canceller, or past it.

The canceller costs several times what everything else does, and delays a caller, so a frame goes
past it while there is nothing to cancel. A change from one way to the other is a crossfade after a
frame in which the way that was idle settles: 8 ms of the caller are heard twice as the canceller
begins, and 8 are left out as it ends.
"""

from collections.abc import Callable

import numpy as np
from loguru import logger

from services.bot.sound.canceller import FRAMES_A_SECOND, RATES, CancellerError, Processor
from services.bot.sound.high_pass import HighPass
from services.bot.sound.samples import Samples

__all__ = ["RATES", "Paths"]

#: Of WebRTC's echo canceller and of its noise suppression, in ms: measured, and the same at all
#: rates. `make bench BENCH=sound` measures them again.
CANCELLER_MS, SUPPRESSION_MS = 8, 6
#: A hiss of -66 dB of full scale, as a laptop's microphone has it, goes with what is cancelled. In
#: the digital silence that suppressing browsers send WebRTC takes callers for echoes: 12 dB above
#: an echo they lost 8 dB, and lose 4 with it. `Residue` takes it out again.
_HISS, _HISS_PEAK, _HISS_FRAMES = 16.0, 80, 7
#: Frames of a change: one to settle, one to fade.
_CHANGE_FRAMES = 2


class Paths:
    """The processors of a call.

    Attributes:
        frame: Samples of a frame.
        far: Where the far end of the next frame is to be put; None without a canceller.
        cancelling: Whether the last frame went through the canceller.
    """

    def __init__(self, rate: int, *, echo_cancelling: bool, noise_suppression: bool) -> None:
        """Makes the processors.

        Args:
            rate: Of the frames, in Hz.
            echo_cancelling: Whether there is a canceller.
            noise_suppression: Whether noise is suppressed, on both ways.
        """
        self.frame = rate // FRAMES_A_SECOND
        self._kind = (echo_cancelling, noise_suppression)
        self._past: Callable[[Samples], Samples] = HighPass(rate).filtered
        if noise_suppression:
            self._past = Processor(rate, noise_suppression=True).processed
        self._through: Processor | None = None
        if echo_cancelling:
            self._through = Processor(
                rate, echo_cancelling=True, noise_suppression=noise_suppression
            )
        self.far: Samples | None = self._through.far if self._through else None
        self.cancelling = False
        self._change = 0
        hiss = np.random.default_rng(1).standard_normal((_HISS_FRAMES, self.frame)) * _HISS
        self._hiss = np.clip(np.rint(hiss), -_HISS_PEAK, _HISS_PEAK).astype(np.int16)
        self._count = 0
        rising = (np.arange(self.frame, dtype=np.float32) + 0.5) / self.frame
        self._rising = rising
        self._failed = False

    @property
    def delay_seconds(self) -> float:
        """By how much frames come out later than they went in, on the way that they go now."""
        _, suppressing = self._kind
        delay_ms = CANCELLER_MS * self.cancelling + SUPPRESSION_MS * suppressing
        return delay_ms / 1000

    def are(self, echo_cancelling: bool, noise_suppression: bool) -> bool:
        """Whether they were made for this."""
        return self._kind == (echo_cancelling, noise_suppression)

    def process(self, heard: Samples, done: Samples, *, cancel: bool) -> None:
        """Works on a frame. Sound that cannot be worked on goes on as it is.

        Args:
            heard: The frame.
            done: Filled with what has become of it.
            cancel: Whether it may hold an echo of `far`.
        """
        if self._failed:
            done[:] = heard
            return
        try:
            self._process(heard, done, cancel=cancel)
        except CancellerError as error:
            self._give_up(error)
            done[:] = heard

    def pass_by(self, heard: Samples, done: Samples) -> None:
        """Works on several frames at once of which nothing is to be cancelled.

        Args:
            heard: Whole frames.
            done: Filled with what has become of them.
        """
        if self.cancelling or self._change or self._failed:
            for start in range(0, len(heard), self.frame):
                frame = slice(start, start + self.frame)
                self.process(heard[frame], done[frame], cancel=False)
            return
        try:
            done[:] = self._past(heard)
        except CancellerError as error:
            self._give_up(error)
            done[:] = heard

    def _give_up(self, error: CancellerError) -> None:
        logger.bind(error=str(error)).error("sound cannot be processed")
        self._failed = True

    def _process(self, heard: Samples, done: Samples, *, cancel: bool) -> None:
        if self._through is None:
            done[:] = self._past(heard)
            return
        if cancel is not self.cancelling:
            self.cancelling = cancel
            self._change = _CHANGE_FRAMES
        if not self._change:
            done[:] = self._cancelled(self._through, heard) if cancel else self._past(heard)
            return
        self._change -= 1
        through, past = self._cancelled(self._through, heard), self._past(heard)
        before, after = (past, through) if cancel else (through, past)
        if self._change:
            done[:] = before
        else:
            done[:] = before + (after.astype(np.float32) - before) * self._rising

    def _cancelled(self, through: Processor, heard: Samples) -> Samples:
        np.clip(heard, _HISS_PEAK - 32768, 32767 - _HISS_PEAK, out=through.near)
        self._count = (self._count + 1) % _HISS_FRAMES
        through.near += self._hiss[self._count]
        through.cancel()
        return through.near
