"""The ECS agent's endpoint by which a task asks not to be stopped.

Amazon ECS developer guide, "Task scale-in protection endpoint". The agent refuses fields that it
does not know, and a refusal by ECS comes with status 200.
"""

import asyncio
import random
from collections.abc import Mapping
from typing import Any

import httpx

PATH = "/task-protection/v1/state"

ATTEMPTS = 3
"""In all. The agent itself tries more than once before it says no."""

DEADLINE_SECONDS = 6.0
"""For one attempt: more than the agent gives ECS, so that its own answer comes first."""

FIRST_PAUSE_SECONDS = 0.5
"""Doubled after every attempt, and jittered in full."""

_THROTTLED = frozenset({"ThrottlingException", "RequestLimitExceeded", "TooManyRequestsException"})


class ProtectionError(Exception):
    """ECS did not do what was asked.

    Attributes:
        code: ECS's reason or error code, or the name of what went wrong on the way.
        retryable: Whether the same request may succeed a moment later.
    """

    def __init__(self, code: str, *, retryable: bool) -> None:
        """Keeps both."""
        super().__init__(code)
        self.code = code
        self.retryable = retryable


class EcsAgent:
    """The agent of the host that this task runs on."""

    def __init__(self, uri: str) -> None:
        """Connects to nothing yet.

        Args:
            uri: What ECS sets as ``ECS_AGENT_URI``. Its host is an address, so that nothing has to
                be looked up, for which asyncio would start a thread.
        """
        self._url = f"{uri.rstrip('/')}{PATH}"
        # Each request has a connection of its own: they are minutes apart. Proxies are for others.
        self._client = httpx.AsyncClient(
            timeout=DEADLINE_SECONDS,
            trust_env=False,
            limits=httpx.Limits(max_keepalive_connections=0),
        )

    async def protect(self, minutes: int) -> None:
        """Asks that the task be left alone for some time from now on.

        Raises:
            ProtectionError: It is not, or nobody knows.
        """
        await self._persist({"ProtectionEnabled": True, "ExpiresInMinutes": minutes}, ATTEMPTS)

    async def release(self, *, attempts: int = ATTEMPTS) -> None:
        """Gives the task up for ECS to stop.

        Raises:
            ProtectionError: It may still be protected, until that expires.
        """
        await self._persist({"ProtectionEnabled": False}, attempts)

    async def _persist(self, wanted: Mapping[str, Any], attempts: int) -> None:
        for attempt in range(attempts):
            try:
                return await self._put(wanted)
            except ProtectionError as error:
                if not error.retryable or attempt == attempts - 1:
                    raise
            await asyncio.sleep(random.uniform(0, FIRST_PAUSE_SECONDS * 2**attempt))  # noqa: S311
        return None

    async def _put(self, wanted: Mapping[str, Any]) -> None:
        try:
            async with asyncio.timeout(DEADLINE_SECONDS):
                answer = await self._client.put(self._url, json=wanted)
            said = answer.json()
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as error:
            raise ProtectionError(type(error).__name__, retryable=True) from error
        except ValueError as error:
            raise ProtectionError("NotJson", retryable=True) from error
        _check(answer.status_code, said, wanted)


def _check(status: int, said: object, wanted: Mapping[str, Any]) -> None:
    """Raises unless an answer says that ECS did what was wanted."""
    answer = said if isinstance(said, dict) else {}
    if isinstance(failure := answer.get("failure"), dict):
        raise ProtectionError(str(failure.get("Reason")), retryable=False)
    if isinstance(error := answer.get("error"), dict):
        code = str(error.get("Code"))
        raise ProtectionError(code, retryable=status >= 500 or code in _THROTTLED)
    protection = answer.get("protection")
    enabled = protection.get("ProtectionEnabled") if isinstance(protection, dict) else None
    if status != 200 or enabled is not wanted["ProtectionEnabled"]:
        raise ProtectionError(f"Http{status}", retryable=True)
