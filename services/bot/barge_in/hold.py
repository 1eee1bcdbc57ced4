"""Where the agent's sound waits while it is not clear whether the caller wants to speak."""

import asyncio
from collections import deque

from pipecat.audio.filters.base_audio_filter import BaseAudioFilter
from pipecat.frames.frames import FilterControlFrame

#: How much of what was sent can be sent again.
REMEMBERED_SECONDS = 1.0


class Hold(BaseAudioFilter):
    """A line's output filter, through which the agent's sound leaves, piece by piece and in time.

    Attributes:
        held: Whether nothing leaves.
        sent_seconds: How much has left.
    """

    def __init__(self, then: BaseAudioFilter) -> None:
        """Lets everything through.

        Args:
            then: The filter for what leaves.
        """
        self._then = then
        self.held = False
        self.sent_seconds = 0.0
        self._bytes_a_second = 0
        self._free = asyncio.Event()
        self._free.set()
        self._dropped = 0
        self._again = b""
        self._recent: deque[bytes] = deque()
        self._recent_bytes = 0

    def hold(self) -> None:
        """Lets nothing through from now on. What waits is kept."""
        self.held = True
        self._free.clear()

    def resume(self, lost_seconds: float = 0.0) -> None:
        """Goes on where it stopped.

        Args:
            lost_seconds: How much of what was sent last nobody heard: it is sent again.
        """
        if lost_seconds > 0:
            count = round(lost_seconds * 100) * self._bytes_a_second // 100
            recent = b"".join(self._recent)
            self._again = recent[max(0, len(recent) - count) :]
            self.sent_seconds -= len(self._again) / max(self._bytes_a_second, 1)
        self._release()

    def drop(self) -> None:
        """Forgets what waits: the caller has interrupted."""
        self._dropped += 1
        self._again = b""
        self._release()

    async def start(self, sample_rate: int) -> None:
        """Begins at a rate, in Hz; 16 bit, mono."""
        self._bytes_a_second = sample_rate * 2
        await self._then.start(sample_rate)

    async def stop(self) -> None:
        """Lets go of whoever waits."""
        self.drop()
        await self._then.stop()  # type: ignore[no-untyped-call]

    async def process_frame(self, frame: FilterControlFrame) -> None:
        """Passes it on: this one is told by `BargeIn`."""
        await self._then.process_frame(frame)

    async def filter(self, audio: bytes) -> bytes:
        """Gives a piece back when it may leave; nothing if it was dropped meanwhile."""
        while self.held:
            dropped = self._dropped
            await self._free.wait()
            if dropped != self._dropped:
                return b""
        if self._again:
            audio, self._again = self._again + audio, b""
        self._remember(audio)
        return await self._then.filter(audio)

    def _release(self) -> None:
        self.held = False
        self._free.set()

    def _remember(self, audio: bytes) -> None:
        self.sent_seconds += len(audio) / max(self._bytes_a_second, 1)
        self._recent.append(audio)
        self._recent_bytes += len(audio)
        while self._recent_bytes - len(self._recent[0]) > REMEMBERED_SECONDS * self._bytes_a_second:
            self._recent_bytes -= len(self._recent.popleft())
