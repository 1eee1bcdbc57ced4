"""The outermost layer of every request: its id in the log, its limits, and the last resort."""

import asyncio
import re
import secrets
import time

from loguru import logger
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.server.problems import TIMED_OUT, TOO_LARGE, ProblemError, meaning

REQUEST_SECONDS = 20.0
"""From the request's head to the answer's end; the store gives up after 5."""

BODY_BYTES = 16 * 1024

_REQUEST_ID = re.compile(r"[A-Za-z0-9._=;:-]{1,128}")
_QUIET_PATHS = ("/health",)


class Boundary:
    """ASGI middleware around all routes.

    It takes the request's id from ``X-Request-ID``, or the load balancer's ``X-Amzn-Trace-Id``, or
    makes one, and returns it as ``X-Request-ID``. Paths are logged without their query.
    """

    def __init__(self, app: ASGIApp) -> None:
        """Wraps ``app``."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = _request_id(scope)
        began = time.perf_counter()
        status: int | None = None

        async def noting_send(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [
                    *message.get("headers", ()),
                    (b"x-request-id", request_id.encode()),
                ]
            await send(message)

        with logger.contextualize(request_id=request_id):
            try:
                await self._serve(scope, _Limited(receive), noting_send)
            except Exception as error:
                if status is not None:
                    raise
                await meaning(error).response()(scope, receive, noting_send)
            finally:
                quiet = scope["path"] in _QUIET_PATHS and status == 200
                logger.bind(
                    method=scope["method"],
                    path=_path(scope),
                    status=status,
                    milliseconds=round((time.perf_counter() - began) * 1000, 1),
                ).log("DEBUG" if quiet else "INFO", "request handled")

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            async with asyncio.timeout(REQUEST_SECONDS) as limit:
                await self._app(scope, receive, send)
        except TimeoutError:
            if limit.expired():
                raise ProblemError(TIMED_OUT, headers={"Connection": "close"}) from None
            raise


class _Limited:
    """A request's body, as long as it is short enough."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._left = BODY_BYTES

    async def __call__(self) -> Message:
        message = await self._receive()
        self._left -= len(message.get("body", b""))
        if self._left < 0:
            raise ProblemError(TOO_LARGE, headers={"Connection": "close"})
        return message


def _request_id(scope: Scope) -> str:
    headers: dict[bytes, bytes] = dict(scope["headers"])
    for name in (b"x-request-id", b"x-amzn-trace-id"):
        shown = headers.get(name, b"").decode("latin-1")
        if _REQUEST_ID.fullmatch(shown):
            return shown
    return secrets.token_hex(8)


def _path(scope: Scope) -> str:
    """As it was sent, still percent-encoded, so that it cannot forge a line."""
    raw: bytes = scope.get("raw_path") or scope["path"].encode()
    return raw.partition(b"?")[0].decode("ascii", "backslashreplace")[:200]
