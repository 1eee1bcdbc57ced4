"""Calls over a network that is bad: a real bot behind a proxy that makes it so."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from nova_sonic_emulator import Emulator
from services.bot.call.ending import Ending
from tests.bad_link import BadLink
from tests.bot.callers import Caller
from tests.bot.conftest import API_KEY, PATIENCE_SECONDS, Bot, launch
from tests.bot.sentences import sentence

pytestmark = pytest.mark.asyncio(loop_scope="module")

STALL_SECONDS = 3.0


@pytest_asyncio.fixture(loop_scope="module")
async def impatient_bot(aws: dict[str, str], emulator: Emulator) -> AsyncIterator[Bot]:
    """A bot that waits for a stuck socket for a moment only."""
    nova = {
        "AWS_ENDPOINT_URL_BEDROCK_RUNTIME": emulator.url,
        "SSL_CERT_FILE": str(emulator.ca_file),
    }
    bot = await launch({**aws, **nova}, module="tests.bot.transports.impatient_bot")
    yield bot
    await bot.kill()


async def call(link: BadLink) -> Caller:
    url = f"ws://127.0.0.1:{link.port}/ws"
    key = Subprotocol(API_KEY)
    how = {"compression": None, "proxy": None, "open_timeout": PATIENCE_SECONDS}
    return Caller(await connect(url, subprotocols=[key], **how))


async def test_after_a_stall_the_caller_is_understood_and_not_seconds_later(bot: Bot) -> None:
    async with BadLink(bot.port) as link, await call(link) as caller:
        async with caller.listening():
            greeted = await caller.event("transcript", lambda event: event["final"])
        asking = asyncio.create_task(
            caller.say(bytes(int(STALL_SECONDS * 32_000)) + sentence("where_is_my_order_4217"))
        )
        link.stall()
        await asyncio.sleep(STALL_SECONDS)
        link.go_on()
        await asking
        async with caller.listening():
            heard = await caller.event(
                "transcript", lambda event: event["role"] == "user", after=greeted
            )
        assert caller.events[heard]["text"].startswith("where is my order")
    left_out = await bot.line("late sound left out", lambda line: line["whose"] == "caller")
    assert left_out["seconds"] > 1


async def test_a_socket_that_takes_nothing_has_lost_its_caller(
    impatient_bot: Bot,
) -> None:
    async with BadLink(impatient_bot.port) as link:
        caller = await call(link)
        await caller.event("media")
        link.stall()
        ended = await impatient_bot.line("session ended")
        assert ended["reason"] == Ending.CALLER_DROPPED.reason
        link.go_on()
        await caller.close_code()
