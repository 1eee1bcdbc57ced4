"""What shows within a second that a caller's microphone hears nothing of the agent.

The canceller needs two seconds to learn that there is no echo, and takes callers for one meanwhile.
But an echo comes within half a second of what was sent, and where nothing has come by then there is
none: a headset, a recording, a device that cancels by itself without saying so.
"""

from collections import deque

#: Frames of 10 ms within which an echo comes, if it is one that the canceller finds by itself.
_WITHIN_FRAMES = 60
#: Softer than what was sent by so much, 30 dB, an echo needs no canceller.
_SOFTEST = 1e-3
#: The agent's voice, as the power of a frame: -45 dB of full scale. Softer sound tells nothing.
_VOICE = 160 * (32768 * 10 ** (-45 / 20)) ** 2


class NoEcho:
    """Looks for a moment of the agent's voice after which the microphone stays silent."""

    def __init__(self) -> None:
        """Knows nothing."""
        self._far: deque[float] = deque(maxlen=_WITHIN_FRAMES)
        self._near: deque[float] = deque(maxlen=_WITHIN_FRAMES)

    def plain(self, near: float, far: float) -> bool:
        """Takes a frame, and says whether it is plain by now that there is no echo.

        Args:
            near: Power of what the microphone heard; none at all is one that is switched off, and
                tells nothing.
            far: Power of what was sent.
        """
        self._near.append(near)
        self._far.append(far)
        sent = self._far[0]
        if len(self._far) < _WITHIN_FRAMES or sent < _VOICE:
            return False
        return max(self._near) < sent * _SOFTEST and min(self._near) > 0
