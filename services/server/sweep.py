"""Deletes rooms on Daily that no call needs any more.

A bot deletes its room when the call ends, a server the rooms that it made ahead. What they leave
behind (a process that was killed, Daily's limit on deletions) ends by itself at its ``exp``; until
then it counts against the account's rooms. Any number of replicas may sweep: what is an orphan is
read from the session records, and a room that another one deleted first is no error.
"""

import asyncio
import random
from datetime import datetime, timedelta

from loguru import logger

from services.common import room_names
from services.common.daily import DailyRest, DailyRoom
from services.common.errors import DailyError, StoreError
from services.common.sessions import Session, SessionStore
from services.server.rooms import KEEP_SECONDS

EVERY_SECONDS = 900.0
"""On average, and at random: replicas that started together do not sweep together."""

MOST_ROOMS = 2000
"""Looked at in one sweep: 20 requests for lists."""

MOST_READS = 200
"""Session records read in one sweep, chosen at random where there are more rooms."""

MOST_DELETIONS = 20
"""In one sweep, which spreads them over 15 s: bots have rooms to delete too."""

NEW_SECONDS = KEEP_SECONDS + 120
"""A younger room may wait for its caller on some replica."""

OVER_SECONDS = 60
"""For the bot whose call has ended to delete its room itself."""


async def sweep_now_and_then(daily: DailyRest, sessions: SessionStore) -> None:
    """Sweeps until it is cancelled."""
    while True:
        await asyncio.sleep(EVERY_SECONDS * random.uniform(0.5, 1.5))  # noqa: S311
        try:
            await sweep(daily, sessions)
        except (DailyError, StoreError) as error:
            logger.bind(code=error.code).warning("rooms could not be swept")
        except Exception:
            logger.exception("sweeping rooms failed")


async def sweep(daily: DailyRest, sessions: SessionStore) -> int:
    """Looks once and deletes the orphans it finds, as far as the limits above allow.

    Returns:
        How many rooms were deleted.

    Raises:
        DailyError: Daily cannot or does not want to go on.
        StoreError: The session records cannot be read.
    """
    ours: list[DailyRoom] = []
    looked_at = 0
    async for room in daily.rooms():
        looked_at += 1
        if room_names.session_of(room.name) is not None:
            ours.append(room)
        if looked_at == MOST_ROOMS:
            break
    deleted = 0
    for room in random.sample(ours, min(len(ours), MOST_READS)):
        if deleted == MOST_DELETIONS:
            break
        if await _is_orphan(room, sessions) and await daily.delete_room(room.name):
            deleted += 1
    if deleted:
        logger.bind(rooms=deleted).info("orphan rooms deleted")
    return deleted


async def _is_orphan(room: DailyRoom, sessions: SessionStore) -> bool:
    session = await sessions.get(room_names.session_of(room.name) or "")
    now = datetime.now(room.created_at.tzinfo)
    if session is not None and session.status.over:
        return _ended(session) < now - timedelta(seconds=OVER_SECONDS)
    if room.created_at > now - timedelta(seconds=NEW_SECONDS):
        return False
    return session is None or session.room is None or session.room.name != room.name


def _ended(session: Session) -> datetime:
    return session.ended_at or session.created_at
