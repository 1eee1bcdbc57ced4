"""The task's protection, against a stand-in for the ECS agent: its rules, then a supervisor's."""

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator

import pytest

from services.bot.processes import ecs_agent as client
from services.bot.processes.ecs_agent import EcsAgent, ProtectionError
from services.bot.processes.protection import Pace, Protection
from tests.bot.callers import call
from tests.bot.conftest import PATIENCE_SECONDS, StartBot
from tests.bot.processes.ecs_agent import Agent, Behaviour, ecs_agent

HASTY = "tests.bot.processes.hasty_bot"
NEVER = 10 * PATIENCE_SECONDS


@pytest.fixture
async def agent() -> AsyncIterator[Agent]:
    async with ecs_agent() as agent:
        yield agent


@pytest.fixture(autouse=True)
def haste(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "FIRST_PAUSE_SECONDS", 0.01)


@contextlib.asynccontextmanager
async def protecting(agent: Agent, **pace: float) -> AsyncIterator[Protection]:
    usual = {"renewal": NEVER, "stretch": NEVER, "retry": 0.05, "linger": 0.0, "rest": 0.0}
    protection = Protection(EcsAgent(agent.uri), minutes=7, pace=Pace(**usual | pace))
    running = asyncio.create_task(protection.run())
    yield protection
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running


async def test_a_task_is_protected_while_it_has_calls(agent: Agent) -> None:
    async with protecting(agent) as protection:
        protection.calls(1)
        await agent.until(lambda: agent.protected)
        assert agent.granted == [{"ProtectionEnabled": True, "ExpiresInMinutes": 7}]
        protection.calls(3)
        protection.calls(0)
        await agent.until(lambda: not agent.protected)
        assert agent.granted[1:] == [{"ProtectionEnabled": False}]
        protection.calls(1)
        await agent.until(lambda: agent.protected)


async def test_protection_is_renewed(agent: Agent) -> None:
    async with protecting(agent, renewal=0.02) as protection:
        protection.calls(1)
        await agent.until(lambda: len(agent.granted) >= 4)
        assert all(granted["ProtectionEnabled"] for granted in agent.granted)


async def test_a_call_that_follows_at_once_keeps_the_protection(agent: Agent) -> None:
    async with protecting(agent, linger=NEVER, renewal=0.02) as protection:
        protection.calls(1)
        await agent.until(lambda: agent.protected)
        protection.calls(0)
        await asyncio.sleep(0)
        protection.calls(1)
        await agent.until(lambda: len(agent.granted) >= 3)
        assert all(granted["ProtectionEnabled"] for granted in agent.granted)


async def test_a_task_that_is_never_free_rests_after_a_stretch(agent: Agent) -> None:
    async with protecting(agent, stretch=0.1, renewal=0.04, rest=0.01) as protection:
        protection.calls(2)
        await agent.until(lambda: {"ProtectionEnabled": False} in agent.granted)
        await agent.until(lambda: agent.protected)


async def test_without_an_agent_nothing_happens() -> None:
    protection = Protection(None, minutes=7, pace=Pace(renewal=1, stretch=1))
    protection.calls(1)
    await protection.run()
    await protection.end()


async def test_the_end_lets_go_of_what_is_held_and_asks_nothing_else(agent: Agent) -> None:
    async with protecting(agent) as protection:
        await protection.end()
        assert agent.asked == []
        protection.calls(1)
        await agent.until(lambda: agent.protected)
        await protection.end()
        assert not agent.protected


@pytest.mark.parametrize(
    ("behaviour", "code", "attempts"),
    [
        ("fails", "ServerException", 3),
        ("throttles", "ThrottlingException", 3),
        ("babbles", "NotJson", 3),
        ("denies", "AccessDeniedException", 1),
        ("blocks", "DEPLOYMENT_BLOCKED", 1),
        ("hangs", "TimeoutError", 3),
    ],
)
async def test_a_refusal_says_why_and_is_tried_again_where_that_helps(
    agent: Agent,
    monkeypatch: pytest.MonkeyPatch,
    behaviour: Behaviour,
    code: str,
    attempts: int,
) -> None:
    if behaviour == "hangs":
        monkeypatch.setattr(client, "DEADLINE_SECONDS", 0.05)
    agent.behaviour = behaviour
    ours = EcsAgent(agent.uri)
    with pytest.raises(ProtectionError) as refused:
        await ours.protect(7)
    assert (refused.value.code in (code, "ReadTimeout"), len(agent.asked)) == (True, attempts)
    assert refused.value.retryable is (attempts > 1)


async def test_what_failed_is_tried_again_while_there_are_calls(agent: Agent) -> None:
    agent.behaviour = "blocks"
    async with protecting(agent) as protection:
        protection.calls(1)
        await agent.until(lambda: len(agent.asked) >= 2)
        agent.behaviour = "answers"
        await agent.until(lambda: agent.protected)


async def test_a_supervisor_protects_its_task_as_long_as_somebody_talks(
    agent: Agent, start_bot: StartBot
) -> None:
    bot = await start_bot(HASTY, ECS_AGENT_URI=agent.uri, PROTECTION_MINUTES="5")
    async with await call(bot) as line:
        await agent.until(lambda: len(agent.granted) >= 3)
        assert agent.granted[0] == {"ProtectionEnabled": True, "ExpiresInMinutes": 5}
        assert agent.protected
        await line.answers()
    await bot.line("task is no longer protected")
    assert not agent.protected
    assert [line for line in bot.lines if line["message"] == "task protection failed"] == []


@pytest.mark.parametrize("behaviour", ["fails", "hangs", "denies"])
async def test_an_agent_that_fails_disturbs_no_call(
    agent: Agent, start_bot: StartBot, behaviour: Behaviour
) -> None:
    agent.behaviour = behaviour
    bot = await start_bot(HASTY, ECS_AGENT_URI=agent.uri)
    async with await call(bot) as line:
        failure = await bot.line("task protection failed")
        assert (failure["level"], failure["wanted"]) == ("WARNING", True)
        await line.answers()
        await bot.slots(taken=1)
        agent.behaviour = "answers"
        await agent.until(lambda: agent.protected)
        await line.answers()
    await agent.until(lambda: not agent.protected)


async def test_an_agent_that_is_not_there_disturbs_no_call(start_bot: StartBot) -> None:
    bot = await start_bot(HASTY, ECS_AGENT_URI="http://127.0.0.1:9/api/nobody")
    async with await call(bot) as line:
        failure = await bot.line("task protection failed")
        assert failure["code"] == "ConnectError"
        await line.answers()
    assert await bot.stop() == 0


async def test_a_drained_task_is_protected_no_longer(agent: Agent, start_bot: StartBot) -> None:
    bot = await start_bot(HASTY, ECS_AGENT_URI=agent.uri, DRAIN_SECONDS="0.2")
    async with await call(bot) as line:
        await agent.until(lambda: agent.protected)
        bot.process.send_signal(signal.SIGTERM)
        assert await line.close_code() == 1001
    assert await bot.stop() == 0
    assert not agent.protected


async def test_a_supervisor_that_protects_starts_no_thread(
    agent: Agent, start_bot: StartBot
) -> None:
    bot = await start_bot(HASTY, ECS_AGENT_URI=agent.uri, SPARE_SESSIONS="1", MAX_SESSIONS="3")
    async with await call(bot):
        await agent.until(lambda: agent.protected)
        await bot.slots(taken=1, idle=1)
        async with await call(bot):
            await bot.slots(taken=2, idle=1)
    assert not [line for line in bot.lines if line["message"].startswith("supervisor forks")]
