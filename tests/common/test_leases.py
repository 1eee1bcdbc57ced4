"""Leases in the session record: who has a call, until when, and what is read once it is over."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from services.common.errors import (
    GenerationLost,
    SessionEnded,
    SessionHeld,
    TicketRefused,
)
from services.common.records import ABANDONED, CLOCK_SKEW_SECONDS, PROCESS_DIED
from services.common.sessions import (
    Room,
    Session,
    SessionStatus,
    SessionStore,
)
from services.common.settings import CommonSettings
from tests.common.conftest import Clock

ROOM = Room(name="voice-1", url="https://example.daily.co/voice-1")
LEASE = 15.0
GRACE = 60.0

Dies = Callable[[SessionStore, Session, Clock], Awaitable[None]]


async def job(store: SessionStore) -> str:
    """A call whose job is on the queue."""
    opened = await store.open(transport="daily", agent="order-desk", room=ROOM, ticket_seconds=60)
    return opened.session.session_id


async def read(store: SessionStore, session_id: str) -> Session:
    found = await store.get(session_id)
    assert found is not None
    return found


async def test_a_call_whose_process_fell_silent_waits_for_its_caller_and_then_ends(
    timed: SessionStore, clock: Clock
) -> None:
    opened = await timed.open(transport="websocket", agent="order-desk", ticket_seconds=60)
    session = await timed.activate(await timed.take(opened.ticket))
    clock.forward(LEASE - 0.001)
    assert (await read(timed, session.session_id)).status is SessionStatus.ACTIVE
    clock.forward(0.001)
    assert (await read(timed, session.session_id)).status is SessionStatus.WAITING
    clock.forward(GRACE)
    over = await read(timed, session.session_id)
    assert (over.status, over.reason, over.ended_at) == ("ended", ABANDONED, clock.now)
    with pytest.raises(SessionEnded):
        await timed.reopen(opened.resume, ticket_seconds=60)


async def test_a_call_that_nobody_can_come_back_to_has_failed_with_its_process(
    timed: SessionStore, clock: Clock
) -> None:
    opened = await timed.open(transport="websocket", agent="order-desk", ticket_seconds=60)
    session = await timed.take(opened.ticket, resumable=False)
    clock.forward(10)
    await timed.renew(session)
    clock.forward(LEASE)
    over = await read(timed, session.session_id)
    assert (over.status, over.reason, over.ended_at) == ("failed", PROCESS_DIED, clock.now)


async def test_a_renewed_lease_holds_on(timed: SessionStore, clock: Clock) -> None:
    opened = await timed.open(transport="websocket", agent="order-desk", ticket_seconds=60)
    session = await timed.take(opened.ticket)
    for _ in range(10):
        clock.forward(10)
        assert (await timed.renew(session)).status is SessionStatus.CONNECTING


async def test_a_lease_that_ran_out_may_still_be_renewed_if_nobody_came(
    timed: SessionStore, clock: Clock
) -> None:
    opened = await timed.open(transport="websocket", agent="order-desk", ticket_seconds=60)
    session = await timed.activate(await timed.take(opened.ticket))
    clock.forward(LEASE + GRACE - 1)
    assert (await timed.renew(session)).status is SessionStatus.ACTIVE
    clock.forward(LEASE + GRACE)
    with pytest.raises(SessionEnded):
        await timed.renew(session)


async def test_what_reads_as_over_stays_over(timed: SessionStore, clock: Clock) -> None:
    opened = await timed.open(transport="websocket", agent="order-desk", ticket_seconds=60)
    session = await timed.take(opened.ticket)
    clock.forward(LEASE + GRACE)
    await timed.end(session, reason="caller-left")
    await timed.release(session, seconds=60)
    await timed.lose(session)
    with pytest.raises(SessionEnded):
        await timed.activate(session)
    assert (await read(timed, session.session_id)).reason == ABANDONED


async def test_a_caller_may_come_back_before_anybody_knows_that_the_process_died(
    timed: SessionStore, clock: Clock
) -> None:
    opened = await timed.open(transport="websocket", agent="order-desk", ticket_seconds=60)
    old = await timed.take(opened.ticket)
    clock.forward(1)
    again = await timed.reopen(opened.resume, ticket_seconds=60)
    clock.forward(LEASE)
    assert (await read(timed, old.session_id)).status is SessionStatus.WAITING
    with pytest.raises(GenerationLost):
        await timed.renew(old)
    await timed.renew(await timed.take(again.ticket))


async def test_a_ticket_is_good_for_one_transport(store: SessionStore) -> None:
    opened = await store.open(transport="webrtc", agent="order-desk", ticket_seconds=60)
    with pytest.raises(TicketRefused) as refused:
        await store.take(opened.ticket, over="websocket")
    assert refused.value.reason == "for another transport"
    assert (await store.take(opened.ticket, over="webrtc")).transport == "webrtc"


async def test_a_call_over_daily_opens_no_socket_and_a_socket_s_is_no_job(
    store: SessionStore,
) -> None:
    daily = await store.open(transport="daily", agent="order-desk", room=ROOM, ticket_seconds=60)
    with pytest.raises(TicketRefused):
        await store.take(daily.ticket)
    socket = await store.open(transport="websocket", agent="order-desk", ticket_seconds=60)
    with pytest.raises(SessionEnded):
        await store.take_job(socket.session.session_id)


async def test_a_job_of_no_session_is_nobody_s(store: SessionStore) -> None:
    for session_id in ("", "ses_" + "A" * 22, "é" * 3000):
        with pytest.raises(SessionEnded):
            await store.take_job(session_id)
        assert await store.get(session_id) is None


async def test_of_twenty_takers_of_one_job_exactly_one_wins(
    settings: CommonSettings, clock: Clock
) -> None:
    replicas = [SessionStore.connect(settings, clock=clock) for _ in range(2)]
    session_id = await job(replicas[0])
    taking = (replicas[n % 2].take_job(session_id) for n in range(20))
    results = await asyncio.gather(*taking, return_exceptions=True)
    held = [r for r in results if isinstance(r, SessionHeld)]
    assert [error.seconds for error in held] == [LEASE] * 19
    (won,) = (r for r in results if isinstance(r, Session))
    assert (won.generation, won.strikes, won.room) == (1, 0, ROOM)


async def test_a_job_is_taken_over_once_its_lease_has_run_out(
    timed: SessionStore, clock: Clock
) -> None:
    session_id = await job(timed)
    old = await timed.activate(await timed.take_job(session_id))
    clock.forward(LEASE - 1)
    with pytest.raises(SessionHeld) as held:
        await timed.take_job(session_id)
    assert held.value.seconds == pytest.approx(1)
    clock.forward(1)
    new = await timed.take_job(session_id)
    assert (new.strikes, new.generation) == (1, old.generation + 1)
    assert new.started_at == old.started_at
    with pytest.raises(GenerationLost):
        await timed.renew(old)


async def silence(store: SessionStore, session: Session, clock: Clock) -> None:
    """The whole task died; nobody says anything."""
    clock.forward(LEASE)


async def death(store: SessionStore, session: Session, clock: Clock) -> None:
    """The supervisor saw its process die."""
    await store.lose(session)


@pytest.mark.parametrize("dies", [silence, death])
async def test_a_call_that_three_processes_died_of_has_failed(
    timed: SessionStore, clock: Clock, dies: Dies
) -> None:
    session_id = await job(timed)
    for strikes in range(3):
        assert (await read(timed, session_id)).status is SessionStatus.WAITING
        session = await timed.take_job(session_id)
        assert session.strikes == strikes
        await dies(timed, session, clock)
    over = await read(timed, session_id)
    assert (over.status, over.reason, over.ended_at) == ("failed", PROCESS_DIED, clock.now)
    with pytest.raises(SessionEnded):
        await timed.take_job(session_id)


async def test_a_call_that_was_handed_over_is_no_strike(timed: SessionStore) -> None:
    session_id = await job(timed)
    for _ in range(5):
        session = await timed.take_job(session_id)
        assert session.strikes == 0
        await timed.release(session, seconds=60)


async def test_a_caller_s_own_process_may_die_any_number_of_times(
    timed: SessionStore, clock: Clock
) -> None:
    opened = await timed.open(transport="websocket", agent="order-desk", ticket_seconds=60)
    for _ in range(5):
        session = await timed.take(opened.ticket)
        await timed.lose(session)
        assert (await read(timed, session.session_id)).status is SessionStatus.WAITING
        opened = await timed.reopen(opened.resume, ticket_seconds=60)


@pytest.mark.parametrize("ahead", [-CLOCK_SKEW_SECONDS, CLOCK_SKEW_SECONDS])
async def test_clocks_that_differ_do_not_put_two_processes_into_one_call(
    settings: CommonSettings, clock: Clock, ahead: float
) -> None:
    here = SessionStore.connect(settings, clock=clock)
    there = SessionStore.connect(settings, clock=lambda: clock() + timedelta(seconds=ahead))
    session_id = await job(here)
    holder = await here.take_job(session_id)

    # A holder that cannot renew lets go by then (services.bot.call.lease). Nobody gets in before.
    while clock() < (holder.lease_until or clock()) - timedelta(seconds=CLOCK_SKEW_SECONDS):
        with pytest.raises(SessionHeld):
            await there.take_job(session_id)
        clock.forward(0.5)
    # And one that renews, however far apart the clocks are, keeps it.
    await here.renew(holder)
    with pytest.raises(SessionHeld):
        await there.take_job(session_id)
    clock.forward(LEASE + CLOCK_SKEW_SECONDS)
    taken = await there.take_job(session_id)
    with pytest.raises(GenerationLost):
        await here.renew(holder)
    await there.renew(taken)
