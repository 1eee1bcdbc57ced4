"""Puts transcripts where they belong: at a call's end, and later those that nobody wrote.

Every transcript is made of the call's record, so writing it once more does no harm. Where a process
died, its supervisor writes it if nobody can take the call up again. All the others (a call that may
have been taken up and was not, a task that died as a whole) are found in a list in the sessions'
table by whichever task looks next.
"""

import asyncio
import random
from datetime import UTC, datetime, timedelta

from loguru import logger

from services.common.calls.archive import Archive, erase_recording
from services.common.calls.kept import KeptCall
from services.common.calls.store import SHARDS, CallStore
from services.common.calls.transcript import Transcript
from services.common.errors import ArchiveError, StoreError
from services.common.sessions import Session

DEADLINE_SECONDS = 15.0
"""For one transcript with all tries; the list remembers the call if that is not enough."""

PAUSE_SECONDS = 0.3
TRIES = 3

EVERY_SECONDS = 300.0
"""Between two looks at the list, on average: tasks that started together do not look together."""

OVER_SECONDS = 60.0
"""For the process whose call has ended to write the transcript itself."""

MOST_A_SWEEP = 200
"""Calls read in one look; the next goes on with others, since they are taken at random."""


class Archiving:
    """Writes transcripts.

    Attributes:
        calls: Where more than turns is kept of calls.
        archive: Where transcripts and recordings go.
    """

    def __init__(self, calls: CallStore, archive: Archive) -> None:
        """Reads from ``calls`` and writes to ``archive``."""
        self.calls = calls
        self.archive = archive

    async def write(self, session_id: str) -> bool:
        """Writes the transcript of a call, if it is over.

        Returns:
            Whether it has been written, or there is nothing to write.
        """
        try:
            async with asyncio.timeout(DEADLINE_SECONDS):
                call = await self._read(session_id)
                if call is not None and not call.session.status.over:
                    return False
                if call is not None and call.declined:
                    await erase_recording(call, self.archive)
                if call is not None and call.parts:
                    transcript = Transcript.of(call)
                    await self.archive.put_transcript(transcript, call.session.created_at)
                    logger.bind(
                        session_id=session_id,
                        turns=len(transcript.turns),
                        tool_calls=len(transcript.tool_calls),
                        complete=transcript.complete,
                        usd=transcript.cost.usd if transcript.cost else None,
                    ).info("transcript written")
                await self.calls.written(session_id)
        except (ArchiveError, StoreError, TimeoutError) as error:
            code = getattr(error, "code", type(error).__name__)
            logger.bind(session_id=session_id, code=code).error("transcript was not written")
            return False
        return True

    async def _read(self, session_id: str) -> KeptCall | None:
        for last in (False,) * (TRIES - 1) + (True,):
            try:
                return await self.calls.read(session_id)
            except StoreError as error:
                if last or not error.retryable:
                    raise
            await asyncio.sleep(random.uniform(PAUSE_SECONDS, 3 * PAUSE_SECONDS))  # noqa: S311
        return None

    async def sweep(self) -> int:
        """Looks once for calls that are over and have no transcript, and writes theirs.

        Returns:
            How many were written.

        Raises:
            StoreError: The list cannot be read.
        """
        young = datetime.now(UTC) - timedelta(seconds=OVER_SECONDS)
        waiting = [
            session_id
            for shard in range(SHARDS)
            for session_id, since in await self.calls.unwritten(shard)
            if since < young
        ]
        written = 0
        for session_id in random.sample(waiting, min(len(waiting), MOST_A_SWEEP)):
            session = await self.calls.session(session_id)
            if session is None or _over_since(session, young):
                written += await self.write(session_id)
        return written


def _over_since(session: Session, moment: datetime) -> bool:
    return session.status.over and (session.ended_at or session.created_at) < moment
