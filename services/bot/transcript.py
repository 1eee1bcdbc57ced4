"""Follows who said what, turn by turn, and writes each finished turn to the session's record."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Literal

from loguru import logger
from pipecat.frames.frames import (
    LLMTextFrame,
    TranscriptionFrame,
    VADUserStartedSpeakingFrame,
)
from pipecat.observers.base_observer import BaseObserver, FramePushed
from pipecat.processors.aggregators.llm_response_universal import AssistantTurnStoppedMessage
from pipecat.processors.frame_processor import FrameProcessor

from services.common.errors import GenerationLost, StoreError
from services.common.sessions import Session, SessionStore, Turn

Role = Literal["user", "assistant"]
#: Called with role, text and whether that is what was said in the end.
Heard = Callable[[Role, str, bool], Awaitable[None]]

FLUSH_SECONDS = 5.0
ATTEMPTS = 3
PAUSE_SECONDS = 0.5


class TurnWriter:
    """Appends turns to a session's record, in order, without keeping the call waiting."""

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
        self._log = logger.bind(session_id=session.session_id)
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
            self._log.bind(turns=self._turns.qsize()).error("turns were not written")
        self._writing.cancel()

    async def _write(self) -> None:
        while True:
            turn = await self._turns.get()
            try:
                await self._append(turn)
            except GenerationLost:
                self._log.warning("a newer process has this session")
                self._on_lost()
            except StoreError as error:
                self._log.bind(turn=turn.number, code=error.code).error("turn was not written")
            finally:
                self._turns.task_done()

    async def _append(self, turn: Turn) -> None:
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return await self._sessions.append_turn(self._session, turn)
            except StoreError as error:
                if not error.retryable or attempt == ATTEMPTS:
                    raise
                await asyncio.sleep(PAUSE_SECONDS * attempt)
        return None


class Transcript(BaseObserver):
    """Follows the pipeline's frames and tells what was heard."""

    def __init__(
        self, nova: FrameProcessor, writer: TurnWriter, *, start_lag: timedelta, heard: Heard
    ) -> None:
        """Prepares a transcript.

        Args:
            nova: The processor whose text frames count.
            writer: Where finished turns go.
            start_lag: How long before its detection the caller's speech began.
            heard: Is told of every text, unfinished ones of the agent's too.
        """
        super().__init__()
        self._nova = nova
        self._writer = writer
        self._start_lag = start_lag
        self._heard = heard
        self._user_started_at: datetime | None = None

    async def on_push_frame(self, data: FramePushed) -> None:
        """Looks at the frames that tell who says what."""
        frame = data.frame
        if isinstance(frame, VADUserStartedSpeakingFrame):
            if self._user_started_at is None:
                self._user_started_at = datetime.now(UTC) - self._start_lag
        elif data.source is not self._nova:
            return
        elif isinstance(frame, TranscriptionFrame) and frame.text.strip():
            started_at, self._user_started_at = self._user_started_at, None
            text = frame.text.strip()
            self._writer.add("user", text, started_at or datetime.now(UTC), interrupted=False)
            await self._heard("user", text, True)
        elif isinstance(frame, LLMTextFrame) and frame.text.strip():
            await self._heard("assistant", frame.text.strip(), False)

    async def assistant_stopped(self, _: object, message: AssistantTurnStoppedMessage) -> None:
        """Takes a finished turn of the agent's from Pipecat's aggregator."""
        text = message.content.strip()
        if not text:
            return
        self._writer.add(
            "assistant",
            text,
            datetime.fromisoformat(message.timestamp),
            interrupted=message.interrupted,
        )
        await self._heard("assistant", text, True)
