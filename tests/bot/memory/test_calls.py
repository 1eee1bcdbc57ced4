"""Memory in a bot's calls: of callers whom access control knows, and of nobody else."""

import secrets

import boto3
import pytest

from nova_sonic_emulator import Emulator
from services.bot.memory import MemoryStore
from services.common.dynamodb import Table
from services.common.sessions import SessionStore
from tests.bot.conftest import Bot
from tests.bot.nova.caller import texts
from tests.bot.transports.test_browser_protocol import visit

pytestmark = pytest.mark.asyncio(loop_scope="module")

FACT = "The caller's name is Anna."


async def greeted(
    bot: Bot, sessions: SessionStore, emulator: Emulator, caller: str | None
) -> tuple[str, str, list[str]]:
    """The system prompt, what the model was asked to say first, and the tools it was offered."""
    before = len(emulator.streams)
    opened = await sessions.open(
        transport="websocket", agent="order-desk", caller=caller, ticket_seconds=60
    )
    async with await visit(bot, opened.ticket) as page:
        await page.is_ready()
        await page.message("bot-stopped-speaking")
    (stream,) = emulator.streams[before:]
    (system,) = (text for role, text in texts(stream, interactive=False) if role == "SYSTEM")
    ((_, asked),) = texts(stream, interactive=True)
    prompt = next(event.fields for event in stream.inputs if event.name == "promptStart")
    offered = [each["toolSpec"]["name"] for each in prompt["toolConfiguration"]["tools"]]
    return system, asked, offered


async def test_a_caller_who_is_known_is_greeted_so(
    bot: Bot, sessions: SessionStore, emulator: Emulator, aws: dict[str, str]
) -> None:
    store = MemoryStore(Table(boto3.client("dynamodb"), aws["SESSIONS_TABLE"]))
    caller = f"https://login.example#{secrets.token_hex(4)}"
    await store.add(caller, "order-desk", FACT, days=1)
    system, asked, offered = await greeted(bot, sessions, emulator, caller)
    assert FACT in system
    assert "Welcome back" in asked
    assert {"remember", "forget_me"} <= set(offered)


async def test_a_caller_whom_access_control_does_not_know_is_not_remembered(
    bot: Bot, sessions: SessionStore, emulator: Emulator
) -> None:
    system, asked, offered = await greeted(bot, sessions, emulator, None)
    assert "notes" not in system
    assert "Welcome back" not in asked
    assert not {"remember", "forget_me"} & set(offered)
