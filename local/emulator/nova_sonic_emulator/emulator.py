"""The server: listens, admits streams, and keeps their record."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Coroutine, Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Any, Self
from urllib.parse import unquote

from loguru import logger

from nova_sonic_emulator import certificates, hearing
from nova_sonic_emulator.connection import Connection, Exchange, Handler
from nova_sonic_emulator.errors import Refusal
from nova_sonic_emulator.faults import Fault
from nova_sonic_emulator.recording import Recording
from nova_sonic_emulator.response import Response
from nova_sonic_emulator.scenario import Scenario
from nova_sonic_emulator.signing import ChunkVerifier, Request, verify_request
from nova_sonic_emulator.stream import Stream
from nova_sonic_emulator.voice import Voice

_OPERATION = "/invoke-with-bidirectional-stream"
_REQUEST_RATE_WINDOW_SECONDS = 60
_HANDSHAKE_SECONDS = 10
_GOODBYE_SECONDS = 5
_CALLED_LOCALHOST = ("127.0.0.1", "::1", "0.0.0.0", "::")  # noqa: S104 - compared, not bound


class Emulator:
    """Amazon Nova Sonic on this machine, as an async context manager.

    Args:
        scenario: Limits, pace, wits and faults; the service's own limits and no fault by default.
        credentials: Secret access key of each access key id that is let in.
        ca_dir: Where its certificate authority is kept; a folder that goes away again by default.
        host: Address to listen on.
        port: Port to listen on; 0 for a free one.
        keep_recordings: Whether every stream's events stay in memory, audio included.

    Attributes:
        url: Endpoint for the SDK, once it listens.
        ca_file: The certificate authority that clients must trust.
        streams: What happened on each stream, in order of arrival.
        credentials: May be changed while it runs: a key taken out is refused from then on.
    """

    def __init__(
        self,
        *,
        scenario: Scenario | None = None,
        credentials: Mapping[str, str],
        ca_dir: Path | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
        keep_recordings: bool = True,
    ) -> None:
        self.scenario = scenario or Scenario()
        self.credentials = dict(credentials)
        self.url = ""
        self.streams: list[Recording] = []
        self.ca_file = Path()
        self._ca_dir = ca_dir
        self._host = host
        self._port = port
        self._keep_recordings = keep_recordings
        self._voice = Voice()
        self._count = 0
        self._arrival = asyncio.Event()
        self._open: dict[int, Stream] = {}
        self._admitted: deque[float] = deque()
        self._connections: set[Connection] = set()
        self._resources = AsyncExitStack()
        self._tasks: set[asyncio.Task[Any]] = set()

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as resources:
            if self._ca_dir is None:
                self._ca_dir = Path(resources.enter_context(TemporaryDirectory()))
            context = certificates.server_context(self._ca_dir, self._host)
            hearing.prepare()
            self.ca_file = self._ca_dir / "ca.pem"
            resources.push_async_callback(self._wait_for_tasks)
            server = await asyncio.get_running_loop().create_server(
                lambda: Connection(self._accept, self._connections),
                self._host,
                self._port,
                ssl=context,
                ssl_handshake_timeout=_HANDSHAKE_SECONDS,
            )
            resources.callback(self._hang_up)
            resources.callback(server.close)
            self._port = server.sockets[0].getsockname()[1]
            self.url = f"https://{_name_of(self._host)}:{self._port}"
            self._resources = resources.pop_all()
        logger.bind(url=self.url).info("emulator listens")
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._resources.__aexit__(None, None, None)

    async def streams_opened(self, count: int, *, seconds: float = 10) -> None:
        """Wait until that many streams have been opened in all.

        Raises:
            TimeoutError: They were not, within `seconds`.
        """
        async with asyncio.timeout(seconds):
            while self._count < count:
                self._arrival.clear()
                await self._arrival.wait()

    @property
    def open_streams(self) -> int:
        """How many streams are open."""
        return len(self._open)

    def strike(self, fault: Fault) -> None:
        """Make a fault happen on every open stream that it names, now."""
        for number, stream in list(self._open.items()):
            if not fault.streams or number in fault.streams:
                stream.strike(fault)

    def _accept(self, exchange: Exchange) -> Handler | None:
        try:
            model_id, verifier = self._admit(exchange)
        except Refusal as refusal:
            logger.bind(status=refusal.status, code=refusal.code).warning("request refused")
            Response(exchange).refuse(refusal)
            return None
        self._count += 1
        recording = Recording(self._count, model_id, keeps_events=self._keep_recordings)
        if self._keep_recordings:
            self.streams.append(recording)
        stream = Stream(
            exchange,
            recording,
            verifier=verifier,
            scenario=self.scenario,
            voice=self._voice,
            spawn=self._spawn,
            closed=self._forget,
        )
        self._open[recording.number] = stream
        self._arrival.set()
        logger.bind(stream=recording.number, model=model_id).info("stream opened")
        stream.open()
        return stream

    def _admit(self, exchange: Exchange) -> tuple[str, ChunkVerifier]:
        headers = exchange.headers
        path, _, query = headers.get(":path", "").partition("?")
        method = headers[":method"]
        if method != "POST" or not (path.startswith("/model/") and path.endswith(_OPERATION)):
            raise Refusal(404, "UnknownOperationException", "The operation is unknown.")
        verifier = verify_request(
            Request(method, path, query, {**headers, "host": headers.get(":authority", "")}),
            self.credentials,
            region=self.scenario.region,
            skew_seconds=self.scenario.limits.signature_skew_seconds,
        )
        model_id = unquote(path.removeprefix("/model/").removesuffix(_OPERATION))
        self._check_model(model_id)
        self._check_quota()
        return model_id, verifier

    def _check_model(self, model_id: str) -> None:
        models = self.scenario.models
        if model_id in models.end_of_life:
            raise Refusal(
                404,
                "ResourceNotFoundException",
                "This model version has reached the end of its life. Please refer to the AWS "
                "documentation for more details.",
            )
        if model_id not in models.available:
            raise Refusal(400, "ValidationException", "The provided model identifier is invalid.")

    def _check_quota(self) -> None:
        limits, now = self.scenario.limits, time.monotonic()
        while self._admitted and now - self._admitted[0] > _REQUEST_RATE_WINDOW_SECONDS:
            self._admitted.popleft()
        too_many = len(self._open) >= limits.concurrent_streams
        too_fast = (
            limits.streams_per_minute is not None
            and len(self._admitted) >= limits.streams_per_minute
        )
        if too_many or too_fast:
            raise Refusal(
                429,
                "ThrottlingException",
                "Too many requests, please wait before trying again.",
            )
        if limits.streams_per_minute is not None:
            self._admitted.append(now)

    def _forget(self, stream: Stream) -> None:
        self._open.pop(stream.recording.number, None)

    def _spawn(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        # No TaskGroup: one stream's failure must not end the others.
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _wait_for_tasks(self) -> None:
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=_GOODBYE_SECONDS)

    def _hang_up(self) -> None:
        for connection in list(self._connections):
            connection.abort()
        for stream in list(self._open.values()):
            stream.lost()


def _name_of(host: str) -> str:
    """How a client on this machine, or on the network of that address, calls it in a URL."""
    if host in _CALLED_LOCALHOST:
        return "localhost"
    return f"[{host}]" if ":" in host else host
