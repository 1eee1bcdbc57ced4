"""Hands a call over to a person: tells a web service of the company's, which knows who is there.

The request is signed as many webhooks are: `X-Signature: t=<Unix time>,v1=<hex>`, where `v1` is the
HMAC-SHA256, with the shared secret, of the time, a full stop and the body. A receiver refuses a
time that is minutes old and so cannot be sent an old request again. `Idempotency-Key` is the same
in each attempt.
"""

import asyncio
import hashlib
import hmac
import json
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import httpx
from loguru import logger
from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError

from services.bot.settings import BotSettings
from services.common.sessions import Turn

ATTEMPTS = 3
ATTEMPT_SECONDS = 4.0
FIRST_PAUSE_SECONDS = 0.25
ANSWER_BYTES = 10_000
_WORTH_ANOTHER_TRY = frozenset({408, 425, 429, 500, 502, 503, 504})


class HandOverError(Exception):
    """Nobody has taken the call over.

    Attributes:
        retryable: Whether the same might work later.
    """

    def __init__(self, message: str, *, retryable: bool) -> None:
        super().__init__(message)
        self.retryable = retryable


@dataclass(frozen=True, slots=True)
class HandOver:
    """What is handed over.

    Attributes:
        session_id: The call.
        agent: The key of the agent that has it.
        reason: Why a person is wanted.
        summary: What the person should know, in the agent's words.
        transcript: The turns so far.
    """

    session_id: str
    agent: str
    reason: str
    summary: str
    transcript: Sequence[Turn]

    def document(self) -> bytes:
        """The request's body."""
        turns = [
            {"role": turn.role, "text": turn.text, "started_at": turn.started_at.isoformat()}
            for turn in self.transcript
        ]
        return json.dumps(
            {
                "session_id": self.session_id,
                "agent": self.agent,
                "reason": self.reason,
                "summary": self.summary,
                "transcript": turns,
            },
            ensure_ascii=False,
        ).encode()


class Taken(BaseModel):
    """What the web service may answer; an empty answer will do.

    Attributes:
        message: What the caller is told.
        end_call: Whether the agent's part is over: it says so and hangs up.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    message: str = Field(default="", max_length=500)
    end_call: bool = False


class Reception:
    """Where calls are handed over to."""

    def __init__(self, url: str, secret: SecretStr | None) -> None:
        """Prepares it; connects to nobody.

        Args:
            url: Where the web service is.
            secret: What requests are signed with.
        """
        self._url = url
        self._secret = secret

    @classmethod
    def of(cls, settings: BotSettings) -> Self | None:
        """The one that the settings name, if any."""
        return (
            cls(settings.handover_url, settings.handover_secret) if settings.handover_url else None
        )

    async def take(self, call: HandOver) -> Taken:
        """Tells of a call.

        Raises:
            HandOverError: Nobody took it, after `ATTEMPTS`.
        """
        body = call.document()
        key = f"{call.session_id}-{hashlib.sha256(body).hexdigest()[:16]}"
        log = logger.bind(session_id=call.session_id)
        async with httpx.AsyncClient(timeout=ATTEMPT_SECONDS) as client:
            for attempt in range(1, ATTEMPTS + 1):
                try:
                    taken = await self._tell(client, body, key=key)
                except HandOverError as error:
                    log.bind(attempt=attempt, detail=str(error)).warning("call not handed over")
                    if not error.retryable or attempt == ATTEMPTS:
                        raise
                    # Full jitter: many calls may want a person at the same moment.
                    pause = FIRST_PAUSE_SECONDS * 2**attempt
                    await asyncio.sleep(random.uniform(0, pause))  # noqa: S311 - no secret
                else:
                    log.bind(attempt=attempt).info("call handed over")
                    return taken
        raise AssertionError("the last attempt returns or raises")

    async def _tell(self, client: httpx.AsyncClient, body: bytes, *, key: str) -> Taken:
        headers = {"Content-Type": "application/json", "Idempotency-Key": key}
        if self._secret is not None:
            headers["X-Signature"] = signature(self._secret, body, at=int(time.time()))
        try:
            answer = await client.post(self._url, content=body, headers=headers)
        except httpx.HTTPError as error:
            raise HandOverError(type(error).__name__, retryable=True) from error
        if not answer.is_success:
            again = answer.status_code in _WORTH_ANOTHER_TRY
            raise HandOverError(f"HTTP {answer.status_code}", retryable=again)
        if not answer.content.strip():
            return Taken()
        try:
            return Taken.model_validate_json(answer.content[:ANSWER_BYTES])
        except ValidationError:
            logger.warning("who took the call answered something else than JSON")
            return Taken()


def signature(secret: SecretStr, body: bytes, *, at: int) -> str:
    """The value of `X-Signature`.

    Args:
        secret: The shared secret.
        body: What is sent.
        at: Unix time in seconds.
    """
    signed = hmac.new(secret.get_secret_value().encode(), f"{at}.".encode() + body, hashlib.sha256)
    return f"t={at},v1={signed.hexdigest()}"
