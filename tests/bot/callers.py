"""Programs that call the bot, as a stranger would write them."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Any, Self

from websockets.asyncio.client import connect
from websockets.asyncio.connection import Connection
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from tests.bot.conftest import API_KEY, PATIENCE_SECONDS, Bot

Event = dict[str, Any]
FRAME_SECONDS = 0.02
FRAME_BYTES = 640
#: What a busy machine has held up for longer is said later, as if it had been spoken later: sound
#: that is more than a second late the bot leaves out, and a word of a sentence with it.
CATCHES_UP_SECONDS = 0.7


class Caller:
    """A program on the JSON protocol: speaks what it is given, keeps what it gets."""

    def __init__(self, line: Connection) -> None:
        self.line = line
        self.events: list[Event] = []
        self._changed = asyncio.Condition()
        self._reading = asyncio.create_task(self._read())

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.line.close()
        await self._reading

    async def say(self, pcm: bytes) -> None:
        """Sends 16 kHz audio in frames of 20 ms, as fast as it is spoken."""
        loop = asyncio.get_running_loop()
        due = loop.time()
        for start in range(0, len(pcm), FRAME_BYTES):
            await self.send_audio(pcm[start : start + FRAME_BYTES])
            due = max(due + FRAME_SECONDS, loop.time() - CATCHES_UP_SECONDS)
            await asyncio.sleep(max(0.0, due - loop.time()))

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[None]:
        """Sends silence meanwhile, as an open microphone does."""

        async def stay_silent() -> None:
            while True:
                await self.say(bytes(FRAME_BYTES))

        silence = asyncio.create_task(stay_silent())
        try:
            yield
        finally:
            silence.cancel()

    async def send_audio(self, pcm: bytes) -> None:
        encoded = base64.b64encode(pcm).decode("ascii")
        await self.line.send(json.dumps({"action": "audiostream", "audioData": encoded}))

    async def event(
        self, kind: str, wanted: Callable[[Event], bool] = lambda _: True, *, after: int = 0
    ) -> int:
        """Waits for an event and tells its position."""
        async with self._changed, asyncio.timeout(PATIENCE_SECONDS):
            while True:
                for position, event in enumerate(self.events[after:], start=after):
                    if event["event"] == kind and wanted(event):
                        return position
                assert not self._reading.done(), self.said()
                await self._changed.wait()

    async def answers(self) -> None:
        """Waits until the bot answers a ping."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            await (await self.line.ping())

    async def close_code(self) -> int | None:
        """Waits until the bot hangs up."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            await self._reading
        return self.line.close_code

    async def gone(self) -> None:
        """Waits, for ever, until the line is closed."""
        await self._reading

    def said(self) -> list[Event]:
        """Everything but audio."""
        return [event for event in self.events if event["event"] != "media"]

    def heard(self, after: int = 0) -> bytes:
        """The audio that came after an event."""
        media = (event for event in self.events[after:] if event["event"] == "media")
        return b"".join(base64.b64decode(event["data"]) for event in media)

    async def _read(self) -> None:
        try:
            async for message in self.line:
                event = json.loads(message) if isinstance(message, str) else {"event": "binary"}
                async with self._changed:
                    self.events.append(event)
                    self._changed.notify_all()
        except ConnectionClosed:
            pass
        async with self._changed:
            self._changed.notify_all()


async def call(
    bot: Bot,
    *,
    agent: str | None = None,
    echoes: bool = False,
    **how: Any,  # noqa: ANN401
) -> Caller:
    """Calls with the API key.

    Args:
        bot: Whom.
        agent: An agent's key; without one, the default agent.
        echoes: Whether the program's microphone may hear its loudspeaker.
        how: What `connect` takes.
    """
    how = {"subprotocols": [Subprotocol(API_KEY)], "open_timeout": PATIENCE_SECONDS} | how
    asked = [] if echoes else ["echo=none"]
    asked += [] if agent is None else [f"agent={agent}"]
    return Caller(await connect(f"{bot.web_socket}?{'&'.join(asked)}", compression=None, **how))


async def call_with(bot: Bot, ticket: str) -> Caller:
    """Calls with a ticket, as a page does, but without saying anything."""
    url = f"{bot.web_socket}?ticket={ticket}"
    return Caller(await connect(url, compression=None, open_timeout=PATIENCE_SECONDS))
