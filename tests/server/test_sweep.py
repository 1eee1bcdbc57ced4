"""Which rooms are swept, against the stand-in and moto over HTTP."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from services.common import room_names
from services.common.daily import DailyRest
from services.common.errors import DailyUnavailable
from services.common.sessions import Room, Session, SessionStore
from services.common.settings import CommonSettings
from services.server import sweep as sweep_module
from services.server.sweep import NEW_SECONDS, OVER_SECONDS, sweep
from tests.common.conftest import Clock
from tests.daily_stand_in import DAILY_KEY, Daily, daily

__all__ = ["daily"]


@pytest.fixture
async def rest(daily: Daily) -> AsyncIterator[DailyRest]:
    rest = DailyRest(DAILY_KEY, daily.url, deadline_seconds=2)
    yield rest
    await rest.close()


@pytest.fixture
def past(settings: CommonSettings, clock: Clock) -> SessionStore:
    """A store that lives in the past."""
    return SessionStore.connect(settings, clock=clock)


async def room(daily: Daily, rest: DailyRest, *, age: float, name: str = "") -> Room:
    """A room that was made some seconds ago."""
    daily.stand_in.ahead_seconds = -age
    made = await rest.create_room(name or room_names.new_name(), seconds=7200)
    daily.stand_in.ahead_seconds = 0
    return Room(name=made.name, url=made.url)


async def session_in(store: SessionStore, found: Room) -> Session:
    opened = await store.open(transport="daily", agent="a", room=found, ticket_seconds=600)
    assert opened.session.session_id == room_names.session_of(found.name)
    return opened.session


async def test_an_old_room_without_a_session_is_an_orphan(
    daily: Daily, rest: DailyRest, store: SessionStore
) -> None:
    await room(daily, rest, age=NEW_SECONDS + 1)
    assert await sweep(rest, store) == 1
    assert daily.names() == []


async def test_a_new_room_may_still_get_its_session(
    daily: Daily, rest: DailyRest, store: SessionStore
) -> None:
    """It may be one that another replica made ahead."""
    made = await room(daily, rest, age=60)
    assert await sweep(rest, store) == 0
    assert daily.names() == [made.name]


async def test_the_room_of_a_call_stays(daily: Daily, rest: DailyRest, store: SessionStore) -> None:
    made = await room(daily, rest, age=NEW_SECONDS + 1)
    await session_in(store, made)
    assert await sweep(rest, store) == 0
    assert daily.names() == [made.name]


@pytest.mark.parametrize(("ago", "swept"), [(OVER_SECONDS - 10, 0), (OVER_SECONDS + 10, 1)])
async def test_the_room_of_a_call_that_is_over_is_left_to_its_bot_for_a_while(
    daily: Daily,
    rest: DailyRest,
    store: SessionStore,
    past: SessionStore,
    clock: Clock,
    ago: float,
    swept: int,
) -> None:
    session = await session_in(store, await room(daily, rest, age=300))
    clock.now = session.created_at
    clock.forward(-ago)
    await past.call_off(session, reason="no-agent-called")
    assert await sweep(rest, store) == swept


async def test_a_room_that_its_session_left_is_an_orphan(
    daily: Daily, rest: DailyRest, store: SessionStore
) -> None:
    first = await room(daily, rest, age=NEW_SECONDS + 1)
    session = await session_in(store, first)
    name = room_names.another_name(session.session_id)
    second = await room(daily, rest, age=NEW_SECONDS + 1, name=name)
    assert await sweep(rest, store) == 1
    assert daily.names() == [first.name]
    assert second.name == name


async def test_other_peoples_rooms_are_none_of_our_business(
    daily: Daily, rest: DailyRest, store: SessionStore
) -> None:
    for name in ("standup", "voice-of-the-people", "voice-" + "x" * 23):
        await room(daily, rest, age=NEW_SECONDS + 1, name=name)
    assert await sweep(rest, store) == 0
    assert len(daily.names()) == 3


async def test_replicas_may_sweep_at_the_same_time(
    daily: Daily, rest: DailyRest, store: SessionStore, settings: CommonSettings
) -> None:
    for _ in range(4):
        await room(daily, rest, age=NEW_SECONDS + 1)
    elsewhere = DailyRest(DAILY_KEY, daily.url)
    swept = await asyncio.gather(
        sweep(rest, store), sweep(elsewhere, SessionStore.connect(settings))
    )
    await elsewhere.close()
    assert sum(swept) == 4
    assert daily.names() == []


async def test_one_sweep_deletes_no_more_than_it_may(
    daily: Daily, rest: DailyRest, store: SessionStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweep_module, "MOST_DELETIONS", 2)
    for _ in range(4):
        await room(daily, rest, age=NEW_SECONDS + 1)
    assert await sweep(rest, store) == 2
    assert len(daily.names()) == 2


async def test_daily_having_enough_ends_a_sweep(
    daily: Daily, rest: DailyRest, store: SessionStore
) -> None:
    for _ in range(3):
        await room(daily, rest, age=NEW_SECONDS + 1)
    daily.fail(429, times=99, method="DELETE")
    with pytest.raises(DailyUnavailable):
        await sweep(rest, store)
    assert daily.asked()["DELETE /rooms/:name 429"] == 4


async def test_a_sweep_that_fails_is_not_the_last(
    daily: Daily, rest: DailyRest, store: SessionStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweep_module, "EVERY_SECONDS", 0.01)
    await room(daily, rest, age=NEW_SECONDS + 1)
    daily.fail(401, times=2, method="GET")
    sweeping = asyncio.create_task(sweep_module.sweep_now_and_then(rest, store))
    async with asyncio.timeout(20):
        while daily.names():  # noqa: ASYNC110 - there is nothing to be told by
            await asyncio.sleep(0.01)
    sweeping.cancel()
