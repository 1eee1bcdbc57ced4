"""Tickets and resume tokens, against a real DynamoDB interface."""

import asyncio
import string

import boto3
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.common import tickets
from services.common.errors import (
    TicketRefused,
)
from services.common.sessions import (
    Session,
    SessionStatus,
    SessionStore,
)
from services.common.settings import CommonSettings
from tests.common.callers import open_one, taken
from tests.common.conftest import Clock


async def test_of_twenty_takers_of_one_ticket_exactly_one_wins(
    store: SessionStore, settings: CommonSettings
) -> None:
    replicas = [store, SessionStore.connect(settings)]
    opened = await open_one(store)
    taking = (replicas[n % 2].take(opened.ticket) for n in range(20))
    results = await asyncio.gather(*taking, return_exceptions=True)
    refused = [r.reason for r in results if isinstance(r, TicketRefused)]
    assert refused == ["used"] * 19
    assert [r.generation for r in results if isinstance(r, Session)] == [1]


async def test_a_ticket_is_good_until_its_deadline(timed: SessionStore, clock: Clock) -> None:
    opened = await open_one(timed)
    clock.forward(60)
    with pytest.raises(TicketRefused) as refused:
        await timed.take(opened.ticket)
    assert refused.value.reason == "expired"


async def test_a_ticket_with_a_wrong_secret_opens_nothing(store: SessionStore) -> None:
    opened = await open_one(store)
    forged = tickets.mint(opened.session.session_id, "ticket")
    with pytest.raises(TicketRefused) as refused:
        await store.take(forged)
    assert refused.value.reason == "unknown"
    assert (await store.take(opened.ticket)).status is SessionStatus.CONNECTING


async def test_a_ticket_of_no_session_creates_none(store: SessionStore) -> None:
    session_id = "ses_" + "A" * 22
    with pytest.raises(TicketRefused):
        await store.take(tickets.mint(session_id, "ticket"))
    assert await store.get(session_id) is None


async def test_a_resume_token_is_no_ticket_nor_a_ticket_a_resume_token(
    store: SessionStore,
) -> None:
    opened = await open_one(store)
    with pytest.raises(TicketRefused):
        await store.take(opened.resume)
    with pytest.raises(TicketRefused):
        await store.reopen(opened.ticket, ticket_seconds=60)


@given(text=st.text(max_size=100) | st.text(string.ascii_letters + ".-_\n", min_size=60))
def test_garbage_is_neither_ticket_nor_resume_token(text: str) -> None:
    assert tickets.Presented.parse(text, "ticket") is None
    assert tickets.Presented.parse(text, "resume") is None


async def test_the_table_holds_no_ticket(store: SessionStore, settings: CommonSettings) -> None:
    opened = await open_one(store)
    stored = str(boto3.client("dynamodb").scan(TableName=settings.sessions_table))
    for token in (opened.ticket, opened.resume):
        assert token.partition(".")[2] not in stored


async def test_a_caller_may_come_back_over_another_transport(store: SessionStore) -> None:
    opened, _ = await taken(store)
    again = await store.reopen(opened.resume, ticket_seconds=60, transport="webrtc")
    assert (await store.take(again.ticket, over="webrtc")).transport == "webrtc"


async def test_a_released_session_cannot_be_taken_with_the_old_ticket(store: SessionStore) -> None:
    opened, session = await taken(store)
    await store.release(session, seconds=60)
    with pytest.raises(TicketRefused) as refused:
        await store.take(opened.ticket)
    assert refused.value.reason == "used"


async def test_resuming_twice_before_connecting_leaves_only_the_last_ticket(
    store: SessionStore,
) -> None:
    opened, _ = await taken(store)
    lost = await store.reopen(opened.resume, ticket_seconds=60)
    kept = await store.reopen(opened.resume, ticket_seconds=60)
    with pytest.raises(TicketRefused):
        await store.take(lost.ticket)
    await store.take(kept.ticket)


async def test_a_resume_token_is_dead_once_its_successor_connected(store: SessionStore) -> None:
    opened, _ = await taken(store)
    again = await store.reopen(opened.resume, ticket_seconds=60)
    await store.take(again.ticket)
    with pytest.raises(TicketRefused):
        await store.reopen(opened.resume, ticket_seconds=60)
