"""`/health` and `/ready` on a port of their own, which no load balancer's rule leads callers to."""

import asyncio
import socket
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Literal

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from services.bot import problems
from services.bot.processes.listener import Web


@dataclass(frozen=True, slots=True)
class Slots:
    """How a task's room for calls is used.

    Attributes:
        taken: Calls.
        idle: Processes that wait for a caller.
        max: Calls that may be at once.
        draining: Whether nobody is let in any more.
        overloaded: Whether nobody is let in for now.
        lag_ms: How late the processes' event loops are, in the median.
    """

    taken: int
    idle: int
    max: int
    draining: bool
    overloaded: bool = False
    lag_ms: float = 0.0

    @property
    def ready(self) -> bool:
        """Whether a caller would be let in now."""
        return self.why_not is None

    @property
    def why_not(self) -> Literal["draining", "overloaded", "full", "starting"] | None:
        """Why a caller would not be let in now."""
        if self.draining:
            return "draining"
        if self.overloaded:
            return "overloaded"
        if self.idle:
            return None
        return "full" if self.taken >= self.max else "starting"


async def serve(listener: socket.socket, slots: Callable[[], Slots]) -> None:
    """Answers until it is cancelled.

    Args:
        listener: Where to listen.
        slots: Tells how the slots are used at the moment.
    """
    loop = asyncio.get_running_loop()

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        response: Response = problems.not_found()
        if scope["type"] == "http":
            response = _answer(Request(scope).url.path, slots())
        await response(scope, receive, send)

    web = Web(answer)
    while True:
        try:
            accepted, _ = await loop.sock_accept(listener)
            await web.serve(accepted)
        except OSError:
            await asyncio.sleep(0.1)


def _answer(path: str, slots: Slots) -> Response:
    closing = {"Connection": "close", "Cache-Control": "no-store"}
    match path:
        case "/health":
            return JSONResponse({"status": "ok", "service": "bot"}, headers=closing)
        case "/ready":
            status = 200 if slots.ready else 503
            body = {"ready": slots.ready, "why_not": slots.why_not, "slots": asdict(slots)}
            return JSONResponse(body, status, headers=closing)
        case _:
            return problems.not_found()
