"""Who gets a task's places and who does not, and what becomes of processes that die."""

import asyncio
import os
import signal
import socket
from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus
from websockets.typing import Subprotocol

from services.common.sessions import SessionStatus, SessionStore
from tests.bot.callers import call, call_with
from tests.bot.conftest import API_KEY, PATIENCE_SECONDS, Bot, launch, until, until_status

pytestmark = pytest.mark.asyncio(loop_scope="module")

KEY = Subprotocol(API_KEY)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def bots(aws: dict[str, str]) -> AsyncIterator[dict[int, Bot]]:
    """A bot with room for one call and one with room for four, where one process waits each."""
    rooms = (1, 4)
    settings = ({"MAX_SESSIONS": str(room), "SPARE_SESSIONS": "1"} for room in rooms)
    started = await asyncio.gather(*(launch({**aws, **each}) for each in settings))
    yield dict(zip(rooms, started, strict=True))
    for bot in started:
        await bot.kill()


async def at_rest(bot: Bot) -> Bot:
    """A bot of which nothing is left of the tests before."""
    await bot.slots(idle=1, taken=0)
    await until(lambda: len(bot.children()) == 1)
    bot.lines.clear()
    return bot


@pytest_asyncio.fixture(loop_scope="module")
async def single(bots: dict[int, Bot]) -> Bot:
    """The bot with room for one call."""
    return await at_rest(bots[1])


@pytest_asyncio.fixture(loop_scope="module")
async def roomy(bots: dict[int, Bot]) -> Bot:
    """The bot with room for four."""
    return await at_rest(bots[4])


async def refusal(bot: Bot, query: str = "", **how: object) -> InvalidStatus:
    with pytest.raises(InvalidStatus) as refused:
        await connect(bot.web_socket + query, **how)  # type: ignore[arg-type]
    return refused.value


async def test_a_call_takes_a_slot_and_a_spare_takes_its_place(roomy: Bot) -> None:
    await roomy.slots(idle=1, taken=0, max=4, draining=False)
    async with await call(roomy):
        await roomy.slots(idle=1, taken=1)
    await roomy.slots(idle=1, taken=0)


async def test_a_killed_session_leaves_the_others_alone(roomy: Bot, sessions: SessionStore) -> None:
    async with await call(roomy) as other:
        opened = await sessions.open(transport="websocket", agent="order-desk", ticket_seconds=60)
        victim = await call_with(roomy, opened.ticket)
        started = await roomy.line(
            "session started", lambda line: line["session_id"] == opened.session.session_id
        )
        await roomy.slots(taken=2, idle=1)
        os.kill(started["pid"], signal.SIGKILL)

        assert await victim.close_code() == 1006
        await other.answers()
        await roomy.slots(taken=1, idle=1)

    # The caller holds a resume token, so the call waits for them.
    await until_status(sessions, opened.session.session_id, SessionStatus.WAITING)
    again = await sessions.reopen(opened.resume, ticket_seconds=60)
    async with await call_with(roomy, again.ticket) as line:
        await line.answers()


async def test_a_killed_idle_process_is_replaced(roomy: Bot) -> None:
    (before,) = roomy.children()
    os.kill(before, signal.SIGKILL)
    await roomy.line("idle session process died")
    await roomy.slots(idle=1)
    assert before not in roomy.children()


async def test_callers_are_told_while_no_process_starts(roomy: Bot) -> None:
    for _ in range(6):
        await until(lambda: bool(roomy.children()))
        for child in roomy.children():
            os.kill(child, signal.SIGKILL)
        await until(lambda: not roomy.children())
    async with httpx.AsyncClient(base_url=roomy.url) as client:
        assert (await client.get("/ws")).status_code == 503
    await roomy.slots(idle=1)
    async with await call(roomy) as line:
        await line.answers()


async def test_what_does_not_become_a_call_burns_no_slot(
    single: Bot, sessions: SessionStore
) -> None:
    before = single.children()

    async with httpx.AsyncClient(base_url=single.url) as client:
        assert (await client.get("/ws")).status_code == 426
        assert (await client.post("/ws")).status_code == 405
        assert (await client.get("/")).status_code == 404
        assert (await client.patch("/webrtc", json={})).status_code == 422
        assert (await client.post("/webrtc", content=b"{")).status_code == 422
    assert (await refusal(single)).response.status_code == 401
    wrong_key = await refusal(single, subprotocols=[Subprotocol("a-wrong-key-of-some-length")])
    assert wrong_key.response.status_code == 401
    assert (await refusal(single, "?ticket=nonsense")).response.status_code == 403
    opened = await sessions.open(transport="websocket", agent="order-desk", ticket_seconds=60)
    await sessions.take(opened.ticket)
    used = await refusal(single, f"?ticket={opened.ticket}")
    assert used.response.status_code == 403
    assert b"used" in (used.response.body or b"")
    no_agent = await refusal(single, "?agent=nobody", subprotocols=[KEY])
    assert no_agent.response.status_code == 404
    garbage = socket.create_connection(("127.0.0.1", single.port))
    garbage.sendall(b"\x16\x03\x01 this is no HTTP\r\n\r\n")
    garbage.close()

    assert single.children() == before
    async with await call(single) as line:
        await line.answers()


async def test_silent_connections_keep_nobody_out(single: Bot) -> None:
    silent = [socket.create_connection(("127.0.0.1", single.port)) for _ in range(150)]
    async with asyncio.timeout(PATIENCE_SECONDS):
        async with await call(single) as line:
            await line.answers()
    for connection in silent:
        connection.close()


async def test_a_body_that_never_ends_is_not_waited_for(single: Bot) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", single.port)
    writer.write(b"POST /webrtc HTTP/1.1\r\nHost: bot\r\nContent-Length: 100\r\n\r\n{")
    async with asyncio.timeout(PATIENCE_SECONDS):
        answer = await reader.read()
    assert answer.startswith(b"HTTP/1.1 422")
    writer.close()


async def test_callers_who_left_while_they_waited_burn_no_slot(single: Bot) -> None:
    (idle,) = single.children()
    handshake = (
        f"GET /ws HTTP/1.1\r\nHost: {single.port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
        f"Sec-WebSocket-Protocol: {API_KEY}\r\n\r\n"
    )
    os.kill(idle, signal.SIGSTOP)
    for _ in range(20):
        with socket.create_connection(("127.0.0.1", single.port)) as impatient:
            impatient.sendall(handshake.encode())
    os.kill(idle, signal.SIGCONT)

    async with await call(single) as line:
        await line.answers()
        assert single.children() == {idle}


async def test_a_full_task_says_so_and_when_to_come_back(single: Bot) -> None:
    async with await call(single):
        await single.slots(taken=1, idle=0)
        busy = await refusal(single, subprotocols=[KEY])
        assert busy.response.status_code == 503
        assert int(busy.response.headers["Retry-After"]) > 0
        async with httpx.AsyncClient(base_url=single.url) as client:
            plain = await client.get("/ws")
        assert plain.status_code == 503
        assert plain.headers["content-type"] == "application/problem+json"
        assert plain.json()["type"] == "/problems/no-capacity"
    await single.slots(taken=0, idle=1)
    async with await call(single) as line:
        await line.answers()


async def test_health_answers_in_any_state(single: Bot) -> None:
    async with await call(single), httpx.AsyncClient() as client:
        await single.slots(taken=1)
        health = await client.get(f"http://127.0.0.1:{single.admin_port}/health")
        assert health.json() == {"status": "ok", "service": "bot"}
        ready = await client.get(f"http://127.0.0.1:{single.admin_port}/ready")
        assert ready.status_code == 503
