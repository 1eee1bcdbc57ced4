"""Callers by the dozen in one process: all that they send is made beforehand.

Each speaks the browsers' protocol on a WebSocket of its own, at a microphone's pace of 20 ms, with
the callers' frames spread evenly over that time. What they hear is kept as it came, for later.
"""

from __future__ import annotations

import asyncio
import base64
import gc
import json
import os
import struct
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import urlsplit

from pipecat.frames.protobufs import frames_pb2

from tests.bench.capacity import beacons
from tests.bench.capacity.nova import SAMPLE_RATE_IN

FRAME_MS = 20
_OPEN_SECONDS = 20.0
_BINARY, _CLOSE, _PING, _PONG = 2, 8, 9, 10
_FIN, _MASKED, _LARGER, _LARGEST = 0x80, 0x80, 126, 127
_NO_MASK = bytes(4)
"""RFC 6455 wants a mask; this one leaves everything as it is."""

_CLIENT_READY: dict[str, object] = {
    "label": "rtvi-ai",
    "type": "client-ready",
    "id": "ready",
    "data": {"version": "2.0.0", "about": {"library": "bench"}},
}

_Frame: Any = frames_pb2.Frame  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class Tape:
    """What a caller did while it was recorded.

    Attributes:
        sent: When each frame of the loop was sent, and which one.
        received: When each message came, and what it was.
    """

    sent: list[tuple[float, int]]
    received: list[tuple[float, bytes]]

    def heard(self) -> list[tuple[float, bytes]]:
        """The agent's audio among what came."""
        frames = ((at, _Frame.FromString(data)) for at, data in self.received)
        return [(at, bytes(frame.audio.audio)) for at, frame in frames if frame.audio.audio]


class Caller(asyncio.Protocol):
    """One call.

    Attributes:
        heard_bytes: How much has come.
        closed: The close code, or 1006, once the call is over.
    """

    def __init__(self, url: str, frames: Sequence[bytes]) -> None:
        """Prepares a call.

        Args:
            url: The WebSocket's address, with its ticket if it needs one.
            frames: A loop of frames, as they go over the wire.
        """
        self._url = urlsplit(url)
        self._frames = frames
        self._next = 0
        self._buffer = bytearray()
        self._transport: asyncio.Transport
        self._timer: asyncio.TimerHandle | None = None
        self._opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._tape: Tape | None = None
        self.heard_bytes = 0
        self.closed: int | None = None

    async def open(self) -> None:
        """Opens the WebSocket.

        Raises:
            ConnectionError: The bot did not let the caller in.
            TimeoutError: It did not answer.
        """
        loop = asyncio.get_running_loop()
        host, port = self._url.hostname or "", self._url.port or 80
        await loop.create_connection(lambda: self, host, port)
        key = base64.b64encode(os.urandom(16)).decode()
        self._transport.write(
            f"GET {self._url.path}?{self._url.query} HTTP/1.1\r\nHost: {self._url.netloc}\r\n"
            "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            f"Sec-WebSocket-Key: {key}\r\n\r\n".encode()
        )
        async with asyncio.timeout(_OPEN_SECONDS):
            await self._opened
        ready = _Frame()
        ready.message.data = json.dumps(_CLIENT_READY)
        self._transport.write(_masked(_BINARY, bytes(ready.SerializeToString())))

    def open_microphone(self, first: float) -> None:
        """Sends frames from a moment of the loop's time on."""
        self._timer = asyncio.get_running_loop().call_at(first, self._send, first)

    def record(self) -> None:
        """Keeps what comes and goes from now on."""
        self._tape = Tape([], [])

    def take_tape(self) -> Tape:
        """Stops to record, and gives what there is."""
        tape, self._tape = self._tape, None
        return tape or Tape([], [])

    def hang_up(self) -> None:
        """Closes the call."""
        if self._timer is not None:
            self._timer.cancel()
        if self.closed is None:
            self._transport.write(_masked(_CLOSE, struct.pack("!H", 1000)))
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Has somewhere to write to."""
        self._transport = cast("asyncio.Transport", transport)

    def connection_lost(self, exc: Exception | None) -> None:
        """The call is over."""
        self.closed = self.closed or 1006
        if self._timer is not None:
            self._timer.cancel()
        if not self._opened.done():
            self._opened.set_exception(ConnectionError("the bot closed the line"))

    def data_received(self, data: bytes) -> None:
        """Takes bytes from the bot."""
        at = time.monotonic()
        self._buffer += data
        if not self._opened.done():
            head, ended, rest = bytes(self._buffer).partition(b"\r\n\r\n")
            if not ended:
                return
            if b" 101 " not in head.split(b"\r\n")[0]:
                self._opened.set_exception(ConnectionError(head.split(b"\r\n")[0].decode()))
                return
            self._opened.set_result(None)
            self._buffer = bytearray(rest)
        self._read(at)

    def _read(self, at: float) -> None:
        buffer = self._buffer
        while len(buffer) >= 2:
            size, start = buffer[1] & 0x7F, 2
            if size == _LARGER:
                size, start = int.from_bytes(buffer[2:4]), 4
            elif size == _LARGEST:
                size, start = int.from_bytes(buffer[2:10]), 10
            if len(buffer) < start + size:
                return
            kind, payload = buffer[0] & 0x0F, bytes(buffer[start : start + size])
            del buffer[: start + size]
            self.heard_bytes += size
            if kind == _PING:
                self._transport.write(_masked(_PONG, payload))
            elif kind == _CLOSE:
                self.closed = int.from_bytes(payload[:2]) or 1005
            elif self._tape is not None:
                self._tape.received.append((at, payload))

    def _send(self, due: float) -> None:
        frame = self._next
        self._next = (frame + 1) % len(self._frames)
        if self._tape is not None:
            self._tape.sent.append((time.monotonic(), frame))
        self._transport.write(self._frames[frame])
        due += FRAME_MS / 1000
        self._timer = asyncio.get_running_loop().call_at(due, self._send, due)


def microphone(loop: beacons.Samples) -> list[bytes]:
    """A loop of sound as frames on the wire."""
    frames: list[bytes] = []
    for pcm in beacons.cut(loop, SAMPLE_RATE_IN, FRAME_MS):
        frame = _Frame()
        frame.audio.audio = pcm
        frame.audio.sample_rate = SAMPLE_RATE_IN
        frame.audio.num_channels = 1
        frames.append(_masked(_BINARY, bytes(frame.SerializeToString())))
    return frames


def quieten_collector() -> None:
    """Keeps the garbage collector from holding frames up."""
    gc.collect()
    gc.freeze()
    gc.disable()


def _masked(kind: int, payload: bytes) -> bytes:
    size = len(payload)
    head = bytes((_FIN | kind, _MASKED | min(size, _LARGER)))
    return head + (struct.pack("!H", size) if size >= _LARGER else b"") + _NO_MASK + payload
