"""Rooms that are made ahead, against the stand-in over HTTP."""

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest

from services.common import room_names
from services.common.daily import DailyRest
from services.common.errors import DailyRefused, DailyUnavailable
from services.common.sessions import Room
from services.server import rooms as rooms_module
from services.server.rooms import KEEP_SECONDS, Rooms
from tests.daily_stand_in import DAILY_KEY, Daily, daily

__all__ = ["daily"]

SECONDS = 600.0


@pytest.fixture
async def rest(daily: Daily) -> AsyncIterator[DailyRest]:
    rest = DailyRest(DAILY_KEY, daily.url, deadline_seconds=2)
    yield rest
    await rest.close()


@pytest.fixture
def rooms(rest: DailyRest) -> Rooms:
    return Rooms(rest, ahead=2, seconds=SECONDS, geo="eu-central-1")


async def until(condition: Callable[[], bool]) -> None:
    """Waits for what happens in the background."""
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110 - there is nothing to be told by
            await asyncio.sleep(0.01)


async def taken(rooms: Rooms) -> Room:
    room = await rooms.take()
    return Room(name=room.name, url=room.url)


async def test_a_caller_gets_a_room_that_was_made_ahead(daily: Daily, rooms: Rooms) -> None:
    async with rooms.kept_ready():
        await until(lambda: rooms.ready == 2)
        made = daily.names()
        asked = len(daily.stand_in.asked)
        room = await rooms.take()
        await rooms.admit(Room(name=room.name, url=room.url), seconds=60)
        assert len(daily.stand_in.asked) == asked
        assert room.name in made
        assert room.url == f"https://voice.daily.co/{room.name}"
        await until(lambda: rooms.ready == 2)
    assert daily.names() == [room.name]


async def test_rooms_made_ahead_outlive_the_wait(daily: Daily, rooms: Rooms) -> None:
    async with rooms.kept_ready():
        await until(lambda: rooms.ready == 2)
        now = daily.stand_in.now
        for room in daily.stand_in.rooms.living(now):
            exp = room.request.properties.exp
            assert exp is not None
            assert now + SECONDS + KEEP_SECONDS - 5 < exp <= now + SECONDS + KEEP_SECONDS + 5
            assert room.request.properties.geo == "eu-central-1"


async def test_no_two_callers_get_one_room(rooms: Rooms) -> None:
    async with rooms.kept_ready():
        await until(lambda: rooms.ready == 2)
        several = await asyncio.gather(*(rooms.take() for _ in range(6)))
    assert len({room.name for room in several}) == 6


async def test_a_room_about_to_end_is_not_handed_out_but_deleted(
    daily: Daily, rooms: Rooms, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with rooms.kept_ready():
        await until(lambda: rooms.ready == 2)
        old = set(daily.names())
        ahead = rooms_module.time.time() + KEEP_SECONDS + 60
        monkeypatch.setattr(rooms_module.time, "time", lambda: ahead)
        room = await rooms.take()
        assert room.name not in old
        await until(lambda: not old & set(daily.names()))
        monkeypatch.undo()


async def test_without_a_background_each_room_is_made_on_demand(daily: Daily, rooms: Rooms) -> None:
    room = await rooms.take()
    assert daily.names() == [room.name]
    await rooms.discard(room.name)
    assert daily.names() == []


async def test_while_daily_is_down_callers_hear_of_it_and_rooms_come_back_by_themselves(
    daily: Daily, rooms: Rooms, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rooms_module, "PAUSE_SECONDS", (0.05, 0.1))
    daily.fail(500, times=1000)
    async with rooms.kept_ready():
        with pytest.raises(DailyUnavailable):
            await rooms.take()
        daily.stand_in.faults.clear()
        await until(lambda: rooms.ready == 2)


async def test_a_wrong_key_is_not_tried_over_and_over(daily: Daily) -> None:
    rooms = Rooms(DailyRest("another-key-0123456789", daily.url), ahead=2, seconds=60, geo=None)
    async with rooms.kept_ready():
        await until(lambda: len(daily.stand_in.asked) > 0)
        with pytest.raises(DailyRefused):
            await rooms.take()
        assert daily.asked()["GET / 401"] == 1


async def test_what_cannot_be_deleted_is_left(daily: Daily, rooms: Rooms) -> None:
    room = await rooms.take()
    daily.fail(429, times=99, method="DELETE")
    await rooms.discard(room.name)
    assert daily.names() == [room.name]


async def test_shutdown_does_not_wait_for_daily(
    daily: Daily, rooms: Rooms, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rooms_module, "GOODBYE_SECONDS", 0.2)
    async with rooms.kept_ready():
        await until(lambda: rooms.ready == 2)
        daily.fail(None, times=9, method="DELETE")
    assert len(daily.names()) == 2


async def test_a_caller_comes_back_to_the_same_room(rooms: Rooms) -> None:
    room = await taken(rooms)
    assert await rooms.find_again(room) == room


async def test_a_room_that_is_gone_is_replaced_by_one_of_the_same_session(
    daily: Daily, rooms: Rooms
) -> None:
    room = await taken(rooms)
    session_id = room_names.session_of(room.name)
    assert session_id is not None
    await rooms.discard(room.name)
    assert await rooms.find_again(room) is None
    other = await rooms.replace(session_id)
    assert other.name != room.name
    assert room_names.session_of(other.name) == session_id
    assert daily.names() == [other.name]


async def test_a_room_that_ends_in_a_minute_is_not_come_back_to(daily: Daily, rooms: Rooms) -> None:
    await daily_room(daily, "voice-short", 60)
    assert await rooms.find_again(Room(name="voice-short", url="https://x")) is None


async def daily_room(daily: Daily, name: str, seconds: float) -> None:
    rest = DailyRest(DAILY_KEY, daily.url)
    await rest.create_room(name, seconds=seconds)
    await rest.close()


async def test_a_room_that_cannot_be_checked_is_taken_to_be_there(
    daily: Daily, rooms: Rooms
) -> None:
    room = await taken(rooms)
    daily.fail(500, times=99)
    assert await rooms.find_again(room) == room
