"""A lease against a real DynamoDB interface."""

import asyncio
from datetime import timedelta

import pytest

from services.bot.call import lease
from services.bot.call.lease import Lease
from services.common.aws import dynamodb
from services.common.dynamodb import Table
from services.common.errors import SessionHeld
from services.common.records import ABANDONED
from services.common.sessions import Session, SessionStatus, SessionStore, Transport
from services.common.settings import CommonSettings
from tests.bot.conftest import PATIENCE_SECONDS

SECONDS = 2.5
"""Of a lease; a job's is given up two earlier, because of the clocks."""


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Makes up for the short lease."""
    monkeypatch.setattr(lease, "RETRY_SECONDS", 0.05)


@pytest.fixture
def store(aws: dict[str, str]) -> SessionStore:
    """Records whose leases are short."""
    return connect(CommonSettings())


@pytest.fixture
def cut_off(
    aws: dict[str, str], monkeypatch: pytest.MonkeyPatch, unused_tcp_port: int
) -> SessionStore:
    """The same records, for a process whose network is gone."""
    monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", f"http://127.0.0.1:{unused_tcp_port}")
    return connect(CommonSettings())


def connect(settings: CommonSettings) -> SessionStore:
    lease = timedelta(seconds=SECONDS)
    table = Table(dynamodb(settings.aws_region), settings.sessions_table)
    return SessionStore(table, lease=lease, grace=lease)


async def taken(store: SessionStore, transport: Transport) -> Session:
    opened = await store.open(transport=transport, agent="order-desk", ticket_seconds=60)
    if transport == "daily":
        return await store.take_job(opened.session.session_id)
    return await store.take(opened.ticket, over=transport)


async def test_a_lease_is_kept(store: SessionStore) -> None:
    session = await taken(store, "websocket")
    keeping = asyncio.create_task(Lease(store, session, seconds=SECONDS).keep())
    seen = {session.lease_until}
    async with asyncio.timeout(PATIENCE_SECONDS):
        while len(seen) < 6:
            now = await store.get(session.session_id)
            assert now is not None
            assert now.status is SessionStatus.CONNECTING
            seen.add(now.lease_until)
            await asyncio.sleep(0.05)
    assert not keeping.done()
    keeping.cancel()


async def test_a_process_whose_caller_is_elsewhere_lets_go(store: SessionStore) -> None:
    opened = await store.open(transport="websocket", agent="order-desk", ticket_seconds=60)
    session = await store.take(opened.ticket)
    keeping = asyncio.create_task(Lease(store, session, seconds=SECONDS).keep())
    again = await store.reopen(opened.resume, ticket_seconds=60)
    await store.take(again.ticket)
    async with asyncio.timeout(PATIENCE_SECONDS):
        await keeping


async def test_a_job_that_cannot_be_renewed_is_let_go_before_another_may_take_it(
    store: SessionStore, cut_off: SessionStore
) -> None:
    session = await taken(store, "daily")
    async with asyncio.timeout(PATIENCE_SECONDS):
        await Lease(cut_off, session, seconds=SECONDS).keep()
    with pytest.raises(SessionHeld):
        await store.take_job(session.session_id)


async def test_a_caller_on_a_line_of_their_own_is_kept_until_the_record_is_closed(
    store: SessionStore, cut_off: SessionStore
) -> None:
    session = await taken(store, "websocket")
    async with asyncio.timeout(PATIENCE_SECONDS):
        await Lease(cut_off, session, seconds=SECONDS).keep()
    over = await store.get(session.session_id)
    assert over is not None
    assert (over.status, over.reason) == (SessionStatus.ENDED, ABANDONED)


async def test_a_process_that_was_stopped_goes_on_where_nobody_took_the_call(
    store: SessionStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = await taken(store, "daily")
    keeping = Lease(store, session, seconds=SECONDS)
    # The lease has run out when it looks at the clock for the first time again.
    monkeypatch.setattr(lease, "RETRY_SECONDS", SECONDS + 0.2)
    task = asyncio.create_task(keeping.keep())
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            now = await store.get(session.session_id)
            assert now is not None
            if now.lease_until != session.lease_until:
                break
            await asyncio.sleep(0.05)
    assert not task.done()
    task.cancel()
