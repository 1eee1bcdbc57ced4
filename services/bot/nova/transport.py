"""HTTP/2 for one stream, over the AWS Common Runtime (CRT).

The SDK brings a transport of its own. This one differs where that one hangs or hides:

- each stream has its own connection, and closing it ends everything that still waits on the stream;
- connecting is a step of its own, so it can have a deadline of its own;
- a stream that is reset says so, before the response's headers too; the SDK's transport waits for
  ever in the one case and reports a clean end in the other;
- every wait may be cancelled; the CRT's futures, once cancelled, make its own thread raise;
- TLS context and threads are shared by all streams of the process, though the SDK copies its
  configuration for every operation.
"""

import asyncio
import concurrent.futures
import contextlib
import functools
import io
import os
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, Self, cast

from awscrt import http  # type: ignore[import-untyped]
from awscrt import io as crt_io
from awscrt.exceptions import AwsCrtError  # type: ignore[import-untyped]
from smithy_core.aio.types import AsyncBytesProvider
from smithy_core.interfaces import URI
from smithy_http import Field, Fields
from smithy_http.aio.interfaces import HTTPRequest

from services.bot.nova import nagle
from services.bot.nova.errors import StreamLost, Unreachable

_HTTPS_PORT = 443

# A peer that vanished without a word is noticed by TCP within about 20 s even when nothing is sent.
_KEEP_ALIVE_SECONDS = 5
_KEEP_ALIVE_PROBES = 3


class Transport:
    """One connection, for one request whose body and response are both streams.

    What smithy calls a duplex client transport.
    """

    SUPPORTS_DUPLEX_STREAMING: Literal[True] = True
    TIMEOUT_EXCEPTIONS: ClassVar[tuple[type[Exception], ...]] = ()

    def __init__(self) -> None:
        """Does not connect yet."""
        self._connection: http.Http2ClientConnection | None = None
        self._closed = False

    async def connect(self, host: str, port: int | None, *, seconds: float) -> None:
        """Connects with TLS and agrees on HTTP/2.

        Raises:
            Unreachable: Not within ``seconds``, or refused, or the peer does not speak HTTP/2.
        """
        port = port or _HTTPS_PORT
        attempt = _connect(host, port, seconds)
        try:
            async with asyncio.timeout(seconds):
                self._connection = await _outcome(attempt)
        except TimeoutError:
            raise Unreachable(f"no connection to {host} within {seconds:g} s") from None
        except AwsCrtError as error:
            raise Unreachable(f"no connection to {host}: {error.name}") from None
        finally:
            if self._connection is None:
                attempt.add_done_callback(_close_late)
        nagle.send_at_once(port)

    async def send(self, request: HTTPRequest) -> "Response":
        """Sends the request and, as it comes, its body; returns at the response's headers.

        Raises:
            StreamLost: The stream or the connection ended before the headers.
        """
        if self._connection is None:
            raise StreamLost("not connected")
        response = Response()
        stream = self._connection.request(
            _crt_request(request),
            on_response=response.on_headers,
            on_body=response.on_body,
            manual_write=True,
        )
        response.follow(stream)
        body = cast("AsyncBytesProvider", request.body)
        response.on_end(asyncio.create_task(_write(body, stream)).cancel)
        # Whoever waits to write to a body that nobody reads any more would wait for ever.
        response.on_end(lambda: _in_background(body.close(flush=False)))
        stream.activate()
        await response.wait_for_headers()
        return response

    def close(self) -> None:
        """Closes the connection without waiting; what waits on the stream then fails."""
        if self._connection is not None and not self._closed:
            self._closed = True
            self._connection.close()

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        """The SDK copies its configuration for each operation; a connection is not copied."""
        return self


class Response:
    """A response whose body raises when the stream is cut off, instead of ending."""

    reason: str | None = None

    def __init__(self) -> None:
        """Waits for its headers."""
        self._loop = asyncio.get_running_loop()
        self._arrived = asyncio.Event()
        self._chunks: asyncio.Queue[bytes | None] = asyncio.Queue()
        self._ended = False
        self._error: StreamLost | None = None
        self._on_end: list[Callable[[], object]] = []
        self.status = 0
        self.fields = Fields()

    def follow(self, stream: http.Http2ClientStream) -> None:
        """Learns how the stream ends."""
        stream.remote_end_stream_future.add_done_callback(
            lambda ended: None if ended.exception() else _post(self._loop, self._end, None)
        )
        stream.completion_future.add_done_callback(
            lambda ended: _post(self._loop, self._end, ended.exception())
        )

    def on_end(self, call: Callable[[], object]) -> None:
        """Has something called at the end, however it comes."""
        self._on_end.append(call)

    def on_headers(self, *, status_code: int, headers: list[tuple[str, str]], **_: object) -> None:
        """Called by the CRT's thread."""
        _post(self._loop, self._take_headers, status_code, headers)

    def on_body(self, *, chunk: bytes, **_: object) -> None:
        """Called by the CRT's thread."""
        _post(self._loop, self._chunks.put_nowait, bytes(chunk))

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

    def _take_headers(self, status: int, headers: list[tuple[str, str]]) -> None:
        self.status = status
        for name, value in headers:
            if name in self.fields:
                self.fields[name].add(value)
            else:
                self.fields.set_field(Field(name=name, values=[value]))
        self._arrived.set()

    def _end(self, error: BaseException | None) -> None:
        if self._ended:
            return
        self._ended = True
        if error is not None:
            self._error = StreamLost(error.name if isinstance(error, AwsCrtError) else str(error))
        self._arrived.set()
        self._chunks.put_nowait(None)
        for call in self._on_end:
            call()


@dataclass(frozen=True, slots=True)
class _SharedCrt:
    bootstrap: crt_io.ClientBootstrap
    tls_context: crt_io.ClientTlsContext


def prepare() -> None:
    """Makes this process's TLS context, for which the first stream would wait 16 ms otherwise."""
    _own_crt()


def _own_crt() -> _SharedCrt:
    return _shared_crt(os.environ.get("SSL_CERT_FILE"), os.getpid())


@functools.cache
def _shared_crt(ca_file: str | None, process: int) -> _SharedCrt:
    """The CRT's threads and TLS context of this process; a fork must not use its parent's."""
    events = crt_io.EventLoopGroup(1)
    options = crt_io.TlsContextOptions()
    if ca_file:
        options.override_default_trust_store_from_path(ca_filepath=ca_file)
    return _SharedCrt(
        bootstrap=crt_io.ClientBootstrap(events, crt_io.DefaultHostResolver(events)),
        tls_context=crt_io.ClientTlsContext(options),
    )


def _connect(
    host: str, port: int, seconds: float
) -> "concurrent.futures.Future[http.Http2ClientConnection]":
    crt = _own_crt()
    tls = crt.tls_context.new_connection_options()
    tls.set_server_name(host)
    tls.set_alpn_list(["h2"])
    socket = crt_io.SocketOptions()
    socket.connect_timeout_ms = int(seconds * 1000)
    socket.keep_alive = True
    socket.keep_alive_timeout_secs = _KEEP_ALIVE_SECONDS
    socket.keep_alive_interval_secs = _KEEP_ALIVE_SECONDS
    socket.keep_alive_max_probes = _KEEP_ALIVE_PROBES
    attempt: concurrent.futures.Future[http.Http2ClientConnection] = http.Http2ClientConnection.new(
        host_name=host,
        port=port,
        bootstrap=crt.bootstrap,
        socket_options=socket,
        tls_connection_options=tls,
    )
    return attempt


def _close_late(attempt: "concurrent.futures.Future[http.Http2ClientConnection]") -> None:
    if attempt.exception() is None:
        attempt.result().close()


def _crt_request(request: HTTPRequest) -> http.HttpRequest:
    url: URI = request.destination
    headers = [("host", url.netloc)]
    for field in request.fields.entries.values():
        if field.name.lower() != "host":
            headers.extend((field.name, value) for value in field.values)
    path = (url.path or "/") + (f"?{url.query}" if url.query is not None else "")
    return http.HttpRequest(request.method, path, http.HttpHeaders(headers))


async def _write(body: AsyncBytesProvider, stream: http.Http2ClientStream) -> None:
    # The stream is gone when it takes no more, and its response says why.
    with contextlib.suppress(AwsCrtError, RuntimeError):
        async for chunk in body:
            await _outcome(stream.write_data(io.BytesIO(chunk)))
        await _outcome(stream.write_data(None, end_stream=True))


async def _outcome[T](future: "concurrent.futures.Future[T]") -> T:
    """Waits for a future of the CRT's without ever cancelling it."""
    loop = asyncio.get_running_loop()
    done = asyncio.Event()
    future.add_done_callback(lambda _: _post(loop, done.set))
    await done.wait()
    return future.result()


def _post(loop: asyncio.AbstractEventLoop, call: Callable[..., object], *arguments: object) -> None:
    """Calls something on the event loop, from the CRT's thread."""
    with contextlib.suppress(RuntimeError):  # the loop is closed
        loop.call_soon_threadsafe(call, *arguments)


_background: set[asyncio.Task[None]] = set()


def _in_background(step: Any) -> None:  # noqa: ANN401 - a coroutine
    task = asyncio.ensure_future(step)
    _background.add(task)
    task.add_done_callback(_background.discard)
