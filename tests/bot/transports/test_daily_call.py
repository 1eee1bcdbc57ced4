"""Whole calls over Daily: the connect server, the queue, bots in processes of their own, a room."""

import asyncio
import os
import secrets
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import numpy as np
import pytest
import pytest_asyncio
from fastapi import FastAPI

from nova_sonic_emulator import Emulator
from services.common.sessions import Session, SessionStatus, SessionStore
from services.common.settings import read_settings
from services.server.app import create_app
from services.server.settings import ServerSettings
from tests.bot.conftest import API_KEY, PATIENCE_SECONDS, Bot, launch, until, until_status
from tests.bot.sentences import sentence
from tests.daily_sdk import FOLDER
from tests.daily_stand_in import DAILY_KEY, Daily, serve_daily
from tests.queues import create_queue
from tests.room_caller import RoomCaller, in_room

pytestmark = pytest.mark.asyncio(loop_scope="module")

LEASE_SECONDS = 5
READY = {
    "id": "1",
    "label": "rtvi-ai",
    "type": "client-ready",
    "data": {"version": "2.0.0", "about": {"library": "tests"}},
}
GOODBYE = {"id": "2", "label": "rtvi-ai", "type": "disconnect-bot", "data": {}}


@pytest.fixture(scope="module")
def daily() -> Iterator[Daily]:
    """A stand-in whose rooms can be joined."""
    with serve_daily(meet=True) as served:
        yield served


@dataclass(frozen=True)
class Product:
    """A server and a bot that know each other by queue, table and Daily alone."""

    server: FastAPI
    bot: Bot
    daily: Daily
    sessions: SessionStore

    async def connect(self, **wanted: str) -> dict[str, str]:
        """What a page asks the server for."""
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(self.server),
            base_url="http://localhost:8000",
            headers={"Authorization": f"Bearer {API_KEY}"},
        ) as http:
            answer = await http.post("/connect", json={"transport": "daily", **wanted})
        assert answer.status_code == 200, answer.text
        body: dict[str, str] = answer.json()
        return body

    async def status(self, opened: dict[str, str], *wanted: SessionStatus) -> Session:
        """Waits for the record to say so."""
        return await until_status(self.sessions, opened["session_id"], *wanted)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def product(
    aws: dict[str, str], emulator: Emulator, daily: Daily, sessions: SessionStore
) -> AsyncIterator[Product]:
    common = {
        "JOBS_QUEUE_URL": create_queue(f"jobs-{secrets.token_hex(4)}"),
        "DAILY_API_KEY": DAILY_KEY,
        "DAILY_API_URL": daily.url,
        "LEASE_SECONDS": str(LEASE_SECONDS),
        "API_KEY": API_KEY,
    }
    with pytest.MonkeyPatch.context() as patch:
        for name, value in (common | {"TRANSPORTS": "daily"}).items():
            patch.setenv(name, value)
        server = create_app(read_settings(ServerSettings), sessions)
    bot = await launch(
        {
            **aws,
            **common,
            "AWS_ENDPOINT_URL_BEDROCK_RUNTIME": emulator.url,
            "SSL_CERT_FILE": str(emulator.ca_file),
            "PYTHONPATH": FOLDER,
        }
    )
    yield Product(server, bot, daily, sessions)
    await bot.kill()


@asynccontextmanager
async def calling(opened: dict[str, str]) -> AsyncIterator[RoomCaller]:
    """The page in its room; it greets every bot that comes, as a page does."""
    async with in_room(opened["room_url"], opened["token"]) as caller:
        greeting = asyncio.create_task(_greet_all(caller))
        try:
            yield caller
        finally:
            greeting.cancel()


async def _greet_all(caller: RoomCaller) -> None:
    greeted: set[str] = set()

    def somebody_new() -> bool:
        return bool(caller.bots() - greeted)

    while True:
        await caller.until(somebody_new)
        greeted |= caller.bots()
        await caller.send(READY)


def said(caller: RoomCaller, kind: str) -> list[tuple[str, dict[str, Any]]]:
    return [(sender, m["data"]) for sender, m in caller.messages if m.get("type") == kind]


async def talks(caller: RoomCaller, *words: str) -> str:
    """Waits until a bot has said some words; tells which bot."""

    def spoken() -> dict[str, str]:
        text: dict[str, str] = {}
        for sender, data in said(caller, "bot-output"):
            text[sender] = f"{text.get(sender, '')} {data['text']}".lower()
        return text

    def found() -> list[str]:
        return [bot for bot, text in spoken().items() if all(word in text for word in words)]

    await caller.until(lambda: bool(found()))
    return found()[0]


async def is_ready(caller: RoomCaller, bot: str) -> None:
    """Waits until a bot has answered the page's greeting."""
    await caller.until(lambda: (bot, "bot-ready") in [(b, m["type"]) for b, m in caller.messages])


async def test_a_caller_talks_with_an_agent_in_a_room(product: Product) -> None:
    opened = await product.connect()
    async with calling(opened) as caller:
        bot = await talks(caller, "hello")
        await caller.say(sentence("where_is_my_order_4217"))
        await talks(caller, "4217")
        heard = np.frombuffer(bytes(caller.heard[bot]), np.int16)
        assert np.abs(heard).max() > 1000
        assert caller.rate_of[bot] == 24_000
        active = await product.status(opened, SessionStatus.ACTIVE)
        assert active.room is not None
        await caller.send(GOODBYE)
        over = await product.status(opened, SessionStatus.ENDED)
        assert over.reason == "caller-left"
        await caller.until_put_out()
    await until(lambda: active.room is not None and active.room.name not in product.daily.names())
    assert len(await product.sessions.turns(opened["session_id"])) >= 3


async def test_a_bot_that_dies_is_replaced_in_the_same_room_and_remembers(
    product: Product,
) -> None:
    opened = await product.connect()
    async with calling(opened) as caller:
        first = await talks(caller, "hello")
        await caller.say(sentence("where_is_my_order_4217"))
        await talks(caller, "4217")
        line = await product.bot.line(
            "session started", lambda line: line["session_id"] == opened["session_id"]
        )
        os.kill(line["pid"], signal.SIGKILL)
        await caller.until(lambda: bool(caller.bots() - {first}))
        (second,) = caller.bots() - {first}
        await caller.until(lambda: caller.bots() == {second})
        await is_ready(caller, second)
        caller.messages.clear()
        await caller.say(sentence("what_was_my_order_number"))
        assert await talks(caller, "4217") == second
        await caller.send(GOODBYE)
        await product.status(opened, SessionStatus.ENDED)


async def test_a_caller_who_lost_the_page_comes_back_to_the_conversation(
    product: Product,
) -> None:
    opened = await product.connect()
    async with calling(opened) as caller:
        first = await talks(caller, "hello")
        await caller.say(sentence("where_is_my_order_4217"))
        await talks(caller, "4217")
    again = await product.connect(resume=opened["resume"])
    assert again["room_url"] == opened["room_url"]
    async with calling(again) as caller:
        await caller.until(lambda: bool(caller.bots() - {first}) and len(caller.bots()) == 1)
        (second,) = caller.bots()
        await is_ready(caller, second)
        await caller.say(sentence("what_was_my_order_number"))
        assert await talks(caller, "4217") == second
        assert len(product.daily.stand_in.meetings.present(again["room_url"].split("/")[-1])) == 2
        await caller.send(GOODBYE)
        await product.status(opened, SessionStatus.ENDED)


async def test_a_room_that_is_gone_fails_the_call_that_nobody_can_have(product: Product) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        opened = await product.connect()
        product.daily.stand_in.rooms.delete(opened["room_url"].split("/")[-1])
        over = await product.status(opened, SessionStatus.FAILED)
    assert over.reason == "line-failed"


async def test_nothing_secret_is_logged(product: Product) -> None:
    shown = str(product.bot.lines)
    assert "session started" in shown
    assert DAILY_KEY not in shown
    assert "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9." not in shown
