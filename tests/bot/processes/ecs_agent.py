"""A stand-in for the ECS agent's task protection endpoint.

It judges requests as the agent does (amazon-ecs-agent, taskprotection/v1/handlers): unknown fields
and a missing ``ProtectionEnabled`` are refused, and ECS's own refusals have status 200.
"""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable
from typing import Any, Literal

from aiohttp import web

from tests.bot.conftest import PATIENCE_SECONDS

ARN = "arn:aws:ecs:us-east-1:123456789012:task/cluster/0123456789abcdef"

Behaviour = Literal["answers", "fails", "throttles", "denies", "blocks", "babbles", "hangs"]


class Agent:
    """The endpoint, and what it was asked."""

    def __init__(self) -> None:
        self.behaviour: Behaviour = "answers"
        self.asked: list[dict[str, Any]] = []
        self.granted: list[dict[str, Any]] = []
        self.uri = ""
        self._changed = asyncio.Condition()

    @property
    def protected(self) -> bool:
        return bool(self.granted) and self.granted[-1]["ProtectionEnabled"]

    async def until(self, condition: Callable[[], bool]) -> None:
        """Waits until the requests so far meet a condition."""
        async with self._changed, asyncio.timeout(PATIENCE_SECONDS):
            await self._changed.wait_for(condition)

    async def put(self, request: web.Request) -> web.Response:
        wanted = await request.json()
        answer = self._judge(request, wanted)
        if answer is None:
            await asyncio.sleep(10 * PATIENCE_SECONDS)
        async with self._changed:
            self._changed.notify_all()
        assert answer is not None
        return answer

    def _judge(self, request: web.Request, wanted: dict[str, Any]) -> web.Response | None:
        """The answer, or None where there is none."""
        self.asked.append(wanted)
        minutes = wanted.get("ExpiresInMinutes", 120)
        if (
            request.content_type != "application/json"
            or not wanted.keys() <= {"ProtectionEnabled", "ExpiresInMinutes"}
            or not isinstance(wanted.get("ProtectionEnabled"), bool)
            or not isinstance(minutes, int)
            or not 1 <= minutes <= 2880
        ):
            return error(400, "InvalidParameterException")
        match self.behaviour:
            case "answers":
                self.granted.append(wanted)
                return web.json_response({"protection": protection(wanted)})
            case "fails":
                return error(500, "ServerException")
            case "throttles":
                return error(400, "ThrottlingException")
            case "denies":
                return error(400, "AccessDeniedException")
            case "blocks":
                refusal = {"Arn": ARN, "Detail": None, "Reason": "DEPLOYMENT_BLOCKED"}
                return web.json_response({"failure": refusal})
            case "babbles":
                return web.Response(text="<html>")
            case "hangs":
                return None


def protection(wanted: dict[str, Any]) -> dict[str, Any]:
    expires = "2026-11-21T12:00:00Z" if wanted["ProtectionEnabled"] else None
    enabled = wanted["ProtectionEnabled"]
    return {"ExpirationDate": expires, "ProtectionEnabled": enabled, "TaskArn": ARN}


def error(status: int, code: str) -> web.Response:
    said = {"requestID": "12345-abc", "error": {"Arn": ARN, "Code": code, "Message": "No."}}
    return web.Response(
        status=status, text=json.dumps(said), headers={"Content-Type": "application/json"}
    )


@contextlib.asynccontextmanager
async def ecs_agent() -> AsyncIterator[Agent]:
    """Serves an agent on a free port."""
    agent = Agent()
    application = web.Application()
    application.router.add_put("/api/0123-container/task-protection/v1/state", agent.put)
    runner = web.AppRunner(application, shutdown_timeout=0.1)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        _, port = runner.addresses[0][:2]
        agent.uri = f"http://127.0.0.1:{port}/api/0123-container"
        yield agent
    finally:
        await runner.cleanup()
