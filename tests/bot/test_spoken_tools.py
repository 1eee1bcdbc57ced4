"""Callers have tools used by speaking: a real bot, moto over HTTP, a service of people."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import boto3
import pytest
import pytest_asyncio

from nova_sonic_emulator import Emulator
from services.common.sessions import SessionStatus, SessionStore
from tests.bot.callers import Caller, call
from tests.bot.conftest import Bot, launch, until_status
from tests.bot.sentences import sentence
from tests.bot.test_handing_over import Service

pytestmark = pytest.mark.asyncio(loop_scope="module")


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
        }
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
    await caller.say(sentence(name))
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


async def test_callers_have_tools_used_by_speaking(
    bot: Bot, aws: dict[str, str], people: Service, sessions: SessionStore
) -> None:
    """At once, since they mostly listen."""
    async with asyncio.TaskGroup() as callers:
        callers.create_task(finds_and_cancels_an_order_and_agrees_to_it(bot, aws))
        callers.create_task(opens_a_ticket_and_gets_a_link(bot))
        callers.create_task(is_handed_over_to_a_person(bot, people, sessions))
        callers.create_task(says_goodbye(bot))


async def finds_and_cancels_an_order_and_agrees_to_it(bot: Bot, aws: dict[str, str]) -> None:
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


async def opens_a_ticket_and_gets_a_link(bot: Bot) -> None:
    async with greeted(bot, "it-help-desk") as caller:
        opened = await ask(caller, "my_printer_is_broken", "ticket", "printer")
        number = "".join(filter(str.isdigit, opened))
        await ask(caller, "which_tickets_are_open", number)
        await ask(caller, "my_user_name_is_anna_miller", "Shall I send anna.miller a link")
        await ask(caller, "yes_please", "sent a link")


async def is_handed_over_to_a_person(bot: Bot, people: Service, sessions: SessionStore) -> None:
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


async def says_goodbye(bot: Bot) -> None:
    async with greeted(bot, "order-desk") as caller:
        await caller.say(sentence("goodbye"))
        async with caller.listening():
            assert await caller.close_code() == 1000
        spoken = [event["text"] for event in caller.said() if event["event"] == "transcript"]
        assert any("Goodbye!" in text for text in spoken)
