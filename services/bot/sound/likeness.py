"""Whether what the microphone hears is what the agent has just said.

A canceller knows an echo by its delay, to the sample, and is lost for a second when that changes:
in a browser whose machine is so busy that its sound is torn, or a player that waits longer than
before. Which words they are can be told without it. The last moments of the microphone are laid
beside all that was sent within the longest delay, as loudness in bands: an echo lies upon its
original like a copy, whatever the delay. A caller's words do not, nor does an echo with a caller's
words over it.

It takes 0.8 ms, so it is asked for what passes the canceller alone, which is next to nothing.
"""

import functools

import numpy as np

from services.bot.sound.echo_meter import LONGEST_DELAY
from services.bot.sound.far_end import FarEnd
from services.bot.sound.samples import Floats, Samples

#: Lengths in frames of 10 ms that are compared, and the correlation from which on each is a copy.
#: Short ones tell sooner after sound was torn. Echoes in rooms have 0.9 and more, nineteen of
#: twenty callers at 300 ms less than 0.7, at 120 ms less than 0.8, at the best of all delays.
_COPY = {10: 0.90, 15: 0.86, 20: 0.82, 30: 0.75}
_LONGEST = max(_COPY)
#: The last frames tell where a caller begins: they have so many times the power of the copy, and of
#: a share of what was heard before, since what is torn may end otherwise than its copy, but softly.
_LATEST, _LOUDER, _SOFTLY = 4, 4.0, 0.1
#: Borders of the bands, in Hz.
_BORDERS = (200, 300, 400, 520, 650, 800, 980, 1200, 1450, 1750, 2100, 2550, 3100, 3800)


class Likeness:
    """One call's."""

    def __init__(self, rate: int) -> None:
        """Prepares for a call.

        Args:
            rate: Of both ends, in Hz.
        """
        self._step = rate // 100
        self._heard_until: int | None = None
        self._sent = np.zeros((LONGEST_DELAY + _LONGEST + 1) * self._step, np.int16)
        self._heard = np.zeros((_LONGEST + 1) * self._step, np.int16)
        self._shape, self._bands = _shape_and_bands(rate)
        self._fourier = 2 * (len(self._bands) - 1)

    def hear(self, heard: Samples, until: int) -> None:
        """Takes 10 ms of the microphone.

        Args:
            heard: The frame.
            until: The position after it. After a gap nothing is known of what was before.
        """
        if self._heard_until is None or abs(until - self._step - self._heard_until) > self._step:
            self._heard[:] = 0
        self._heard_until = until
        self._heard[: -self._step] = self._heard[self._step :]
        self._heard[-self._step :] = heard

    def is_echo(self, sent: FarEnd, until: int) -> bool:
        """Whether the microphone has been hearing this, and nobody over it.

        Args:
            sent: What was sent.
            until: The position after what was heard last.
        """
        sent.read(until - len(self._sent), self._sent)
        near, far = self._spectra(self._heard), self._spectra(self._sent)
        return any(
            _is_copy(near[-frames:], far[-frames - LONGEST_DELAY :], enough)
            for frames, enough in _COPY.items()
        )

    def _spectra(self, samples: Samples) -> Floats:
        """The loudness of each band, every 10 ms."""
        floats = samples.astype(np.float32)
        frames = np.lib.stride_tricks.sliding_window_view(floats, 2 * self._step)[:: self._step]
        spectra = np.fft.rfft(frames * self._shape, self._fourier, axis=1)
        power = (np.square(spectra.real) + np.square(spectra.imag)).astype(np.float32)
        loudness: Floats = np.sqrt(power @ self._bands)
        return loudness


@functools.cache
def _shape_and_bands(rate: int) -> tuple[Floats, Floats]:
    """The window of two frames, and which of its frequencies are in which band."""
    samples = 2 * rate // 100
    frequencies = np.fft.rfftfreq(1 << (samples - 1).bit_length(), 1 / rate)
    band = np.searchsorted(_BORDERS, frequencies, side="right")[:, None]
    bands = (band == np.arange(1, len(_BORDERS))).astype(np.float32)
    return np.hanning(samples).astype(np.float32), bands


def _is_copy(near: Floats, far: Floats, enough: float) -> bool:
    place, likeness = _best_place(near, far)
    if likeness < enough:
        return False
    copy = far[place : place + len(near)]
    gains = (near * copy).sum(axis=0) / np.maximum(np.square(copy).sum(axis=0), 1.0)
    expected = float(np.square(copy[-_LATEST:] * gains).sum())
    before = float(np.square(near).sum()) * _LATEST / len(near)
    return float(np.square(near[-_LATEST:]).sum()) < _LOUDER * max(expected, _SOFTLY * before)


def _best_place(near: Floats, far: Floats) -> tuple[int, float]:
    """Where it lies best, and how well: a correlation, each band's mean apart."""
    count, places = len(near), len(far) - len(near) + 1
    near = near - near.mean(axis=0)
    products = near @ far.T
    down, across = products.strides
    diagonals = np.lib.stride_tricks.as_strided(products, (places, count), (across, down + across))
    sums, squares = (np.zeros((len(far) + 1, far.shape[1])) for _ in range(2))
    np.cumsum(far, axis=0, out=sums[1:])
    np.cumsum(np.square(far), axis=0, out=squares[1:])
    spread = (squares[count:] - squares[:-count]) - (sums[count:] - sums[:-count]) ** 2 / count
    norm = np.sqrt(np.maximum(spread.sum(axis=1), 0)) * float(np.linalg.norm(near))
    likeness = diagonals.sum(axis=1) / np.maximum(norm, 1e3)
    best = int(np.argmax(likeness))
    return best, float(likeness[best])
