"""The response to a request whose body goes on for as long as a stream lives."""

import asyncio
from collections.abc import AsyncIterator, Callable

from smithy_http import Field, Fields

from services.bot.nova.errors import StreamLost

Headers = list[tuple[str, str]]


class Response:
    """A response whose body raises when the stream is cut off, instead of ending."""

    reason: str | None = None

    def __init__(self) -> None:
        """Waits for its headers."""
        self._arrived = asyncio.Event()
        self._chunks: asyncio.Queue[bytes | None] = asyncio.Queue()
        self._ended = False
        self._error: StreamLost | None = None
        self._take: Callable[[bytes], None] = self._chunks.put_nowait
        self._on_end: Callable[[StreamLost | None], None] | None = None
        self.status = 0
        self.fields = Fields()

    def stream_to(
        self, take: Callable[[bytes], None], end: Callable[[StreamLost | None], None]
    ) -> None:
        """Gives the body to a function as it arrives, and its end to another, once.

        Args:
            take: Gets each piece, first of all those that have arrived already.
            end: Gets what cut the stream off; None at its own end.
        """
        while not self._chunks.empty():
            if (chunk := self._chunks.get_nowait()) is not None:
                take(chunk)
        self._take, self._on_end = take, end
        if self._ended:
            end(self._error)

    async def wait_for_headers(self) -> None:
        """Waits until status and fields are there.

        Raises:
            StreamLost: The stream ended first.
        """
        await self._arrived.wait()
        if not self.status:
            raise self._error or StreamLost("ended before the response's headers")

    @property
    def body(self) -> AsyncIterator[bytes]:
        """The body as it arrives.

        Raises:
            StreamLost: While iterating, when the stream was reset or its connection dropped.
        """
        return self._read()

    async def consume_body_async(self) -> bytes:
        """The whole body."""
        return b"".join([chunk async for chunk in self._read()])

    async def _read(self) -> AsyncIterator[bytes]:
        while (chunk := await self._chunks.get()) is not None:
            yield chunk
        self._chunks.put_nowait(None)
        if self._error is not None:
            raise self._error

    # The connection's side.

    def take_headers(self, headers: Headers) -> None:
        """The response has begun."""
        for name, value in headers:
            if name == ":status":
                self.status = int(value)
            elif name in self.fields:
                self.fields[name].add(value)
            else:
                self.fields.set_field(Field(name=name, values=[value]))
        self._arrived.set()

    def take(self, data: bytes) -> None:
        """A piece of the body."""
        self._take(data)

    def end(self, error: StreamLost | None) -> None:
        """Nothing more will come; the first reason stands."""
        if self._ended:
            return
        self._ended = True
        self._error = error
        self._arrived.set()
        self._chunks.put_nowait(None)
        if self._on_end is not None:
            self._on_end(error)
