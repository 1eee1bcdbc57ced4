"""Just enough of an HTTP/2 server for streams that stay open: a tenth of what a whole one costs.

It decodes no request headers, since there is one thing to ask for, and keeps to the client's flow
control windows.
"""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Callable, Iterator
from typing import Protocol, cast

from hpack import Encoder

_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
_DATA, _HEADERS, _RESET, _SETTINGS, _PING, _WINDOW = 0, 1, 3, 4, 6, 8
_END_STREAM, _END_HEADERS, _ACK = 1, 4, 1
_INITIAL_WINDOW = 4
_LARGEST_WINDOW = 2**31 - 1
_DEFAULT_WINDOW = 2**16 - 1
_FRAME_BYTES = 16_384


class Handler(Protocol):
    """What takes one stream's input."""

    def data_received(self, data: bytes) -> None:
        """Some of the request's body arrived."""

    def ended(self) -> None:
        """The stream is over."""


class Answer:
    """The answer to one request: a body without an end."""

    def __init__(self, connection: Connection, number: int, window: int) -> None:
        self._connection = connection
        self._number = number
        self._waiting = bytearray()
        self.window = window

    def begin(self) -> None:
        """Sends the headers."""
        headers = [(":status", "200"), ("content-type", "application/vnd.amazon.eventstream")]
        block = Encoder().encode(headers)
        self._connection.write(_frame(_HEADERS, _END_HEADERS, self._number, block))

    def send(self, body: bytes) -> None:
        """Sends some of the body, as soon as the client takes it."""
        self._waiting += body
        self.pump()

    def end(self) -> None:
        """Ends the body; what waits is lost."""
        self._connection.write(_frame(_DATA, _END_STREAM, self._number, b""))

    def pump(self) -> None:
        """Sends what the client takes."""
        while self._waiting:
            room = min(self.window, self._connection.window, _FRAME_BYTES, len(self._waiting))
            if room <= 0:
                return
            part = bytes(self._waiting[:room])
            del self._waiting[:room]
            self.window -= room
            self._connection.window -= room
            self._connection.write(_frame(_DATA, 0, self._number, part))


class Connection(asyncio.Protocol):
    """One connection."""

    def __init__(self, accept: Callable[[Answer], Handler]) -> None:
        """Takes no notice of anything before the connection is made.

        Args:
            accept: Makes what takes a new stream's input.
        """
        self._accept = accept
        self._buffer = bytearray()
        self._greeted = False
        self._first_window = _DEFAULT_WINDOW
        self._streams: dict[int, tuple[Answer, Handler]] = {}
        self._transport: asyncio.Transport
        self.window = _DEFAULT_WINDOW

    def write(self, data: bytes) -> None:
        """Writes a frame."""
        self._transport.write(data)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Opens the windows as far as they go."""
        self._transport = cast("asyncio.Transport", transport)
        settings = struct.pack("!HI", _INITIAL_WINDOW, _LARGEST_WINDOW)
        window = struct.pack("!I", _LARGEST_WINDOW - _DEFAULT_WINDOW)
        self.write(_frame(_SETTINGS, 0, 0, settings) + _frame(_WINDOW, 0, 0, window))

    def connection_lost(self, exc: Exception | None) -> None:
        """Ends all streams."""
        for _, handler in self._streams.values():
            handler.ended()
        self._streams.clear()

    def data_received(self, data: bytes) -> None:
        """Takes bytes from the client."""
        self._buffer += data
        if not self._greeted and len(self._buffer) >= len(_PREFACE):
            del self._buffer[: len(_PREFACE)]
            self._greeted = True
        if self._greeted:
            for kind, flags, number, payload in self._frames():
                self._take(kind, flags, number, payload)

    def _frames(self) -> Iterator[tuple[int, int, int, bytes]]:
        while len(self._buffer) >= 9:
            size = int.from_bytes(self._buffer[:3])
            if len(self._buffer) < 9 + size:
                return
            kind, flags, number = struct.unpack_from("!BBI", self._buffer, 3)
            payload = bytes(self._buffer[9 : 9 + size])
            del self._buffer[: 9 + size]
            yield kind, flags, number, payload

    def _take(self, kind: int, flags: int, number: int, payload: bytes) -> None:
        match kind:
            case 0:
                if (stream := self._streams.get(number)) is not None:
                    stream[1].data_received(payload)
                    if flags & _END_STREAM:
                        self._end(number)
            case 1:
                answer = Answer(self, number, self._first_window)
                self._streams[number] = answer, self._accept(answer)
            case 3:
                self._end(number)
            case 4 if not flags & _ACK:
                self._obey(payload)
            case 6 if not flags & _ACK:
                self.write(_frame(_PING, _ACK, 0, payload))
            case 8:
                self._widen(number, int.from_bytes(payload))

    def _obey(self, settings: bytes) -> None:
        for name, value in struct.iter_unpack("!HI", settings):
            if name == _INITIAL_WINDOW:
                for answer, _ in self._streams.values():
                    answer.window += value - self._first_window
                self._first_window = value
        self.write(_frame(_SETTINGS, _ACK, 0, b""))

    def _widen(self, number: int, by: int) -> None:
        if number == 0:
            self.window += by
        elif number in self._streams:
            self._streams[number][0].window += by
        for answer, _ in self._streams.values():
            answer.pump()

    def _end(self, number: int) -> None:
        if (stream := self._streams.pop(number, None)) is not None:
            stream[0].end()
            stream[1].ended()


def _frame(kind: int, flags: int, number: int, payload: bytes) -> bytes:
    return len(payload).to_bytes(3) + struct.pack("!BBI", kind, flags, number) + payload
