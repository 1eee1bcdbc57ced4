"""Callers of the session store, let in or not."""

from datetime import UTC, datetime

import pytest

from services.common.errors import FleetFull
from services.common.sessions import Opened, Session, SessionStore, Turn

SPOKEN = Turn(
    number=1,
    role="user",
    text="Where is my order?",
    started_at=datetime(2026, 11, 21, 12, 0, tzinfo=UTC),
)


async def open_one(store: SessionStore) -> Opened:
    """Calls."""
    return await store.open(transport="websocket", agent="order-desk", ticket_seconds=60)


async def taken(store: SessionStore) -> tuple[Opened, Session]:
    """Calls, and a process takes it; with what opened it."""
    opened = await open_one(store)
    return opened, await store.take(opened.ticket)


async def call(store: SessionStore) -> Session:
    """Calls, and a process takes it."""
    _, session = await taken(store)
    return session


async def assert_full(store: SessionStore) -> int:
    """Calls in vain; gives the seconds after which to try again."""
    with pytest.raises(FleetFull) as full:
        await open_one(store)
    return full.value.retry_after
