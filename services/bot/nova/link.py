"""One stream to Nova Sonic, of which every step ends in time and every failure is a `NovaError`."""

import asyncio
import os
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Any, NoReturn
from urllib.parse import urlsplit

from aws_sdk_bedrock_runtime.client import (  # type: ignore[import-untyped]
    AsyncBedrockRuntimeClient,
)
from aws_sdk_bedrock_runtime.config import Config  # type: ignore[import-untyped]
from aws_sdk_bedrock_runtime.models import (  # type: ignore[import-untyped]
    InvokeModelWithBidirectionalStreamOperationInput,
)
from loguru import logger
from smithy_aws_core.identity import AWSCredentialsIdentity
from smithy_aws_core.identity.static import StaticCredentialsResolver

from services.bot.nova.credentials import fresh_identity
from services.bot.nova.errors import Refused, StreamLost, Unreachable, from_sdk
from services.bot.nova.settings import NovaSettings
from services.bot.nova.transport import Transport
from services.bot.nova.wire import Reader, Signer


class Link:
    """One stream. Open it with `open`; it never comes back once it is lost.

    What is put into it is on its way before `put` returns, and what it hears it tells at once: no
    queue and no task stands between the event loop's socket and the conversation. The first failure
    ends it and is what `lost` raises.
    """

    def __init__(
        self,
        settings: NovaSettings,
        transport: Transport,
        stream: Any,  # noqa: ANN401 - the SDK's duplex stream
        identity: AWSCredentialsIdentity,
    ) -> None:
        """Starts to wait for the answer; see `open`."""
        self._settings = settings
        self._transport = transport
        self._signer = Signer(identity, transport.request.get("authorization", ""))
        self._reader = Reader()
        self._opened_at = time.monotonic()
        self._early: list[bytes] = []
        self._hear: Callable[[bytes], None] = self._early.append
        self._over = asyncio.Event()
        self._watching: asyncio.Task[None] | None = None
        self.accepted = asyncio.Event()
        """Set once the service has answered with the response's headers."""
        self.error: Exception | None = None
        """Why it ended, once it has: a `NovaError`, or a fault in whoever listens."""
        self._answering = asyncio.create_task(self._wait_for_answer(stream))

    @classmethod
    async def open(cls, settings: NovaSettings) -> "Link":
        """Connects and sends the request.

        The service answers with headers only after it has read events, so a refusal shows in
        `lost`.

        Raises:
            NovaError: Whatever was in the way.
        """
        url = endpoint(settings)
        target = urlsplit(url)
        if target.scheme != "https" or not target.hostname:
            raise Refused(f"{url}: must be https, HTTP/2 needs TLS with ALPN here")
        identity = await fresh_identity(settings)
        transport = Transport()
        await transport.connect(target.hostname, target.port, seconds=settings.connect_seconds)
        client = AsyncBedrockRuntimeClient(config=_config(settings, url, identity, transport))
        request = InvokeModelWithBidirectionalStreamOperationInput(model_id=settings.model_id)
        try:
            stream = await _within(
                settings.open_seconds, client.invoke_model_with_bidirectional_stream(request)
            )
            return cls(settings, transport, stream, identity)
        except BaseException as error:
            transport.close()
            if isinstance(error, TimeoutError):
                raise Unreachable("the request could not be sent") from None
            if isinstance(error, Exception):
                raise from_sdk(error) from error
            raise

    @property
    def age(self) -> float:
        """Seconds since it was opened."""
        return time.monotonic() - self._opened_at

    def put(self, *events: bytes) -> None:
        """Sends events, in this order; never waits."""
        if self._over.is_set():
            return
        for event in events:
            self._transport.write(self._signer.event(event))
        if not self._transport.writable and self._watching is None:
            self._watching = asyncio.create_task(self._watch_sending())

    def listen(self, hear: Callable[[bytes], None]) -> None:
        """Has a function hear every event from the first one on; until then they wait."""
        early, self._early = self._early, []
        self._hear = hear
        for event in early:
            hear(event)

    async def lost(self) -> NoReturn:
        """Waits for its end.

        Raises:
            NovaError: The stream was refused or lost, or has ended.
        """
        await self._over.wait()
        raise self.error or StreamLost("closed")

    async def close(self, goodbye: Sequence[bytes] = ()) -> None:
        """Says goodbye if asked to, and ends the connection, all within ``close_seconds``."""
        try:
            async with asyncio.timeout(self._settings.close_seconds):
                if goodbye and not self._over.is_set():
                    self.put(*goodbye)
                    self._transport.write(self._signer.end())
                    self._transport.finish()
                    await self._over.wait()
        except TimeoutError:
            logger.debug("nova stream did not end by itself")
        finally:
            self._end(StreamLost("closed"))

    async def _wait_for_answer(self, stream: Any) -> None:  # noqa: ANN401 - the SDK's stream
        try:
            await _within(self._settings.open_seconds, stream.await_output())
        except TimeoutError:
            self._end(Unreachable("no answer to the request"))
        except Exception as error:
            self._end(from_sdk(error))
        else:
            self.accepted.set()
            self._transport.response.stream_to(self._read, self._ended)

    def _read(self, data: bytes) -> None:
        try:
            for event in self._reader.feed(data):
                self._hear(event)
        except Exception as error:
            self._end(error)

    def _ended(self, error: StreamLost | None) -> None:
        self._end(error or StreamLost("the service ended the stream"))

    async def _watch_sending(self) -> None:
        """Gives a stream up that takes nothing for too long."""
        sent = -1
        while not self._transport.writable:
            if self._transport.sent == sent:
                self._end(StreamLost("the service takes no more events"))
                return
            sent = self._transport.sent
            with suppress(TimeoutError):
                async with asyncio.timeout(self._settings.send_seconds):
                    await self._transport.until_writable()
        self._watching = None

    def _end(self, error: Exception) -> None:
        """The first reason stands."""
        if not self._over.is_set():
            self.error = error
            self._over.set()
        self._answering.cancel()
        self._transport.close()


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
