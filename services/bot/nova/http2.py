"""HTTP/2 on one connection with one stream: what comes is told at once, what goes waits for nobody.

`h2` keeps the protocol's state and windows, asyncio keeps TLS. What `h2` does not see is the body's
plain frames, which are nearly all there are.
"""

import asyncio
import contextlib
import socket
from collections.abc import Buffer
from typing import cast

import h2.events
from h2.config import H2Configuration
from h2.connection import ConnectionState, H2Connection
from h2.errors import ErrorCodes
from h2.exceptions import H2Error
from h2.settings import SettingCodes

from services.bot.nova.body_frames import Frames, body_frame
from services.bot.nova.errors import StreamLost
from services.bot.nova.response import Headers, Response

_STREAM = 1
_WINDOW_BYTES = 16 * 1024 * 1024
#: As much as asyncio's TLS reads in one go. Of what does not fit, the rest is lost where the peer
#: has closed meanwhile.
_READ_BYTES = 256 * 1024
_CONFIGURATION = H2Configuration(client_side=True, header_encoding="utf-8")

# A peer that vanished without a word is noticed by TCP within about 20 s even when nothing is sent.
_KEEP_ALIVE_SECONDS = 5
_KEEP_ALIVE_PROBES = 3


class Connection(asyncio.BufferedProtocol):
    """HTTP/2 on a connection that has one stream."""

    def __init__(self) -> None:
        self.response = Response()
        self.speaks_http2 = False
        self._transport: asyncio.Transport
        self._http2 = H2Connection(_CONFIGURATION)
        # asyncio's TLS writes into slices of it, which of a bytearray would be copies.
        self._buffer = memoryview(bytearray(_READ_BYTES))
        self._frames = Frames(_STREAM)
        self._taken = 0
        self._open_ended = False
        self._unsent = bytearray()
        self.sent = 0
        self._finishing = False
        self._paused = False
        self._over = False
        self._writable = asyncio.Event()
        self._writable.set()

    # asyncio's side.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """TLS is there, and with it the protocol that both agreed on."""
        self._transport = cast("asyncio.Transport", transport)
        tls = transport.get_extra_info("ssl_object")
        self.speaks_http2 = tls is not None and tls.selected_alpn_protocol() == "h2"
        _keep_alive(transport.get_extra_info("socket"))
        if self.speaks_http2:
            self._http2.initiate_connection()
            self._http2.update_settings(
                {SettingCodes.INITIAL_WINDOW_SIZE: _WINDOW_BYTES, SettingCodes.ENABLE_PUSH: 0}
            )
            self._http2.increment_flow_control_window(_WINDOW_BYTES)
            self._flush()

    def get_buffer(self, sizehint: int) -> Buffer:
        """Where the peer's next bytes go: not into a new buffer of that size each time."""
        return self._buffer

    def buffer_updated(self, nbytes: int) -> None:
        """Bytes of the peer."""
        try:
            for frame in self._frames.cut(self._buffer[:nbytes]):
                if self._over:
                    return
                if frame.of_body and self._open_ended:
                    self._take_body(frame.body)
                else:
                    self._take_frame(frame.whole)
        except H2Error as error:
            self._end(StreamLost(f"the peer broke HTTP/2: {type(error).__name__}"))

    def eof_received(self) -> bool:
        """The peer sends no more."""
        self._end(StreamLost("the connection was closed"))
        return False

    def connection_lost(self, error: Exception | None) -> None:
        """Nothing goes either way any more."""
        why = getattr(error, "strerror", None) or type(error).__name__
        self._end(StreamLost(f"the connection was lost: {why}" if error else "closed"))

    def pause_writing(self) -> None:
        """The system's buffer is full."""
        self._paused = True
        self._writable.clear()

    def resume_writing(self) -> None:
        """The system's buffer has room again."""
        self._paused = False
        self._settle()

    # The transport's side.

    def request(self, headers: Headers) -> None:
        """Sends the request's headers.

        Raises:
            StreamLost: The connection takes none.
        """
        try:
            self._http2.send_headers(_STREAM, headers)
        except H2Error as error:
            raise StreamLost(f"no request can be sent: {type(error).__name__}") from error
        self._flush()

    @property
    def writable(self) -> bool:
        """Whether everything that was written has left for the network."""
        return self._writable.is_set()

    def write(self, data: bytes) -> None:
        """Sends a piece of the body; what the peer is not ready for waits."""
        self._unsent += data
        self._write_unsent()

    async def until_writable(self) -> None:
        """Waits until everything has left, or nothing more can."""
        await self._writable.wait()

    def finish(self) -> None:
        """Ends the body once all of it has left."""
        self._finishing = True
        self._write_unsent()

    def close(self) -> None:
        """Ends the connection without waiting."""
        self._end(StreamLost("closed"))

    # What both meet in.

    def _write_unsent(self) -> None:
        """Sends as much as the peer's window allows."""
        if not self._over:
            with contextlib.suppress(H2Error):  # the stream is over, and its response says why
                while self._unsent and (room := self._room()):
                    self._send(bytes(self._unsent[:room]))
                    del self._unsent[:room]
                if self._finishing and not self._unsent:
                    self._finishing = False
                    self._http2.end_stream(_STREAM)
            self._flush()
        self._settle()

    def _send(self, piece: bytes) -> None:
        """Sends a plain frame of the body past `h2`, whose windows stay right."""
        self._flush()
        self._http2.outbound_flow_control_window -= len(piece)
        self._http2.streams[_STREAM].outbound_flow_control_window -= len(piece)
        self._transport.write(body_frame(_STREAM, piece))
        self.sent += len(piece)

    def _room(self) -> int:
        window = self._http2.local_flow_control_window(_STREAM)
        return max(0, min(window, self._http2.max_outbound_frame_size))

    def _settle(self) -> None:
        if self._over or not (self._unsent or self._paused):
            self._writable.set()
        else:
            self._writable.clear()

    def _flush(self) -> None:
        if data := self._http2.data_to_send():
            self._transport.write(data)

    def _take_body(self, data: bytes) -> None:
        """Hands on what `h2` has not seen, and makes room for more before the peer runs out."""
        self.response.take(data)
        self._taken += len(data)
        if self._taken >= _WINDOW_BYTES // 2 and not self._over:
            self._http2.increment_flow_control_window(self._taken)
            self._http2.increment_flow_control_window(self._taken, _STREAM)
            self._taken = 0
            self._flush()

    def _take_frame(self, whole: bytes) -> None:
        for event in self._http2.receive_data(whole):
            self._handle(event)
        self._write_unsent()

    def _handle(self, event: h2.events.Event) -> None:
        match event:
            case h2.events.DataReceived(data=data):
                self.response.take(bytes(data or b""))
                length = event.flow_controlled_length or 0
                self._http2.acknowledge_received_data(length, _STREAM)
            case h2.events.ResponseReceived(headers=headers):
                self.response.take_headers([(str(n), str(v)) for n, v in headers or []])
                # Of a body whose length was told `h2` counts every byte.
                self._open_ended = "content-length" not in self.response.fields
            case h2.events.StreamEnded():
                self._end(None)
            case h2.events.StreamReset(error_code=code):
                self._end(StreamLost(f"reset by the service: {_name(code)}"))
            case h2.events.ConnectionTerminated(error_code=code, last_stream_id=last):
                if code == ErrorCodes.NO_ERROR and (last or 0) >= _STREAM:
                    # A goodbye that lets streams finish (RFC 9113, 6.8); h2 ends them at once.
                    self._http2.state_machine.state = ConnectionState.CLIENT_OPEN
                else:
                    self._end(StreamLost(f"the service hung up: {_name(code)}"))

    def _end(self, error: StreamLost | None) -> None:
        if self._over:
            return
        self._over = True
        self._settle()
        self.response.end(error)
        with contextlib.suppress(H2Error):
            self._http2.close_connection()
            self._flush()
        self._transport.close()


def _keep_alive(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    # Not every system has each of them.
    for option, value in (
        ("TCP_KEEPIDLE", _KEEP_ALIVE_SECONDS),
        ("TCP_KEEPINTVL", _KEEP_ALIVE_SECONDS),
        ("TCP_KEEPCNT", _KEEP_ALIVE_PROBES),
    ):
        if (number := getattr(socket, option, None)) is not None:
            connection.setsockopt(socket.IPPROTO_TCP, number, value)


def _name(code: int | None) -> str:
    try:
        return ErrorCodes(code or 0).name
    except ValueError:
        return str(code)
