"""The job of a call that this process has: kept in flight meanwhile, and what becomes of it."""

import asyncio
import math
import time

from loguru import logger

from services.bot.call.call import Call
from services.bot.call.ending import Ending
from services.bot.call.lease import RENEWALS_A_LEASE
from services.common.errors import QueueError
from services.common.jobs import JobQueue, Received


class HeldJob:
    """A job in flight."""

    def __init__(self, queue: JobQueue, received: Received, *, lease_seconds: int) -> None:
        """Takes charge of a job that was just received."""
        self.received = received
        self._queue = queue
        self._lease_seconds = lease_seconds

    async def keep(self) -> None:
        """Keeps it in flight until it is cancelled.

        What goes wrong here does the call no harm: its record's lease decides who has it. Should
        the job be delivered again, its receiver finds the call held.
        """
        while True:
            began = time.monotonic()
            try:
                await self._queue.extend(self.received, seconds=self._lease_seconds)
            except QueueError as error:
                logger.bind(code=error.code).warning("job was not kept in flight")
                if not error.retryable:
                    return
            pause = self._lease_seconds / RENEWALS_A_LEASE
            await asyncio.sleep(max(0.0, began + pause - time.monotonic()))

    async def settle(self, call: Call) -> None:
        """Does with it what the call's end asks for."""
        match call.closed:
            case "ended":
                await self.delete()
            case "released" if call.ending is Ending.CALLER_DROPPED:
                # Should they come back, they bring a new job.
                await self.delete()
            case "released":
                await self.give_back()
            case "lost" | "open":
                # It is, or soon comes, in other hands; a receipt of ours might do harm there.
                return

    async def delete(self) -> None:
        """The call is over."""
        try:
            await self._queue.delete(self.received)
        except QueueError as error:
            # It comes back once more, and whoever gets it finds the call over.
            logger.bind(code=error.code).warning("job was not deleted")

    async def give_back(self, *, after: float = 0.0) -> None:
        """Another process shall have it, in ``after`` seconds."""
        try:
            await self._queue.give_back(self.received, delay_seconds=math.ceil(after))
        except QueueError as error:
            # It comes back by itself.
            logger.bind(code=error.code).warning("job was not given back")

    async def condemn(self) -> None:
        """Processes died of it: it comes back until SQS has counted enough deliveries."""
        try:
            await self._queue.extend(self.received, seconds=0)
        except QueueError as error:
            logger.bind(code=error.code).warning("job was not condemned")
