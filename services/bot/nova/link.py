"""One stream to Nova Sonic, of which every step ends in time and every failure is a `NovaError`."""

import asyncio
import os
import ssl
import time
from collections.abc import Awaitable, Sequence
from typing import Any
from urllib.parse import urlsplit

from aws_sdk_bedrock_runtime.client import (  # type: ignore[import-untyped]
    AsyncBedrockRuntimeClient,
)
from aws_sdk_bedrock_runtime.config import Config  # type: ignore[import-untyped]
from aws_sdk_bedrock_runtime.models import (  # type: ignore[import-untyped]
    BidirectionalInputPayloadPart,
    InvokeModelWithBidirectionalStreamInputChunk,
    InvokeModelWithBidirectionalStreamOperationInput,
)
from aws_sdk_bedrock_runtime.models import (
    InvokeModelWithBidirectionalStreamOutputChunk as Chunk,
)
from loguru import logger
from smithy_aws_core.identity import AWSCredentialsIdentity
from smithy_aws_core.identity.static import StaticCredentialsResolver

from services.bot.nova.credentials import fresh_identity
from services.bot.nova.errors import (
    NovaError,
    Refused,
    StreamLost,
    Unreachable,
    Unstable,
    Untrusted,
    from_sdk,
)
from services.bot.nova.settings import NovaSettings
from services.bot.nova.transport import Transport

_LAST_WORDS_SECONDS = 1.0


class Link:
    """One stream. Open it with `open`; it never comes back once it is lost.

    Two tasks own it, one that writes what `put` left and one that reads. The first failure of
    either ends both and is what `receive` raises.
    """

    def __init__(self, settings: NovaSettings, transport: Transport, stream: Any) -> None:  # noqa: ANN401 - the SDK's duplex stream
        """Starts to read and write; see `open`."""
        self._settings = settings
        self._transport = transport
        self._stream = stream
        self._broken: NovaError | None = None
        self._opened_at = time.monotonic()
        self._outgoing: asyncio.Queue[bytes | None] = asyncio.Queue()
        self._incoming: asyncio.Queue[Chunk | None] = asyncio.Queue()
        self.accepted = asyncio.Event()
        """Set once the service has answered with the response's headers."""
        self.error: NovaError | None = None
        """Why it ended, once it has."""
        self._writer = asyncio.create_task(self._write())
        self._reader = asyncio.create_task(self._read())

    @classmethod
    async def open(cls, settings: NovaSettings) -> "Link":
        """Connects and sends the request.

        The service answers with headers only after it has read events, so a refusal shows in
        `receive`.

        Raises:
            NovaError: Whatever was in the way.
        """
        url = endpoint(settings)
        target = urlsplit(url)
        if target.scheme != "https" or not target.hostname:
            raise Refused(f"{url}: must be https, HTTP/2 needs TLS with ALPN here")
        identity = await fresh_identity(settings)
        transport = Transport()
        try:
            await transport.connect(target.hostname, target.port, seconds=settings.connect_seconds)
        except Unreachable as error:
            raise await _diagnosed(error, target.hostname, target.port or 443) from None
        client = AsyncBedrockRuntimeClient(config=_config(settings, url, identity, transport))
        request = InvokeModelWithBidirectionalStreamOperationInput(model_id=settings.model_id)
        try:
            stream = await _within(
                settings.open_seconds, client.invoke_model_with_bidirectional_stream(request)
            )
        except BaseException as error:
            transport.close()
            if isinstance(error, TimeoutError):
                raise Unreachable("the request could not be sent") from None
            if isinstance(error, Exception):
                raise from_sdk(error) from error
            raise
        return cls(settings, transport, stream)

    @property
    def age(self) -> float:
        """Seconds since it was opened."""
        return time.monotonic() - self._opened_at

    def put(self, *events: bytes) -> None:
        """Leaves events to be sent, in this order; never waits."""
        for event in events:
            self._outgoing.put_nowait(event)

    async def receive(self) -> Chunk:
        """The next event.

        Raises:
            NovaError: The stream was refused or lost, or has ended.
        """
        received = await self._incoming.get()
        if received is None:
            self._incoming.put_nowait(None)
            raise self.error or StreamLost("closed")
        return received

    async def close(self, goodbye: Sequence[bytes] = ()) -> None:
        """Says goodbye if asked to, and ends the connection, all within ``close_seconds``."""
        try:
            async with asyncio.timeout(self._settings.close_seconds):
                if goodbye and self.error is None:
                    self.put(*goodbye)
                    self._outgoing.put_nowait(None)
                    await asyncio.wait({self._writer})
                    await _within(self._settings.close_seconds, self._stream.input_stream.close())
                    await asyncio.wait({self._reader})
        except Exception as error:
            logger.bind(error=type(error).__name__).debug("nova stream did not end by itself")
        finally:
            self._writer.cancel()
            self._transport.close()

    async def _write(self) -> None:
        while (event := await self._outgoing.get()) is not None:
            part = BidirectionalInputPayloadPart(bytes_=event)
            chunk = InvokeModelWithBidirectionalStreamInputChunk(value=part)
            try:
                await _within(self._settings.send_seconds, self._stream.input_stream.send(chunk))
            except TimeoutError:
                self._broken = StreamLost("the service takes no more events")
                break
            except Exception as error:
                self._broken = from_sdk(error)
                # The reader is about to learn why, from the service itself.
                await asyncio.wait({self._reader}, timeout=_LAST_WORDS_SECONDS)
                break
        if self._broken is not None:
            self._transport.close()

    async def _read(self) -> None:
        """Reads until the end, which closing the transport brings about."""
        try:
            await self._read_all()
            error: NovaError = StreamLost("the service ended the stream")
        except Exception as why:
            error = from_sdk(why)
        self.error = self._broken if self._broken and isinstance(error, StreamLost) else error
        self._incoming.put_nowait(None)
        self._writer.cancel()

    async def _read_all(self) -> None:
        try:
            _, events = await _within(self._settings.open_seconds, self._stream.await_output())
        except TimeoutError:
            self._transport.close()
            raise Unreachable("no answer to the request") from None
        self.accepted.set()
        while (event := await events.receive()) is not None:
            if not isinstance(event, Chunk):
                raise Unstable(f"unknown event {getattr(event, 'tag', type(event).__name__)}")
            self._incoming.put_nowait(event)


def endpoint(settings: NovaSettings) -> str:
    """Where to connect: as set, by the AWS variables (which the SDK ignores), or in the region."""
    return (
        settings.endpoint_url
        or os.environ.get("AWS_ENDPOINT_URL_BEDROCK_RUNTIME")
        or os.environ.get("AWS_ENDPOINT_URL")
        or f"https://bedrock-runtime.{settings.region}.amazonaws.com"
    )


def _config(
    settings: NovaSettings, url: str, identity: AWSCredentialsIdentity, transport: Transport
) -> Config:
    return Config(
        endpoint_uri=url,
        region=settings.region,
        aws_credentials_identity_resolver=StaticCredentialsResolver(identity),
        transport=transport,
    )


async def _within[T](seconds: float, step: Awaitable[T]) -> T:
    """Waits for a step of the SDK, which may swallow cancellation: it is left behind, not awaited.

    Raises:
        TimeoutError: The step took longer.
    """
    task = asyncio.ensure_future(step)
    try:
        done, _ = await asyncio.wait({task}, timeout=seconds)
    except asyncio.CancelledError:
        _abandon(task)
        raise
    if not done:
        _abandon(task)
        raise TimeoutError
    return task.result()


def _abandon(task: "asyncio.Future[Any]") -> None:
    task.add_done_callback(lambda ended: None if ended.cancelled() else ended.exception())
    task.cancel()


async def _diagnosed(error: Unreachable, host: str, port: int) -> NovaError:
    """The same error, or `Untrusted`, which the CRT words like any failed handshake."""
    try:
        async with asyncio.timeout(2):
            context = ssl.create_default_context()
            _, writer = await asyncio.open_connection(host, port, ssl=context)
            writer.close()
    except ssl.SSLCertVerificationError as why:
        return Untrusted(f"{host}: {why.verify_message}")
    except (OSError, TimeoutError):
        pass
    return error
