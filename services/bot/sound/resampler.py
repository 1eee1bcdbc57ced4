"""Converts the far end's rate, piece by piece and without a pause for breath.

soxr, which Pipecat uses, holds back 80 ms of 24 kHz audio; for an echo canceller that is more than
the echo may take. A windowed sinc of 16 zero crossings looks 0.5 ms ahead at 16 kHz, costs 15 us
for 40 ms and leaves images 60 dB down, which is below what a room returns.
"""

import functools
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from services.bot.sound.samples import Floats, Samples

#: Of the filter, on each side of its middle.
_CROSSINGS = 8
#: Positions between two samples that the filter is known at.
_PHASES = 256
_BETA = 6.0
_ROLL_OFF = 0.92
#: Of rates as 24 kHz and 16 kHz, three samples in make two out; what is more than this is done by
#: picking, which touches a quarter of a megabyte for 40 ms.
_MOST_PHASES, _MOST_SAMPLES = 8, 48
#: Rates that can be converted, in Hz.
LOWEST_RATE, HIGHEST_RATE = 4_000, 192_000


class Resampler:
    """One stream's conversion, in floats."""

    def __init__(self, rate_in: int, rate_out: int) -> None:
        """Prepares a conversion.

        Args:
            rate_in: Of what comes, in Hz.
            rate_out: Of what is wanted, in Hz.

        Raises:
            ValueError: A rate is out of range.
        """
        for rate in (rate_in, rate_out):
            if not LOWEST_RATE <= rate <= HIGHEST_RATE:
                raise ValueError(
                    f"{rate} Hz is no sample rate between {LOWEST_RATE} and {HIGHEST_RATE}"
                )
        step = Fraction(rate_in, rate_out)
        self._rise, self._run = step.numerator, step.denominator
        self._half, _ = _filters(_stretch(self._rise, self._run))
        self._held = np.zeros(self._half - 1, np.float32)
        #: Of the next sample, in `_run`ths of a sample of what is held, past the filter's history.
        self._at = 0
        simple = self._run <= _MOST_PHASES and self._rise <= _MOST_SAMPLES
        self._matrix = _matrix(self._rise, self._run) if simple else None

    def convert(self, samples: Floats) -> Floats:
        """The next piece; what the filter cannot finish yet comes with the one after."""
        if self._rise == self._run:
            return samples
        heard = np.concatenate((self._held, samples))
        if self._matrix is not None:
            return self._in_blocks(heard, self._matrix)
        width = 2 * self._half
        windows = len(heard) - width + 1
        if windows <= 0:
            self._held = heard
            return heard[:0]
        count, picks, filters = _plan(self._rise, self._run, self._half, self._at, windows)
        converted: Floats = np.einsum("ij,ij->i", heard[picks], filters)
        self._at += count * self._rise - windows * self._run
        self._held = heard[windows:]
        return converted

    def _in_blocks(self, heard: Floats, matrix: Floats) -> Floats:
        """The same for rates of which a few samples in make a few out, over and over."""
        reach = len(matrix)
        count = max(0, (len(heard) - reach) // self._rise + 1)
        self._held = heard[count * self._rise :]
        step = heard.itemsize
        blocks = np.ndarray((count, reach), heard.dtype, heard, 0, (self._rise * step, step))
        return (blocks @ matrix).reshape(-1)


def picked(samples: Samples, rate_in: int, rate_out: int) -> Samples:
    """As many samples of a piece as the other rate has: as loud, in time, and no more than that."""
    return samples[_picks(len(samples), rate_in, rate_out)]


@functools.lru_cache(maxsize=8)
def _picks(count: int, rate_in: int, rate_out: int) -> NDArray[np.intp]:
    return np.arange(count * rate_out // rate_in) * rate_in // rate_out


@functools.cache
def _matrix(rise: int, run: int) -> Floats:
    """Makes `run` samples of a block, of which the next one begins `rise` samples later."""
    half, filters = _filters(_stretch(rise, run))
    matrix = np.zeros((2 * half + (run - 1) * rise // run, run), np.float32)
    for place in range(run):
        whole, rest = divmod(place * rise, run)
        matrix[whole : whole + 2 * half, place] = filters[(rest * _PHASES + run // 2) // run]
    return matrix


@functools.lru_cache(maxsize=8)
def _plan(
    rise: int, run: int, half: int, at: int, windows: int
) -> tuple[int, NDArray[np.intp], Floats]:
    """How many samples come out of a piece, of which each is made, and by which taps.

    A stream's pieces are alike, so this is the same from piece to piece.
    """
    count = max(0, -(-(windows * run - at) // rise))
    whole, rest = np.divmod(at + np.arange(count, dtype=np.intp) * rise, run)
    phases = (rest * _PHASES + run // 2) // run
    _, filters = _filters(_stretch(rise, run))
    return count, whole[:, None] + np.arange(2 * half), filters[phases]


def _stretch(rise: int, run: int) -> float:
    """By how much the filter is wider than one for more samples than come in."""
    return max(1.0, rise / run)


@functools.cache
def _filters(stretch: float) -> tuple[int, Floats]:
    """The filter's half width in samples of the input, and its taps at each phase."""
    half = int(np.ceil(_CROSSINGS * stretch))
    offsets = np.arange(-half + 1, half + 1)[None, :] - np.arange(_PHASES + 1)[:, None] / _PHASES
    window = np.i0(_BETA * np.sqrt(np.maximum(0, 1 - (offsets / half) ** 2))) / np.i0(_BETA)
    taps = np.sinc(offsets * _ROLL_OFF / stretch) * window
    return half, (taps / taps.sum(axis=1, keepdims=True)).astype(np.float32)
