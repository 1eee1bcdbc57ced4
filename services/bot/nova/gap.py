"""The caller's audio that no stream has understood yet."""

import base64
from collections import deque

import numpy as np

from services.bot import pulse

_QUIET_PEAK = 500
"""Of 32767: below it a chunk is silence, or a quiet room's noise."""

_LEAD_SECONDS = 0.3
"""Kept before the first sound, since a word begins softly."""

SILENCE = base64.b64encode(bytes(int(16_000 * 2 * pulse.SECONDS))).decode()
"""A chunk of it, as it goes into an event, as long as a pulse."""


class Gap:
    """A bounded ring of audio, for the stream that comes next.

    Every chunk goes in, sent or not, and comes out when the service has turned it into words. So
    neither what is said while no stream is open, nor the half of a sentence that a dying stream
    took with it, is lost.
    """

    def __init__(self, seconds: float, *, bytes_a_second: int = 16_000 * 2) -> None:
        """Keeps the latest ``seconds``; drops the oldest."""
        self._limit = int(seconds * bytes_a_second)
        self._bytes_a_second = bytes_a_second
        self._chunks: deque[tuple[str, int]] = deque()
        self._size = 0
        self._taken = 0
        self.dropped_seconds = 0.0

    def add(self, pcm_base64: str) -> None:
        """A chunk of 16-bit PCM as it goes into an event."""
        size = len(pcm_base64) * 3 // 4 - pcm_base64.count("=", -2)
        self._chunks.append((pcm_base64, size))
        self._size += size
        self._taken += size
        while self._size > self._limit and len(self._chunks) > 1:
            self.dropped_seconds += self._forget() / self._bytes_a_second

    def new_stream(self) -> None:
        """Offsets count from here: the next stream will get everything that is kept."""
        self._taken = self._size

    def understood(self, until_ms: float | None = None) -> None:
        """The stream has made words of its audio, up to an offset in it or altogether."""
        if until_ms is None:
            self._chunks.clear()
            self._size = 0
            return
        start = self._taken - self._size
        until = until_ms / 1000 * self._bytes_a_second
        while self._chunks and start + self._chunks[0][1] <= until:
            start += self._forget()

    def seconds(self) -> float:
        """How much is kept."""
        return self._size / self._bytes_a_second

    def trim(self) -> None:
        """Drops the silence before the first sound."""
        lead = int(_LEAD_SECONDS * self._bytes_a_second)
        silent = 0
        for pcm_base64, size in self._chunks:
            if is_loud(pcm_base64):
                break
            silent += size
        while self._chunks and silent - self._chunks[0][1] >= lead:
            silent -= self._forget()

    def chunks(self) -> list[str]:
        """What is kept, oldest first."""
        return [pcm_base64 for pcm_base64, _ in self._chunks]

    def _forget(self) -> int:
        _, size = self._chunks.popleft()
        self._size -= size
        return size


def is_loud(pcm_base64: str) -> bool:
    """Whether there is a sound in a chunk of 16-bit PCM."""
    pcm = base64.b64decode(pcm_base64)
    samples = np.frombuffer(pcm[: len(pcm) & ~1], dtype="<i2")
    return bool(samples.size) and int(np.abs(samples.astype(np.int32)).max()) > _QUIET_PEAK
