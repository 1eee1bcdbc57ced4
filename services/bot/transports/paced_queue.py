"""The queue in which the agent's sound waits for its time.

Pipecat's output writes a piece and then sleeps for as long as it plays, awake twice for each piece
of an answer that comes no faster than it is spoken. Here a piece waits before it is taken, and only
where it is early.
"""

import asyncio
import math
import time
from collections.abc import Callable

from pipecat.frames.frames import Frame
from pipecat.utils.frame_queue import FrameQueue

#: What was held up by less, on the way to us or by a busy processor, catches up with its time;
#: after more, whoever plays has been silent and begins anew.
_CATCH_UP_SECONDS = 0.2


class PacedQueue(FrameQueue):
    """Gives out what is behind a piece of sound when that has been played, as far as pacing goes.

    As Pipecat's output does, it keeps one piece ahead of the player.
    """

    def __init__(
        self, clock: Callable[[], float] = time.monotonic, *, patience: float = math.inf
    ) -> None:
        """Is empty, and nothing plays.

        Args:
            clock: Seconds.
            patience: For how many seconds `get` waits where nothing is there.
        """
        super().__init__()
        self._clock = clock
        self._patience = patience
        self._due = 0.0
        self._resets = 0
        self._arrival: asyncio.Future[None] | None = None
        self._empty_since = 0.0
        self._alarm: asyncio.TimerHandle | None = None

    def played(self, seconds: float) -> float:
        """Takes note of a piece that has been written.

        Args:
            seconds: How long it plays.

        Returns:
            When the next one is due, on the clock.
        """
        now = self._clock()
        self._due = self._due + seconds if now - self._due < _CATCH_UP_SECONDS else now
        return self._due

    def put_nowait(self, item: Frame) -> None:
        """Puts a frame behind the others."""
        super().put_nowait(item)
        if self._arrival is not None and not self._arrival.done():
            self._arrival.set_result(None)

    async def get(self) -> Frame:
        """The next frame, when it is due; not one that an interruption emptied the queue of.

        Only one at a time may wait for it.

        Raises:
            TimeoutError: None came for so long.
        """
        while True:
            while self.empty():
                await self._until_arrival()
            frame: Frame = self.get_nowait()
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

    async def _until_arrival(self) -> None:
        loop = asyncio.get_running_loop()
        self._arrival, self._empty_since = loop.create_future(), loop.time()
        if self._alarm is None and self._patience < math.inf:
            self._alarm = loop.call_later(self._patience, self._look)
        try:
            await self._arrival
        finally:
            self._arrival = None

    def _look(self) -> None:
        """Whether patience is at an end. One timer serves many waits, nearly all of them short."""
        self._alarm = None
        if self._arrival is None or self._arrival.done():
            return
        loop = asyncio.get_running_loop()
        left = self._empty_since + self._patience - loop.time()
        if left > 0:
            self._alarm = loop.call_later(left, self._look)
        else:
            self._arrival.set_exception(TimeoutError())

    def reset(self) -> None:
        """An interruption: what waits is forgotten, and what comes next is due at once.

        Whoever sleeps in `get` sleeps on, 40 ms at most at the pace of `played`.
        """
        super().reset()
        self._resets += 1
        self._due = 0.0
