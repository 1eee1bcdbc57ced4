"""What has to be so after every fault, asked of everything that could know better."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable
from functools import partial

import httpx
from boto3.dynamodb.conditions import Key

from services.common.records import MOST_STRIKES
from services.common.sessions import Session, SessionStatus, Turn
from tests.bot.conftest import Bot
from tests.faults import processes
from tests.faults.caller import Caller
from tests.faults.world import SPARES, World

PATIENCE_SECONDS = 60.0


async def remembers(world: World, *callers: Caller) -> None:
    """Each caller is known, and talks with one agent: one process, one stream, one writer."""
    await one_bot_each(world, len(callers))
    for caller in callers:
        before = await record(world, caller)
        await caller.ask_for_the_number()
        await _until_written(world, caller)
        assert await _bots(world) == (len(callers), len(callers))
        after = await record(world, caller)
        assert after.generation == before.generation
        assert after.status is SessionStatus.ACTIVE


async def one_bot_each(world: World, calls: int) -> None:
    """Waits until those who lost a call have seen it: one process and one stream a call."""
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while await _bots(world) != (calls, calls):  # noqa: ASYNC110
                await asyncio.sleep(0.05)
    except TimeoutError:
        raise AssertionError(await _bots(world)) from None


async def settled(world: World, *callers: Caller, reason: str = "caller-left") -> None:
    """Every caller hangs up; their records are whole, and nothing is left of the calls."""
    for caller in callers:
        await caller.hang_up()
    for caller in callers:
        await _is_over(world, caller, reason)
        await _is_whole(world, caller)
    await nothing_is_left(world)


async def failed(world: World, caller: Caller, reason: str) -> None:
    """The call is over as failed; its record has all that was said, and nothing is left of it."""
    assert (await world.until_failed(caller.bot_id))["reason"] == reason
    await caller.until_over()
    await _is_over(world, caller, reason, strikes=MOST_STRIKES)
    turns = await _turns(world, caller)
    assert _are_in_order(turns)
    assert _asked(turns) == _said(caller)
    await nothing_is_left(world)


async def nothing_is_left(world: World) -> None:
    """No process, stream, lease, place, job or room."""
    for bot in world.bots:
        if bot.process.returncode is None:
            await bot.slots(taken=0, idle=SPARES)
            await until(partial(_has_only_spares, bot))
        else:
            await until(partial(processes.is_gone, bot))
    await until(lambda: world.emulator.open_streams == 0)
    budget = await world.sessions_table.query(Key("session_id").eq("budget"))
    assert [(item["item"], int(item["taken"])) for item in budget] == [("meta", 0)]
    await until(lambda: not world.daily.names())
    async with asyncio.timeout(PATIENCE_SECONDS):
        while await asyncio.to_thread(world.jobs, world.jobs_url):  # noqa: ASYNC110
            await asyncio.sleep(0.1)
    assert await asyncio.to_thread(world.jobs, world.dead_letters_url) == 0


async def record(world: World, caller: Caller) -> Session:
    """The record of a call."""
    found = await world.sessions.get(caller.session_id)
    assert found is not None
    return found


async def until(condition: Callable[[], bool]) -> None:
    """Waits for something that tells nobody when it happens."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.02)


async def _bots(world: World) -> tuple[int, int]:
    """How many processes have a call, and how many streams are open."""
    return sum([await _taken(bot) for bot in world.living]), world.emulator.open_streams


async def _taken(bot: Bot) -> int:
    """A bot's calls; none where it ends while it is asked."""
    try:
        return int((await bot.slots())["taken"])
    except httpx.TransportError:
        await asyncio.wait_for(bot.process.wait(), PATIENCE_SECONDS)
        return 0


async def _until_written(world: World, caller: Caller) -> None:
    """Waits until the answer to the last question has been said to its end."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not _is_answered(await _turns(world, caller), caller):  # noqa: ASYNC110
            await asyncio.sleep(0.05)


async def _turns(world: World, caller: Caller) -> list[Turn]:
    return await world.sessions.turns(caller.session_id)


def _is_answered(turns: list[Turn], caller: Caller) -> bool:
    """Whether the record has all that the caller said, and the right answer to the last of it."""
    answer = itertools.takewhile(lambda turn: turn.role == "assistant", reversed(turns))
    return _asked(turns) == _said(caller) and any("4217" in turn.text for turn in answer)


def _said(caller: Caller) -> list[str]:
    return [line.text for line in caller.transcript if line.role == "user"]


def _asked(turns: list[Turn]) -> list[str]:
    return [turn.text for turn in turns if turn.role == "user"]


def _are_in_order(turns: list[Turn]) -> bool:
    return [turn.number for turn in turns] == list(range(1, len(turns) + 1))


async def _is_over(
    world: World, caller: Caller, reason: str, *, strikes: int = MOST_STRIKES - 1
) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not (found := await record(world, caller)).status.over:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    told = await world.status(caller.bot_id)
    assert (told["status"], told["reason"]) == (found.status, reason)
    assert found.started_at and found.ended_at and found.started_at < found.ended_at
    assert found.lease_until is None
    assert found.strikes <= strikes


async def _is_whole(world: World, caller: Caller) -> None:
    """What the caller was seen to say is written down, in order, and nothing twice."""
    turns = await _turns(world, caller)
    assert _are_in_order(turns)
    assert _is_answered(turns, caller), (turns, caller.transcript)


def _has_only_spares(bot: Bot) -> bool:
    return len(bot.children()) == SPARES
