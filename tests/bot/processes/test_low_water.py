"""How much has to have come before a process is woken."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import cast

import pytest
import uvloop

from services.bot.processes import low_water
from services.bot.processes.low_water import LowWater

SECONDS = 10
LOOPS = [asyncio.new_event_loop, uvloop.new_event_loop]


class Reader(asyncio.Protocol):
    """Keeps what it reads, piece by piece."""

    def __init__(self) -> None:
        self.read: list[bytes] = []
        self.changed = asyncio.Event()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.mark = LowWater(cast("asyncio.Transport", transport))
        self.changed.set()

    def data_received(self, data: bytes) -> None:
        self.read.append(data)
        self.changed.set()

    def connection_lost(self, error: Exception | None) -> None:
        self.read.append(b"")
        self.changed.set()

    async def until(self, holds: Callable[[], object]) -> None:
        async with asyncio.timeout(SECONDS):
            while not holds():
                self.changed.clear()
                await self.changed.wait()


@asynccontextmanager
async def connected() -> AsyncIterator[tuple[Reader, asyncio.StreamWriter]]:
    loop = asyncio.get_running_loop()
    reader = Reader()
    server = await loop.create_server(lambda: reader, "127.0.0.1", 0)
    _, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
    try:
        await reader.until(lambda: hasattr(reader, "mark"))
        yield reader, writer
    finally:
        writer.close()
        server.close()


@pytest.mark.parametrize("loop", LOOPS)
def test_two_messages_are_one_to_read(
    loop: Callable[[], asyncio.AbstractEventLoop], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(low_water, "LOOK_SECONDS", 10 * SECONDS)

    async def call() -> None:
        async with connected() as (reader, writer):
            reader.mark.set(8)
            for _ in range(2):
                writer.write(b"four")
                await writer.drain()
            await reader.until(lambda: reader.read)
            assert reader.read == [b"fourfour"]
            reader.mark.set(1)
            writer.write(b"last")
            await reader.until(lambda: len(reader.read) == 2)

    with asyncio.Runner(loop_factory=loop) as runner:
        runner.run(call())


@pytest.mark.parametrize("loop", LOOPS)
def test_a_last_word_is_read_though_nothing_follows(
    loop: Callable[[], asyncio.AbstractEventLoop], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(low_water, "LOOK_SECONDS", 0.01)

    async def call() -> None:
        async with connected() as (reader, writer):
            reader.mark.set(8)
            writer.write(b"bye")
            await reader.until(lambda: reader.read)
            assert reader.read == [b"bye"]

    with asyncio.Runner(loop_factory=loop) as runner:
        runner.run(call())


async def test_who_leaves_is_noticed_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(low_water, "LOOK_SECONDS", 10 * SECONDS)
    async with connected() as (reader, writer):
        reader.mark.set(8)
        writer.write(b"bye")
        writer.close()
        await reader.until(lambda: b"" in reader.read)
        assert b"".join(reader.read) == b"bye"
