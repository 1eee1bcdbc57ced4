"""Ends processes that hang: a stopped or stuck one would hold its place, and its call, for ever."""

import asyncio
import time

from services.bot.processes.fleet import Fleet

SILENT_LEASES = 0.5
"""A process that says nothing for longer than half a lease hangs. By then its lease, of which a
third may have passed before, has not run out: a call is never in two processes' hands."""

LOOKS = 4
"""Within that silence."""


async def watch(fleet: Fleet, *, lease_seconds: float) -> None:
    """Watches a fleet until it is cancelled."""
    silence = lease_seconds * SILENT_LEASES
    pause = silence / LOOKS
    while True:
        slept_at = time.monotonic()
        await asyncio.sleep(pause)
        if time.monotonic() - slept_at > 2 * pause:
            # We were stopped ourselves, or starved; what they said meanwhile is still unread.
            fleet.hear_all()
        else:
            fleet.kill_silent(silence)
