"""The one call that a process has room for."""

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from services.bot.call.call import Call
    from services.common.jobs import Received


class Slot:
    """Room for one call: free, claimed while a caller is being let in, then taken for good.

    Attributes:
        call: What took it.
        retiring: Whether nobody shall be let in but those who are here already.
        paused: Whether nobody shall be let in for now.
    """

    def __init__(self, on_taken: Callable[["Call", "Received | None"], None]) -> None:
        """Makes room.

        Args:
            on_taken: Is told of the call that takes the room, and of its job if it came with one.
        """
        self._on_taken = on_taken
        self._claimed = False
        self._closed = False
        self._hung_up = False
        self.retiring = False
        self.paused = False
        self._changed = asyncio.Event()
        self.call: Call | None = None

    @property
    def free(self) -> bool:
        """Whether a caller may come in now."""
        return not (self._claimed or self._closed or self.paused)

    @property
    def final(self) -> bool:
        """Whether nobody will come in any more."""
        return self.call is not None or (self._closed and not self._claimed)

    def claim(self) -> bool:
        """Reserves the room for a caller who is being let in; False if there is none."""
        if not self.free:
            return False
        self._claimed = True
        self._announce()
        return True

    def give_back(self) -> None:
        """The caller was not let in: the next one may try."""
        self._claimed = False
        self._announce()

    def take(self, call: "Call", job: "Received | None" = None) -> None:
        """The caller is in, and nobody else will be."""
        self.call = call
        self._on_taken(call, job)
        if self._hung_up:
            call.hang_up()
        self._announce()

    def retire(self) -> None:
        """Asks for no more callers; those who are here may still come in."""
        self.retiring = True
        self._announce()

    def pause(self, paused: bool) -> None:
        """Lets nobody in for now, or again. A caller who is being let in still is."""
        self.paused = paused
        self._announce()

    def close(self) -> None:
        """Lets nobody in from now on. A caller who is being let in still is."""
        self._closed = True
        self._announce()

    def hang_up(self) -> None:
        """Ends the call, or the one that is about to begin."""
        self._hung_up = True
        if self.call is not None:
            self.call.hang_up()
        self.close()

    async def until(self, condition: Callable[[], bool]) -> None:
        """Waits until a condition on this slot holds."""
        while not condition():
            self._changed.clear()
            await self._changed.wait()

    def _announce(self) -> None:
        self._changed.set()
