"""When the caller's audio comes, and when somebody has to stand in for it."""

import time
from collections import deque
from collections.abc import Callable

from services.bot.nova.gap import is_loud

MUTED_SECONDS = 0.4
"""A microphone that has sent silence and then nothing for so long is off."""

HALTED_SECONDS = 2.0
"""One that stops within a word is not off: the network holds its audio up, and will bring it."""

_LATEST_SECONDS = 0.3
"""Longer than the sounds within a word are apart."""


class Microphone:
    """The caller's microphone, as far as its audio tells."""

    def __init__(
        self, clock: Callable[[], float] = time.monotonic, *, bytes_a_second: int = 16_000 * 2
    ) -> None:
        """Has not been heard yet."""
        self._clock = clock
        self._wanted = int(_LATEST_SECONDS * bytes_a_second)
        self._latest: deque[str] = deque()
        self._size = 0
        self._heard_at = clock()
        self._began_at = self._stopped_at = clock()
        self._speaking = False

    def hear(self, pcm_base64: str) -> None:
        """A chunk of 16-bit PCM as it goes into an event."""
        self._heard_at = self._clock()
        self._latest.append(pcm_base64)
        self._size += _size(pcm_base64)
        while self._size - _size(self._latest[0]) >= self._wanted:
            self._size -= _size(self._latest.popleft())

    @property
    def off(self) -> bool:
        """Whether no audio comes, and none is on its way.

        Silence in place of audio that comes after all would cut the caller's sentence in two.
        """
        without = self._clock() - self._heard_at
        if without < MUTED_SECONDS:
            return False
        return without >= HALTED_SECONDS or not any(map(is_loud, self._latest))

    @property
    def speaking(self) -> bool:
        """Whether somebody speaks into it, by our own detector."""
        return self._speaking

    @speaking.setter
    def speaking(self, speaking: bool) -> None:
        if speaking and not self._speaking:
            self._began_at = self._clock()
        elif self._speaking and not speaking:
            self._stopped_at = self._clock()
        self._speaking = speaking

    def unheard_for(self, sign_at: float) -> float:
        """Seconds since they stopped, if the last sign of hearing anything is from before."""
        if self._speaking or self._began_at <= sign_at:
            return 0.0
        return self._clock() - self._stopped_at


def _size(pcm_base64: str) -> int:
    return len(pcm_base64) * 3 // 4
