"""HTTP/2 on asyncio, bare: nothing between a stream and the frames of its connection.

A framework would hide what the emulator must be able to do: answer late or never, reset a stream,
tear a connection.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Protocol, cast

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.errors import ErrorCodes
from h2.events import (
    ConnectionTerminated,
    DataReceived,
    Event,
    RemoteSettingsChanged,
    RequestReceived,
    StreamEnded,
    StreamReset,
    WindowUpdated,
)
from h2.exceptions import ProtocolError
from h2.settings import SettingCodes
from loguru import logger

_STREAM_WINDOW = 1 << 20
_CONNECTION_WINDOW = 1 << 24
_MAX_STREAMS = 256


class Handler(Protocol):
    """What takes one stream's input."""

    def data_received(self, data: bytes) -> None:
        """Some of the request's body arrived."""

    def input_ended(self) -> None:
        """The request's body is complete."""

    def lost(self) -> None:
        """The client reset the stream, or the connection is gone."""


class Exchange:
    """One HTTP/2 stream: what the client asked, and the ways to answer."""

    def __init__(self, connection: Connection, stream_id: int, headers: Mapping[str, str]) -> None:
        self.headers = headers
        self.handler: Handler | None = None
        self.deaf = False
        self._connection = connection
        self._stream_id = stream_id
        self._pending = bytearray()
        self._ending = False
        self._open = True

    def respond(self, status: int, headers: Mapping[str, str], body: bytes | None = None) -> None:
        """Send response headers; with a body, that is the whole response."""
        if not self._open:
            return
        fields = [(":status", str(status)), *headers.items()]
        try:
            self._connection.protocol.send_headers(self._stream_id, fields)
        except ProtocolError:  # reset by the client, in the bytes that are being handled
            self.closed()
        if body is not None:
            self.send(body)
            self.end()
        self._connection.flush()

    def send(self, data: bytes) -> None:
        """Send some of the response's body, as soon as flow control allows."""
        if self._open and not self._ending:
            self._pending += data
            self.pump()

    def end(self) -> None:
        """End the response behind what was sent."""
        self._ending = True
        self.pump()

    def reset(self, code: ErrorCodes = ErrorCodes.INTERNAL_ERROR) -> None:
        """Reset the stream (RST_STREAM)."""
        if self._open:
            with suppress(ProtocolError):
                self._connection.protocol.reset_stream(self._stream_id, code)
            self._connection.forget(self._stream_id)
            self._connection.flush()

    def drop(self) -> None:
        """Tear the whole connection down, without a goodbye."""
        self._connection.abort()

    def pump(self) -> None:
        """Send what the flow control windows allow."""
        try:
            self._pump(self._connection.protocol)
        except ProtocolError:  # reset by the client, in the bytes that are being handled
            self.closed()
        self._connection.flush()

    def closed(self) -> None:
        """Nothing can be sent any more."""
        self._open = False

    def _pump(self, protocol: H2Connection) -> None:
        while self._open and self._pending:
            room = min(
                protocol.local_flow_control_window(self._stream_id),
                protocol.max_outbound_frame_size,
            )
            if room <= 0:
                break
            protocol.send_data(self._stream_id, bytes(self._pending[:room]))
            del self._pending[:room]
        if self._open and self._ending and not self._pending:
            protocol.end_stream(self._stream_id)
            self._connection.forget(self._stream_id)


class Connection(asyncio.Protocol):
    """One TLS connection, with the exchanges on it."""

    def __init__(
        self, accept: Callable[[Exchange], Handler | None], connections: set[Connection]
    ) -> None:
        self._accept = accept
        self._connections = connections
        self._exchanges: dict[int, Exchange] = {}
        self._transport: asyncio.Transport | None = None
        self.protocol = H2Connection(
            H2Configuration(
                client_side=False, header_encoding=None, validate_outbound_headers=False
            )
        )

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Greet the client, if it speaks HTTP/2."""
        self._transport = cast("asyncio.Transport", transport)
        self._connections.add(self)
        tls = cast("ssl.SSLObject", transport.get_extra_info("ssl_object"))
        if tls.selected_alpn_protocol() != "h2":
            logger.warning("client refused: it did not offer HTTP/2 (ALPN h2)")
            self._transport.abort()
            return
        self.protocol.initiate_connection()
        self.protocol.update_settings(
            {
                SettingCodes.INITIAL_WINDOW_SIZE: _STREAM_WINDOW,
                SettingCodes.MAX_CONCURRENT_STREAMS: _MAX_STREAMS,
            }
        )
        self.protocol.increment_flow_control_window(_CONNECTION_WINDOW)
        self.flush()

    def data_received(self, data: bytes) -> None:
        """Take bytes from the network."""
        try:
            for event in self.protocol.receive_data(data):
                self._handle(event)
        except ProtocolError as error:
            logger.bind(error=str(error)).warning("connection closed: HTTP/2 protocol error")
            self._close()
        self.flush()

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell every exchange that its client is gone."""
        self._connections.discard(self)
        self._transport = None
        self._close()

    def flush(self) -> None:
        """Write what the protocol has to say."""
        data = self.protocol.data_to_send()
        if data and self._transport is not None:
            self._transport.write(data)

    def forget(self, stream_id: int) -> None:
        """An exchange is over, from our side."""
        if exchange := self._exchanges.pop(stream_id, None):
            exchange.closed()

    def abort(self) -> None:
        """Close at once, losing what is not sent."""
        if self._transport is not None:
            self._transport.abort()

    def _handle(self, event: Event) -> None:
        match event:
            case RequestReceived():
                self._open(event)
            case DataReceived():
                self._take(event)
            case StreamEnded():
                exchange = self._exchanges.get(event.stream_id)
                if exchange and exchange.handler and not exchange.deaf:
                    exchange.handler.input_ended()
            case StreamReset():
                self._lose(event.stream_id)
            case WindowUpdated() | RemoteSettingsChanged():
                for exchange in list(self._exchanges.values()):
                    exchange.pump()
            case ConnectionTerminated():
                self._close()

    def _open(self, event: RequestReceived) -> None:
        headers: dict[str, str] = {}
        for raw_name, raw_value in event.headers:
            name, value = raw_name.decode("latin-1"), raw_value.decode("latin-1")
            headers[name] = f"{headers[name]},{value}" if name in headers else value
        exchange = Exchange(self, event.stream_id, headers)
        self._exchanges[event.stream_id] = exchange
        exchange.handler = self._accept(exchange)

    def _take(self, event: DataReceived) -> None:
        exchange = self._exchanges.get(event.stream_id)
        if exchange is not None and exchange.deaf:
            return
        if event.flow_controlled_length:
            self.protocol.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
        if exchange is not None and exchange.handler is not None:
            exchange.handler.data_received(event.data)

    def _close(self) -> None:
        """Nothing more can be said: say so to every handler, and close behind what is written."""
        for stream_id in list(self._exchanges):
            self._lose(stream_id)
        if self._transport is not None:
            self.flush()
            self._transport.close()

    def _lose(self, stream_id: int) -> None:
        exchange = self._exchanges.pop(stream_id, None)
        if exchange is not None:
            exchange.closed()
            if exchange.handler is not None:
                exchange.handler.lost()
