"""Takes rumble and DC offset out of the caller's sound: Butterworth's, of second order, at 100 Hz.

WebRTC's own takes a call into its library for every 10 ms, 40 us for 40 ms of sound. Here the step
from sample to sample is written as matrices for many at once, which take half of that: what a block
makes of itself, what it leaves behind, and how that rings on in the blocks after it.
"""

import functools
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from services.bot.sound.samples import Samples, rounded

_CORNER_HZ = 100
#: Blocks of 2.5 ms, 40 ms of them at a time: small matrices stay in the processor's cache.
_BLOCKS_A_SECOND = 400
_BLOCKS_AT_ONCE = 16

#: Precise enough for the same sound to come out however it is cut.
Floats = NDArray[np.float64]


class HighPass:
    """One stream's filter."""

    def __init__(self, rate: int) -> None:
        """Is at rest.

        Args:
            rate: Of the sound, in Hz.
        """
        self._matrices = _matrices(rate)
        self._chains = _chains(rate)
        self._state = np.zeros(2)

    def filtered(self, heard: Samples) -> Samples:
        """What goes through of a number of whole frames of 10 ms."""
        blocks = heard.astype(np.float64).reshape(-1, len(self._matrices.ringing[0]))
        for start in range(0, len(blocks), _BLOCKS_AT_ONCE):
            some = blocks[start : start + _BLOCKS_AT_ONCE]
            some[:] = self._some(some)
        return rounded(blocks.reshape(-1))

    def _some(self, blocks: Floats) -> Floats:
        alone, left = blocks @ self._matrices.alone, blocks @ self._matrices.left
        states = np.concatenate((self._state, left.reshape(-1))) @ self._chains[len(blocks)]
        self._state = states[-2:]
        alone += states[:-2].reshape(-1, 2) @ self._matrices.ringing
        return alone


class _Matrices(NamedTuple):
    """The filter in blocks.

    Attributes:
        alone: What a block becomes after silence.
        left: What it leaves in the filter's two memories.
        ringing: What they become in the block after it.
    """

    alone: Floats
    left: Floats
    ringing: Floats


@functools.cache
def _matrices(rate: int) -> _Matrices:
    count = rate // _BLOCKS_A_SECOND
    alone, left = _steps(rate, np.eye(count), np.zeros((count, 2)))
    ringing, _ = _steps(rate, np.zeros((2, count)), np.eye(2))
    return _Matrices(alone, left, ringing)


@functools.cache
def _chains(rate: int) -> dict[int, Floats]:
    """By number of blocks: the memories before each of them, and after, from what each leaves."""
    _, passed = _steps(rate, np.zeros((2, rate // _BLOCKS_A_SECOND)), np.eye(2))
    most = np.zeros((2 * _BLOCKS_AT_ONCE + 2, 2 * _BLOCKS_AT_ONCE + 2))
    for source in range(_BLOCKS_AT_ONCE + 1):
        memory = np.eye(2)
        for place in range(source, _BLOCKS_AT_ONCE + 1):
            most[2 * source : 2 * source + 2, 2 * place : 2 * place + 2] = memory
            memory = memory @ passed
    sizes = {blocks: 2 * blocks + 2 for blocks in range(1, _BLOCKS_AT_ONCE + 1)}
    return {blocks: most[:size, :size].copy() for blocks, size in sizes.items()}


def _steps(rate: int, sound: Floats, memory: Floats) -> tuple[Floats, Floats]:
    """The filter sample by sample, in rows: what comes out, and what its memories are then."""
    corner = np.tan(np.pi * _CORNER_HZ / rate)
    scale = 1 / (1 + np.sqrt(2) * corner + corner**2)
    back = 2 * (corner**2 - 1) * scale, (1 - np.sqrt(2) * corner + corner**2) * scale
    first, second = memory[:, 0].copy(), memory[:, 1].copy()
    out = np.empty_like(sound)
    for place in range(sound.shape[1]):
        came = sound[:, place] * scale
        out[:, place] = went = came + first
        first, second = second - 2 * came - back[0] * went, came - back[1] * went
    return out, np.column_stack((first, second))
