"""Ends processes that hang: a stopped or stuck one would hold its place, and its call, for ever."""

import asyncio
import time

from services.bot.processes.fleet import Fleet

LOOKS = 5
"""Within the silence that is too long."""


async def watch(fleet: Fleet, *, seconds: float) -> None:
    """Watches until it is cancelled.

    Args:
        fleet: Whose processes.
        seconds: A process that says nothing for longer hangs.
    """
    pause = seconds / LOOKS
    while True:
        slept_at = time.monotonic()
        await asyncio.sleep(pause)
        if time.monotonic() - slept_at > 2 * pause:
            # We were stopped ourselves, or starved; what they said meanwhile is still unread.
            fleet.hear_all()
        else:
            fleet.kill_silent(seconds)
