"""Holds back what the canceller leaves while it has not found its way.

WebRTC's canceller needs one to two seconds at the beginning of a call, and some tenths of a second
whenever the agent begins to speak again and the player holds back a little more or less than
before. What it leaves then is short and speech-like, enough for an agent to interrupt itself. For
that time a frame has to be louder than the echo that was to be expected, or else it is held back.
A caller who is louder than the echo comes through at once, any other at the latest after
two to three seconds. Later that is held back of which the canceller has taken most anyway, and at
any time what is a copy of the agent's words (`likeness`): sound that a busy machine has torn, an
echo that has moved. A caller who is louder than any echo of late is never compared.
"""

from collections.abc import Callable

import numpy as np

from services.bot.sound.samples import Samples

#: Frames of 10 ms of the agent's voice within which a caller has to be louder than the echo, at the
#: least and at the most: at the beginning of a call, and when the agent speaks again. The canceller
#: does the first second so well that nothing can be told from it; then it looks for the delay.
_FIRST, _AGAIN = (250, 300), (150, 200)
#: Of the frames of an echo, so many in a row must be cancelled by `_SETTLED` for the canceller to
#: count as settled.
_ENOUGH_FRAMES = 30
_SETTLED = 10 ** (-25 / 10)
#: A frame must have this many times the power of the expected echo to be more than that. Until an
#: echo has been measured, it must have kept a quarter of its power.
_LOUDER = 4.0
_KEPT = 0.25
#: Later, a frame of which less than a tenth is left is held back altogether, and one that was no
#: louder than expected if less than half is left: WebRTC looks for the delay again from time to
#: time, and lets a syllable pass. Not so for these frames after one that was louder than any echo,
#: by 10 dB.
_LITTLE, _HALF, _OPEN_FRAMES, _CALLER = 0.1, 0.5, 30, 10.0
#: How much less of an echo's power the room returns every 10 ms: 0.85 s until it has died away.
_DECAY = 0.85
#: What is left of what is held back: 30 dB less.
_REST = 0.03
#: The power of a frame, a sum of squares, that is worth looking at: -60 dB of full scale.
_FAINT = 160 * (32768 * 10 ** (-60 / 20)) ** 2
#: For so many frames an answer holds whether what is about to pass is the agent's.
_COMPARE_FRAMES = 4


class Residue:
    """One call's."""

    def __init__(self, longest_delay: int) -> None:
        """Prepares for a call.

        Args:
            longest_delay: Of an echo, in frames.
        """
        self._far = np.zeros(longest_delay + 3)
        self._echo = 0.0
        self._gain = 1.0
        self._level: tuple[float, int] | None = None
        self._frames = self._calm = 0
        self._least, self._most = _FIRST
        self._settled = False
        self._open = 0
        self._compared = 0
        self._copy = False
        self._louder = 0

    @property
    def settled(self) -> bool:
        """Whether the canceller is trusted with all that comes."""
        return self._settled

    def unsettle(self) -> None:
        """The agent begins to speak, or the echo's delay has changed."""
        if self._settled:
            self._settled = False
            self._frames = self._calm = 0
            self._least, self._most = _AGAIN

    def expect(self, gain: float, delay: int) -> None:
        """Takes over a measurement.

        Args:
            gain: The echo's power for what was sent.
            delay: In frames.
        """
        self._level = (gain, delay)

    def hold_back(
        self, near: float, far: float, done: Samples, is_echo: Callable[[], bool]
    ) -> None:
        """Looks at a frame while the loudspeaker may be heard.

        Args:
            near: Power of what the microphone heard.
            far: Power of what was sent at that time.
            done: What became of the near end; changed in place.
            is_echo: Whether what the microphone heard lately is what the agent says. It takes a
                while to answer, so it is asked seldom.
        """
        self._far[1:] = self._far[:-1]
        self._far[0] = far
        if self._level is not None:
            gain, delay = self._level
            heard = float(self._far[max(0, delay - 2) : delay + 3].max()) * gain
            self._echo = max(heard, self._echo * _DECAY)
        left = float(np.dot(floats := done.astype(np.float32), floats))
        self._compared -= 1
        wanted = self._doubt(near, left) if self._settled else self._judge(near, left)
        if self._level is not None and near > _LOUDER * self._level[0] * float(self._far.max()):
            self._louder = _OPEN_FRAMES
        elif self._louder:
            self._louder -= 1
        elif wanted == 1.0 and left > _FAINT and self._is_copy(is_echo):
            wanted = _REST
        if wanted == self._gain == 1.0:
            return
        if wanted == self._gain:
            done[:] = floats * np.float32(wanted)
            return
        slope = np.linspace(self._gain, wanted, len(done), dtype=np.float32)
        done[:] = floats * slope
        self._gain = wanted

    def _doubt(self, near: float, left: float) -> float:
        """How much of a frame passes a settled canceller: all, unless it was an echo, and alone."""
        if left > _LOUDER * near:
            # Its comfort noise, from before it was idle.
            return _REST
        if near >= _CALLER * self._echo:
            self._open = _OPEN_FRAMES
        elif self._open:
            self._open -= 1
        elif left < (_HALF if near < self._echo else _LITTLE) * near:
            return _REST
        return 1.0

    def _is_copy(self, is_echo: Callable[[], bool]) -> bool:
        if self._compared <= 0:
            self._compared, self._copy = _COMPARE_FRAMES, is_echo()
        return self._copy

    def _judge(self, near: float, left: float) -> float:
        if near < _FAINT:
            return _REST
        self._frames += 1
        known = self._level is not None
        echo = near < _LOUDER * self._echo if known else left < _KEPT * near
        if echo:
            self._calm = self._calm + 1 if left < _SETTLED * near else 0
        calm = self._calm >= _ENOUGH_FRAMES and self._frames >= self._least
        self._settled = calm or self._frames >= self._most
        return _REST if echo else 1.0
