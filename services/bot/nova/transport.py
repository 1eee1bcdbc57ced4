"""HTTP/2 for one stream, over the AWS Common Runtime (CRT).

The SDK brings a transport of its own. This one differs where that one hangs or hides:

- each stream has its own connection, and closing it ends everything that still waits on the stream;
- connecting is a step of its own, so it can have a deadline of its own;
- a stream that is reset says so, before the response's headers too; the SDK's transport waits for
  ever in the one case and reports a clean end in the other;
- TLS context and threads are shared by all streams of the process, though the SDK copies its
  configuration for every operation.
"""

import asyncio
import functools
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, Self, cast

from awscrt import http, io  # type: ignore[import-untyped]
from awscrt.aio.http import (  # type: ignore[import-untyped]
    AIOHttpClientConnectionUnified,
    AIOHttpClientStreamUnified,
)
from awscrt.exceptions import AwsCrtError  # type: ignore[import-untyped]
from smithy_core.aio.types import AsyncBytesProvider
from smithy_core.interfaces import URI
from smithy_http import Field, Fields
from smithy_http.aio.interfaces import HTTPRequest

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
        self._connection: AIOHttpClientConnectionUnified | None = None
        self._closed = False

    async def connect(self, host: str, port: int | None, *, seconds: float) -> None:
        """Connects with TLS and agrees on HTTP/2.

        Raises:
            Unreachable: Not within ``seconds``, or refused, or the peer does not speak HTTP/2.
        """
        attempt = asyncio.create_task(self._connect(host, port or _HTTPS_PORT, seconds))
        try:
            done, _ = await asyncio.wait({attempt}, timeout=seconds)
            if not done:
                raise Unreachable(f"no connection to {host} within {seconds:g} s")
            self._connection = attempt.result()
        except AwsCrtError as error:
            raise Unreachable(f"no connection to {host}: {error.name}") from None
        finally:
            if self._connection is None:
                # Left to itself: cancelled, it would leave the CRT's thread with a dead future.
                attempt.add_done_callback(_close_late)
        if self._connection.version is not http.HttpVersion.Http2:
            self.close()
            raise Unreachable(f"{host} does not speak HTTP/2")

    async def send(self, request: HTTPRequest) -> "Response":
        """Sends the request and, as it comes, its body; returns at the response's headers.

        Raises:
            StreamLost: The stream or the connection ended before the headers.
        """
        if self._connection is None:
            raise StreamLost("not connected")
        stream = self._connection.request(
            _crt_request(request), request_body_generator=_body(request)
        )
        # Its failure repeats what `completion_future` says; unread, asyncio would log it.
        stream._writer.add_done_callback(_swallow)
        status = asyncio.ensure_future(stream.get_response_status_code())
        ended = asyncio.ensure_future(stream.wait_for_completion())
        ended.add_done_callback(_swallow)
        # Without these the one would wait for a status, the other for a body, for ever.
        ended.add_done_callback(lambda _: status.cancel())
        ended.add_done_callback(lambda _: _end_body(request))
        await asyncio.wait({status, ended}, return_when=asyncio.FIRST_COMPLETED)
        if not status.done() or status.cancelled():
            raise StreamLost(_reason(stream) or "ended before the response's headers")
        return Response(status.result(), _fields(await stream.get_response_headers()), stream)

    def close(self) -> None:
        """Closes the connection without waiting; what waits on the stream then fails."""
        if self._connection is not None and not self._closed:
            self._closed = True
            closing = asyncio.ensure_future(self._connection.close())
            closing.add_done_callback(_swallow)

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        """The SDK copies its configuration for each operation; a connection is not copied."""
        return self

    @staticmethod
    async def _connect(host: str, port: int, seconds: float) -> AIOHttpClientConnectionUnified:
        crt = _shared_crt(os.environ.get("SSL_CERT_FILE"), os.getpid())
        tls = crt.tls_context.new_connection_options()
        tls.set_server_name(host)
        tls.set_alpn_list(["h2"])
        socket = io.SocketOptions()
        socket.connect_timeout_ms = int(seconds * 1000)
        socket.keep_alive = True
        socket.keep_alive_timeout_secs = _KEEP_ALIVE_SECONDS
        socket.keep_alive_interval_secs = _KEEP_ALIVE_SECONDS
        socket.keep_alive_max_probes = _KEEP_ALIVE_PROBES
        return await AIOHttpClientConnectionUnified.new(
            bootstrap=crt.bootstrap,
            host_name=host,
            port=port,
            socket_options=socket,
            tls_connection_options=tls,
        )


class Response:
    """A response whose body raises when the stream is cut off, instead of ending."""

    reason: str | None = None

    def __init__(self, status: int, fields: Fields, stream: AIOHttpClientStreamUnified) -> None:
        """Wraps a stream whose headers have arrived."""
        self.status = status
        self.fields = fields
        self._stream = stream

    @property
    def body(self) -> AsyncIterator[bytes]:
        """The body as it arrives.

        Raises:
            StreamLost: While iterating, when the stream was reset or its connection dropped.
        """
        return self._chunks()

    async def consume_body_async(self) -> bytes:
        """The whole body."""
        return b"".join([chunk async for chunk in self._chunks()])

    async def _chunks(self) -> AsyncIterator[bytes]:
        while chunk := await self._stream.get_next_response_chunk():
            yield chunk
        if reason := _reason(self._stream):
            raise StreamLost(reason)


@dataclass(frozen=True, slots=True)
class _SharedCrt:
    bootstrap: io.ClientBootstrap
    tls_context: io.ClientTlsContext


@functools.cache
def _shared_crt(ca_file: str | None, process: int) -> _SharedCrt:
    """The CRT's threads and TLS context of this process; a fork must not use its parent's."""
    events = io.EventLoopGroup(1)
    options = io.TlsContextOptions()
    if ca_file:
        options.override_default_trust_store_from_path(ca_filepath=ca_file)
    return _SharedCrt(
        bootstrap=io.ClientBootstrap(events, io.DefaultHostResolver(events)),
        tls_context=io.ClientTlsContext(options),
    )


def _crt_request(request: HTTPRequest) -> http.HttpRequest:
    url: URI = request.destination
    headers = [("host", url.netloc)]
    for field in request.fields.entries.values():
        if field.name.lower() != "host":
            headers.extend((field.name, value) for value in field.values)
    path = (url.path or "/") + (f"?{url.query}" if url.query is not None else "")
    return http.HttpRequest(request.method, path, http.HttpHeaders(headers))


async def _body(request: HTTPRequest) -> AsyncIterator[bytes]:
    async for chunk in cast("AsyncBytesProvider", request.body):
        yield bytes(chunk)


def _end_body(request: HTTPRequest) -> None:
    """Wakes whoever waits to write to the body or to read from it."""
    body = cast("AsyncBytesProvider", request.body)
    asyncio.ensure_future(body.close(flush=False)).add_done_callback(_swallow)


def _fields(headers: list[tuple[str, str]]) -> Fields:
    fields = Fields()
    for name, value in headers:
        if name in fields:
            fields[name].add(value)
        else:
            fields.set_field(Field(name=name, values=[value]))
    return fields


def _reason(stream: AIOHttpClientStreamUnified) -> str | None:
    """Why the stream was cut off, if it was."""
    ended = stream.completion_future
    if not ended.done() or ended.exception() is None:
        return None
    error = ended.exception()
    return error.name if isinstance(error, AwsCrtError) else str(error)


def _swallow(ended: "asyncio.Future[Any]") -> None:
    if not ended.cancelled():
        ended.exception()


def _close_late(attempt: "asyncio.Task[AIOHttpClientConnectionUnified]") -> None:
    if not attempt.cancelled() and attempt.exception() is None:
        closing = asyncio.ensure_future(attempt.result().close())
        closing.add_done_callback(_swallow)
