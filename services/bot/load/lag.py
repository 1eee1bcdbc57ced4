"""How late an event loop is."""

import asyncio

#: Each look wakes the process, and five a second see every lag that lasts.
LOOK_SECONDS = 0.2


class LoopLag:
    """Measures how much later than it asked for it an event loop wakes a task.

    That is what every piece of sound waits for, too, whether the loop is blocked by work of its own
    or the processor by others.
    """

    def __init__(self) -> None:
        self._worst = 0.0

    async def watch(self) -> None:
        """Measures until it is cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + LOOK_SECONDS
            await asyncio.sleep(LOOK_SECONDS)
            self._worst = max(self._worst, loop.time() - due)

    def take(self) -> float:
        """The longest lag since it was last taken, in seconds."""
        worst, self._worst = self._worst, 0.0
        return worst
