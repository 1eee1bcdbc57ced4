"""A bad network on one machine: a TCP proxy that stalls, jitters and throttles.

The kernel under the tests has no netem. Its sockets have small buffers, so that whoever sends into
a stalled link feels it as soon as on a real one, instead of filling megabytes of loopback.
"""

from __future__ import annotations

import asyncio
import random
import socket
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Self

_BUFFER_BYTES = 4096
_PIECE_BYTES = 1024
_LISTEN = 16


@dataclass(frozen=True, slots=True)
class Weather:
    """How bad a link is, in both directions.

    Attributes:
        freezes: It stands still again and again, for up to so many seconds; 0 for never.
        slowness: It carries so much less than sound needs: 0.3 for 30 % slower. None for any speed.
        bytes_a_second_up: What sound needs from the caller.
        bytes_a_second_down: What sound needs to the caller.
    """

    freezes: float = 0.0
    slowness: float | None = None
    bytes_a_second_up: float = 0.0
    bytes_a_second_down: float = 0.0


class BadLink:
    """The proxy, as an async context manager; for any number of connections.

    Attributes:
        weather: Now; may be changed.
        port: Where it listens.
    """

    def __init__(self, port: int, weather: Weather | None = None) -> None:
        """Listens nowhere yet.

        Args:
            port: Where connections go on to, on this machine.
            weather: How bad it is at first.
        """
        self.weather = weather or Weather()
        self._target = port
        self._open = asyncio.Event()
        self._open.set()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=_LISTEN)
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER_BYTES)
        self._listener.setblocking(False)
        self.port: int = self._listener.getsockname()[1]
        self._running: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        self._running = [
            asyncio.create_task(self._accept()),
            asyncio.create_task(self._freeze_again_and_again()),
        ]
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)
        self._listener.close()

    def stall(self) -> None:
        """Carries nothing until `go_on`."""
        self._open.clear()

    def go_on(self) -> None:
        """Carries again."""
        self._open.set()

    async def _accept(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            caller, _ = await loop.sock_accept(self._listener)
            self._running.append(asyncio.create_task(self._carry(caller)))

    async def _carry(self, caller: socket.socket) -> None:
        bot = socket.socket()
        for end in (caller, bot):
            end.setblocking(False)
            end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _BUFFER_BYTES)
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        bot.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER_BYTES)
        with caller, bot:
            await asyncio.get_running_loop().sock_connect(bot, ("127.0.0.1", self._target))
            ways = (
                asyncio.create_task(self._pump(caller, bot, lambda w: w.bytes_a_second_up)),
                asyncio.create_task(self._pump(bot, caller, lambda w: w.bytes_a_second_down)),
            )
            try:
                await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for way in ways:
                    way.cancel()
                await asyncio.gather(*ways, return_exceptions=True)

    async def _pump(
        self, source: socket.socket, sink: socket.socket, need: Callable[[Weather], float]
    ) -> None:
        loop = asyncio.get_running_loop()
        free_at = loop.time()
        while data := await loop.sock_recv(source, _PIECE_BYTES):
            await self._open.wait()
            weather = self.weather
            if weather.slowness is not None:
                pace = need(weather) / (1 + weather.slowness)
                free_at = max(free_at, loop.time()) + len(data) / pace
                await asyncio.sleep(free_at - loop.time())
            await loop.sock_sendall(sink, data)

    async def _freeze_again_and_again(self) -> None:
        chance = random.Random(7)  # noqa: S311
        while True:
            await asyncio.sleep(chance.uniform(0.1, 1.0))
            if self.weather.freezes:
                self.stall()
                await asyncio.sleep(chance.uniform(0, self.weather.freezes))
                self.go_on()
