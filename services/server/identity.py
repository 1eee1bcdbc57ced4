"""Who calls: an OpenID Connect ID token, checked against its issuer's keys."""

import asyncio
import random
import time
from typing import TYPE_CHECKING, Any

import httpx
from loguru import logger

if TYPE_CHECKING:
    from joserfc.jwk import KeySet

ALGORITHMS = ("RS256", "PS256", "ES256")
"""Signatures with a key pair. With a shared secret, or none, anybody could sign who can ask."""

ATTEMPT_SECONDS = 3.0
ATTEMPTS = 2
PAUSE_SECONDS = (0.1, 0.4)
KEYS_SECONDS = 3600.0
"""For how long an issuer's keys are used without asking again."""

NEW_KEYS_SECONDS = 30.0
"""A token with a key that is not known makes us ask again, but no more often than this."""

CLOCK_SKEW_SECONDS = 30
_LONGEST_SUBJECT = 255
"""OpenID Connect Core 1.0, section 2: a subject has at most 255 ASCII characters."""


class NotIdentifiedError(Exception):
    """A token proves nothing: not this issuer's, not for us, over, or not signed."""


class IssuerUnavailableError(Exception):
    """The issuer's keys cannot be had at the moment."""


class Identities:
    """Tells callers by their ID tokens."""

    def __init__(self, issuer: str, audience: str) -> None:
        """Believes one issuer, in what it says to one audience. Asks nobody yet."""
        self._issuer = issuer
        self._audience = audience
        self._keys: KeySet | None = None
        self._asked = 0.0
        self._asking = asyncio.Lock()

    async def caller(self, token: str) -> str:
        """Who the token was given to: the issuer and its name for them, never reused for another.

        Raises:
            NotIdentifiedError: The token proves nothing.
            IssuerUnavailableError: It cannot be checked at the moment.
        """
        from joserfc import jwt
        from joserfc.errors import JoseError

        try:
            try:
                found = jwt.decode(token, await self._known_keys(), algorithms=list(ALGORITHMS))
            except (JoseError, ValueError):
                # Perhaps signed with a key that the issuer has had since.
                if not (newer := await self._newer_keys()):
                    raise
                found = jwt.decode(token, newer, algorithms=list(ALGORITHMS))
            jwt.JWTClaimsRegistry(
                iss={"essential": True, "values": [self._issuer, f"{self._issuer}/"]},
                aud={"essential": True, "value": self._audience},
                sub={"essential": True},
                exp={"essential": True},
                leeway=CLOCK_SKEW_SECONDS,
            ).validate(found.claims)
        except (JoseError, ValueError, TypeError) as error:
            logger.bind(error=type(error).__name__).info("ID token refused")
            raise NotIdentifiedError from error
        subject = found.claims["sub"]
        if not isinstance(subject, str) or not 0 < len(subject) <= _LONGEST_SUBJECT:
            raise NotIdentifiedError
        return f"{self._issuer}#{subject}"

    async def _known_keys(self) -> "KeySet":
        if self._keys is None or time.monotonic() - self._asked > KEYS_SECONDS:
            async with self._asking:
                if self._keys is None or time.monotonic() - self._asked > KEYS_SECONDS:
                    await self._ask()
        if self._keys is None:
            raise IssuerUnavailableError
        return self._keys

    async def _newer_keys(self) -> "KeySet | None":
        async with self._asking:
            if time.monotonic() - self._asked < NEW_KEYS_SECONDS:
                return None
            before = self._keys
            await self._ask()
            return self._keys if self._keys is not before else None

    async def _ask(self) -> None:
        """Reads the issuer's keys; where that fails, those that are known stay good."""
        from joserfc.errors import JoseError
        from joserfc.jwk import KeySet

        for attempt in range(ATTEMPTS):
            try:
                async with httpx.AsyncClient(timeout=ATTEMPT_SECONDS) as client:
                    described = await _json(
                        client, f"{self._issuer.rstrip('/')}/.well-known/openid-configuration"
                    )
                    self._keys = KeySet.import_key_set(
                        await _json(client, str(described["jwks_uri"]))  # type: ignore[arg-type]
                    )
                self._asked = time.monotonic()
            except (httpx.HTTPError, JoseError, ValueError, LookupError, TypeError) as error:
                logger.bind(error=type(error).__name__, attempt=attempt).warning(
                    "issuer of ID tokens did not give its keys"
                )
                await asyncio.sleep(random.uniform(*PAUSE_SECONDS))  # noqa: S311
            else:
                return


async def _json(client: httpx.AsyncClient, url: str) -> dict[str, Any]:
    answer = await client.get(url)
    answer.raise_for_status()
    found = answer.json()
    if not isinstance(found, dict):
        raise TypeError("no JSON object")
    return found
