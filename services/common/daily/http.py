"""Requests to Daily that end in seconds: attempts, backoff, our errors."""

import asyncio
import random
import time
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
from loguru import logger

from services.common.errors import DailyError, DailyRefused, DailyUnavailable

ATTEMPT_SECONDS = 4.0
"""Of one attempt. Daily makes a room in a few hundred milliseconds."""

DEADLINE_SECONDS = 8.0
"""Of one request with all its attempts: the connect server answers its caller within 20."""

ATTEMPTS = 4

BACKOFF_SECONDS = (0.25, 2.0)
"""The longest first pause and the longest of all. Each is a random part of it, at least half."""

TIMED_OUT = "timeout"
_LONGEST_INFO = 200
_NOW_OR_LATER = (408, 425, 429)


class Http:
    """Sends requests to one Daily domain.

    Every method raises `DailyUnavailable` or `DailyRefused`.
    """

    def __init__(
        self, api_url: str, api_key: str, *, deadline_seconds: float = DEADLINE_SECONDS
    ) -> None:
        """Opens no connection yet, so that it can be made before a fork."""
        self._api_url = api_url.rstrip("/")
        self._api_key = api_key
        self._deadline_seconds = deadline_seconds
        self._client: httpx.AsyncClient | None = None

    async def request(
        self,
        method: str,
        path: str,
        *,
        json: dict[str, Any] | None = None,
        params: dict[str, str] | None = None,
    ) -> dict[str, Any]:
        """Daily's answer, after as many attempts as it takes and the deadline allows.

        An attempt that failed may have done its work all the same: the next one then meets it.
        """
        began = time.monotonic()
        failed: DailyUnavailable | None = None
        for attempt in range(ATTEMPTS):
            if failed is not None:
                pause = _pause(attempt, failed)
                if time.monotonic() - began + pause >= self._deadline_seconds:
                    break
                await asyncio.sleep(pause)
            left = self._deadline_seconds - (time.monotonic() - began)
            try:
                async with asyncio.timeout(min(left, ATTEMPT_SECONDS)):
                    return await self._attempt(method, path, json, params)
            except TimeoutError:
                failed = DailyUnavailable(TIMED_OUT)
            except httpx.TransportError as error:
                failed = DailyUnavailable(_name(error))
            except DailyUnavailable as error:
                failed = error
            logger.bind(method=method, attempt=attempt + 1, code=failed.code).debug(
                "daily did not do what was asked"
            )
        raise failed or DailyUnavailable(TIMED_OUT)

    async def close(self) -> None:
        """Closes the connections."""
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    async def _attempt(
        self, method: str, path: str, json: dict[str, Any] | None, params: dict[str, str] | None
    ) -> dict[str, Any]:
        if self._client is None:
            self._client = httpx.AsyncClient(
                headers={"Authorization": f"Bearer {self._api_key}"}, timeout=ATTEMPT_SECONDS
            )
        answer = await self._client.request(
            method, f"{self._api_url}{path}", json=json, params=params
        )
        if answer.status_code != httpx.codes.OK:
            raise _meaning(answer)
        body = _body(answer)
        if body is None:
            raise DailyUnavailable("unreadable-answer")
        return body


def _meaning(answer: httpx.Response) -> DailyError:
    body = _body(answer) or {}
    status = answer.status_code
    code = str(body.get("error", f"status-{status}"))[:_LONGEST_INFO]
    if status in _NOW_OR_LATER or status >= httpx.codes.INTERNAL_SERVER_ERROR:
        return DailyUnavailable(code, retry_after=_retry_after(answer))
    info = str(body.get("info", ""))[:_LONGEST_INFO]
    logger.bind(status=status, code=code, info=info).debug("daily refused a request")
    return DailyRefused("not-found" if status == httpx.codes.NOT_FOUND else code)


def _body(answer: httpx.Response) -> dict[str, Any] | None:
    try:
        body = answer.json()
    except ValueError:
        return None
    return body if isinstance(body, dict) else None


def _pause(attempt: int, failed: DailyUnavailable) -> float:
    """How long to wait before another attempt: never less than Daily asked for."""
    first, longest = BACKOFF_SECONDS
    backoff = min(first * 2.0 ** (attempt - 1), longest) * random.uniform(0.5, 1)  # noqa: S311
    return max(backoff, failed.retry_after or 0)


def _retry_after(answer: httpx.Response) -> float | None:
    """The Retry-After header in seconds; it holds a number or a date (RFC 9110, 10.2.3)."""
    value = answer.headers.get("retry-after", "")
    if value.isdecimal():
        return float(value)
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())


def _name(error: httpx.TransportError) -> str:
    return TIMED_OUT if isinstance(error, httpx.TimeoutException) else type(error).__name__
