"""What stands between the services and moto: the network, which fails on order.

It also plays the address from which a container gets its role's credentials, so that they can
change in the middle of a call.
"""

from __future__ import annotations

import asyncio
import socket
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import httpx
import uvicorn
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

Service = Literal["DynamoDB", "SQS"]
Trouble = Literal["throttled", "unreachable"]

_TARGETS: dict[str, Service] = {"DynamoDB_20120810": "DynamoDB", "AmazonSQS": "SQS"}
_THROTTLED = "ProvisionedThroughputExceededException"
#: Longer than SQS's longest poll.
_UPSTREAM_SECONDS = 30.0
_HOP_BY_HOP = ("connection", "content-length", "date", "server", "transfer-encoding")


class AwsProxy:
    """An ASGI application in front of moto.

    Attributes:
        keys: Access key id and secret that the credentials' address gives out.
        troubled: How many requests met their service's trouble.
    """

    def __init__(self, moto_url: str, keys: tuple[str, str]) -> None:
        """Passes everything on to ``moto_url``."""
        self.keys = keys
        self.troubled: Counter[Service] = Counter()
        self._troubles: dict[Service, Trouble] = {}
        self._moto_url = moto_url
        self._moto: httpx.AsyncClient | None = None

    @contextmanager
    def trouble(self, service: Service, kind: Trouble) -> Iterator[None]:
        """Has every request to a service fail meanwhile."""
        self._troubles[service] = kind
        try:
            yield
        finally:
            del self._troubles[service]

    async def until_troubled(self, service: Service, count: int = 1, seconds: float = 30) -> None:
        """Waits until so many more requests have met their service's trouble."""
        wanted = self.troubled[service] + count
        async with asyncio.timeout(seconds):
            while self.troubled[service] < wanted:  # noqa: ASYNC110 - another thread counts
                await asyncio.sleep(0.02)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request."""
        request = Request(scope, receive)
        try:
            response = await self._answer(request)
        except ClientDisconnect:
            return
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        if request.url.path == "/credentials":
            return JSONResponse(self._credentials())
        body = await request.body()
        service = _TARGETS.get(request.headers.get("x-amz-target", "").partition(".")[0])
        trouble = self._troubles.get(service) if service else None
        if service and trouble:
            self.troubled[service] += 1
            if trouble == "throttled":
                return _throttled()
            await _vanish(request)
        return await self._pass_on(request, body)

    def _credentials(self) -> dict[str, str]:
        expiration = datetime.now(UTC) + timedelta(hours=6)
        return {
            "AccessKeyId": self.keys[0],
            "SecretAccessKey": self.keys[1],
            "Token": "a-session-token",
            "Expiration": expiration.isoformat().replace("+00:00", "Z"),
        }

    async def _pass_on(self, request: Request, body: bytes) -> Response:
        if self._moto is None:
            self._moto = httpx.AsyncClient(
                base_url=self._moto_url, timeout=_UPSTREAM_SECONDS, trust_env=False
            )
        kept = {k: v for k, v in request.headers.items() if k not in _HOP_BY_HOP}
        answer = await self._moto.request(
            request.method, request.url.path, content=body, headers=kept
        )
        headers = {k: v for k, v in answer.headers.items() if k not in _HOP_BY_HOP}
        return Response(answer.content, answer.status_code, headers)


async def _vanish(request: Request) -> None:
    """Keeps a request until whoever made it has given up.

    Raises:
        ClientDisconnect: They have.
    """
    while not await request.is_disconnected():  # noqa: ASYNC110 - Starlette tells nobody
        await asyncio.sleep(0.05)
    raise ClientDisconnect


def _throttled() -> Response:
    error: dict[str, Any] = {
        "__type": f"com.amazonaws.dynamodb.v20120810#{_THROTTLED}",
        "message": "The level of configured provisioned throughput for the table was exceeded.",
    }
    return JSONResponse(error, 400, media_type="application/x-amz-json-1.0")


@contextmanager
def serve(proxy: AwsProxy) -> Iterator[str]:
    """Serves the proxy in a thread, whose URL it tells; it ends with whatever hangs in it."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = uvicorn.Server(uvicorn.Config(proxy, log_config=None, lifespan="off"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = server.force_exit = True
            thread.join(timeout=30)
        assert not thread.is_alive()
