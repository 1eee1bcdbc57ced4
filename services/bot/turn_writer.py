"""Writes finished turns to a session's record without keeping the call waiting."""

import asyncio
import random
from collections.abc import Callable
from datetime import datetime
from typing import Literal

from loguru import logger

from services.common.errors import GenerationLost, StoreError
from services.common.sessions import Session, SessionStore, Turn

Role = Literal["user", "assistant"]

FLUSH_SECONDS = 5.0
#: Between tries while the records cannot be reached: jittered, and doubled up to the second.
SHORTEST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.5, 4.0


class TurnWriter:
    """Appends turns to a session's record, in order."""

    def __init__(
        self, sessions: SessionStore, session: Session, *, written: int, on_lost: Callable[[], None]
    ) -> None:
        """Prepares a writer.

        Args:
            sessions: The session records.
            session: The session as it was taken.
            written: How many turns the record has already.
            on_lost: Called when a newer process has this session.
        """
        self._sessions = sessions
        self._session = session
        self._number = written
        self._on_lost = on_lost
        self._turns: asyncio.Queue[Turn] = asyncio.Queue()
        self._writing = asyncio.create_task(self._write())

    def add(self, role: Role, text: str, started_at: datetime, *, interrupted: bool) -> None:
        """Adds a finished turn."""
        self._number += 1
        self._turns.put_nowait(
            Turn(
                number=self._number,
                role=role,
                text=text,
                started_at=started_at,
                interrupted=interrupted,
            )
        )

    async def close(self) -> None:
        """Waits, not for ever, until everything is written."""
        try:
            async with asyncio.timeout(FLUSH_SECONDS):
                await self._turns.join()
        except TimeoutError:
            logger.bind(turns=self._turns.qsize()).error("turns were not written")
        self._writing.cancel()

    async def _write(self) -> None:
        while True:
            turn = await self._turns.get()
            try:
                await self._append(turn)
            except GenerationLost:
                logger.warning("a newer process has this session")
                self._on_lost()
            except StoreError as error:
                logger.bind(turn=turn.number, code=error.code).error("turn was not written")
            finally:
                self._turns.task_done()

    async def _append(self, turn: Turn) -> None:
        """Tries as long as the call lasts: a turn left out would be missed for ever."""
        failures = 0
        while True:
            try:
                await self._sessions.append_turn(self._session, turn)
            except StoreError as error:
                if not error.retryable:
                    raise
                if not failures:
                    logger.bind(turn=turn.number, code=error.code).warning("turn waits")
                failures += 1
                longest = min(LONGEST_PAUSE_SECONDS, SHORTEST_PAUSE_SECONDS * 2**failures)
                await asyncio.sleep(longest * random.uniform(0.5, 1))  # noqa: S311
            else:
                return
