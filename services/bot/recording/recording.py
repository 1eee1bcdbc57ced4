"""The recording of one call, from the announcement to the last piece in the bucket."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta

from loguru import logger
from pipecat.processors.aggregators.llm_response_universal import (
    AssistantTurnStoppedMessage,
    LLMAssistantAggregator,
)

from services.bot.recording.announced import has_heard
from services.bot.recording.description import RecordingWanted
from services.bot.recording.tape import Tape
from services.bot.sound.front_end import FrontEnd
from services.bot.transports import SAMPLE_RATE_IN
from services.common.calls.archive import Archive, erase_recording, segment_key
from services.common.calls.kept import Segment
from services.common.calls.store import CallStore
from services.common.errors import ArchiveError, GenerationLost, StoreError
from services.common.sessions import Session, Turn

#: A piece: 1.9 MB. A process that dies takes no more with it, and nothing has to be completed.
SEGMENT_SECONDS = 30.0
#: The caller's sound may come so much late, on a bad line; it still gets to its place.
LATE_SECONDS = 1.0
#: What the tape holds while the bucket is slow, besides the piece that is being written.
PATIENCE_SECONDS = 45.0
#: For the last pieces, when the call is over.
CLOSE_SECONDS = 8.0

Keep = Callable[[str, Callable[[], Awaitable[None]]], None]


class Recording:
    """Records a call as soon as its caller knows of it, unless they do not want that."""

    def __init__(
        self,
        wanted: RecordingWanted,
        session: Session,
        front_end: FrontEnd,
        *,
        calls: CallStore,
        archive: Archive,
        keep: Keep,
    ) -> None:
        """Prepares a recording; nothing is recorded yet.

        Args:
            wanted: What the agent's file says.
            session: The call's session.
            front_end: What both sides' sound passes.
            calls: Where it is kept which pieces there are.
            archive: Where they go.
            keep: Writes to the record, for as long as the call lasts.
        """
        self.announcement = wanted.announcement
        self._session = session
        self._front_end = front_end
        self._calls = calls
        self._archive = archive
        self._keep = keep
        self._declined = False
        self._tape: Tape | None = None
        self._began = datetime.now(UTC)
        self._origin = 0
        self._writing: asyncio.Task[None] | None = None

    async def go_on(self, history: Sequence[Turn]) -> None:
        """The call goes on in this process: so does what its caller has heard and said of this."""
        if not history:
            return
        try:
            kept = await self._calls.read(self._session.session_id)
        except StoreError as error:
            # Nobody knows whether they declined.
            logger.bind(code=error.code).warning("recording does not go on")
            self._declined = True
            return
        self._declined = kept is None or kept.declined
        for turn in history:
            if turn.role == "assistant":
                self.heard(turn.text)

    def heard(self, text: str) -> None:
        """Takes what the caller has heard of the agent: once it was the announcement, it begins."""
        if self._declined or self._tape is not None or not has_heard(text, self.announcement):
            return
        self._began, self._origin = datetime.now(UTC), self._now()
        self._tape = Tape(
            SAMPLE_RATE_IN,
            self._origin,
            seconds=SEGMENT_SECONDS + LATE_SECONDS + PATIENCE_SECONDS,
        )
        self._front_end.tape = self._tape
        self._writing = asyncio.create_task(self._write_segments(self._tape))
        logger.info("recording begins")

    def listen_to(self, assistant: LLMAssistantAggregator) -> str:
        """Follows what the caller hears of the agent.

        Returns:
            What the agent has to say first.
        """

        async def stopped(_: object, message: AssistantTurnStoppedMessage) -> None:
            self.heard(message.content)

        assistant.add_event_handler("on_assistant_turn_stopped", stopped)
        return self.announcement

    async def stop(self) -> None:
        """The caller does not want it: it ends, and what there is of it is deleted."""
        if self._declined:
            return
        self._declined = True
        self._front_end.tape = None
        logger.info("caller declines to be recorded")
        self._keep("declined", lambda: self._calls.decline(self._session))
        if self._writing is not None:
            # A piece that is on its way cannot be called back: it is deleted once it is there.
            self._writing.cancel()
            await asyncio.wait({self._writing}, timeout=CLOSE_SECONDS)
        self._keep("deletion", self._erase)

    async def close(self) -> None:
        """The call is over: brings the rest away."""
        tape, self._front_end.tape = self._tape, None
        end = self._now()
        if tape is None or self._declined or self._writing is None:
            return
        self._writing.cancel()
        await asyncio.wait({self._writing}, timeout=CLOSE_SECONDS)
        try:
            async with asyncio.timeout(CLOSE_SECONDS):
                while (left := end - tape.position) > 0:
                    await self._write(tape, min(left, round(SEGMENT_SECONDS * tape.rate)))
        except TimeoutError:
            logger.error("end of the recording was not written")

    async def _write_segments(self, tape: Tape) -> None:
        count = round(SEGMENT_SECONDS * tape.rate)
        while True:
            ready = tape.position + count + round(LATE_SECONDS * tape.rate)
            missing = (ready - self._now()) / tape.rate
            if missing > 0:
                await asyncio.sleep(missing)
                continue
            # Shielded: a piece that is off the tape has to get to the bucket, or be deleted there.
            writing = asyncio.ensure_future(self._write(tape, count))
            try:
                await asyncio.shield(writing)
            except asyncio.CancelledError:
                await writing
                raise

    async def _write(self, tape: Tape, count: int) -> None:
        """Brings the oldest piece away. It is noted first: what is there can then be deleted."""
        session = self._session
        started_at = self._began + timedelta(seconds=(tape.position - self._origin) / tape.rate)
        seconds = round(count / tape.rate, 3)
        wav = await asyncio.to_thread(tape.take(count).wav)
        key = segment_key(session.session_id, session.created_at, started_at)
        try:
            await self._calls.add_segment(
                session, Segment(key=key, started_at=started_at, seconds=seconds)
            )
            await self._archive.put(key, wav, "audio/wav")
        except GenerationLost:
            self._front_end.tape = None
        except (ArchiveError, StoreError) as error:
            logger.bind(code=error.code, seconds=seconds).error("recording has a gap")

    async def _erase(self) -> None:
        kept = await self._calls.read(self._session.session_id)
        if kept is not None:
            try:
                await erase_recording(kept, self._archive)
            except ArchiveError as error:
                # Tried again when the transcript is written.
                logger.bind(code=error.code).warning("recording was not deleted")

    def _now(self) -> int:
        return round(self._front_end.seconds() * SAMPLE_RATE_IN)
