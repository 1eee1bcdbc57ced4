"""The client for Daily's REST API, against the stand-in over HTTP."""

import asyncio
import socket
import time
from collections.abc import AsyncIterator
from email.utils import formatdate

import httpx
import pytest

from local.daily.limits import Limit
from services.common.daily import DailyRest, Participant
from services.common.errors import DailyRefused, DailyUnavailable, ServiceError
from tests.daily_stand_in import DAILY_KEY, Daily, daily, serve_daily

__all__ = ["daily"]


@pytest.fixture
async def rest(daily: Daily) -> AsyncIterator[DailyRest]:
    """A client that gives up soon."""
    rest = DailyRest(DAILY_KEY, daily.url, deadline_seconds=3)
    yield rest
    await rest.close()


async def claims_of(daily: Daily, token: str) -> dict[str, object]:
    """What Daily reads in a token; it refuses those that are not good."""
    async with httpx.AsyncClient(headers={"Authorization": f"Bearer {DAILY_KEY}"}) as http:
        answer = await http.get(f"{daily.url}/meeting-tokens/{token}")
    assert answer.status_code == 200, answer.text
    claims: dict[str, object] = answer.json()
    return claims


async def test_a_room_is_private_and_ends_by_itself(daily: Daily, rest: DailyRest) -> None:
    before = time.time()
    room = await rest.create_room("voice-1", seconds=600, geo="eu-central-1")
    assert room.url == "https://voice.daily.co/voice-1"
    assert room.exp is not None
    assert before + 599 <= room.exp <= time.time() + 600
    made = daily.stand_in.rooms.find("voice-1", time.time())
    assert made is not None
    assert made.request.privacy == "private"
    properties = made.request.properties
    assert properties.eject_at_room_exp
    assert properties.enforce_unique_user_ids
    assert properties.geo == "eu-central-1"
    assert (properties.enable_chat, properties.enable_screenshare) == (False, False)
    assert properties.enable_recording is None
    assert properties.permissions is not None
    assert properties.permissions.canSend == ["audio"]


async def test_a_room_is_found_until_it_is_deleted(rest: DailyRest) -> None:
    made = await rest.create_room("voice-1", seconds=600)
    assert await rest.room("voice-1") == made
    assert await rest.delete_room("voice-1") is True
    assert await rest.room("voice-1") is None
    assert await rest.delete_room("voice-1") is False


async def test_every_page_of_rooms_is_read() -> None:
    with serve_daily(everything=Limit(1000, 1)) as daily:
        rest = DailyRest(DAILY_KEY, daily.url)
        async with asyncio.TaskGroup() as group:
            for number in range(205):
                group.create_task(rest.create_room(f"voice-{number}", seconds=600))
        found = [room.name async for room in rest.rooms()]
        await rest.close()
    assert sorted(found) == sorted(f"voice-{number}" for number in range(205))
    assert daily.asked()["GET /rooms 200"] == 3


async def test_a_callers_token_is_short_and_no_owners(daily: Daily, rest: DailyRest) -> None:
    token = await rest.token("voice-1", Participant.CALLER, seconds=60)
    claims = await claims_of(daily, token)
    assert (claims["room_name"], claims["user_id"]) == ("voice-1", "caller")
    assert claims["is_owner"] is False
    assert isinstance(claims["exp"], int)
    assert claims["exp"] <= time.time() + 60


async def test_the_bots_token_is_an_owners(daily: Daily, rest: DailyRest) -> None:
    token = await rest.token("voice-1", Participant.BOT, seconds=60)
    claims = await claims_of(daily, token)
    assert (claims["is_owner"], claims["user_id"]) == (True, "bot")


async def test_a_token_costs_no_request_once_the_domain_is_known(
    daily: Daily, rest: DailyRest
) -> None:
    await rest.prepare()
    for _ in range(3):
        await rest.token("voice-1", Participant.CALLER, seconds=60)
    assert daily.asked() == {"GET / 200": 1}


@pytest.mark.parametrize("status", [429, 500, 503])
async def test_passing_trouble_is_not_noticed(daily: Daily, rest: DailyRest, status: int) -> None:
    daily.fail(status, times=2)
    await rest.create_room("voice-1", seconds=600)
    assert daily.asked() == {f"POST /rooms {status}": 2, "POST /rooms 200": 1}


@pytest.mark.parametrize(
    ("status", "code"), [(429, "rate-limit-error"), (500, "server-error"), (503, "server-error")]
)
async def test_lasting_trouble_is_said_after_some_attempts(
    daily: Daily, rest: DailyRest, status: int, code: str
) -> None:
    daily.fail(status, times=99)
    with pytest.raises(DailyUnavailable) as caught:
        await rest.create_room("voice-1", seconds=600)
    assert caught.value.code == code
    assert caught.value.retryable
    assert sum(daily.asked().values()) == 4


async def test_daily_decides_how_long_is_waited(daily: Daily, rest: DailyRest) -> None:
    daily.fail(429, retry_after="1")
    began = time.monotonic()
    await rest.room("voice-1")
    assert time.monotonic() - began >= 1


@pytest.mark.parametrize("date", [False, True])
async def test_a_wait_that_is_too_long_is_not_begun(
    daily: Daily, rest: DailyRest, date: bool
) -> None:
    value = formatdate(time.time() + 60, usegmt=True) if date else "60"
    daily.fail(429, retry_after=value)
    with pytest.raises(DailyUnavailable) as caught:
        await rest.room("voice-1")
    assert caught.value.retry_after is not None
    assert 50 < caught.value.retry_after <= 60
    assert sum(daily.asked().values()) == 1


async def test_a_nonsensical_retry_after_does_no_harm(daily: Daily, rest: DailyRest) -> None:
    daily.fail(503, retry_after="soon")
    assert await rest.room("voice-1") is None


async def test_a_request_that_hangs_ends(daily: Daily, rest: DailyRest) -> None:
    daily.fail(None, times=9)
    with pytest.raises(DailyUnavailable) as caught:
        await rest.create_room("voice-1", seconds=600)
    assert caught.value.code == "timeout"


async def test_where_nobody_listens_it_is_unavailable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    rest = DailyRest(DAILY_KEY, f"http://127.0.0.1:{port}/v1", deadline_seconds=2)
    with pytest.raises(DailyUnavailable) as caught:
        await rest.prepare()
    await rest.close()
    assert caught.value.code == "ConnectError"


async def test_a_room_whose_answer_got_lost_is_taken_for_ours(
    daily: Daily, rest: DailyRest
) -> None:
    daily.fail(500, method="POST", after=True)
    room = await rest.create_room("voice-1", seconds=600)
    assert room.name == "voice-1"
    assert daily.names() == ["voice-1"]


@pytest.mark.parametrize("name", ["has a space", "x" * 129])
async def test_a_bad_request_is_refused_at_once(daily: Daily, rest: DailyRest, name: str) -> None:
    with pytest.raises(DailyRefused) as caught:
        await rest.create_room(name, seconds=600)
    assert caught.value.code == "invalid-request-error"
    assert not caught.value.retryable
    assert daily.asked() == {"POST /rooms 400": 1, "GET /rooms/:name 404": 1}


async def test_a_wrong_key_is_refused_at_once_and_not_repeated(daily: Daily) -> None:
    rest = DailyRest("another-key-0123456789", daily.url)
    with pytest.raises(DailyRefused) as caught:
        await rest.prepare()
    await rest.close()
    assert caught.value.code == "authentication-error"
    assert "another-key" not in repr(caught.value)
    assert daily.asked() == {"GET / 401": 1}


async def test_deletions_keep_to_dailys_limit() -> None:
    """As fast as the client goes, Daily never has to say no."""
    with serve_daily(deletions=Limit(3, 1)) as daily:
        rest = DailyRest(DAILY_KEY, daily.url)
        async with asyncio.TaskGroup() as group:
            for number in range(5):
                group.create_task(rest.delete_room(f"voice-{number}"))
        await rest.close()
    assert daily.asked() == {"DELETE /rooms/:name 404": 5}


async def test_an_answer_that_is_not_dailys_is_unavailable() -> None:
    async def serve(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi")
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        rest = DailyRest(DAILY_KEY, f"http://127.0.0.1:{port}", deadline_seconds=2)
        with pytest.raises(ServiceError) as caught:
            await rest.prepare()
        await rest.close()
    assert isinstance(caught.value, DailyUnavailable)
    assert caught.value.code == "unreadable-answer"
