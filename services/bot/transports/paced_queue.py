"""The queue in which the agent's sound waits for its time.

Pipecat's output writes a piece and then sleeps for as long as it plays, awake twice for each piece
of an answer that comes no faster than it is spoken. Here a piece waits before it is taken, and only
where it is early.
"""

import asyncio
import time
from collections.abc import Callable

from pipecat.frames.frames import Frame
from pipecat.utils.frame_queue import FrameQueue


class PacedQueue(FrameQueue):
    """Gives out what is behind a piece of sound when that has been played, as far as pacing goes.

    As Pipecat's output does, it keeps one piece ahead of the player.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Is empty, and nothing plays."""
        super().__init__()
        self._clock = clock
        self._due = 0.0
        self._resets = 0

    def played(self, seconds: float) -> float:
        """Takes note of a piece that has been written.

        Args:
            seconds: How long it plays.

        Returns:
            When the next one is due, on the clock.
        """
        now = self._clock()
        self._due = self._due + seconds if now - self._due < seconds else now
        return self._due

    async def get(self) -> Frame:
        """The next frame, when it is due; not one that an interruption emptied the queue of."""
        while True:
            frame: Frame = await super().get()
            resets = self._resets
            wait = self._due - self._clock()
            if wait > 0:
                try:
                    await asyncio.sleep(wait)
                except asyncio.CancelledError:
                    # Whoever waited gave up; the frame is for the next one who asks.
                    if resets == self._resets or not frame.interruptible:
                        self._queue.appendleft(frame)  # type: ignore[attr-defined]  # asyncio.Queue's
                    raise
                if resets != self._resets and frame.interruptible:
                    self.task_done()
                    continue
            return frame

    def reset(self) -> None:
        """An interruption: what waits is forgotten, and what comes next is due at once."""
        super().reset()
        self._resets += 1
        self._due = 0.0
