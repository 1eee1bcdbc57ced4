"""A simulated bot: the product's parts around a call that is a pause."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from unittest import mock

from services.bot.agent import read_agents
from services.bot.call.call import Call
from services.bot.call.ending import Ending
from services.bot.knowledge.library import Library
from services.bot.meeting_place import MeetingPlace
from services.bot.memory.store import MemoryStore
from services.bot.processes import pulling
from services.bot.processes.balance import wanted
from services.bot.processes.slot import Slot
from services.bot.resources import Resources
from services.bot.settings import BotSettings
from services.common import aws
from services.common.dynamodb import Table
from services.common.jobs import LONGEST_WAIT_SECONDS, JobQueue
from services.common.sessions import Session, SessionStore, Turn
from tests.bench.drain.cord import Cord
from tests.bench.drain.ledger import Holding, Ledger

MEAN_CALL_SECONDS = 1.5
LONGEST_CALL_SECONDS = 8.0
"""Longer than a lease, which then has to be renewed."""


@dataclass(slots=True)
class _Line:
    """A line on which nobody speaks, and who keeps the book of its call."""

    holding: Holding
    speaks_rtvi: bool = True
    audio_out_sample_rate: int = 24_000
    resumable: bool = False

    async def open(self) -> None:
        """There is nobody to let in."""

    def on_gone(self, tell: Callable[[Ending], None]) -> None:
        """Nobody leaves before the call is over."""


class _Rooms:
    """Rooms that are nowhere."""

    def __init__(self, bot: int, ledger: Ledger) -> None:
        self._bot = bot
        self._ledger = ledger

    def prepare(self) -> None:
        """Needs nothing."""

    async def warm_up(self) -> None:
        """Needs nothing."""

    def line(self, session: Session) -> Any:  # noqa: ANN401  a `Line` as far as a pause needs one
        """A line to a call that this bot has just taken."""
        holding = Holding(session.session_id, session.generation, self._bot)
        self._ledger.holdings.append(holding)
        return _Line(holding)

    async def close(self, session: Session) -> None:
        """Nothing is there to be cleared."""


class PausedCall(Call):
    """A call whose conversation is a pause."""

    line: Any

    async def run(self) -> None:
        """Serves it, and notes when it is over."""
        try:
            await super().run()
        finally:
            self.line.holding.end()

    async def _converse(self, history: list[Turn]) -> Ending:
        await self._activate()
        seconds = min(LONGEST_CALL_SECONDS, random.expovariate(1 / MEAN_CALL_SECONDS))
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                return await asyncio.shield(self._ending)
        return Ending.CALLER_LEFT


class Bot:
    """One task of the fleet, whose processes are tasks of this event loop.

    Attributes:
        number: Whose holdings are its.
        took_one: Set once it has taken a call.
    """

    def __init__(
        self, number: int, settings: BotSettings, meeting_place: MeetingPlace, ledger: Ledger
    ) -> None:
        """Makes a bot that does nothing yet."""
        self.number = number
        self.took_one = asyncio.Event()
        self._settings = settings
        self._ledger = ledger
        self._cord = Cord()
        self._resources = self._gather(meeting_place)
        self._waiting = 0
        self._processes: set[asyncio.Task[None]] = set()
        self._changed = asyncio.Event()

    async def run(self) -> None:
        """Keeps as many processes waiting for jobs as a supervisor would, until it is cancelled."""
        try:
            while True:
                self._tend()
                self._changed.clear()
                await self._changed.wait()
        finally:
            for process in self._processes:
                process.cancel()
            await asyncio.gather(*self._processes, return_exceptions=True)

    def die(self) -> None:
        """Cuts it off from everybody, from one moment to the next. Cancel `run` then."""
        self._cord.cut()
        for holding in self._ledger.holdings:
            if holding.bot == self.number:
                holding.end()

    def _tend(self) -> None:
        left = self._settings.max_sessions - len(self._processes) + self._waiting
        missing = wanted(left, self._settings.spare_sessions, pulls=True).queue - self._waiting
        for _ in range(missing):
            self._waiting += 1
            process = asyncio.create_task(self._process())
            self._processes.add(process)
            process.add_done_callback(self._bury)

    async def _process(self) -> None:
        def taken(*_: object) -> None:
            self._waiting -= 1
            self.took_one.set()
            self._changed.set()

        slot = Slot(taken)
        try:
            await pulling.receive_a_job(slot, self._resources)
        finally:
            if slot.call is None:
                self._waiting -= 1

    def _bury(self, process: asyncio.Task[None]) -> None:
        self._processes.discard(process)
        self._changed.set()

    def _gather(self, meeting_place: MeetingPlace) -> Resources:
        settings, tied = self._settings, self._cord.through
        region = settings.aws_region
        waiting = aws.sqs(region, wait_seconds=LONGEST_WAIT_SECONDS)
        return Resources(
            settings=settings,
            agents=read_agents(settings.agents),
            sessions=SessionStore(
                Table(tied(aws.dynamodb(region)), settings.sessions_table),
                lease=timedelta(seconds=settings.lease_seconds),
                grace=timedelta(seconds=settings.resume_seconds),
                max_calls=settings.max_calls,
            ),
            dynamodb=tied(aws.dynamodb(region)),
            jobs=JobQueue(tied(aws.sqs(region)), tied(waiting), settings.jobs_queue_url),
            rooms=_Rooms(self.number, self._ledger),
            meeting_place=meeting_place,
            library=Library(meeting_place.path),
            memories=MemoryStore(Table(tied(aws.dynamodb(region)), settings.sessions_table)),
        )


def paused_calls() -> Any:  # noqa: ANN401  mock's own type is private
    """Makes calls pauses, as a context manager."""
    return mock.patch.object(pulling, "Call", PausedCall)
