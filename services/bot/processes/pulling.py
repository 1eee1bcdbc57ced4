"""How a process gets a call from the queue: it waits for a job itself and serves it.

So the process that owns a job's receipt is the one that serves the call, and nothing is received
that there is no room for. Whether the call may be had is decided by its record: SQS may deliver a
job twice, or deliver one whose process still lives.
"""

import asyncio
import random

from loguru import logger

from services.bot.call.call import Call
from services.bot.call.held_job import HeldJob
from services.bot.processes.slot import Slot
from services.bot.processes.waiting import first_of
from services.bot.resources import Resources
from services.bot.transports.rooms import Rooms
from services.common.errors import (
    GenerationLost,
    QueueError,
    SessionEnded,
    SessionHeld,
    StoreError,
)
from services.common.jobs import Job, JobQueue, Received
from services.common.records import PROCESS_DIED
from services.common.sessions import Session

#: How long one request waits for a job. A process that shall leave waits it out: SQS may answer
#: into a connection that is gone, and the job would be nobody's for a lease. On AWS a process that
#: waits for a day makes 29,000 requests, for about a cent.
WAIT_SECONDS = 3
#: Between tries while the queue or the records cannot be reached: jittered, and doubled up to this.
LONGEST_PAUSE_SECONDS = 8.0
SHORTEST_PAUSE_SECONDS = 0.5


async def receive_a_job(slot: Slot, resources: Resources) -> None:
    """Serves the first job that it gets, or leaves when it shall.

    Args:
        slot: The room for one call.
        resources: What calls need; the queue among it.
    """
    if resources.jobs is None or resources.rooms is None:
        raise RuntimeError("JOBS_QUEUE_URL is not set")
    await _Puller(slot, resources, resources.jobs, resources.rooms).run()


class _Puller:
    def __init__(self, slot: Slot, resources: Resources, queue: JobQueue, rooms: Rooms) -> None:
        self._slot = slot
        self._resources = resources
        self._queue = queue
        self._rooms = rooms
        self._lease_seconds = resources.settings.lease_seconds
        self._failures = 0

    async def run(self) -> None:
        warming = asyncio.create_task(self._rooms.warm_up())
        try:
            await self._pull()
        finally:
            warming.cancel()

    async def _pull(self) -> None:
        while await self._is_wanted():
            received = await self._receive()
            if received is None:
                continue
            held = HeldJob(self._queue, received, lease_seconds=self._lease_seconds)
            if not self._slot.claim():
                await held.give_back()
                if self._slot.paused:
                    continue
                return
            with logger.contextualize(session_id=received.job.session_id):
                logger.bind(receive_count=received.receive_count).info("job received")
                await self._serve(held)
            if self._slot.call is None:
                self._slot.give_back()

    async def _is_wanted(self) -> bool:
        """Whether a job may come, once nobody is kept from coming in."""
        slot = self._slot
        await slot.until(lambda: slot.final or slot.retiring or not slot.paused)
        return not (slot.final or slot.retiring)

    async def _receive(self) -> Received | None:
        """The next job; None if there was none in a while."""
        try:
            received = await self._queue.receive(
                wait_seconds=WAIT_SECONDS, lease_seconds=self._lease_seconds
            )
        except QueueError as error:
            await self._back_off("jobs cannot be received", error.code)
            return None
        if self._failures:
            logger.info("jobs can be received again")
        self._failures = 0
        return received

    async def _back_off(self, trouble: str, code: str) -> None:
        """Says once that something is wrong, and waits longer each time."""
        if not self._failures:
            logger.bind(code=code).error(trouble)
        pause = min(LONGEST_PAUSE_SECONDS, SHORTEST_PAUSE_SECONDS * 2**self._failures)
        self._failures += 1
        leaving = self._slot.until(lambda: self._slot.final or self._slot.retiring)
        await first_of(pause * random.uniform(0.5, 1.0), leaving)  # noqa: S311 - no secret

    async def _serve(self, held: HeldJob) -> None:
        try:
            session = await self._look_at(held)
        except StoreError as error:
            # SQS must not count this against the job.
            await held.give_back(after=LONGEST_PAUSE_SECONDS)
            await self._back_off("session records cannot be reached", error.code)
            return
        if session is not None:
            await self._answer(session, held)

    async def _look_at(self, held: HeldJob) -> Session | None:
        """Takes the call; None where that cannot be, and the job has been dealt with."""
        try:
            return await self._take(held.received.job)
        except SessionHeld as error:
            logger.info("job of a call that another process has")
            await held.give_back(after=error.seconds)
        except SessionEnded:
            await self._bury(held)
        return None

    async def _take(self, job: Job) -> Session:
        """Takes the call, or waits for a lease that nobody seems to renew any more."""
        sessions = self._resources.sessions
        try:
            return await sessions.take_job(job.session_id, job.opening)
        except SessionHeld as held:
            if held.seconds > self._lease_seconds / 2:
                raise
            await asyncio.sleep(held.seconds + 0.05)
        # Whoever has it now has renewed it: a lease looks short where the clock is ahead.
        return await sessions.take_job(job.session_id, job.opening)

    async def _bury(self, held: HeldJob) -> None:
        """The call is over: the job goes, or to the dead letters where processes died of it."""
        session = await self._resources.sessions.get(held.received.job.session_id)
        if session is not None and session.reason == PROCESS_DIED:
            logger.error("job killed too many processes")
            await held.condemn()
        else:
            logger.info("job of a call that is over")
            await held.delete()

    async def _answer(self, session: Session, held: HeldJob) -> None:
        resources = self._resources
        try:
            agent = resources.agents[session.agent]
            call = Call(session, agent, self._rooms.line(session), resources)
        except Exception:
            logger.exception("call could not be taken")
            await self._fail(session, held)
            return
        self._slot.take(call, held.received)
        keeping = asyncio.create_task(held.keep())
        try:
            await call.run()
        finally:
            keeping.cancel()
            await held.settle(call)
            if call.closed == "ended":
                await self._rooms.close(session)

    async def _fail(self, session: Session, held: HeldJob) -> None:
        try:
            await self._resources.sessions.end(session, reason="failed", failed=True)
            await held.delete()
            await self._rooms.close(session)
        except (GenerationLost, StoreError):
            logger.warning("session record could not be closed")
