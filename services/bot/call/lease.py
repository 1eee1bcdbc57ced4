"""A call's lease: renewed while its process lives, and what it means where it cannot be."""

import asyncio
import random
import time

from loguru import logger

from services.common.errors import GenerationLost, SessionEnded, StoreError
from services.common.records import CLOCK_SKEW_SECONDS, utc_now
from services.common.sessions import Session, SessionStore

#: A lease outlives two renewals that fail.
RENEWALS_A_LEASE = 3
#: About so long after a renewal that failed the next one is tried; each may take as long at least.
RETRY_SECONDS = 1.0


class Lease:
    """The lease of a session that this process has."""

    def __init__(self, sessions: SessionStore, session: Session, *, seconds: float) -> None:
        """Takes over a lease.

        Args:
            sessions: The session records.
            session: The session as it was taken, a moment ago.
            seconds: Length of a lease.
        """
        self._sessions = sessions
        self._session = session
        self._pause = seconds / RENEWALS_A_LEASE
        until = session.lease_until or utc_now()
        # From here on by the clock that nobody sets.
        self._renewed_at = time.monotonic() + (until - utc_now()).total_seconds() - seconds
        if session.transport == "daily":
            # Another process may take it up then, whose clock may be ahead of ours.
            self._limit = seconds - CLOCK_SKEW_SECONDS
        else:
            # Only its caller can take it up, and they are still here: until the record is closed.
            self._limit = seconds + session.grace.total_seconds()

    async def keep(self) -> None:
        """Renews the lease in time; returns once the session is lost to this process.

        A process that was stopped asks the record before it gives up: perhaps nobody was there to
        take the call.
        """
        while True:
            again = RETRY_SECONDS * random.uniform(0.5, 1.5)  # noqa: S311
            await asyncio.sleep(max(again, self._pause - self._age()))
            asked_at = time.monotonic()
            try:
                async with asyncio.timeout(max(RETRY_SECONDS, self._limit - self._age())):
                    await self._sessions.renew(self._session)
            except (GenerationLost, SessionEnded):
                logger.warning("session is lost to this process")
                return
            except (StoreError, TimeoutError) as error:
                log = logger.bind(error=type(error).__name__, seconds=round(self._age(), 1))
                if self._age() >= self._limit:
                    log.error("lease has run out")
                    return
                log.warning("lease was not renewed")
            else:
                self._renewed_at = asked_at

    def _age(self) -> float:
        return time.monotonic() - self._renewed_at
