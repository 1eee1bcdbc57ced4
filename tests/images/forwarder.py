"""What a load balancer does for these tests: one local port, and targets chosen by path."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Mapping
from contextlib import suppress
from types import TracebackType
from typing import Self

_CONNECT_SECONDS = 5
_PIECE_BYTES = 64 * 1024


class Forwarder:
    """Forwards connections to containers, by their first request's path.

    Browsers allow the microphone on `localhost` and on HTTPS alone, and containers are elsewhere.

    Attributes:
        port: Where it listens on this machine, once it has been entered.
        targets: Address and port by the beginning of a path; `/` takes what is left.
    """

    def __init__(self) -> None:
        self.port = 0
        self.targets: Mapping[str, tuple[str, int]] = {}
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        self._server = asyncio.run_coroutine_threadsafe(
            asyncio.start_server(self._forward, "127.0.0.1", 0), self._loop
        ).result(_CONNECT_SECONDS)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        asyncio.run_coroutine_threadsafe(self._stop(), self._loop).result(_CONNECT_SECONDS)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(_CONNECT_SECONDS)
        self._loop.close()

    async def _stop(self) -> None:
        self._server.close()
        forwarding = asyncio.all_tasks() - {asyncio.current_task()}
        for task in forwarding:
            task.cancel()
        await asyncio.gather(*forwarding, return_exceptions=True)

    async def _forward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            request = await reader.readuntil(b"\r\n")
            path = request.split(b" ")[1].decode()
            target = next(
                self.targets[beginning]
                for beginning in sorted(self.targets, key=len, reverse=True)
                if path.startswith(beginning)
            )
            async with asyncio.timeout(_CONNECT_SECONDS):
                to_read, to_write = await asyncio.open_connection(*target)
            to_write.write(request)
            await asyncio.gather(_pass_on(reader, to_write), _pass_on(to_read, writer))


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while piece := await reader.read(_PIECE_BYTES):
            writer.write(piece)
            await writer.drain()
    finally:
        writer.close()
