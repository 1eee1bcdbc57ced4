"""HTTP/2 for one stream, on asyncio's TLS and `h2`, in the thread of the event loop.

The SDK brings a transport on the AWS Common Runtime (CRT), which has threads of its own. Handing
one piece of audio to them and hearing that it was taken wakes three threads and took a third of a
call's processor time, by `make bench`; here it is two function calls and one system call. Besides,
this one differs where the SDK's hangs or hides:

- each stream has its own connection, and closing it ends everything that still waits on the stream;
- connecting is a step of its own, so it can have a deadline of its own;
- a stream that is reset says so, before the response's headers too; the SDK's transport waits for
  ever in the one case and reports a clean end in the other;
- every wait may be cancelled; the CRT's futures, once cancelled, make its own thread raise;
- Nagle's algorithm is off, as asyncio does by itself; the CRT leaves it on, which costs 21 ms in
  the median, and has no option for it;
- a certificate that is not trusted is told at once and by name.

For upstream (smithy-python): such a transport beside the CRT's, and a way to write events past
`AsyncBytesProvider`, whose condition variable wakes two tasks for each of them.
"""

import asyncio
import functools
import os
import ssl
from typing import Any, ClassVar, Literal, Self

from smithy_core.interfaces import URI
from smithy_http.aio.interfaces import HTTPRequest

from services.bot.nova.errors import StreamLost, Unreachable, Untrusted
from services.bot.nova.http2 import Connection
from services.bot.nova.response import Headers, Response

_HTTPS_PORT = 443


class Transport:
    """One connection, for one request whose body and response are both streams.

    What smithy calls a duplex client transport. The request's body is not read from the request: it
    is what `write` is given, at once and without a task in between.

    Attributes:
        request: The headers that were sent, signature and all.
    """

    SUPPORTS_DUPLEX_STREAMING: Literal[True] = True
    TIMEOUT_EXCEPTIONS: ClassVar[tuple[type[Exception], ...]] = ()

    def __init__(self) -> None:
        """Does not connect yet."""
        self._connection: Connection | None = None
        self.request: dict[str, str] = {}

    async def connect(self, host: str, port: int | None, *, seconds: float) -> None:
        """Connects with TLS and agrees on HTTP/2.

        Raises:
            Unreachable: Not within ``seconds``, or refused, or the peer does not speak HTTP/2.
            Untrusted: Its certificate cannot be verified.
        """
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(seconds):
                _, connection = await loop.create_connection(
                    Connection, host, port or _HTTPS_PORT, ssl=_own_context()
                )
        except TimeoutError:
            raise Unreachable(f"no connection to {host} within {seconds:g} s") from None
        except ssl.SSLCertVerificationError as error:
            raise Untrusted(f"{host}: {error.verify_message}") from None
        except OSError as error:
            why = error.strerror or type(error).__name__
            raise Unreachable(f"no connection to {host}: {why}") from None
        if not connection.speaks_http2:
            connection.close()
            raise Unreachable(f"{host} does not speak HTTP/2")
        self._connection = connection

    async def send(self, request: HTTPRequest) -> "Response":
        """Sends the request's headers; returns at the response's.

        Raises:
            StreamLost: The stream or the connection ended before the headers.
        """
        if self._connection is None:
            raise StreamLost("not connected")
        headers = _headers(request)
        self.request = dict(headers)
        self._connection.request(headers)
        await self._connection.response.wait_for_headers()
        return self._connection.response

    @property
    def response(self) -> "Response":
        """The response, from the connection's first moment on.

        Raises:
            StreamLost: There is no connection.
        """
        if self._connection is None:
            raise StreamLost("not connected")
        return self._connection.response

    @property
    def writable(self) -> bool:
        """Whether everything that was written has left for the network."""
        return self._connection is not None and self._connection.writable

    @property
    def sent(self) -> int:
        """How many bytes of the body the peer was ready for."""
        return 0 if self._connection is None else self._connection.sent

    def write(self, data: bytes) -> None:
        """Sends a piece of the body; what the peer is not ready for waits in memory."""
        if self._connection is not None:
            self._connection.write(data)

    async def until_writable(self) -> None:
        """Waits until everything that was written has left, or nothing more can."""
        if self._connection is not None:
            await self._connection.until_writable()

    def finish(self) -> None:
        """Ends the body."""
        if self._connection is not None:
            self._connection.finish()

    def close(self) -> None:
        """Closes the connection without waiting; what waits on the stream then fails."""
        if self._connection is not None:
            self._connection.close()

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        """The SDK copies its configuration for each operation; a connection is not copied."""
        return self


def prepare() -> None:
    """Reads the authorities whom TLS trusts; before a fork, so that it is done once for all."""
    _own_context()


def _own_context() -> ssl.SSLContext:
    return _context(os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR"))


@functools.cache
def _context(_file: str | None, _folder: str | None) -> ssl.SSLContext:
    """The TLS context; OpenSSL reads the two variables by itself."""
    context = ssl.create_default_context()
    context.set_alpn_protocols(["h2"])
    return context


def _headers(request: HTTPRequest) -> Headers:
    url: URI = request.destination
    path = (url.path or "/") + (f"?{url.query}" if url.query is not None else "")
    headers = [
        (":method", request.method),
        (":scheme", url.scheme),
        (":authority", url.netloc),
        (":path", path),
    ]
    for field in request.fields.entries.values():
        if (name := field.name.lower()) not in ("host", "connection", "transfer-encoding"):
            headers.extend((name, value) for value in field.values)
    return headers
