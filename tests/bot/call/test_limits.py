"""How calls end that nobody ends."""

from collections.abc import AsyncIterator

import pytest_asyncio

from nova_sonic_emulator import Emulator
from services.common.sessions import SessionStatus, SessionStore
from tests.bot.callers import Caller, call
from tests.bot.conftest import NOVA_KEY_ID, NOVA_SECRET, Bot, StartBot, until_status


@pytest_asyncio.fixture
async def nova() -> AsyncIterator[dict[str, str]]:
    """The variables that lead to an emulator of the test's own."""
    async with Emulator(credentials={NOVA_KEY_ID: NOVA_SECRET}) as emulator:
        yield {
            "AWS_ENDPOINT_URL_BEDROCK_RUNTIME": emulator.url,
            "SSL_CERT_FILE": str(emulator.ca_file),
        }


async def ending(bot: Bot, sessions: SessionStore, caller: Caller) -> tuple[int | None, str | None]:
    session_id = (await bot.line("session started"))["session_id"]
    code = await caller.close_code()
    record = await until_status(sessions, session_id, SessionStatus.ENDED, SessionStatus.FAILED)
    return code, record.reason


async def test_a_caller_who_says_nothing_is_hung_up_on(
    start_bot: StartBot, nova: dict[str, str], sessions: SessionStore
) -> None:
    bot = await start_bot(**nova, SILENCE_LIMIT_SECONDS="0.5")
    async with await call(bot) as caller:
        assert await ending(bot, sessions, caller) == (4408, "silence-limit")


async def test_a_call_does_not_last_for_ever(
    start_bot: StartBot, nova: dict[str, str], sessions: SessionStore
) -> None:
    bot = await start_bot(**nova, LONGEST_CALL_SECONDS="1")
    async with await call(bot) as caller:
        assert await ending(bot, sessions, caller) == (4410, "longest-call")


async def test_a_call_without_an_agent_fails_and_says_so(
    start_bot: StartBot, nova: dict[str, str], sessions: SessionStore
) -> None:
    bot = await start_bot(**nova | {"NOVA_AWS_SECRET_ACCESS_KEY": "a-wrong-secret-access-key"})
    async with await call(bot) as caller:
        assert await ending(bot, sessions, caller) == (1011, "agent-unavailable")
        # The falling note: a caller is never left in silence.
        assert any(caller.heard())
