"""A caller: a program on the bot's WebSocket, at a microphone's pace, who notes when what came.

It speaks the browsers' protocol (RTVI in protobuf) or the open JSON protocol, and never plays a
sound. Times are those of `time.monotonic()`.
"""

from __future__ import annotations

import asyncio
import base64
import json
import time
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Any, Literal, Self

import numpy as np
from pipecat.frames.protobufs import frames_pb2
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from tests.bench import marks

Protocol = Literal["rtvi", "json"]

_Frame: Any = frames_pb2.Frame  # type: ignore[attr-defined]
_OPEN_SECONDS = 30
AUDIBLE = 300
"""Peak of 32767: softer audio is the silence between sentences."""

_CLIENT_READY: dict[str, object] = {
    "label": "rtvi-ai",
    "type": "client-ready",
    "id": "ready",
    "data": {"version": "2.0.0", "about": {"library": "bench"}},
}


class Caller:
    """One call, as an async context manager; hangs up at its end.

    Attributes:
        number: Who this is, in the marks of the silence that it sends.
        opened_at: When the WebSocket was open.
        ready_at: When the bot said that it is ready (RTVI's `bot-ready`).
        sent: When each frame of the microphone's was handed to the socket.
        received: When each piece of the agent's audio came, its bytes, and whether it is audible.
    """

    def __init__(
        self, url: str, *, number: int = 0, protocol: Protocol = "rtvi", api_key: str = ""
    ) -> None:
        """Prepares a call.

        Args:
            url: The WebSocket's address, with its ticket if it needs one.
            number: Who this is.
            protocol: What it speaks.
            api_key: The subprotocol of the JSON protocol.
        """
        self.number = number
        self.opened_at = 0.0
        self.ready_at = 0.0
        self.sent: list[float] = []
        self.received: list[tuple[float, int, bool]] = []
        self._url = url
        self._protocol = protocol
        self._subprotocols = [Subprotocol(api_key)] if protocol == "json" else None
        self._to_say: list[bytes] = []
        self._said: asyncio.Event = asyncio.Event()
        self._changed = asyncio.Event()
        self._socket: ClientConnection
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def rate(self) -> int:
        """Of the agent's audio, in bytes a second."""
        return 2 * (24_000 if self._protocol == "rtvi" else 16_000)

    async def __aenter__(self) -> Self:
        self._socket = await connect(
            self._url,
            subprotocols=self._subprotocols,
            compression=None,
            max_size=None,
            open_timeout=_OPEN_SECONDS,
            proxy=None,
        )
        self.opened_at = time.monotonic()
        self._tasks.append(asyncio.create_task(self._listen()))
        if self._protocol == "rtvi":
            await self._socket.send(_message(_CLIENT_READY))
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for task in self._tasks:
            task.cancel()
        with suppress(ConnectionClosed, OSError):
            await self._socket.close()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def open_microphone(self) -> None:
        """Sends marked silence from now on, and what `say` is given."""
        self._tasks.append(asyncio.create_task(self._speak()))

    async def say(self, pcm: bytes) -> float:
        """Says something: 16 kHz 16-bit mono audio.

        Returns:
            When its last frame was sent.
        """
        whole = pcm + bytes(-len(pcm) % marks.FRAME_BYTES)
        pieces = range(0, len(whole), marks.FRAME_BYTES)
        self._to_say = [whole[start : start + marks.FRAME_BYTES] for start in pieces]
        self._said.clear()
        await self._said.wait()
        return self.sent[-1]

    async def until_ready(self, seconds: float = 30) -> None:
        """Waits until the bot has said that it is ready."""
        await self._until(lambda: self.ready_at > 0, seconds)

    async def until_heard(self, since: float = 0, seconds: float = 30) -> float:
        """Waits for the first audible piece of audio since a moment, and tells when it came."""

        def first() -> float | None:
            times = (at for at, _, audible in self.received if audible and at > since)
            return next(times, None)

        await self._until(lambda: first() is not None, seconds)
        return first() or 0.0

    async def until_quiet(self, pause: float = 0.7, seconds: float = 30) -> None:
        """Waits until no audio has come for a while."""
        async with asyncio.timeout(seconds):
            while not self.received or time.monotonic() - self.received[-1][0] < pause:  # noqa: ASYNC110
                await asyncio.sleep(0.05)

    async def _until(self, condition: Callable[[], bool], seconds: float) -> None:
        async with asyncio.timeout(seconds):
            while not condition():
                if self._tasks[0].done():
                    raise ConnectionError(f"the bot closed the line: {self._socket.close_code}")
                self._changed.clear()
                await self._changed.wait()

    async def _speak(self) -> None:
        began = time.monotonic()
        while True:
            due = began + len(self.sent) * marks.FRAME_MS / 1000
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            saying = bool(self._to_say)
            pcm = self._to_say.pop(0) if saying else marks.silence(self.number, len(self.sent))
            frame = self._frame(pcm)
            self.sent.append(time.monotonic())
            await self._socket.send(frame)
            if saying and not self._to_say:
                self._said.set()

    def _frame(self, pcm: bytes) -> str | bytes:
        if self._protocol == "json":
            audio = base64.b64encode(pcm).decode()
            return json.dumps({"action": "audiostream", "audioData": audio})
        frame = _Frame()
        frame.audio.audio = pcm
        frame.audio.sample_rate = marks.SAMPLE_RATE
        frame.audio.num_channels = 1
        return bytes(frame.SerializeToString())

    async def _listen(self) -> None:
        with suppress(ConnectionClosed):
            async for data in self._socket:
                at = time.monotonic()
                pcm = self._read(data, at)
                if pcm:
                    peak = int(np.abs(np.frombuffer(pcm, dtype="<i2").astype(np.int32)).max())
                    self.received.append((at, len(pcm), peak > AUDIBLE))
                self._changed.set()
        self._changed.set()

    def _read(self, data: str | bytes, at: float) -> bytes:
        """The audio in a frame, if there is any."""
        if isinstance(data, str):
            event = json.loads(data)
            return base64.b64decode(event["data"]) if event["event"] == "media" else b""
        frame = _Frame.FromString(data)
        if frame.WhichOneof("frame") == "message":
            if json.loads(frame.message.data).get("type") == "bot-ready":
                self.ready_at = at
            return b""
        return bytes(frame.audio.audio)


def _message(message: dict[str, object]) -> bytes:
    frame = _Frame()
    frame.message.data = json.dumps(message)
    return bytes(frame.SerializeToString())
