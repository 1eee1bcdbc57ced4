"""How much of what a caller sends has to be there before their process is woken to read it.

A call is 50 small frames a second, and waking up for one costs more than reading it. While nobody
speaks the kernel is asked to wait for several (`SO_RCVLOWAT`). It would also wait with a last word
behind which nothing comes, such as the frame that closes a WebSocket. So somebody looks, now and
then, whether all is well.
"""

import asyncio
import socket

#: How often, while the mark is high. A last word lies there for twice as long at the most.
LOOK_SECONDS = 0.4


class LowWater:
    """The low-water mark of a connection."""

    def __init__(self, transport: asyncio.Transport) -> None:
        """Finds the mark low: whatever comes is read at once."""
        self._transport = transport
        self._socket: socket.socket | None = transport.get_extra_info("socket")
        self._mark = 1
        self._reads = 0
        self._seen = 0
        self._looking: asyncio.TimerHandle | None = None

    def set(self, mark: int) -> None:
        """Takes note that something has been read, and how many bytes are worth waking up for."""
        self._reads += 1
        if mark == self._mark:
            return
        self._put(mark)
        if mark > 1 and self._looking is None:
            self._look_later()

    def _put(self, mark: int) -> None:
        if self._socket is None or self._transport.is_closing():
            return
        self._mark = mark
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, mark)

    def _look_later(self) -> None:
        self._seen = self._reads
        self._looking = asyncio.get_running_loop().call_later(LOOK_SECONDS, self._look)

    def _look(self) -> None:
        self._looking = None
        if self._mark == 1 or self._transport.is_closing():
            return
        if self._reads == self._seen:
            self._put(1)
            # What is there already would otherwise be noticed with what comes next.
            self._transport.pause_reading()
            self._transport.resume_reading()
        else:
            self._look_later()
