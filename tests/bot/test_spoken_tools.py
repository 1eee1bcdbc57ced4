"""Callers have tools used by speaking: a real bot, moto over HTTP, a service of people."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import boto3
import pytest
import pytest_asyncio

from nova_sonic_emulator import Emulator, Scenario
from services.common.sessions import SessionStatus, SessionStore
from tests.bot.callers import Caller, call
from tests.bot.conftest import BRISK, Bot, launch, until_status
from tests.bot.test_handing_over import Service
from tests.speech import load

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    return BRISK


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def people() -> AsyncIterator[Service]:
    """A company's service that knows who is there to take a call."""
    answer = {"message": "Kim will call you back.", "end_call": True}
    serving = Service((200, json.dumps(answer).encode()))
    server = await asyncio.start_server(serving.serve, "127.0.0.1", 0)
    serving.port = server.sockets[0].getsockname()[1]
    async with server:
        yield serving


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def bot(aws: dict[str, str], emulator: Emulator, people: Service) -> AsyncIterator[Bot]:
    """One bot for the module's tests, on the emulator."""
    bot = await launch(
        {
            **aws,
            "AWS_ENDPOINT_URL_BEDROCK_RUNTIME": emulator.url,
            "SSL_CERT_FILE": str(emulator.ca_file),
            "HANDOVER_URL": people.url,
        },
        "tests.bot.terse_bot",
    )
    yield bot
    await bot.kill()


@asynccontextmanager
async def greeted(bot: Bot, agent: str) -> AsyncIterator[Caller]:
    async with await call(bot, agent=agent) as caller:
        async with caller.listening():
            await caller.event("transcript", lambda event: event["final"])
        yield caller


async def ask(caller: Caller, name: str, *told: str) -> str:
    """Says a sentence and waits for an answer with some words in it."""
    after = len(caller.events)
    await caller.say(load(name))
    async with caller.listening():
        answered = await caller.event(
            "transcript",
            lambda event: (
                event["final"]
                and event["role"] == "assistant"
                and all(part in event["text"] for part in told)
            ),
            after=after,
        )
    return str(caller.events[answered]["text"])


async def test_orders_are_found_and_cancelled_once_the_caller_agrees(
    bot: Bot, aws: dict[str, str]
) -> None:
    orders, table = boto3.client("dynamodb"), aws["ORDERS_TABLE"]
    boots = {
        "order_number": {"S": "9042"},
        "status": {"S": "processing"},
        "items": {"L": [{"S": "walking boots"}]},
        "email": {"S": "anna@example.com"},
        "ordered_on": {"S": "2026-11-20"},
    }
    orders.put_item(TableName=table, Item=boots)
    key = {"order_number": {"S": "9042"}}
    async with greeted(bot, "order-desk") as caller:
        await ask(caller, "find_my_orders", "walking boots")
        await ask(caller, "cancel_order_9042", "Shall I cancel order 9042, walking boots?")
        assert orders.get_item(TableName=table, Key=key)["Item"]["status"] == {"S": "processing"}
        await ask(caller, "yes_please", "9042 is cancelled")
        assert orders.get_item(TableName=table, Key=key)["Item"]["status"] == {"S": "cancelled"}


async def test_the_help_desk_keeps_tickets_for_the_call(bot: Bot) -> None:
    async with greeted(bot, "it-help-desk") as caller:
        opened = await ask(caller, "my_printer_is_broken", "ticket", "printer")
        number = "".join(filter(str.isdigit, opened))
        await ask(caller, "which_tickets_are_open", number)


async def test_a_call_is_handed_over_and_ends_after_the_goodbye(
    bot: Bot, people: Service, sessions: SessionStore
) -> None:
    async with await call(bot, agent="order-desk") as caller:
        async with caller.listening():
            await caller.event("transcript", lambda event: event["final"])
        await ask(caller, "talk_to_a_person", "Kim will call you back")
        async with caller.listening():
            assert await caller.close_code() == 1000
    told = json.loads(people.bodies[0])
    record = await until_status(sessions, told["session_id"], SessionStatus.ENDED)
    assert record.reason == "agent-hung-up"
    assert told["agent"] == "order-desk"
    assert "order desk" in told["transcript"][0]["text"]
