"""Callers of the session store, let in or not."""

import pytest

from services.common.errors import FleetFull
from services.common.sessions import Opened, Session, SessionStore


async def open_one(store: SessionStore) -> Opened:
    """Calls."""
    return await store.open(transport="websocket", agent="order-desk", ticket_seconds=60)


async def call(store: SessionStore) -> Session:
    """Calls, and a process takes it."""
    return await store.take((await open_one(store)).ticket)


async def assert_full(store: SessionStore) -> int:
    """Calls in vain; gives the seconds after which to try again."""
    with pytest.raises(FleetFull) as full:
        await open_one(store)
    return full.value.retry_after
