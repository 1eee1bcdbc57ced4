"""Session records against a real DynamoDB interface (moto over HTTP)."""

import pytest

from services.common import room_names
from services.common.errors import (
    GenerationLost,
    SessionEnded,
)
from services.common.records import ABANDONED
from services.common.sessions import (
    Room,
    SessionStatus,
    SessionStore,
)
from services.common.settings import CommonSettings
from tests.common.callers import SPOKEN, open_one, taken
from tests.common.conftest import Clock


async def test_a_call_goes_through_its_statuses(timed: SessionStore, clock: Clock) -> None:
    opened = await open_one(timed)
    assert opened.session.status is SessionStatus.WAITING
    assert opened.session.bot_id.removeprefix("bot_") == opened.session.session_id[4:]

    session = await timed.take(opened.ticket)
    assert (session.status, session.generation) == (SessionStatus.CONNECTING, 1)

    clock.forward(1)
    session = await timed.activate(session)
    assert (session.status, session.started_at) == (SessionStatus.ACTIVE, clock.now)

    for _ in range(9):
        clock.forward(10)
        session = await timed.renew(session)
    await timed.end(session, reason="caller-left")
    over = await timed.get(session.session_id)
    assert over is not None
    assert (over.status, over.reason, over.ended_at) == ("ended", "caller-left", clock.now)


async def test_a_second_replica_sees_every_change_at_once(
    store: SessionStore, settings: CommonSettings
) -> None:
    other = SessionStore.connect(settings)
    opened = await open_one(store)
    assert await other.find_bot(opened.session.bot_id) == opened.session
    session = await other.activate(await other.take(opened.ticket))
    assert await store.find_bot(session.bot_id) == session


async def test_a_released_call_is_resumed_with_its_turns_and_its_start(
    timed: SessionStore, clock: Clock
) -> None:
    opened, session = await taken(timed)
    session = await timed.activate(session)
    started = clock.now
    await timed.append_turn(session, SPOKEN)
    await timed.release(session, seconds=60)
    clock.forward(59)

    again = await timed.reopen(opened.resume, ticket_seconds=60)
    assert again.session.session_id == session.session_id
    resumed = await timed.activate(await timed.take(again.ticket))
    assert resumed.started_at == started
    assert resumed.generation > session.generation
    assert await timed.turns(resumed.session_id) == [SPOKEN]


async def test_a_caller_who_comes_back_fences_off_the_bot_that_missed_the_drop(
    store: SessionStore,
) -> None:
    opened, session = await taken(store)
    old = await store.activate(session)
    again = await store.reopen(opened.resume, ticket_seconds=60)
    new = await store.take(again.ticket)

    for write in (
        store.activate(old),
        store.append_turn(old, SPOKEN),
        store.release(old, seconds=60),
        store.end(old, reason="caller-left"),
    ):
        with pytest.raises(GenerationLost):
            await write
    now = await store.get(old.session_id)
    assert now == new
    assert await store.turns(old.session_id) == []


async def test_an_ended_session_stays_as_it_first_ended(store: SessionStore) -> None:
    opened, session = await taken(store)
    await store.end(session, reason="caller-left")
    await store.end(session, reason="drained", failed=True)
    await store.release(session, seconds=60)
    over = await store.get(session.session_id)
    assert over is not None
    assert (over.status, over.reason) == (SessionStatus.ENDED, "caller-left")
    with pytest.raises(SessionEnded):
        await store.activate(session)
    with pytest.raises(SessionEnded):
        await store.reopen(opened.resume, ticket_seconds=60)


async def test_a_session_nobody_came_for_reads_as_abandoned(
    timed: SessionStore, clock: Clock
) -> None:
    opened = await open_one(timed)
    clock.forward(60)
    deadline = clock.now
    clock.forward(3600)
    over = await timed.find_bot(opened.session.bot_id)
    assert over is not None
    assert (over.status, over.reason, over.ended_at) == ("ended", ABANDONED, deadline)
    with pytest.raises(SessionEnded):
        await timed.reopen(opened.resume, ticket_seconds=60)


async def test_a_caller_who_comes_back_too_late_finds_the_session_ended(
    timed: SessionStore, clock: Clock
) -> None:
    opened, session = await taken(timed)
    await timed.release(session, seconds=60)
    clock.forward(60)
    with pytest.raises(SessionEnded):
        await timed.reopen(opened.resume, ticket_seconds=60)


async def test_turns_come_back_in_order_and_complete_however_many(store: SessionStore) -> None:
    _, session = await taken(store)
    spoken = [
        SPOKEN.model_copy(update={"number": n, "text": "w" * 200_000, "interrupted": n == 3})
        for n in range(1, 12)
    ]
    for turn in reversed(spoken):
        await store.append_turn(session, turn)
    assert await store.turns(session.session_id) == spoken


async def test_a_session_is_called_as_its_room_is(store: SessionStore) -> None:
    room = Room(name=room_names.new_name(), url="https://voice.daily.co/x")
    opened = await store.open(transport="daily", agent="a", room=room, ticket_seconds=60)
    assert opened.session.session_id == room_names.session_of(room.name)
    assert await store.get(opened.session.session_id) == opened.session
    assert (await store.take_job(opened.session.session_id)).room == room


async def test_a_session_that_nobody_came_for_can_be_called_off(store: SessionStore) -> None:
    session = (await open_one(store)).session
    await store.call_off(session, reason="no-agent-called")
    found = await store.get(session.session_id)
    assert found is not None
    assert (found.status, found.reason) == ("failed", "no-agent-called")


async def test_a_session_that_somebody_took_is_not_called_off(store: SessionStore) -> None:
    opened = await open_one(store)
    await store.take(opened.ticket)
    await store.call_off(opened.session, reason="no-agent-called")
    found = await store.get(opened.session.session_id)
    assert found is not None
    assert found.status == "connecting"


async def test_an_unknown_bot_is_none(store: SessionStore) -> None:
    for bot_id in ("bot_" + "A" * 22, "bot_", "ses_" + "A" * 22, "", "bot_" + "é" * 3000):
        assert await store.find_bot(bot_id) is None
