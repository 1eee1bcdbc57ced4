"""The shared listening socket, and HTTP and WebSocket on the connections that come out of it.

uvicorn's protocol classes speak HTTP and WebSocket; its server is not used, because here every
process accepts for itself and stops accepting when it has its call.
"""

import asyncio
import logging
import os
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, cast

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from uvicorn.server import ServerState
from websockets.protocol import State

from services.bot.processes.frames import framed, usual_messages
from services.bot.processes.low_water import LowWater

#: Connections that wait in the kernel while every process is busy answering.
BACKLOG = 256
#: A connection that has sent no whole request by then is closed.
REQUEST_SECONDS = 5.0
#: One WebSocket frame: three seconds of audio as base64. Above it the connection ends with 1009.
LARGEST_FRAME_BYTES = 128 * 1024
#: What may wait in this process, and again in its kernel, for a caller's network: a sixth of a
#: second of sound. By default a kernel takes megabytes, a minute of it.
UNSENT_BYTES = 8 * 1024
#: What may lie unread while a caller is silent: a few frames of any protocol, and never more bytes.
_MOST_MESSAGES, _MOST_UNREAD = 4, 4096
#: A caller's line that answers no ping for this long is gone.
PING_SECONDS = 10.0


class ListenError(OSError):
    """An address cannot be listened on. The message is a sentence for the operator."""


def listen(host: str, port: int, *, variable: str) -> socket.socket:
    """Opens a non-blocking listening socket.

    Args:
        host: Address or name.
        port: Port; 0 takes a free one.
        variable: Name of the setting to blame.

    Raises:
        ListenError: The port is taken or the address is not this machine's.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind, protocol)
    except OSError as error:
        raise ListenError(f"HOST: {host} is not an address to listen on") from error
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        reason = os.strerror(error.errno) if error.errno else str(error)
        raise ListenError(f"{variable}: cannot listen on {host}:{port}: {reason}") from error
    listener.setblocking(False)
    return listener


class Taker(Protocol):
    """Takes a WebSocket's messages where they arrive."""

    def take(self, messages: Sequence[str | bytes]) -> int:
        """Takes what came in one go, and says how many it has taken; the others are queued."""

    def appetite(self) -> int:
        """How many messages like the last one are worth waking up for."""


@dataclass(slots=True)
class Connection:
    """One accepted connection.

    Attributes:
        begun: Whether a whole request has arrived.
        taker: Takes a WebSocket's messages where they arrive.
        give: Sends a message on the WebSocket at once, unless it would have to wait.
        closed: Set once the connection is gone.
    """

    begun: bool = False
    taker: Taker | None = None
    give: Callable[[str | bytes], bool] = lambda _: False
    closed: asyncio.Event = field(default_factory=asyncio.Event)


class Web:
    """Serves one ASGI application on single connections."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        for name in ("uvicorn.error", "uvicorn.access"):
            # uvicorn logs URLs at INFO, and a ticket is part of one; every refused WebSocket is an
            # ERROR to it. What matters, the application logs itself.
            logging.getLogger(name).setLevel(logging.CRITICAL)
        self._config = uvicorn.Config(
            self._receive_request,
            http=_Http,
            ws=_WebSocket,
            interface="asgi3",
            lifespan="off",
            proxy_headers=False,
            log_config=None,
            access_log=False,
            server_header=False,
            ws_max_size=LARGEST_FRAME_BYTES,
            ws_ping_interval=PING_SECONDS,
            ws_ping_timeout=PING_SECONDS,
            ws_per_message_deflate=False,
        )
        self._config.load()
        self._state = ServerState()

    async def serve(self, accepted: socket.socket) -> Connection:
        """Starts to serve an accepted socket and returns at once."""
        loop = asyncio.get_running_loop()
        accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if hasattr(socket, "TCP_NOTSENT_LOWAT"):
            accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, UNSENT_BYTES)
        connection = Connection()
        transport: asyncio.Transport
        transport, _ = await loop.connect_accepted_socket(
            lambda: _Http(self._config, self._state, {"connection": connection}), accepted
        )
        transport.set_write_buffer_limits(high=UNSENT_BYTES)
        loop.call_later(REQUEST_SECONDS, _give_up, connection, transport)
        return connection

    async def _receive_request(self, scope: Any, receive: Any, send: Any) -> None:  # noqa: ANN401
        scope["state"]["connection"].begun = True
        await self._app(scope, receive, send)


class _Http(HttpToolsProtocol):
    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        cast("Connection", self.app_state["connection"]).closed.set()


class _WebSocket(WebSocketsSansIOProtocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Learns what it reads from."""
        super().connection_made(transport)
        self._low_water = LowWater(cast("asyncio.Transport", transport))
        self.app_state["connection"].give = self._give

    def data_received(self, data: bytes) -> None:
        """Hands messages on without a queue to whoever takes them, as long as they are usual."""
        connection: Connection = self.app_state["connection"]
        taker = connection.taker
        if taker is None or self.close_sent or not self._between_messages():
            super().data_received(data)
            return
        messages = list(usual_messages(data))
        taken = taker.take([message.content for message in messages]) if messages else 0
        end = messages[taken - 1].end if taken else 0
        if end < len(data):
            self._low_water.set(1)
            super().data_received(data[end:])
        else:
            self._low_water.set(_mark(taker.appetite(), len(data) // taken))

    def _give(self, message: str | bytes) -> bool:
        """Past `websockets`, which makes a frame in 30 us, and uvicorn, which may wait."""
        free = self.handshake_complete and self.writable.is_set()
        closing = self.close_sent or self.transport.is_closing()
        if not free or closing or self.conn.state is not State.OPEN:
            return False
        self.transport.write(framed(message))
        return True

    def _between_messages(self) -> bool:
        """Whether the parser waits for nothing but a new message."""
        parser = self.conn
        whole = not parser.reader.buffer and parser.current_size is None
        return whole and parser.state is State.OPEN

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        cast("Connection", self.app_state["connection"]).closed.set()


def _mark(messages: int, size: int) -> int:
    """How many bytes are so many messages of about that size, the last of which may be smaller."""
    if messages < 2:
        return 1
    return min(_MOST_UNREAD, min(messages, _MOST_MESSAGES) * size - size // 2)


def _give_up(connection: Connection, transport: asyncio.Transport) -> None:
    if not connection.begun:
        transport.abort()
