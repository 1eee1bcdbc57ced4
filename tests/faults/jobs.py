"""Jobs that SQS delivers again."""

from __future__ import annotations

import asyncio

from services.common.jobs import Job
from tests.bot.conftest import Bot
from tests.faults.aftermath import PATIENCE_SECONDS, record
from tests.faults.room_caller import RoomCaller
from tests.faults.world import World

_HELD = "job of a call that another process has"


async def deliver_again(world: World, caller: RoomCaller) -> None:
    """A call's job comes once more."""
    job = Job.of(await record(world, caller)).model_dump_json()
    await asyncio.to_thread(world.sqs.send_message, QueueUrl=world.jobs_url, MessageBody=job)


async def until_refused(world: World, caller: RoomCaller, bot: Bot) -> None:
    """It comes until one of a bot's processes has had it and found that another has the call."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not refusals(bot):
            await deliver_again(world, caller)
            await asyncio.sleep(1.0)  # each goes round until the call is over


def refusals(*bots: Bot) -> int:
    """How often that was found."""
    return sum(line.get("message") == _HELD for bot in bots for line in bot.lines)
