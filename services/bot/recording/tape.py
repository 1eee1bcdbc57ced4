"""Two tracks on one clock: what the agent heard of its caller, and what the caller heard of it."""

import io
import wave
from dataclasses import dataclass

import numpy as np

from services.bot.sound.samples import Samples

#: A piece that begins no further than this from where the last one ended goes on from there. The
#: near end's clock is corrected by a few milliseconds now and then, which would click.
_SEAMLESS_SECONDS = 0.02


class Tape:
    """Keeps what has not been taken off yet. Not for several threads.

    Positions are samples on the front end's clock. Where nothing was heard there is silence.
    """

    def __init__(self, rate: int, position: int, *, seconds: float) -> None:
        """Begins to run.

        Args:
            rate: Of both tracks, in Hz.
            position: Where it begins.
            seconds: How much it holds; what comes when it is full is lost.
        """
        self.rate = rate
        self.position = position
        count = round(seconds * rate)
        self._caller = _Track(position, count, round(_SEAMLESS_SECONDS * rate))
        self._agent = _Track(position, count, round(_SEAMLESS_SECONDS * rate))

    def caller(self, position: int, samples: Samples) -> None:
        """What came from the caller, as the agent heard it."""
        self._caller.put(position, samples)

    def agent(self, position: int, samples: Samples) -> None:
        """What went to the caller."""
        self._agent.put(position, samples)

    def flush(self, position: int) -> None:
        """The caller's player has thrown away what lies behind a position."""
        self._agent.cut(position)

    def take(self, count: int) -> "Piece":
        """Takes the oldest samples off; the tape goes on behind them."""
        self.position += count
        return Piece(self.rate, self._caller.take(count), self._agent.take(count))


@dataclass(frozen=True, slots=True)
class Piece:
    """What was taken off a tape."""

    rate: int
    caller: Samples
    agent: Samples

    def wav(self) -> bytes:
        """A WAV file: 16 bit, the caller left, the agent right. It takes 5 ms for 30 s."""
        stereo = np.empty((len(self.caller), 2), np.dtype("<i2"))
        stereo[:, 0], stereo[:, 1] = self.caller, self.agent
        file = io.BytesIO()
        with wave.open(file, "wb") as out:
            out.setnchannels(2)
            out.setsampwidth(2)
            out.setframerate(self.rate)
            out.writeframes(stereo.tobytes())
        return file.getvalue()


class _Track:
    """Samples from `_begin` on; what lies behind `_high` is silent yet."""

    def __init__(self, position: int, count: int, seamless: int) -> None:
        self._samples = np.zeros(count, np.int16)
        self._begin = position
        self._end = position
        self._high = position
        self._seamless = seamless

    def put(self, position: int, samples: Samples) -> None:
        if abs(position - self._end) <= self._seamless:
            position = self._end
        late = max(0, self._begin - position)
        start = position + late - self._begin
        kept = samples[late : late + max(0, len(self._samples) - start)]
        self._samples[start : start + len(kept)] = kept
        self._end = position + len(samples)
        self._high = max(self._high, self._end)

    def cut(self, position: int) -> None:
        if position < self._end:
            self._samples[max(0, position - self._begin) : self._held] = 0
            self._end = position

    def take(self, count: int) -> Samples:
        taken = self._samples[:count].copy()
        held = self._held
        left = max(0, held - count)
        self._samples[:left] = self._samples[held - left : held]
        self._samples[left:held] = 0
        self._begin += count
        return taken

    @property
    def _held(self) -> int:
        return min(max(0, self._high - self._begin), len(self._samples))
