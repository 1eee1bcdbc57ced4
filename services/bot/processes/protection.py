"""Keeps ECS from stopping this task, for a deployment or to scale in, while it has calls.

A protected task stays in the load balancer and on the queue, gets new calls, and where somebody
always talks it would never be free of them: a deployment would wait for it until CloudFormation
gives up. So protection lasts for a stretch, as long as the longest call, and then rests. Whoever
talks at that time keeps their call, too: ECS takes a task out of the load balancer first, waits for
longer than any call, and only then ends it.
"""

import asyncio
import random
from dataclasses import dataclass

from loguru import logger

from services.bot.processes.ecs_agent import EcsAgent, ProtectionError
from services.bot.resources import Resources

BLOCKED = "DEPLOYMENT_BLOCKED"
"""ECS's reason to refuse while protected tasks already hold a deployment up; it is no fault."""

PARTING_SECONDS = 0.5
"""For the last word to the agent, when the process is about to end."""


RENEWALS = 2
"""Asked for so often in the time after which protection expires, so that one may fail."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How often protection changes, in seconds.

    Attributes:
        renewal: After how long it is renewed.
        retry: After how long it is tried again, once all attempts have failed; jittered.
        linger: How long a task without calls stays protected, so that it does not flap.
        stretch: For how long it lasts at most.
        rest: For how long it rests then. ECS has to notice and to act.
    """

    renewal: float
    stretch: float
    retry: float = 30.0
    linger: float = 15.0
    rest: float = 120.0


class Protection:
    """This task's protection; without an agent nothing happens."""

    def __init__(self, agent: EcsAgent | None, *, minutes: int, pace: Pace) -> None:
        """Asks for nothing yet.

        Args:
            agent: Whom to ask, if there is somebody.
            minutes: After how long protection expires that nobody renews.
            pace: How often it changes.
        """
        self._agent = agent
        self._minutes = minutes
        self._pace = pace
        self._some = asyncio.Event()
        self._none = asyncio.Event()
        self._none.set()
        self._held = False

    def calls(self, number: int) -> None:
        """Takes note of how many calls there are."""
        now, before = (self._some, self._none) if number else (self._none, self._some)
        before.clear()
        now.set()

    async def run(self) -> None:
        """Protects the task while it has calls, until it is cancelled."""
        if self._agent is None:
            return
        while True:
            await self._some.wait()
            left = await self._hold(self._agent)
            await self._let_go(self._agent)
            if not left:
                await asyncio.sleep(self._pace.rest)

    async def end(self) -> None:
        """Lets go for good, as far as that takes no time."""
        if self._agent is None or not self._held:
            return
        try:
            async with asyncio.timeout(PARTING_SECONDS):
                await self._agent.release(attempts=1)
        except (ProtectionError, TimeoutError):
            logger.debug("task protection is left to expire")

    async def _hold(self, agent: EcsAgent) -> bool:
        """Protects the task for a stretch.

        Returns:
            Whether it has been without calls for a while before the stretch was over.
        """
        loop = asyncio.get_running_loop()
        end = loop.time() + self._pace.stretch
        told = False
        while (left := end - loop.time()) > 0:
            if await self._protect(agent):
                pause = self._pace.renewal
                if not told:
                    logger.bind(minutes=self._minutes).info("task is protected")
                    told = True
            else:
                # Tasks that fail together should not come back together.
                pause = self._pace.retry * random.uniform(0.5, 1.5)  # noqa: S311
            if await self._is_left(min(pause, left)):
                return True
        return False

    async def _is_left(self, seconds: float) -> bool:
        """Whether the last call ends, and no other begins for a while, within some time."""
        loop = asyncio.get_running_loop()
        end = loop.time() + seconds
        while await _happens(self._none, end - loop.time()):
            if not await _happens(self._some, self._pace.linger):
                return True
        return False

    async def _protect(self, agent: EcsAgent) -> bool:
        # Before it is certain: an answer that got lost may have been a yes.
        self._held = True
        try:
            await agent.protect(self._minutes)
        except ProtectionError as error:
            _tell(error, wanted=True)
            return False
        return True

    async def _let_go(self, agent: EcsAgent) -> None:
        try:
            await agent.release()
        except ProtectionError as error:
            _tell(error, wanted=False)
            return
        self._held = False
        logger.info("task is no longer protected")


def _tell(error: ProtectionError, *, wanted: bool) -> None:
    log = logger.bind(code=error.code, wanted=wanted)
    if error.code == BLOCKED:
        log.info("task protection waits for a deployment")
    else:
        log.warning("task protection failed")


def protection_of(resources: Resources) -> Protection:
    """The protection that a task's settings ask for."""
    settings = resources.settings
    agents = resources.agents.values()
    longest = max(agent.longest_call_seconds for agent in agents)
    return Protection(
        EcsAgent(settings.ecs_agent_uri) if settings.ecs_agent_uri else None,
        minutes=settings.protection_minutes,
        pace=Pace(
            renewal=settings.protection_minutes * 60 / RENEWALS,
            stretch=settings.longest_call_seconds or longest,
        ),
    )


async def _happens(event: asyncio.Event, seconds: float) -> bool:
    """Whether an event has happened, or does so in time."""
    if event.is_set():
        return True
    try:
        async with asyncio.timeout(max(0.0, seconds)):
            return await event.wait()
    except TimeoutError:
        return False
