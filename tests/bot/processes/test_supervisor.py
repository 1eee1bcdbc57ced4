"""The supervisor, with real processes."""

import asyncio
import os
import signal
import socket

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus
from websockets.typing import Subprotocol

from services.common.sessions import SessionStatus, SessionStore
from tests.bot.callers import call, call_with
from tests.bot.conftest import (
    API_KEY,
    PATIENCE_SECONDS,
    Bot,
    StartBot,
    until,
    until_status,
)

KEY = Subprotocol(API_KEY)


async def refusal(bot: Bot, query: str = "", **how: object) -> InvalidStatus:
    with pytest.raises(InvalidStatus) as refused:
        await connect(bot.web_socket + query, **how)  # type: ignore[arg-type]
    return refused.value


async def test_a_call_takes_a_slot_and_a_spare_takes_its_place(start_bot: StartBot) -> None:
    bot = await start_bot(MAX_SESSIONS="4", SPARE_SESSIONS="1")
    await bot.slots(idle=1, taken=0, max=4, draining=False)
    async with await call(bot):
        await bot.slots(idle=1, taken=1)
    await bot.slots(idle=1, taken=0)


async def test_what_does_not_become_a_call_burns_no_slot(
    start_bot: StartBot, sessions: SessionStore
) -> None:
    bot = await start_bot(SPARE_SESSIONS="1", MAX_SESSIONS="1")
    await bot.slots(idle=1)
    before = bot.children()

    async with httpx.AsyncClient(base_url=bot.url) as client:
        assert (await client.get("/ws")).status_code == 426
        assert (await client.post("/ws")).status_code == 405
        assert (await client.get("/")).status_code == 404
        assert (await client.patch("/webrtc", json={})).status_code == 422
        assert (await client.post("/webrtc", content=b"{")).status_code == 422
    assert (await refusal(bot)).response.status_code == 401
    wrong_key = await refusal(bot, subprotocols=[Subprotocol("a-wrong-key-of-some-length")])
    assert wrong_key.response.status_code == 401
    assert (await refusal(bot, "?ticket=nonsense")).response.status_code == 403
    opened = await sessions.open(transport="websocket", agent="order-desk", ticket_seconds=60)
    await sessions.take(opened.ticket)
    used = await refusal(bot, f"?ticket={opened.ticket}")
    assert used.response.status_code == 403
    assert b"used" in (used.response.body or b"")
    no_agent = await refusal(bot, "?agent=nobody", subprotocols=[KEY])
    assert no_agent.response.status_code == 404
    garbage = socket.create_connection(("127.0.0.1", bot.port))
    garbage.sendall(b"\x16\x03\x01 this is no HTTP\r\n\r\n")
    garbage.close()

    assert bot.children() == before
    async with await call(bot) as line:
        await line.answers()


async def test_silent_connections_keep_nobody_out(start_bot: StartBot) -> None:
    bot = await start_bot(SPARE_SESSIONS="1", MAX_SESSIONS="1")
    await bot.slots(idle=1)
    silent = [socket.create_connection(("127.0.0.1", bot.port)) for _ in range(150)]
    async with asyncio.timeout(PATIENCE_SECONDS):
        async with await call(bot) as line:
            await line.answers()
    for connection in silent:
        connection.close()


async def test_a_body_that_never_ends_is_not_waited_for(start_bot: StartBot) -> None:
    bot = await start_bot(SPARE_SESSIONS="1", MAX_SESSIONS="1")
    reader, writer = await asyncio.open_connection("127.0.0.1", bot.port)
    writer.write(b"POST /webrtc HTTP/1.1\r\nHost: bot\r\nContent-Length: 100\r\n\r\n{")
    async with asyncio.timeout(PATIENCE_SECONDS):
        answer = await reader.read()
    assert answer.startswith(b"HTTP/1.1 422")
    writer.close()


async def test_callers_who_left_while_they_waited_burn_no_slot(start_bot: StartBot) -> None:
    bot = await start_bot(SPARE_SESSIONS="1", MAX_SESSIONS="1")
    await bot.slots(idle=1)
    (idle,) = bot.children()
    handshake = (
        f"GET /ws HTTP/1.1\r\nHost: {bot.port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
        f"Sec-WebSocket-Protocol: {API_KEY}\r\n\r\n"
    )
    os.kill(idle, signal.SIGSTOP)
    for _ in range(20):
        with socket.create_connection(("127.0.0.1", bot.port)) as impatient:
            impatient.sendall(handshake.encode())
    os.kill(idle, signal.SIGCONT)

    async with await call(bot) as line:
        await line.answers()
        assert bot.children() == {idle}


async def test_a_full_task_says_so_and_when_to_come_back(start_bot: StartBot) -> None:
    bot = await start_bot(MAX_SESSIONS="1", SPARE_SESSIONS="1")
    async with await call(bot):
        await bot.slots(taken=1, idle=0)
        busy = await refusal(bot, subprotocols=[KEY])
        assert busy.response.status_code == 503
        assert int(busy.response.headers["Retry-After"]) > 0
        async with httpx.AsyncClient(base_url=bot.url) as client:
            plain = await client.get("/ws")
        assert plain.status_code == 503
        assert plain.headers["content-type"] == "application/problem+json"
        assert plain.json()["type"] == "/problems/no-capacity"
    await bot.slots(taken=0, idle=1)
    async with await call(bot) as line:
        await line.answers()


async def test_a_full_fleet_is_said_and_a_killed_call_gives_its_place_back(
    start_bot: StartBot, sessions: SessionStore
) -> None:
    bot = await start_bot(MAX_CALLS="1")
    async with await call(bot):
        full = await refusal(bot, subprotocols=[KEY])
        assert full.response.status_code == 503
        assert b"/problems/fleet-full" in (full.response.body or b"")
        assert 1 <= int(full.response.headers["Retry-After"]) <= 30
        started = await bot.line("session started")
        os.kill(started["pid"], signal.SIGKILL)
        await until_status(sessions, started["session_id"], SessionStatus.FAILED)
    async with await call(bot) as line:
        await line.answers()


async def test_a_killed_session_leaves_the_others_alone(
    start_bot: StartBot, sessions: SessionStore
) -> None:
    bot = await start_bot(MAX_SESSIONS="4", SPARE_SESSIONS="1")
    async with await call(bot) as other:
        opened = await sessions.open(transport="websocket", agent="order-desk", ticket_seconds=60)
        victim = await call_with(bot, opened.ticket)
        started = await bot.line(
            "session started", lambda line: line["session_id"] == opened.session.session_id
        )
        await bot.slots(taken=2, idle=1)
        os.kill(started["pid"], signal.SIGKILL)

        assert await victim.close_code() == 1006
        await other.answers()
        await bot.slots(taken=1, idle=1)

    # The caller holds a resume token, so the call waits for them.
    await until_status(sessions, opened.session.session_id, SessionStatus.WAITING)
    again = await sessions.reopen(opened.resume, ticket_seconds=60)
    async with await call_with(bot, again.ticket) as line:
        await line.answers()


async def test_a_killed_idle_process_is_replaced(start_bot: StartBot) -> None:
    bot = await start_bot(SPARE_SESSIONS="1", MAX_SESSIONS="2")
    await bot.slots(idle=1)
    (before,) = bot.children()
    os.kill(before, signal.SIGKILL)
    await bot.line("idle session process died")
    await bot.slots(idle=1)
    assert before not in bot.children()


async def test_callers_are_told_while_no_process_starts(start_bot: StartBot) -> None:
    bot = await start_bot(SPARE_SESSIONS="1", MAX_SESSIONS="2")
    for _ in range(6):
        await until(lambda: bool(bot.children()))
        for child in bot.children():
            os.kill(child, signal.SIGKILL)
        await until(lambda: not bot.children())
    async with httpx.AsyncClient(base_url=bot.url) as client:
        assert (await client.get("/ws")).status_code == 503
    await bot.slots(idle=1)
    async with await call(bot) as line:
        await line.answers()


async def test_draining_lets_calls_finish(start_bot: StartBot) -> None:
    bot = await start_bot(DRAIN_SECONDS="60")
    async with await call(bot) as line:
        await bot.slots(taken=1)
        bot.process.send_signal(signal.SIGTERM)
        slots = await bot.slots(draining=True, idle=0)
        assert slots["taken"] == 1
        await until(lambda: len(bot.children()) == 1)
        with pytest.raises(OSError):
            await call(bot)
        await line.answers()
    async with asyncio.timeout(PATIENCE_SECONDS):
        assert await bot.process.wait() == 0


async def test_a_call_that_outlasts_the_drain_is_told_goodbye(
    start_bot: StartBot, sessions: SessionStore
) -> None:
    bot = await start_bot(DRAIN_SECONDS="0.2")
    opened = await sessions.open(transport="websocket", agent="order-desk", ticket_seconds=60)
    async with await call_with(bot, opened.ticket) as line:
        await bot.slots(taken=1)
        bot.process.send_signal(signal.SIGTERM)
        assert await line.close_code() == 1001
    assert await bot.stop() == 0
    record = await sessions.get(opened.session.session_id)
    assert record is not None
    assert record.status is SessionStatus.WAITING


async def test_a_second_ctrl_c_ends_it_at_once(start_bot: StartBot) -> None:
    bot = await start_bot(DRAIN_SECONDS="600")
    async with await call(bot) as line:
        await bot.slots(taken=1)
        bot.process.send_signal(signal.SIGINT)
        await bot.slots(draining=True)
        assert await bot.stop(signal.SIGINT) == 0
        assert await line.close_code() is not None


async def test_sessions_do_not_outlive_their_supervisor(start_bot: StartBot) -> None:
    bot = await start_bot()
    async with await call(bot) as line:
        await bot.slots(taken=1)
        orphans = bot.children()
        bot.process.kill()
        assert await line.close_code() == 1001
    await until(lambda: not any(_runs(pid) for pid in orphans))


async def test_a_taken_port_is_one_sentence(start_bot: StartBot) -> None:
    bot = await start_bot()
    with pytest.raises(AssertionError) as failure:
        await start_bot(PORT=str(bot.port))
    assert f"PORT: cannot listen on 127.0.0.1:{bot.port}" in str(failure.value)


async def test_health_answers_in_any_state(start_bot: StartBot) -> None:
    bot = await start_bot(MAX_SESSIONS="1", SPARE_SESSIONS="1")
    async with await call(bot), httpx.AsyncClient() as client:
        await bot.slots(taken=1)
        health = await client.get(f"http://127.0.0.1:{bot.admin_port}/health")
        assert health.json() == {"status": "ok", "service": "bot"}
        ready = await client.get(f"http://127.0.0.1:{bot.admin_port}/ready")
        assert ready.status_code == 503


async def test_pages_of_named_origins_may_call(start_bot: StartBot) -> None:
    bot = await start_bot(CORS_ORIGINS="https://page.example")
    asked = {"Origin": "https://page.example", "Access-Control-Request-Method": "POST"}
    async with httpx.AsyncClient(base_url=bot.url) as client:
        answer = await client.options("/webrtc", headers=asked)
        assert answer.headers["access-control-allow-origin"] == "https://page.example"
        asked["Origin"] = "https://elsewhere.example"
        answer = await client.options("/webrtc", headers=asked)
        assert "access-control-allow-origin" not in answer.headers


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
