"""What remains to be done for calls whose processes died, in short-lived processes of their own.

DynamoDB's and S3's clients block and so need threads, and the supervisor has none.
"""

import asyncio
import random

from loguru import logger

from services.bot.archiving import EVERY_SECONDS
from services.bot.processes.fork import fork
from services.bot.processes.link import Taken
from services.bot.resources import Resources
from services.common.errors import GenerationLost, QueueError, StoreError


class Aftermath:
    """Closes what was left open."""

    def __init__(self, resources: Resources) -> None:
        """Prepares to close; connects to nothing yet."""
        self._resources = resources
        self._next: asyncio.TimerHandle | None = None

    def release(self, taken: Taken) -> None:
        """Closes the record of a session whose process died. Call it from a plain callback."""
        fork(lambda: self._close_record(taken), keep=frozenset())

    def begin_to_sweep(self) -> None:
        """Looks now and then for calls whose transcripts nobody wrote."""
        if self._resources.archiving is not None:
            pause = EVERY_SECONDS * random.uniform(0.5, 1.5)  # noqa: S311
            self._next = asyncio.get_running_loop().call_later(pause, self._sweep)

    def stop_sweeping(self) -> None:
        """Other tasks, and later ones, find what is left."""
        if self._next is not None:
            self._next.cancel()

    def _sweep(self) -> None:
        fork(self._write_transcripts, keep=frozenset())
        self.begin_to_sweep()

    async def _write_transcripts(self) -> None:
        if self._resources.archiving is None:
            return
        try:
            written = await self._resources.archiving.sweep()
        except StoreError as error:
            logger.bind(code=error.code).warning("transcripts could not be swept")
        else:
            logger.bind(written=written).debug("transcripts swept")

    async def _close_record(self, taken: Taken) -> None:
        resources = self._resources
        try:
            await resources.sessions.lose(taken.session)
            if taken.job is not None and resources.jobs is not None:
                # Another process may have it at once, with what was said so far.
                await resources.jobs.extend(taken.job, seconds=0)
            if resources.rooms is not None and not taken.session.survives_its_process:
                # Nobody comes any more: the caller shall not wait in an empty room.
                await resources.rooms.close(taken.session)
            if resources.archiving is not None:
                # As far as it goes; a call that may be taken up again is not over yet.
                await resources.archiving.write(taken.session.session_id)
        except GenerationLost:
            logger.debug("the caller was back before the record was closed")
        except (StoreError, QueueError) as error:
            # The lease runs out by itself.
            logger.bind(code=error.code).warning("session of a dead process was not closed")
