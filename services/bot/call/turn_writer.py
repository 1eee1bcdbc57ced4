"""Writes what was said and done to a session's record without keeping the call waiting."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Literal

from loguru import logger

from services.common.calls.kept import Part, ToolCall
from services.common.calls.store import CallStore
from services.common.errors import GenerationLost, StoreError
from services.common.prices import Tokens
from services.common.sessions import Session, SessionStore, Turn

Role = Literal["user", "assistant"]

FLUSH_SECONDS = 5.0
#: Between tries while the records cannot be reached: jittered, and doubled up to the second.
SHORTEST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.5, 4.0

Write = tuple[str, Callable[[], Awaitable[None]]]


class TurnWriter:
    """Appends turns and tool calls to a session's record, in order.

    Attributes:
        tokens: Tells what the model has counted in this process; the call sets it.
    """

    def __init__(
        self,
        sessions: SessionStore,
        session: Session,
        *,
        written: int,
        on_lost: Callable[[], None],
        calls: CallStore | None = None,
        model: str = "",
    ) -> None:
        """Prepares a writer.

        Args:
            sessions: The session records.
            session: The session as it was taken.
            written: How many turns the record has already.
            on_lost: Called when a newer process has this session.
            calls: Where more than turns is kept; None where no transcript will be written.
            model: The model that answers.
        """
        self.tokens: Callable[[], Tokens] = Tokens
        self._counted = Tokens()
        self._sessions = sessions
        self._session = session
        self._number = written
        self._on_lost = on_lost
        self._calls = calls
        self._part = Part(generation=session.generation, model=model, started_at=datetime.now(UTC))
        self._writes: asyncio.Queue[Write] = asyncio.Queue()
        if calls is not None:
            self.keep("begin", lambda: calls.begin(session, self._part))
        self._writing = asyncio.create_task(self._write())

    def add(
        self,
        role: Role,
        text: str,
        started_at: datetime,
        *,
        interrupted: bool,
        ended_at: datetime | None = None,
    ) -> None:
        """Adds a finished turn."""
        self._number += 1
        turn = Turn(
            number=self._number,
            role=role,
            text=text,
            started_at=started_at,
            ended_at=ended_at,
            interrupted=interrupted,
            tokens=self._newly_counted(),
        )
        self.keep("turn", lambda: self._sessions.append_turn(self._session, turn))

    def add_tool_call(self, call: ToolCall) -> None:
        """Adds a tool call; arguments and result are the caller's data."""
        calls, session = self._calls, self._session
        if calls is not None:
            self.keep("tool call", lambda: calls.add_tool_call(session, call))

    async def close(self) -> None:
        """Waits, not for ever, until everything is written."""
        calls, session = self._calls, self._session
        if calls is not None:
            ended = {"ended_at": datetime.now(UTC), "tokens": self._newly_counted()}
            part = self._part.model_copy(update=ended)
            self.keep("end", lambda: calls.finish(session, part))
        try:
            async with asyncio.timeout(FLUSH_SECONDS):
                await self._writes.join()
        except TimeoutError:
            logger.bind(turns=self._writes.qsize()).error("turns were not written")
        self._writing.cancel()

    def _newly_counted(self) -> Tokens:
        counted, before = self.tokens(), self._counted
        self._counted = counted
        return counted - before

    def keep(self, what: str, write: Callable[[], Awaitable[None]]) -> None:
        """Has something written behind all that was given before; tried until it succeeds."""
        self._writes.put_nowait((what, write))

    async def _write(self) -> None:
        while True:
            what, write = await self._writes.get()
            try:
                await self._persist(what, write)
            except GenerationLost:
                logger.warning("a newer process has this session")
                self._on_lost()
            except StoreError as error:
                logger.bind(what=what, code=error.code).error("turn was not written")
            finally:
                self._writes.task_done()

    async def _persist(self, what: str, write: Callable[[], Awaitable[None]]) -> None:
        """Tries as long as the call lasts: a turn left out would be missed for ever."""
        failures = 0
        while True:
            try:
                await write()
            except StoreError as error:
                if not error.retryable:
                    raise
                if not failures:
                    logger.bind(what=what, code=error.code).warning("turn waits")
                failures += 1
                longest = min(LONGEST_PAUSE_SECONDS, SHORTEST_PAUSE_SECONDS * 2**failures)
                await asyncio.sleep(longest * random.uniform(0.5, 1))  # noqa: S311
            else:
                return
